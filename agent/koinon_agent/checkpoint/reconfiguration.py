"""Whether an agent may come back with other flags than it had, and as whom (mesos-semantics 8). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from attrs import evolve

from koinon_core.attributes import Attribute
from koinon_core.conversions import apply_converted, find_origin
from koinon_core.quantities import Quantities
from koinon_core.ranges import Ranges
from koinon_core.resources import Resources

from ..settings import AgentSettings
from .image import AgentImage


class ReconfigurationPolicy(Enum):
    """Which changes between two starts on one work directory are accepted, as the flag names them."""

    EQUAL = "equal"
    """None, as Mesos has it by default."""
    ADDITIVE = "additive"
    """More resources, more attributes, a domain where there was none."""
    FITTING = "fitting"
    """All that what runs here still fits into."""

    def __str__(self) -> str:
        return self.value


def find_reconfiguration_problem(
    image: AgentImage, settings: AgentSettings, policy: ReconfigurationPolicy = ReconfigurationPolicy.FITTING
) -> str | None:
    """Why the flags of this start can't follow those of the one before, or None.

    Whatever the policy, what runs here must fit: the hostname may not change while tasks run, as their framework has
    told others where they are.
    """
    return _find_change(image, settings, policy) or _find_misfit(image, settings)


def _find_change(image: AgentImage, settings: AgentSettings, policy: ReconfigurationPolicy) -> str | None:
    """What a policy forbids (mesos-semantics 8)."""
    if policy is ReconfigurationPolicy.FITTING or image.info is None:
        return None
    old, new = image.info, settings.info
    given = apply_converted(new.resources, image.converted)
    if policy is ReconfigurationPolicy.EQUAL:
        keeps = {
            "hostname": old.hostname == new.hostname,
            "port": old.port == new.port,
            "resources": old.resources == given,
            "attributes": old.attributes == new.attributes,
            "domain": old.domain == new.domain,
        }
    else:
        keeps = {
            "hostname": old.hostname == new.hostname,
            "port": old.port == new.port,
            "resources": old.resources in given,
            "attributes": all(_still_holds(one, new.attributes) for one in old.attributes),
            "domain": old.domain in (None, new.domain),
        }
    changed = [f"--{name}" for name, is_kept in keeps.items() if not is_kept]
    if not changed:
        return None
    return (
        f"Incompatible agent info: {', '.join(changed)} changed, which --reconfiguration_policy={policy} does not "
        "allow. Start with the old values, or with another policy"
    )


def _still_holds(old: Attribute, attributes: Iterable[Attribute]) -> bool:
    """Whether an attribute is there still, or has more of what it had."""
    for new in attributes:
        if new.name != old.name:
            continue
        if new == old:
            return True
        if isinstance(old.value, Ranges) and isinstance(new.value, Ranges) and new.value >= old.value:
            return True
        if isinstance(old.value, frozenset) and isinstance(new.value, frozenset) and new.value >= old.value:
            return True
    return False


def _find_misfit(image: AgentImage, settings: AgentSettings) -> str | None:
    problem = _find_lost_conversion(image.converted, settings.info.resources)
    if problem is not None or image.info is None or not (image.tasks or image.streams or image.executors):
        return problem
    if image.info.hostname != settings.info.hostname:
        return (
            f"--hostname: tasks run here under the name {image.info.hostname}; start with --hostname="
            f"{image.info.hostname}, or end them first"
        )
    used = Resources()
    for executor in image.executors.values():
        used += executor.executor.resources.allocated_to(None)
    for key, task in image.tasks.items():
        stream = image.streams.get(key)
        if stream is None or not stream.statuses or not stream.statuses[-1].state.is_terminal:
            used += task.accepted.task.resources.allocated_to(None)
    return _find_shortage(used, settings.info.resources)


def _find_lost_conversion(converted: Resources, given: Resources) -> str | None:
    """Reservations and volumes that operations made are kept: the flags must give what they were made of."""
    lacking = find_origin(converted).without(given)
    if not lacking:
        return None
    return (
        f"--resources: what operations reserved or made volumes of here ({converted}) needs {lacking} more than is "
        "given; give at least that much, or destroy these volumes and unreserve these resources first"
    )


def _find_shortage(used: Resources, total: Resources) -> str | None:
    have = Quantities.of(total)
    for name, amount in Quantities.of(used):
        if amount > have[name]:
            return f"--resources: running tasks hold {name}:{amount}, more than {name}:{have[name]}"
    for name in sorted({item.name for item in used if isinstance(item.value, Ranges)}):
        if not total.ranges(name) >= used.ranges(name):
            missing = used.ranges(name) - total.ranges(name)
            return f"--resources: running tasks hold {name}:{missing}, which {name}:{total.ranges(name)} lacks"
    return None


def keeps_identity(image: AgentImage, settings: AgentSettings) -> bool:
    """Whether the agent comes back under its old id: a new name without tasks makes a new agent."""
    return image.info is not None and image.info.hostname == settings.info.hostname


def describe_changes(image: AgentImage, settings: AgentSettings) -> dict[str, str]:
    """Which of resources and attributes differ from the last registration, for the log."""
    if image.info is None:
        return {}
    resources = apply_converted(settings.info.resources, image.converted)
    old, new = image.info, evolve(settings.info, id=image.info.id, resources=resources)
    changes = {}
    if old.resources != new.resources:
        changes["resources"] = f"{old.resources} -> {new.resources}"
    if old.attributes != new.attributes:
        changes["attributes"] = f"{_join(old.attributes)} -> {_join(new.attributes)}"
    return changes


def _join(attributes: Iterable[Attribute]) -> str:
    return ";".join(str(attribute) for attribute in attributes) or "none"

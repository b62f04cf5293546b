"""What an agent does about its past: containers that live on are taken up, ends are reported, strangers removed
(mesos-semantics 8). Also whether new flags still hold what runs. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve, frozen

from koinon_core.attributes import Attribute
from koinon_core.conversions import apply_converted, find_origin
from koinon_core.ids import ContainerId
from koinon_core.quantities import Quantities
from koinon_core.ranges import Ranges
from koinon_core.resources import Resources

from ..containerizer import KnownContainer, Orphan, Recovered
from ..events import ContainerEnded, ContainerGone, ContainerStarted
from ..instructions import Instruction, Note, RemoveContainer
from ..settings import AgentSettings
from ..tasks.machine import TaskMachine
from .image import AgentImage

RecoveryEvent = ContainerStarted | ContainerEnded | ContainerGone


@frozen(kw_only=True)
class RecoveryPlan:
    """What to tell the tasks, each by its container, and what else is to be done."""

    events: tuple[tuple[ContainerId, RecoveryEvent], ...] = ()
    instructions: tuple[Instruction, ...] = ()


def known_containers(tasks: Iterable[TaskMachine]) -> list[KnownContainer]:
    """The containers to look for: those of tasks that had not ended."""
    return [KnownContainer(task.container_id, Path(task.accepted.sandbox)) for task in tasks if not task.is_ended]


def plan_recovery(recovered: Recovered, orphans: Sequence[Orphan], *, kills_orphans: bool) -> RecoveryPlan:
    """Take up what lives, report what ended or is gone, remove what nobody remembers."""
    events: list[tuple[ContainerId, RecoveryEvent]] = [
        *((run.container_id, ContainerStarted(run)) for run in recovered.live),
        *((ended.container_id, ContainerEnded(ended)) for ended in recovered.ended),
        *((container_id, ContainerGone(container_id)) for container_id in recovered.gone),
    ]
    instructions: list[Instruction] = []
    if events:
        counts = {"live": len(recovered.live), "ended": len(recovered.ended), "gone": len(recovered.gone)}
        instructions.append(Note("containers_recovered", {name: str(count) for name, count in counts.items()}))
    for orphan in orphans:
        fields = {"container": str(orphan.container_id), "task": str(orphan.task_id)}
        if orphan.is_running and not kills_orphans:
            instructions.append(Note("orphan_left_alone", fields))
        else:
            instructions += [Note("orphan_removed", fields), RemoveContainer(orphan.container_id)]
    return RecoveryPlan(events=tuple(events), instructions=tuple(instructions))


def find_reconfiguration_problem(image: AgentImage, settings: AgentSettings) -> str | None:
    """Why what runs here does not fit the flags of this start, or None.

    Kinder than the original, which refuses any change: resources and attributes may change as long as the running
    tasks fit. The hostname may not while tasks run, as their framework has told others where they are.
    """
    problem = _find_lost_conversion(image.converted, settings.info.resources)
    if problem is not None or image.info is None or not (image.tasks or image.streams):
        return problem
    if image.info.hostname != settings.info.hostname:
        return (
            f"--hostname: tasks run here under the name {image.info.hostname}; start with --hostname="
            f"{image.info.hostname}, or end them first"
        )
    used = Resources()
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

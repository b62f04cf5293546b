"""Who holds how much: the sums that every view of agents, frameworks and roles shows.

One ``Sums`` is made for each document and read while nothing changes. What agents and frameworks hold is kept with
them beside the versions of the tasks, executors and offers it was added up from, so that only what changed is added up
again; the same values give the same sums whatever was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import attrgetter

from attrs import field, frozen

from koinon_core.ids import AgentId, FrameworkId
from koinon_core.ranges import Ranges
from koinon_core.resources import NOTHING, Kind, Resource, Resources
from koinon_core.scalars import Scalar

from ..agent_machine import AgentPhase
from ..entities import Agent, Executor, Framework
from ..kept import HeldSet, Kept
from ..state import ClusterState
from .visible import visible_executors


@frozen(eq=False, kw_only=True)
class Usage:
    """What the live tasks and the executors of an agent hold, marked with the roles it was allocated to. A new one
    each time any of them changed, equal to itself alone.
    """

    total: Resources = NOTHING
    by_framework: Mapping[FrameworkId, Resources] = field(factory=dict)


_NO_USAGE = Usage()
_PARTS = attrgetter("tasks.kept", "executors.kept")
_Place = tuple[Agent, Executor]


class _Usages(dict[AgentId, Usage]):
    """Filled as it is asked; of an agent that is not here nothing is used."""

    def __init__(self, state: ClusterState) -> None:
        super().__init__()
        self._state = state

    def __missing__(self, agent_id: AgentId) -> Usage:
        agent = self._state.agents.get(agent_id)
        found = self[agent_id] = _NO_USAGE if agent is None else _usage_of(agent)
        return found


class Sums:
    """The sums of one moment."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._usages = _Usages(state)

    @cached_property
    def members(self) -> list[Agent]:
        """The agents that are here, not those of an earlier leader that are yet to come back."""
        return [agent for agent in self._state.agents.values() if agent.phase is not AgentPhase.RECOVERED]

    @cached_property
    def executors(self) -> Mapping[FrameworkId, list[_Place]]:
        """The executors of each framework that has some, and where they run; those that the reader may see."""
        found: dict[FrameworkId, list[_Place]] = {}
        for agent in self._state.agents.values():
            if not agent.executors:
                continue
            for (framework_id, _), executor in agent.executors.items():
                found.setdefault(framework_id, []).append((agent, executor))
        return found if self._state.seen_by.is_total else visible_executors(self._state, found)

    def used_of(self, agent: Agent) -> Usage:
        """What is held of an agent."""
        return self._usages[agent.id]

    @cached_property
    def _parts(self) -> tuple[tuple[Kept, Kept], ...]:
        """What stands for all that is held of all agents."""
        return tuple(map(_PARTS, self._state.agents.values()))

    def used_by(self, framework: Framework) -> Resources:
        """What the live tasks and the executors of a framework hold; the same object while nothing of it changed."""
        known = framework.kept.get("used")
        if known is not None and known[0] == self._parts:
            unchanged: Resources = known[2]
            return unchanged
        usages = tuple(map(self._usages.__getitem__, framework.agent_ids))
        if known is not None and known[1] == usages:
            used: Resources = known[2]
        else:
            used = add_up(one.by_framework.get(framework.id, NOTHING) for one in usages)
        framework.kept["used"] = self._parts, usages, used
        return used

    def offered(self, holder: Agent | Framework) -> Resources:
        """What offers of an agent, or to a framework, hold, marked with the roles it is offered to."""
        kept = holder.offers.kept if isinstance(holder.offers, HeldSet) else holder.kept
        known: Resources | None = kept.get("offered")
        if known is None:
            grants = (self._state.offers[offer_id].grant for offer_id in sorted(holder.offers))
            known = kept["offered"] = add_up(marked(grant.resources, grant.role) for grant in grants)
        return known


def _usage_of(agent: Agent) -> Usage:
    """What is held of an agent: kept with its tasks, as long as its executors are the same."""
    # Parts of an agent are always held: nobody makes agents with dicts of their own.
    kept, executors = agent.tasks.kept, agent.executors.kept  # type: ignore[attr-defined]
    known = kept.get("usage")
    if known is not None and known[0] == executors:
        usage: Usage = known[1]
        return usage
    usage = _add_usage(agent)
    kept["usage"] = executors, usage
    return usage


def _add_usage(agent: Agent) -> Usage:
    parts: dict[FrameworkId, list[Resources]] = {}
    for task in agent.tasks.values():
        if task.is_live:
            parts.setdefault(task.framework_id, []).append(marked(task.info.resources, task.role))
    for executor in agent.executors.values():
        grant = executor.grant
        parts.setdefault(grant.framework_id, []).append(marked(grant.resources, grant.role))
    by_framework = {framework_id: add_up(held) for framework_id, held in parts.items()}
    return Usage(total=add_up(by_framework.values()), by_framework=by_framework)


def marked(resources: Resources, role: str) -> Resources:
    """Resources with the mark of the role they are allocated to; most have it already."""
    if all(item.kind.allocation_role == role for item in resources):
        return resources
    return resources.allocated_to(role)


def add_up(parts: Iterable[Resources]) -> Resources:
    """The sum of many: unlike adding one by one, ranges are merged once, which counts with thousands of agents."""
    scalars: dict[Kind, int] = {}
    intervals: dict[Kind, set[tuple[int, int]]] = {}
    sets: dict[Kind, frozenset[str]] = {}
    for item in (item for part in parts for item in part):
        kind, value = item.kind, item.value
        if isinstance(value, Scalar):
            scalars[kind] = scalars.get(kind, 0) + value.thousandths
        elif isinstance(value, Ranges):
            intervals.setdefault(kind, set()).update(value.intervals)
        else:
            sets[kind] = sets.get(kind, frozenset()) | value
    return Resources(
        (
            *(Resource(kind, Scalar(amount)) for kind, amount in scalars.items()),
            *(Resource(kind, Ranges(tuple(found))) for kind, found in intervals.items()),
            *(Resource(kind, found) for kind, found in sets.items()),
        )
    )

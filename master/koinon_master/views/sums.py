"""Who holds how much: the sums that every view of agents, frameworks and roles shows.

One ``Sums`` is made for each document and read while nothing changes. What agents and frameworks hold is kept with
them beside the versions of the tasks, executors and offers it was added up from, so that only what changed is added up
again; the same values give the same sums whatever was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from attrs import frozen

from koinon_core.ids import AgentId, FrameworkId
from koinon_core.ranges import Ranges
from koinon_core.resources import NOTHING, Kind, Resource, Resources
from koinon_core.scalars import Scalar

from ..agent_machine import AgentPhase
from ..entities import Agent, Executor, Framework
from ..kept import Kept
from ..state import ClusterState
from .visible import visible_executors

T = TypeVar("T")
_VERSION = attrgetter("kept")


@frozen(eq=False, kw_only=True)
class Usage:
    """What the live tasks and the executors of an agent hold, marked with the roles it was allocated to."""

    total: Resources
    by_framework: Mapping[FrameworkId, Resources]


class Sums:
    """The sums of one moment."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._usages: dict[AgentId, Usage] = {}

    @cached_property
    def members(self) -> list[Agent]:
        """The agents that are here, not those of an earlier leader that are yet to come back."""
        return [agent for agent in self._state.agents.values() if agent.phase is not AgentPhase.RECOVERED]

    def used_of(self, agent: Agent) -> Usage:
        """What is held of an agent."""
        known = self._usages.get(agent.id)
        if known is None:
            known = self._usages[agent.id] = _usage_of(agent)
        return known

    @cached_property
    def executors(self) -> Mapping[FrameworkId, list[tuple[Agent, Executor]]]:
        """The executors of each framework that has some, and where they run; those that the reader may see."""
        found: dict[FrameworkId, list[tuple[Agent, Executor]]] = {}
        for agent in self._state.agents.values():
            for (framework_id, _), executor in agent.executors.items():
                found.setdefault(framework_id, []).append((agent, executor))
        return found if self._state.seen_by.is_total else visible_executors(self._state, found)

    def used_by(self, framework: Framework) -> Resources:
        """What the live tasks and the executors of a framework hold."""
        agents = (self._state.agents.get(agent_id) for agent_id in framework.agent_ids)
        # Usages are equal to themselves alone, so this compares versions.
        parts = tuple(self.used_of(agent) for agent in agents if agent is not None)

        def add() -> Resources:
            return add_up(part.by_framework.get(framework.id, NOTHING) for part in parts)

        return _keep(framework.kept, "used", parts, add)

    def offered(self, holder: Agent | Framework) -> Resources:
        """What offers of an agent, or to a framework, hold, marked with the roles it is offered to."""

        def add() -> Resources:
            grants = (self._state.offers[offer_id].grant for offer_id in sorted(holder.offers))
            return add_up(marked(grant.resources, grant.role) for grant in grants)

        return _keep(holder.kept, "offered", frozenset(holder.offers), add)


def _usage_of(agent: Agent) -> Usage:
    """What is held of an agent."""
    key = tuple(map(_VERSION, agent.tasks.values())), tuple(map(_VERSION, agent.executors.values()))
    return _keep(agent.kept, "usage", key, lambda: _add_usage(agent))


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


def _keep(kept: Kept, name: str, key: Any, make: Callable[[], T]) -> T:
    """What was made for an equal key, or is made now."""
    known = kept.get(name)
    value: T
    if known is not None and known[0] == key:
        value = known[1]
        return value
    value = make()
    kept[name] = (key, value)
    return value


def marked(resources: Resources, role: str) -> Resources:
    """Resources with the mark of the role they are allocated to; most have it already."""
    if all(item.kind.allocation_role == role for item in resources):
        return resources
    return resources.allocated_to(role)


def add_up(parts: Iterable[Resources]) -> Resources:
    """The sum of many: unlike adding one by one, ranges are merged once, which counts with thousands of agents."""
    scalars: dict[Kind, int] = {}
    intervals: dict[Kind, list[tuple[int, int]]] = {}
    sets: dict[Kind, frozenset[str]] = {}
    for item in (item for part in parts for item in part):
        kind, value = item.kind, item.value
        if isinstance(value, Scalar):
            scalars[kind] = scalars.get(kind, 0) + value.thousandths
        elif isinstance(value, Ranges):
            intervals.setdefault(kind, []).extend(value.intervals)
        else:
            sets[kind] = sets.get(kind, frozenset()) | value
    return Resources(
        (
            *(Resource(kind, Scalar(amount)) for kind, amount in scalars.items()),
            *(Resource(kind, Ranges(tuple(found))) for kind, found in intervals.items()),
            *(Resource(kind, found) for kind, found in sets.items()),
        )
    )

"""Who holds how much: the sums that every view of agents, frameworks and roles shows.

One ``Sums`` is made for each document and read while nothing changes. What is held is kept with the memory as running
sums, one an agent and one a framework: a new ``Sums`` looks through the agents that changed for what came and went
since, and adds and takes away that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any

from attrs import define, field
from orjson import Fragment

from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from koinon_core.permissions import Action
from koinon_core.ranges import Ranges
from koinon_core.resources import NOTHING, Kind, Resource, Resources, Value
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.scalars import Scalar

from ..agents.machine import AgentPhase
from ..entities import Agent, Executor, Framework
from ..kept import HeldSet, Kept
from ..state import ClusterState
from .visible import visible_executors

_VERSIONS = attrgetter("kept", "offers.kept", "tasks.kept", "executors.kept")
"""Those of an agent itself and of its offers first: views show these as they are."""
_Place = tuple[Agent, Executor]
_Holding = tuple[str, Resources]
"""The role it was allocated to, and how much."""
_Holdings = dict[tuple[FrameworkId, TaskId] | tuple[FrameworkId, ExecutorId, None], _Holding]


class RunningSum:
    """A sum that parts are added to and taken away from.

    Of what does not add up it is counted how many hold it: intervals and items, which many may hold at once on
    different agents, and shared volumes.
    """

    def __init__(self) -> None:
        self._thousandths: dict[Kind, int] = {}
        self._holders: dict[Kind, dict[object, int]] = {}
        self._value: Resources | None = NOTHING

    @property
    def value(self) -> Resources:
        """The sum; the same object until a part comes or goes."""
        if self._value is None:
            amounts = [Resource(kind, Scalar(amount)) for kind, amount in self._thousandths.items()]
            unions = [Resource(kind, _unite(parts)) for kind, parts in self._holders.items()]
            self._value = Resources((*amounts, *unions))
        return self._value

    def __bool__(self) -> bool:
        return bool(self._thousandths or self._holders)

    def change(self, part: Resources, sign: int) -> None:
        """Add a part (1), or take it away again (-1)."""
        self._value = None
        for item in part:
            kind, value = item.kind, item.value
            if isinstance(value, Scalar) and not kind.shared:
                _count(self._thousandths, kind, sign * value.thousandths)
                continue
            holders = self._holders.setdefault(kind, {})
            for one in _pieces(value):
                _count(holders, one, sign)
            if not holders:
                del self._holders[kind]


def _count(counts: dict[Any, int], key: object, change: int) -> None:
    count = counts.get(key, 0) + change
    if count:
        counts[key] = count
    else:
        counts.pop(key, None)


def _pieces(value: Value) -> Iterable[object]:
    if isinstance(value, Ranges):
        return value.intervals
    return value if isinstance(value, frozenset) else (value,)


def _unite(pieces: Mapping[Any, int]) -> Value:
    first = next(iter(pieces))
    if isinstance(first, Scalar):
        return first
    return frozenset(pieces) if isinstance(first, str) else Ranges(tuple(pieces))


@define
class _AgentBook:
    """What is held of an agent, and the versions of it and its parts that this was seen in. ``shown`` is what views
    made of the agent and of how much of it is used and offered: dropped when any of that changes.
    """

    versions: tuple[Kept, ...] = ()
    holdings: _Holdings = field(factory=dict)
    total: RunningSum = field(factory=RunningSum)
    shown: Kept = field(factory=Kept)


class _Book:
    """What is held of all agents, as it was when somebody last looked."""

    def __init__(self) -> None:
        self.agents: dict[AgentId, _AgentBook] = {}
        self.frameworks: dict[FrameworkId, RunningSum] = {}

    def bring_up_to(self, state: ClusterState, spend: Callable[[int], bool] = lambda _: True) -> bool:
        """Book what came and went; of an agent that is new only what ``spend`` allows, given how many tasks it has.
        Returns whether all is booked. The loop over all agents: kept short on purpose.
        """
        agents, is_whole = self.agents, True
        for agent_id, agent in state.agents.items():
            versions = _VERSIONS(agent)
            known = agents.get(agent_id)
            if known is None and not spend(len(agent.tasks)):
                is_whole = False
                break
            if known is None or known.versions != versions:
                self._look(agent, versions)
        if len(agents) > len(state.agents):
            for agent_id in agents.keys() - state.agents.keys():
                self._update(agents.pop(agent_id), {})
        return is_whole

    def _look(self, agent: Agent, versions: tuple[Kept, ...]) -> None:
        book = self.agents.setdefault(agent.id, _AgentBook())
        total = book.total.value
        self._update(book, _find_holdings(agent))
        if book.versions[:2] != versions[:2] or book.total.value is not total:
            book.shown = Kept()
        book.versions = versions

    def _update(self, book: _AgentBook, holdings: _Holdings) -> None:
        before = book.holdings
        if before == holdings:
            return
        book.holdings = holdings
        for key, holding in before.items():
            if holdings.get(key) != holding:
                self._change(book, key[0], holding, -1)
        for key, holding in holdings.items():
            if before.get(key) != holding:
                self._change(book, key[0], holding, 1)

    def _change(self, book: _AgentBook, framework_id: FrameworkId, holding: _Holding, sign: int) -> None:
        role, resources = holding
        part = resources.allocated_to(role)
        book.total.change(part, sign)
        self.frameworks.setdefault(framework_id, RunningSum()).change(part, sign)
        if not self.frameworks[framework_id]:
            del self.frameworks[framework_id]


def _find_holdings(agent: Agent) -> _Holdings:
    """What the live tasks and the executors of an agent hold."""
    holdings: _Holdings = {key: (task.role, task.info.resources) for key, task in agent.tasks.items() if task.is_live}
    for (framework_id, executor_id), executor in agent.executors.items():
        holdings[framework_id, executor_id, None] = executor.grant.role, executor.grant.resources
    return holdings


class Sums:
    """The sums of one moment."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    @cached_property
    def hides_roles(self) -> bool:
        """Whether the reader may not see every role: what is made for them is kept for nobody else."""
        return self._state.seen_by.hides_some(Action.VIEW_ROLES)

    def is_role_shown(self, role: str) -> bool:
        """Whether the reader may see it."""
        return self._state.seen_by.shows_role(role)

    def visible(self, resources: Resources) -> Resources:
        """What is neither reserved for nor allocated to a role that is hidden from the reader."""
        if not self.hides_roles:
            return resources
        kinds = ((item, item.kind) for item in resources)
        return Resources(
            tuple(
                item
                for item, kind in kinds
                if self.is_role_shown(kind.reserved_role) and self.is_role_shown(kind.allocation_role or DEFAULT_ROLE)
            )
        )

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

    @cached_property
    def _book(self) -> _Book:
        book = self._kept_book()
        book.bring_up_to(self._state)
        return book

    def _kept_book(self) -> _Book:
        book: _Book = self._state.kept.setdefault("book", _Book())
        return book

    def prepare(self, spend: Callable[[int], bool]) -> bool:
        """Look at agents ahead of time that nobody has looked at yet, as many as ``spend`` allows, given how many tasks
        each has. Returns whether all are seen; else sums that are asked for now see to the rest at once.
        """
        return "_book" in self.__dict__ or self._kept_book().bring_up_to(self._state, spend)

    def shown_of(self, agent: Agent) -> Kept:
        """Where views keep what they made of an agent and of its sums, for as long as it is true."""
        return self._book.agents[agent.id].shown

    def encode_agents(
        self, agents: Iterable[Agent], name: str, encode: Callable[[Sums, Agent], Fragment]
    ) -> list[Fragment]:
        """Agents as some view encodes them. The loop over all agents of a cluster: kept short on purpose."""
        if self.hides_roles:
            return [encode(self, one) for one in agents]
        books = self._book.agents
        return [books[one.id].shown.get(name) or self._encode(one, name, encode) for one in agents]

    def _encode(self, agent: Agent, name: str, encode: Callable[[Sums, Agent], Fragment]) -> Fragment:
        made = self.shown_of(agent)[name] = encode(self, agent)
        return made

    def used_of(self, agent: Agent) -> Resources:
        """What the live tasks and the executors of an agent hold, marked with the roles it was allocated to; the same
        object while that does not change.
        """
        known = self._book.agents.get(agent.id)
        return NOTHING if known is None else known.total.value

    def used_by(self, framework: Framework) -> Resources:
        """The same of what a framework's tasks and executors hold on all agents."""
        known = self._book.frameworks.get(framework.id)
        return NOTHING if known is None else known.value

    def offered(self, holder: Agent | Framework) -> Resources:
        """What offers of an agent, or to a framework, hold, marked with the roles it is offered to; the same object
        while these are the same offers.
        """
        if not holder.offers:
            return NOTHING
        # Those of a framework that is shown in part are the whole framework's.
        kept = holder.offers.kept if isinstance(holder.offers, HeldSet) else holder.kept
        known: Resources | None = kept.get("offered")
        if known is None:
            grants = (self._state.offers[offer_id].grant for offer_id in sorted(holder.offers))
            known = kept["offered"] = add_up(grant.resources.allocated_to(grant.role) for grant in grants)
        return known


def add_up(parts: Iterable[Resources]) -> Resources:
    """The sum of many: unlike adding one by one, ranges are merged once, which counts with thousands of agents."""
    total = RunningSum()
    for part in parts:
        total.change(part, 1)
    return total.value

"""The tables of things: tasks, agents, frameworks, offers and their answers, each following the master's memory.

What changed is found by versions (``kept``): one look at each agent, framework and chunk of tasks, and rows are made
for the changed ones alone. A task's and an offer's row is kept with it, so that another sight makes none anew.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from itertools import islice

from koinon_core.agent_link import UsageReport
from koinon_core.agents import Unavailability
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.permissions import Action
from koinon_core.tasks import TaskState
from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..entities import Framework, Task
from ..kept import Kept
from ..registry.records import AgentRecord
from ..state import ClusterState
from ..views.fragments import encode, version
from .agents import MAX_UNREACHABLE, show_agent, show_unreachable
from .frameworks import count_ends, show_framework
from .offers import show_answer, show_offer
from .sheet import Effort, Look, drop_others, is_grant_visible, put_kept
from .tasks import FrameworkTasks, show_task

_AGENT_COST = 4
"""What a row of an agent costs, in rows of tasks."""
_LOOK_SHARE = 3
"""How many tasks can be looked at for the cost of one row."""


class TaskSheet:
    """The table of tasks, and the counts that other tables show of them."""

    def __init__(self, table: Table, sight: Visibility) -> None:
        self.table = table
        self._sight = sight
        self._frameworks: dict[FrameworkId, FrameworkTasks] = {}
        self._waiting: dict[str, Task] = {}
        self.is_behind = False
        """Whether tasks were not looked at yet, and are not counted."""

    def count(self, framework: Framework) -> dict[str, int]:
        """How many tasks of a framework are in each state, at their end or not.

        Who may not see every task is told of those ends that are remembered: whose the others were nobody knows.
        """
        known = self._frameworks.get(framework.id)
        live = {} if known is None else _names(known.counts)
        if not self._sight.hides_some(Action.VIEW_TASKS):
            return live | count_ends(framework)
        return live if known is None else live | _names(known.ended)

    def follow(self, look: Look) -> None:
        """See which tasks came, changed and went; of new ones not too many at once."""
        state, seen = look.state, set[FrameworkId]()
        self.is_behind = False
        for framework in (*state.frameworks.values(), *state.completed.values()):
            if self._sight.shows_framework(framework.info):
                seen.add(framework.id)
                self._follow(framework, look.effort)
        for framework_id in self._frameworks.keys() - seen:
            for task_id in self._frameworks.pop(framework_id).shown:
                self._drop(f"{framework_id}/{task_id}")

    def _follow(self, framework: Framework, effort: Effort) -> None:
        followed = self._frameworks.setdefault(framework.id, FrameworkTasks())
        info = framework.info
        put, gone = followed.look(
            framework,
            lambda task: self._sight.shows_task(info, task.info),
            lambda count: effort.spend(count // _LOOK_SHARE),
        )
        self.is_behind |= followed.is_behind
        for task_id in gone:
            self._drop(f"{framework.id}/{task_id}")
        for task in put:
            self._waiting[f"{framework.id}/{task.id}"] = task

    def _drop(self, key: str) -> None:
        self._waiting.pop(key, None)
        self.table.remove(key)

    def refresh(self, look: Look) -> None:
        """Write rows, not too many at once."""
        while self._waiting and look.effort.spend(1):
            key = next(iter(self._waiting))
            task = self._waiting.pop(key)
            put_kept(self.table, key, task.kept, lambda one=task: show_task(look.state, one))  # type: ignore[misc]


def _names(counts: Counter[TaskState]) -> dict[str, int]:
    return {state.name: count for state, count in counts.items() if count}


class AgentSheet:
    """The table of agents: everybody sees all of them, but not everything of each."""

    def __init__(self, table: Table, sight: Visibility) -> None:
        self.table = table
        self._sight = sight
        self._seen: dict[AgentId, tuple[Kept, Unavailability | None, UsageReport | None]] = {}
        self._lost: dict[AgentId, AgentRecord] = {}

    def refresh(self, look: Look) -> None:
        """The loop over all agents: kept short on purpose."""
        state, sums, seen = look.state, look.sums, self._seen
        absences, measured = state.unavailable, state.measured
        for agent_id, agent in state.agents.items():
            seen_as = sums.shown_of(agent), absences.get(agent_id), measured.get(agent_id)
            known = seen.get(agent_id)
            if known is None and not look.effort.spend(_AGENT_COST):
                break
            if known != seen_as:
                seen[agent_id] = seen_as
                self.table.put(agent_id, encode(show_agent(sums, agent, state, self._sight)))
        lost = self._look_at_lost(state)
        drop_others(self.table, [*state.agents, *lost], len(state.agents) + len(lost))
        if len(seen) > len(state.agents):
            self._seen = {agent_id: version for agent_id, version in seen.items() if agent_id in state.agents}

    def _look_at_lost(self, state: ClusterState) -> Collection[AgentId]:
        before, lost = self._lost, dict(islice(reversed(state.unreachable.items()), MAX_UNREACHABLE))
        self._lost = lost
        for agent_id, record in lost.items():
            if before.get(agent_id) is not record:
                self.table.put(agent_id, encode(show_unreachable(agent_id, record, self._sight)))
        return lost


class FrameworkSheet:
    """The table of frameworks."""

    def __init__(self, table: Table, sight: Visibility, tasks: TaskSheet) -> None:
        self.table = table
        self._sight, self._tasks = sight, tasks
        self._seen: dict[FrameworkId, tuple[object, ...]] = {}

    def refresh(self, look: Look) -> None:
        """Write the rows of those that changed."""
        state, shown = look.state, list[str]()
        for group in (state.frameworks, state.completed):
            for framework in group.values():
                if self._sight.shows_framework(framework.info):
                    shown.append(framework.id)
                    self._look_at(look, framework, is_completed=group is state.completed)
        drop_others(self.table, shown, len(shown))
        if len(self._seen) > len(shown):
            self._seen = {key: self._seen[FrameworkId(key)] for key in map(FrameworkId, shown)}

    def _look_at(self, look: Look, framework: Framework, *, is_completed: bool) -> None:
        """What is counted in place (``tallies``) counts offers and ends of tasks: never without one of these."""
        key = (
            is_completed,
            framework.kept,
            id(look.sums.used_by(framework)),
            version(framework.offers),
            version(framework.tasks),
            version(framework.unreachable_tasks),
        )
        if self._seen.get(framework.id) != key:
            self._seen[framework.id] = key
            counts = self._tasks.count(framework)
            row = show_framework(look.sums, framework, counts, self._sight, is_completed=is_completed)
            self.table.put(framework.id, encode(row))


class OfferSheet:
    """The table of outstanding offers."""

    def __init__(self, table: Table, sight: Visibility) -> None:
        self.table = table
        self._sight = sight
        self._seen: set[str] = set()

    def refresh(self, look: Look) -> None:
        """Offers never change: they come and go."""
        offers = look.state.offers
        for offer_id in self._seen - offers.keys():
            self.table.remove(offer_id)
        for offer_id in offers.keys() - self._seen:
            held = offers[offer_id]
            if is_grant_visible(look.state, self._sight, held.grant.framework_id, held.grant.role):
                put_kept(self.table, offer_id, held.kept, lambda one=held: show_offer(one))  # type: ignore[misc]
        self._seen = set(offers)


class AnswerSheet:
    """The table of offers that ended lately."""

    def __init__(self, table: Table, sight: Visibility) -> None:
        self.table = table
        self._sight = sight
        self._count = 0
        self._remembered: deque[str] = deque()

    def refresh(self, look: Look) -> None:
        """Write what was not seen yet, and drop what is remembered no more."""
        history = look.state.offer_history
        for ended in history.since(self._count):
            grant = ended.held.grant
            self._remembered.append(ended.held.offer.id)
            if is_grant_visible(look.state, self._sight, grant.framework_id, grant.role):
                names_tasks = all(map(self._sight.shows_tasks_of, ended.users))
                self.table.put(ended.held.offer.id, encode(show_answer(ended, names_tasks=names_tasks)))
        self._count = history.count
        while len(self._remembered) > len(history):
            self.table.remove(self._remembered.popleft())

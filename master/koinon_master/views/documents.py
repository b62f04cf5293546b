"""The documents of the legacy endpoints, put together of what ``legacy`` shows (mesos-operator-api 3.2 to 3.6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from orjson import Fragment

from koinon_core.ids import FrameworkId
from koinon_core.tasks import TaskState

from ..agents.machine import AgentPhase
from ..entities import Agent, Framework, Task
from ..state import ClusterState
from .fragments import keep
from .legacy import (
    View,
    encode_agent,
    encode_agents,
    encode_agents_in_full,
    encode_framework,
    show_framework_head,
    show_recovered_agent,
)
from .sums import Sums

_COUNTED = {
    state.name: state.value
    for state in (
        TaskState.TASK_STAGING,
        TaskState.TASK_STARTING,
        TaskState.TASK_RUNNING,
        TaskState.TASK_KILLING,
        TaskState.TASK_FINISHED,
        TaskState.TASK_KILLED,
        TaskState.TASK_FAILED,
        TaskState.TASK_LOST,
        TaskState.TASK_ERROR,
        TaskState.TASK_UNREACHABLE,
    )
}
"""The states that summaries count, and their places in a row of counts."""
_ROW = [0] * (max(state.value for state in TaskState) + 1)


def show_frameworks(state: ClusterState, framework_id: str | None = None) -> View:
    """``/frameworks``, all or one."""
    sums = Sums(state)

    def show(frameworks: Mapping[FrameworkId, Framework]) -> list[View]:
        return [encode_framework(state, sums, one) for key, one in frameworks.items() if framework_id in (None, key)]

    return {
        "frameworks": show(state.frameworks),
        "completed_frameworks": show(state.completed),
        "unregistered_frameworks": [],
    }


def show_agents(state: ClusterState, agent_id: str | None = None) -> View:
    """``/slaves``, all or one."""
    sums = Sums(state)
    chosen = [agent for agent in state.agents.values() if agent_id in (None, agent.id)]
    return {
        "slaves": encode_agents_in_full(sums, (one for one in chosen if one.phase is not AgentPhase.RECOVERED)),
        "recovered_slaves": [show_recovered_agent(one) for one in chosen if one.phase is AgentPhase.RECOVERED],
    }


def show_state(state: ClusterState) -> View:
    """What ``/state`` says of the cluster; the master's own affairs are the edge's to add."""
    sums = Sums(state)
    active = sum(agent.is_connected and not agent.is_deactivated for agent in sums.members)
    return {
        "activated_slaves": active,
        "deactivated_slaves": len(sums.members) - active,
        "unreachable_slaves": len(state.unreachable),
        "slaves": encode_agents(sums, sums.members),
        "recovered_slaves": [show_recovered_agent(state.agents[agent_id]) for agent_id in sorted(state.recovering)],
        "frameworks": [encode_framework(state, sums, one) for one in state.frameworks.values()],
        "completed_frameworks": [encode_framework(state, sums, one) for one in state.completed.values()],
        "orphan_tasks": [],
        "unregistered_frameworks": [],
    }


class _Tally:
    """How many tasks stand where, and who has to do with them. Filled once for each task of a cluster: kept short."""

    def __init__(self) -> None:
        self.row = _ROW.copy()
        self.others: set[str] = set()

    def show(self) -> View:
        """The counts by state."""
        return {name: self.row[place] for name, place in _COUNTED.items()}


def _tally(state: ClusterState) -> tuple[dict[str, _Tally], dict[str, _Tally]]:
    """The tallies of all agents and of all frameworks."""
    agents: dict[str, _Tally] = defaultdict(_Tally)
    frameworks: dict[str, _Tally] = {}
    for framework in state.frameworks.values():
        own = frameworks[framework.id] = _Tally()
        for task in _tasks_of(framework):
            agent_id, place = task.info.agent_id, task.state.value
            tally = agents[agent_id]
            tally.row[place] += 1
            tally.others.add(framework.id)
            own.row[place] += 1
            own.others.add(agent_id)
    return agents, frameworks


def _tasks_of(framework: Framework) -> list[Task]:
    return [*framework.tasks.values(), *framework.unreachable_tasks.values(), *framework.completed_tasks]


def show_summary(state: ClusterState) -> View:
    """``/state-summary``: the same without tasks, in numbers."""
    sums = Sums(state)
    by_agent, by_framework = _tally(state)

    def summarize(agent: Agent) -> Fragment:
        tally = by_agent[agent.id]
        owners = sorted(tally.others)

        def encode() -> Fragment:
            return encode_agent(sums, agent, tally.show() | {"framework_ids": owners})

        if sums.hides_roles:
            return encode()
        return keep(sums.shown_of(agent), "summary", encode, (*tally.row, *owners))

    def show(framework: Framework) -> View:
        tally = by_framework[framework.id]
        return show_framework_head(sums, framework) | tally.show() | {"slave_ids": sorted(tally.others)}

    frameworks = [show(one) for one in state.frameworks.values()]
    return {"slaves": [summarize(agent) for agent in sums.members], "frameworks": frameworks}


def all_tasks(state: ClusterState) -> list[Task]:
    """Every task that is remembered, whatever became of it."""
    frameworks = [*state.frameworks.values(), *state.completed.values()]
    return [task for framework in frameworks for task in _tasks_of(framework)]


def first_timestamp(task: Task) -> float:
    """When a task was first heard of; the order of ``/tasks``."""
    return (task.statuses[0].timestamp or 0.0) if task.statuses else 0.0


def count_states(state: ClusterState) -> Counter[TaskState]:
    """How many tasks of the frameworks that are here stand where."""
    counts = Counter(task.state for task in state.live_tasks() if not task.state.is_terminal)
    counts[TaskState.TASK_UNREACHABLE] = sum(len(one.unreachable_tasks) for one in state.frameworks.values())
    return counts

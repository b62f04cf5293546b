"""The documents of the legacy endpoints, put together of what ``legacy`` shows (mesos-operator-api 3.2 to 3.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from koinon_core.ids import AgentId, FrameworkId
from koinon_core.tasks import TaskState

from ..agent_machine import AgentPhase
from ..entities import Agent, Framework, Task
from ..state import ClusterState
from .fragments import fragment
from .legacy import (
    View,
    encode_agent,
    show_agent,
    show_framework,
    show_framework_head,
    show_recovered_agent,
)
from .sums import Sums

_COUNTED = (
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


def show_frameworks(state: ClusterState, framework_id: str | None = None) -> View:
    """``/frameworks``, all or one."""
    sums = Sums(state)

    def show(frameworks: Mapping[FrameworkId, Framework]) -> list[View]:
        return [show_framework(state, sums, one) for key, one in frameworks.items() if framework_id in (None, key)]

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
        "slaves": [encode_agent(sums, one, is_full=True) for one in chosen if one.phase is not AgentPhase.RECOVERED],
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
        "slaves": [encode_agent(sums, agent) for agent in sums.members],
        "recovered_slaves": [show_recovered_agent(state.agents[agent_id]) for agent_id in sorted(state.recovering)],
        "frameworks": [show_framework(state, sums, one) for one in state.frameworks.values()],
        "completed_frameworks": [show_framework(state, sums, one) for one in state.completed.values()],
        "orphan_tasks": [],
        "unregistered_frameworks": [],
    }


def _count(tasks: Iterable[Task]) -> dict[str, int]:
    counts = Counter(task.state for task in tasks)
    return {state.name: counts[state] for state in _COUNTED}


def _tasks_of(framework: Framework) -> list[Task]:
    return [*framework.tasks.values(), *framework.unreachable_tasks.values(), *framework.completed_tasks]


def show_summary(state: ClusterState) -> View:
    """``/state-summary``: the same without tasks, in numbers."""
    sums = Sums(state)
    by_agent: dict[AgentId, list[Task]] = {}
    for framework in state.frameworks.values():
        for task in _tasks_of(framework):
            by_agent.setdefault(task.agent_id, []).append(task)

    def summarize(agent: Agent) -> object:
        tasks = by_agent.get(agent.id, [])
        counts, owners = _count(tasks), sorted({task.framework_id for task in tasks})
        key = sums.used_of(agent), sums.offered(agent), counts, owners
        return fragment(
            agent.kept, "summary", lambda: show_agent(sums, agent) | counts | {"framework_ids": owners}, key
        )

    frameworks = [
        show_framework_head(sums, one)
        | _count(_tasks_of(one))
        | {"slave_ids": sorted({task.agent_id for task in _tasks_of(one)})}
        for one in state.frameworks.values()
    ]
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

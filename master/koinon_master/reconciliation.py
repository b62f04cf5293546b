"""Answers to RECONCILE: what the master knows of tasks, in words the framework understands (mesos-semantics 6.2)."""

from __future__ import annotations

from attrs import evolve

from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, TaskId
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason, TaskStatusSource

from .entities import Framework, Task
from .state import ClusterState, make_status


def reconcile(state: ClusterState, framework: Framework, tasks: tuple[ReconcileTask, ...], now: float) -> None:
    """Answer for the tasks named, or for all that the framework has when none is."""
    state.tallies["messages_reconcile_tasks"] += 1
    if not tasks:
        for task in framework.tasks.values():
            if not task.state.is_terminal:
                state.report(framework, _known(task, now))
        return
    for named in tasks:
        reconcile_task(state, framework, named, now)


def reconcile_task(state: ClusterState, framework: Framework, named: ReconcileTask, now: float) -> None:
    """Answer for one task; there is no answer while an agent that may have it is expected back."""
    task = framework.tasks.get(named.task_id)
    if task is not None:
        state.report(framework, _known(task, now))
        return
    unreachable = framework.unreachable_tasks.get(named.task_id)
    agent_id = named.agent_id if unreachable is None else unreachable.agent_id
    found = _judge(state, agent_id)
    if found is not None:
        state.report(framework, _unknown(state, framework, (named.task_id, agent_id, found), now))


def _judge(state: ClusterState, agent_id: AgentId | None) -> TaskState | None:
    """The state of a task that is not known, by what is known of its agent; None: nobody can tell yet."""
    if agent_id is None:
        return None if state.recovering else TaskState.TASK_UNKNOWN
    if agent_id in state.recovering:
        return None
    if agent_id in state.agents:
        return TaskState.TASK_GONE
    return TaskState.TASK_UNREACHABLE if agent_id in state.unreachable else TaskState.TASK_UNKNOWN


def _known(task: Task, now: float) -> TaskStatus:
    reason, message = TaskStatusReason.REASON_RECONCILIATION, "Reconciliation: Latest task state"
    status = make_status(task, task.state, reason, message, now)
    latest = task.latest_status
    if latest is None:
        return status
    return evolve(status, healthy=latest.healthy, container_status=latest.container_status)


def _unknown(
    state: ClusterState, framework: Framework, found: tuple[TaskId, AgentId | None, TaskState], now: float
) -> TaskStatus:
    task_id, agent_id, task_state = found
    record = None if agent_id is None else state.unreachable.get(agent_id)
    since = None if record is None else record.unreachable_since
    what = "unreachable" if since is not None else "unknown to the agent" if agent_id in state.agents else "unknown"
    return TaskStatus(
        task_id=task_id,
        state=framework.loss_state(task_state),
        message=f"Reconciliation: Task is {what}",
        source=TaskStatusSource.SOURCE_MASTER,
        reason=TaskStatusReason.REASON_RECONCILIATION,
        agent_id=agent_id,
        timestamp=now,
        unreachable_time=None if since is None else TimeInfo.of_seconds(since),
    )

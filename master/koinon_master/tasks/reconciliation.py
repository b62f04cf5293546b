"""Answers to RECONCILE: what the master knows of tasks, in words the framework understands (mesos-semantics 6.2).

Many questions are answered by the slice: the next when the last is out on the framework's stream, so that neither the
loop nor the stream's backlog sees all at once. What can't be told yet is left to the framework's next question: it has
to repeat itself anyway, as any answer may get lost.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import evolve, frozen

from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, StreamId, TaskId
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason, TaskStatusSource

from ..entities import Framework, Task
from ..instructions import AwaitDrained
from ..state import ClusterState, make_status

SLICE: Final = 500
"""How many tasks are answered for at once."""
MAX_QUESTIONS: Final = 500_000
"""How many tasks a framework may have asked for and not been told of; more are dropped, to be asked again."""


@frozen
class _Question:
    """A task to be answered for. ``is_implicit``: only as long as it has not ended."""

    named: ReconcileTask
    is_implicit: bool = False


class Reconciliation:
    """Questions that wait for their answers, by the stream that the answers go to."""

    def __init__(self, state: ClusterState, max_questions: int = MAX_QUESTIONS) -> None:
        self._state = state
        self._max_questions = max_questions
        self._waiting: dict[StreamId, deque[_Question]] = {}

    def ask(self, framework: Framework, tasks: tuple[ReconcileTask, ...], now: float) -> None:
        """Answer for the tasks named, or for all that the framework has when none is."""
        state, stream_id = self._state, framework.stream_id
        state.tallies["messages_reconcile_tasks"] += 1
        if stream_id is None:
            return
        named = tasks or tuple(ReconcileTask(task_id=task_id) for task_id in framework.tasks)
        is_answering = stream_id in self._waiting
        waiting = self._waiting.setdefault(stream_id, deque())
        room = self._max_questions - len(waiting)
        waiting.extend(_Question(one, is_implicit=not tasks) for one in named[:room])
        if len(named) > room:
            state.note("questions_dropped", framework_id=framework.id, tasks=len(named) - room)
        if not is_answering:
            self.go_on(stream_id, now)

    def go_on(self, stream_id: StreamId, now: float) -> None:
        """Answer the next slice, if there is one."""
        waiting = self._waiting.get(stream_id)
        framework_id = self._state.streams.get(stream_id)
        framework = None if framework_id is None else self._state.frameworks.get(framework_id)
        if waiting is None or framework is None:
            self.forget(stream_id)
            return
        for _ in range(min(SLICE, len(waiting))):
            question = waiting.popleft()
            if not question.is_implicit or _is_under_way(framework.tasks.get(question.named.task_id)):
                reconcile_task(self._state, framework, question.named, now)
        if waiting:
            self._state.emit(AwaitDrained(stream_id))
        else:
            self.forget(stream_id)

    def forget(self, stream_id: StreamId) -> None:
        """Nobody listens on a stream any more."""
        self._waiting.pop(stream_id, None)


def _is_under_way(task: Task | None) -> bool:
    return task is not None and not _told_state(task).is_terminal


def _told_state(task: Task) -> TaskState:
    """Where a task stands for its framework: what it has not been told yet comes as an update, and in order."""
    return task.status_update_state or task.state


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
    if agent_id in state.gone:
        return TaskState.TASK_GONE_BY_OPERATOR
    return TaskState.TASK_UNREACHABLE if agent_id in state.unreachable else TaskState.TASK_UNKNOWN


def _known(task: Task, now: float) -> TaskStatus:
    reason, message = TaskStatusReason.REASON_RECONCILIATION, "Reconciliation: Latest task state"
    status = make_status(task, _told_state(task), reason, message, now)
    latest = task.latest_status
    if latest is None:
        return status
    return evolve(
        status,
        healthy=latest.healthy,
        check_status=latest.check_status,
        container_status=latest.container_status,
    )


_WORDS = {
    TaskState.TASK_GONE: "unknown to the agent",
    TaskState.TASK_GONE_BY_OPERATOR: "gone",
    TaskState.TASK_UNREACHABLE: "unreachable",
    TaskState.TASK_UNKNOWN: "unknown",
}


def _unknown(
    state: ClusterState, framework: Framework, found: tuple[TaskId, AgentId | None, TaskState], now: float
) -> TaskStatus:
    task_id, agent_id, task_state = found
    record = None if agent_id is None else state.unreachable.get(agent_id)
    since = None if record is None else record.unreachable_since
    return TaskStatus(
        task_id=task_id,
        state=framework.loss_state(task_state),
        message=f"Reconciliation: Task is {_WORDS[task_state]}",
        source=TaskStatusSource.SOURCE_MASTER,
        reason=TaskStatusReason.REASON_RECONCILIATION,
        agent_id=agent_id,
        timestamp=now,
        unreachable_time=None if since is None else TimeInfo.of_seconds(since),
    )

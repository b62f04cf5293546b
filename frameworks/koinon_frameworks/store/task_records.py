"""The record of one task and the rules by which it changes. Pure; when it becomes durable is ``framework_store``'s.

A record begins as an intent, before ACCEPT goes out, and follows the updates until the task is over. Afterwards it
stays as it is (mesos-semantics 6): what is said of the task from then on changes nothing.
"""

from __future__ import annotations

from enum import Enum

from attrs import evolve, frozen

from koinon_core.ids import Uuid
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource

UUIDS_KEPT = 8
"""Of a task's latest updates. An agent repeats one update until it is acknowledged: one would nearly always do."""

_PROGRESS = {
    TaskState.TASK_STAGING: 1,
    TaskState.TASK_STARTING: 2,
    TaskState.TASK_RUNNING: 3,
    TaskState.TASK_KILLING: 4,
}
"""How far a task has come. A state that is not here can follow, and be followed by, any: an agent is away, or back."""


class Verdict(Enum):
    """What an update means to a record."""

    NEW = "new"
    REPEATED = "repeated"
    """It was noted before, or says nothing of use."""
    LATE = "late"
    """The task had come further than this."""
    RETURNED = "returned"
    """The task runs although it was over: an agent that was given up is back. Kill it, or take it up as another."""
    STRANGER = "stranger"
    """The task runs and there is no record of it: it was forgotten, or this framework never launched it."""

    @property
    def is_unwanted(self) -> bool:
        """Whether a task runs that should not: kill it."""
        return self in (Verdict.RETURNED, Verdict.STRANGER)


@frozen(kw_only=True)
class TaskRecord:
    """What is stored of one task. Times are seconds since 1970."""

    task: TaskInfo
    """As it was handed to the master."""
    intended_at: float
    status: TaskStatus | None = None
    """The latest that counts, without its ``data``; None: an intent, of which nobody has heard yet."""
    noted_at: float | None = None
    uuids: tuple[Uuid, ...] = ()
    """Of the latest updates, the newest last."""

    @property
    def state(self) -> TaskState | None:
        """The task's latest state; None while it is an intent."""
        return None if self.status is None else self.status.state

    @property
    def is_intent(self) -> bool:
        """Whether nothing was ever heard of the task."""
        return self.status is None

    @property
    def is_over(self) -> bool:
        """Whether the task counts no more. TASK_UNKNOWN does not come back but by an accident (mesos-semantics 6.2)."""
        return self.status is not None and is_over(self.status.state)


def is_over(state: TaskState) -> bool:
    """Whether a task in this state counts no more."""
    return state.is_terminal or state is TaskState.TASK_UNKNOWN


def judge(record: TaskRecord | None, status: TaskStatus) -> Verdict:
    """What an update means to the record of its task."""
    is_running = status.state in _PROGRESS
    if record is None:
        return Verdict.STRANGER if is_running else Verdict.REPEATED
    if status.uuid is not None and status.uuid in record.uuids:
        return Verdict.REPEATED
    known = record.status
    if known is None:
        return Verdict.NEW
    if record.is_over:
        return Verdict.RETURNED if is_running else Verdict.REPEATED
    if is_running and _PROGRESS[status.state] < _PROGRESS.get(known.state, 0):
        return Verdict.LATE
    says_more = status.uuid is not None or status.healthy not in (None, known.healthy)
    return Verdict.NEW if says_more or status.state is not known.state else Verdict.REPEATED


def take_status(record: TaskRecord, status: TaskStatus, now: float) -> TaskRecord:
    """The record after an update that is NEW to it. What an answer to reconciliation leaves out stays known."""
    known = record.status
    uuids = record.uuids if status.uuid is None else (*record.uuids, status.uuid)[-UUIDS_KEPT:]
    kept = evolve(status, data=None)
    if known is not None and status.reason is TaskStatusReason.REASON_RECONCILIATION:
        kept = evolve(kept, container_status=status.container_status or known.container_status)
    return evolve(record, status=kept, noted_at=now, uuids=uuids)


def end_without_word(record: TaskRecord, state: TaskState, message: str, now: float) -> TaskRecord:
    """The record of a task that is over although no update will say so."""
    status = TaskStatus(
        task_id=record.task.task_id,
        state=state,
        message=message,
        source=TaskStatusSource.SOURCE_MASTER,
        agent_id=record.task.agent_id,
        timestamp=now,
    )
    return evolve(record, status=status, noted_at=now)

"""What the end of a task means: how it counts, in which words, and whether there is another attempt. Pure rules."""

from __future__ import annotations

from attrs import frozen

from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from .slot import Attempt, Slot, SlotState, Trigger
from .spec import Outcome

_OUTCOMES = {
    TaskState.TASK_FINISHED: Outcome.FINISHED,
    TaskState.TASK_FAILED: Outcome.FAILED,
    TaskState.TASK_KILLED: Outcome.KILLED,
    TaskState.TASK_ERROR: Outcome.REJECTED,
    TaskState.TASK_LOST: Outcome.LOST,
    TaskState.TASK_DROPPED: Outcome.LOST,
    TaskState.TASK_GONE: Outcome.LOST,
    TaskState.TASK_GONE_BY_OPERATOR: Outcome.LOST,
    TaskState.TASK_UNKNOWN: Outcome.LOST,
}
FINAL_TRIGGERS = {
    Outcome.FINISHED: Trigger.FINISH,
    Outcome.FAILED: Trigger.FAIL,
    Outcome.LOST: Trigger.LOSE,
    Outcome.KILLED: Trigger.KILL,
    Outcome.REJECTED: Trigger.FAIL,
}
_SAYS_LITTLE = {TaskStatusReason.REASON_RECONCILIATION, None}


@frozen
class End:
    """How an attempt ended. ``has_run``: False where it is sure that no executor ever saw the task."""

    outcome: Outcome
    why: str
    has_run: bool = True


def read_end(status: TaskStatus, attempt: Attempt) -> End | None:
    """The end that a status tells of, if it does."""
    outcome = _OUTCOMES.get(status.state)
    if outcome is None:
        return None
    return End(outcome, describe(status), has_run=not _never_ran(status, attempt))


def describe(status: TaskStatus) -> str:
    """What a status says, in one line."""
    reason = "" if status.reason in _SAYS_LITTLE or status.reason is None else status.reason.name
    message = (status.message or "").strip()
    if message and reason:
        return f"{message} ({reason})"
    return message or reason or status.state.name


def _never_ran(status: TaskStatus, attempt: Attempt) -> bool:
    """Launches that did not reach an agent (mesos-v1-api 4.5, mesos-semantics 6.2).

    Whether an agent that nobody knows (TASK_UNKNOWN) had it running can't be told: that is a loss.
    """
    if attempt.has_been_seen:
        return False
    if status.state is TaskState.TASK_DROPPED or status.reason is TaskStatusReason.REASON_INVALID_OFFERS:
        return True
    return status.state is TaskState.TASK_GONE and status.reason is TaskStatusReason.REASON_RECONCILIATION


def is_tried_again(slot: Slot, outcome: Outcome) -> bool:
    """Whether an attempt that ended so is followed by another."""
    rule = slot.spec.retries
    if outcome not in rule.outcomes or (outcome is Outcome.FINISHED and not slot.spec.is_service):
        return False
    return rule.attempts is None or slot.failures + 1 < rule.attempts


def has_recovered(slot: Slot, now: float) -> bool:
    """Whether a service ran for so long that what went wrong before is forgotten."""
    started_at = None if slot.attempt is None else slot.attempt.started_at
    return slot.spec.is_service and started_at is not None and now - started_at >= slot.spec.retries.backoff.maximum


def is_up(slot: Slot) -> bool:
    """Whether it runs and, where it is checked, is well."""
    if slot.state is not SlotState.RUNNING or slot.attempt is None:
        return False
    return (
        slot.attempt.is_healthy is True if slot.spec.health_check is not None else slot.attempt.is_healthy is not False
    )

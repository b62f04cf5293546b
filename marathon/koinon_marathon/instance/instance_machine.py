"""Which condition of an instance may follow which (marathon-semantics 15).

A terminal condition is passed through, never kept: an instance that is still wanted waits again (SCHEDULED), any other
is removed by `instance_update`. What a status says is translated here too, as the words are Mesos's.
"""

from enum import Enum

from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason
from koinon_core.transitions import next_state

from .instances import Condition, Instance, Task


class Trigger(Enum):
    """What can happen to the task of an instance."""

    LAUNCH = "launch"
    STAGING = "staging"
    STARTING = "starting"
    RUNNING = "running"
    KILLING = "killing"
    LOSS = "loss"
    INACTIVITY = "inactivity"
    END = "end"


_C, _T = Condition, Trigger
_REPORTS = {
    _T.STAGING: _C.STAGING,
    _T.STARTING: _C.STARTING,
    _T.RUNNING: _C.RUNNING,
    _T.KILLING: _C.KILLING,
    _T.LOSS: _C.UNREACHABLE,
    _T.END: _C.SCHEDULED,
}

TRANSITIONS: dict[tuple[Condition, Trigger], Condition] = {
    (_C.SCHEDULED, _T.LAUNCH): _C.PROVISIONED,
    **{(_C.PROVISIONED, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.STAGING, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.STARTING, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.RUNNING, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.KILLING, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.UNREACHABLE, trigger): condition for trigger, condition in _REPORTS.items()},
    **{(_C.UNREACHABLE_INACTIVE, trigger): condition for trigger, condition in _REPORTS.items()},
    # A task never goes back: an answer to reconciliation may be older than what was heard since.
    (_C.STARTING, _T.STAGING): _C.STARTING,
    (_C.RUNNING, _T.STAGING): _C.RUNNING,
    (_C.RUNNING, _T.STARTING): _C.RUNNING,
    (_C.KILLING, _T.STAGING): _C.KILLING,
    (_C.KILLING, _T.STARTING): _C.KILLING,
    (_C.KILLING, _T.RUNNING): _C.KILLING,
    (_C.UNREACHABLE, _T.INACTIVITY): _C.UNREACHABLE_INACTIVE,
    # Only the passing of time or the task itself ends inactivity, not being told of the loss again.
    (_C.UNREACHABLE_INACTIVE, _T.LOSS): _C.UNREACHABLE_INACTIVE,
}

_CONDITIONS = {
    TaskState.TASK_STAGING: _C.STAGING,
    TaskState.TASK_STARTING: _C.STARTING,
    TaskState.TASK_RUNNING: _C.RUNNING,
    TaskState.TASK_KILLING: _C.KILLING,
    TaskState.TASK_FINISHED: _C.FINISHED,
    TaskState.TASK_FAILED: _C.FAILED,
    TaskState.TASK_KILLED: _C.KILLED,
    TaskState.TASK_ERROR: _C.ERROR,
    TaskState.TASK_DROPPED: _C.DROPPED,
    TaskState.TASK_UNREACHABLE: _C.UNREACHABLE,
    TaskState.TASK_GONE: _C.GONE,
    TaskState.TASK_GONE_BY_OPERATOR: _C.GONE,
    TaskState.TASK_UNKNOWN: _C.UNKNOWN,
}
_LOST = {
    TaskStatusReason.REASON_AGENT_DISCONNECTED: _C.UNREACHABLE,
    TaskStatusReason.REASON_AGENT_REMOVED: _C.UNREACHABLE,
    TaskStatusReason.REASON_RECONCILIATION: _C.UNREACHABLE,
    TaskStatusReason.REASON_TASK_UNKNOWN: _C.UNKNOWN,
    TaskStatusReason.REASON_INVALID_OFFERS: _C.DROPPED,
}
_TRIGGERS = {
    _C.STAGING: _T.STAGING,
    _C.STARTING: _T.STARTING,
    _C.RUNNING: _T.RUNNING,
    _C.KILLING: _T.KILLING,
    _C.UNREACHABLE: _T.LOSS,
}


def reported_condition(status: TaskStatus) -> Condition:
    """What a status means for the instance. TASK_LOST means what its reason says, and gone for good without one."""
    if status.state is not TaskState.TASK_LOST:
        return _CONDITIONS[status.state]
    if "unknown" in (status.message or "").lower():
        return Condition.UNKNOWN
    return Condition.GONE if status.reason is None else _LOST.get(status.reason, Condition.GONE)


def trigger_of(reported: Condition) -> Trigger:
    """The trigger a reported condition pulls; all terminal ones end the task."""
    return _TRIGGERS.get(reported, Trigger.END)


def next_condition(subject: Instance | Task, trigger: Trigger) -> Condition:
    """Where `trigger` takes an instance, or one of its tasks. Raises InvalidTransition where it cannot happen."""
    return next_state(TRANSITIONS, subject.id, subject.condition, trigger)

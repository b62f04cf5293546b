"""What jobs and runs are looked at for later; when, ``koinon_core.timers`` keeps."""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class TimerKind(Enum):
    """What a timer is for."""

    JOB = "job"
    """A job is due by schedule (subject: its name)."""
    WINDOW = "window"
    """A run's start window closes (subject: run id, as for the following)."""
    RETRY = "retry"
    LOSS = "loss"
    """An unreachable task is given up."""
    ASK = "ask"
    """A launch was not heard of, or a killed task not heard to be over."""
    RECONCILE = "reconcile"

    __hash__ = object.__hash__


@frozen
class Timer:
    """One thing to be looked at later."""

    kind: TimerKind
    subject: str = ""

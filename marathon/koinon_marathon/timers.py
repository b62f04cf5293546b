"""What Marathon looks at later; when, ``koinon_core.timers`` keeps."""

from enum import Enum

import attrs


class TimerKind(Enum):
    """What a timer is for."""

    OVERDUE = "overdue"
    """A launch must have come further by now (subject: instance id)."""
    LOSS = "loss"
    """Judge an unreachable instance again (subject: instance id)."""
    KILL = "kill"
    """Ask for a kill again (subject: task id)."""
    BACKOFF = "backoff"
    """An app may launch again (subject: app id)."""
    INSTANCES = "instances"
    """An app wants so many instances more or less that one turn is not enough (subject: app id)."""
    HEALTH = "health"
    """A check's next round (subject: its activation's key)."""
    READINESS = "readiness"
    """Ask a new task again (subject: task id)."""
    REVIVE = "revive"
    TOKENS = "tokens"
    """Launches may begin again."""
    RECONCILE = "reconcile"
    SCALE_CHECK = "scale check"

    __hash__ = object.__hash__
    """As there is one of each; an Enum's own is slow."""


@attrs.frozen
class Timer:
    """One thing to be looked at later."""

    kind: TimerKind
    subject: str = ""

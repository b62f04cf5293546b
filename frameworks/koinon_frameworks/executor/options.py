"""How an executor behaves where it may choose. Values alone."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, in_

from .wire import CONTENT_TYPES, JSON


@frozen(kw_only=True)
class ExecutorOptions:
    """Times are seconds."""

    content_type: str = field(default=JSON, validator=in_(CONTENT_TYPES))
    announce_after: float = field(default=0.0, validator=ge(0.0))
    """A task that still runs after so long is told as TASK_RUNNING. Tasks that end sooner tell their end alone: with
    some hundred short ones a second that is half of all the work."""
    progress_interval: float = field(default=1.0, validator=ge(0.0))
    """Between two reports of progress of one task."""
    kill_grace: float = field(default=3.0, validator=ge(0.0))
    """Where neither KILL nor the task says how much."""
    messages: int = field(default=10_000, validator=ge(1))
    """How many messages to the scheduler may wait for the agent; of more, the oldest are dropped."""

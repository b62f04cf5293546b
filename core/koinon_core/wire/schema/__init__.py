"""What stands on the wire: names, numbers and types of every message (``table``), and which class stands for which
``type`` (``unions``).
"""

from .unions import (
    AGENT_CALLS,
    AGENT_MESSAGES,
    EXECUTOR_CALLS,
    EXECUTOR_EVENTS,
    MASTER_MESSAGES,
    OPERATOR_CALLS,
    SCHEDULER_CALLS,
    SCHEDULER_EVENTS,
    TaggedUnion,
)

__all__ = [
    "AGENT_CALLS",
    "AGENT_MESSAGES",
    "EXECUTOR_CALLS",
    "EXECUTOR_EVENTS",
    "MASTER_MESSAGES",
    "OPERATOR_CALLS",
    "SCHEDULER_CALLS",
    "SCHEDULER_EVENTS",
    "TaggedUnion",
]

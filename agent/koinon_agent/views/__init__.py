"""Read models of an agent's memory: what its endpoints show. Pure."""

from .api import (
    answer_agent,
    answer_executors,
    answer_frameworks,
    answer_operations,
    answer_state,
    answer_tasks,
)
from .parts import used_resources
from .state import show_state

__all__ = [
    "answer_agent",
    "answer_executors",
    "answer_frameworks",
    "answer_operations",
    "answer_state",
    "answer_tasks",
    "show_state",
    "used_resources",
]

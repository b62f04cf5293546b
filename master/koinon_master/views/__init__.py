"""Read models of a master's memory: in the shapes of the legacy endpoints and of the operator API. They change nothing
but what is kept of themselves with the things they show.
"""

from .documents import (
    all_tasks,
    count_states,
    first_timestamp,
    show_agents,
    show_frameworks,
    show_state,
    show_summary,
)
from .legacy import encode_tasks

__all__ = [
    "all_tasks",
    "count_states",
    "encode_tasks",
    "first_timestamp",
    "show_agents",
    "show_frameworks",
    "show_state",
    "show_summary",
]

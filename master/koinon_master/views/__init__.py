"""Read models of a master's memory: in the shapes of the legacy endpoints and of the operator API. They change nothing
but what is kept of themselves with the things they show.
"""

from .answers import (
    answer_agents,
    answer_executors,
    answer_frameworks,
    answer_operations,
    answer_quota,
    answer_roles,
    answer_state,
    answer_tasks,
    answer_weights,
    show_event,
    show_weights,
)
from .documents import (
    all_tasks,
    count_states,
    first_timestamp,
    show_agents,
    show_frameworks,
    show_state,
    show_summary,
)
from .explanations import find_question_problem, show_refusals
from .legacy import encode_tasks, show_whole_task
from .maintenance import show_schedule, show_status
from .roles import Roles

__all__ = [
    "Roles",
    "all_tasks",
    "answer_agents",
    "answer_executors",
    "answer_frameworks",
    "answer_operations",
    "answer_quota",
    "answer_roles",
    "answer_state",
    "answer_tasks",
    "answer_weights",
    "count_states",
    "encode_tasks",
    "find_question_problem",
    "first_timestamp",
    "show_agents",
    "show_event",
    "show_frameworks",
    "show_refusals",
    "show_schedule",
    "show_state",
    "show_status",
    "show_summary",
    "show_weights",
    "show_whole_task",
]

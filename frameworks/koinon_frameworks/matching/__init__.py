"""Tasks on offers: what an offer has for a task, which place may hold it, and every reason why not."""

from .constraints import Constraint, Operator, Placement, check
from .first_fit import Match, Unmatched, WantedTask, match_tasks
from .taking import PORTS, take, take_ports

__all__ = [
    "PORTS",
    "Constraint",
    "Match",
    "Operator",
    "Placement",
    "Unmatched",
    "WantedTask",
    "check",
    "match_tasks",
    "take",
    "take_ports",
]

"""Describe the tasks wanted; they are matched, launched, tried again and reported."""

from .options import WorkloadOptions
from .report import Report, TaskReport
from .scheduler import WorkloadScheduler
from .slot import SlotState
from .spec import KEPT, NO_RETRY, DependencyFailure, Outcome, Retry, TaskPort, TaskSpec
from .validation import Problem, find_problems
from .workload import Workload

__all__ = [
    "KEPT",
    "NO_RETRY",
    "DependencyFailure",
    "Outcome",
    "Problem",
    "Report",
    "Retry",
    "SlotState",
    "TaskPort",
    "TaskReport",
    "TaskSpec",
    "Workload",
    "WorkloadOptions",
    "WorkloadScheduler",
    "find_problems",
]

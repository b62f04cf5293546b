"""What a framework must find again after a crash: its id, its tasks, records of its own (over ``koinon_zk``)."""

from .framework_store import FrameworkStore
from .task_records import TaskRecord, Verdict

__all__ = ["FrameworkStore", "TaskRecord", "Verdict"]

"""The SDK for executors: subclass ``Executor``, override ``run_task``, call ``run_executor``.

Import from here rather than from ``koinon_frameworks``: that loads what schedulers need as well. ``in_process`` comes
when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .driver import ExecutorDriver
from .environment import ExecutorEnvironment, read_environment
from .executor import Executor, ExecutorCalls, Progress, Result, TaskFailed, task_status
from .main import ExecutorExit, run_executor
from .options import ExecutorOptions
from .received import Registered, Task
from .shipping import executor_info, fetched_file, file_at, installed_module
from .threads import in_thread

if TYPE_CHECKING:
    from .processes import in_process

__all__ = [
    "Executor",
    "ExecutorCalls",
    "ExecutorDriver",
    "ExecutorEnvironment",
    "ExecutorExit",
    "ExecutorOptions",
    "Progress",
    "Registered",
    "Result",
    "Task",
    "TaskFailed",
    "executor_info",
    "fetched_file",
    "file_at",
    "in_process",
    "in_thread",
    "installed_module",
    "read_environment",
    "run_executor",
    "task_status",
]


def __getattr__(name: str) -> Any:
    """``in_process``, at its first use (PEP 562): few executors need multiprocessing."""
    if name != "in_process":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(".processes", __name__).in_process

"""The SDK for executors: subclass ``Executor``, override ``run_task``, call ``run_executor``.

Its names stand here and not in ``koinon_frameworks``, which has a scheduler's.
"""

from typing import TYPE_CHECKING

from koinon_core.on_demand import names_on_demand

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

__getattr__ = names_on_demand(__name__, {".processes": ("in_process",)})

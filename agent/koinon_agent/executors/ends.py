"""What is told of an executor's tasks when it is gone, and how its own end looks to its scheduler (mesos-semantics 7.1,
8). Pure.
"""

from __future__ import annotations

from koinon_core.resources import Resources
from koinon_core.tasks import TaskResourceLimitation, TaskState, TaskStatusReason
from koinon_daemon.flag_values import format_duration

from ..containerizer import Ended
from ..events import ContainerEnded, ContainerGone, ContainerNotStarted
from ..tasks.hosted import HostedTask
from ..tasks.hosting import GivenUp
from ..tasks.machine import lost_state
from .machine import ExecutorMachine

EndEvent = ContainerEnded | ContainerGone | ContainerNotStarted
UNKNOWN_STATUS = -1
_EXIT_CODE_SHIFT = 8
_R = TaskStatusReason


def tell_end(machine: ExecutorMachine, event: EndEvent, task: HostedTask, held: Resources) -> GivenUp:
    """What becomes of one task; ``held`` is what the executor and its tasks had together."""
    if machine.is_overdue:
        return _tell_overdue(machine)
    match event:
        case ContainerNotStarted(reason=reason) if not machine.is_dismissed:
            message = f"Failed to launch container: {reason}"
            return _fail(_R.REASON_CONTAINER_LAUNCH_FAILED, message)
        case ContainerEnded(ended) if ended.is_out_of_memory:
            limitation = TaskResourceLimitation(held.named("mem"))
            return GivenUp(
                state=TaskState.TASK_FAILED,
                reason=_R.REASON_CONTAINER_LIMITATION_MEMORY,
                message=ended.message,
                limitation=limitation,
            )
        case ContainerGone() if not machine.has_come:
            message = "The agent restarted before the executor's container had started"
            return GivenUp(state=lost_state(task.framework), reason=_R.REASON_AGENT_RESTARTED, message=message)
    why = f": {event.ended.message}" if isinstance(event, ContainerEnded) else ""
    if task.is_queued:
        return _fail(_R.REASON_EXECUTOR_TERMINATED, f"Executor terminated before the task was delivered{why}")
    return _fail(_R.REASON_EXECUTOR_TERMINATED, f"Executor terminated{why}")


def _tell_overdue(machine: ExecutorMachine) -> GivenUp:
    within = f"within {format_duration(machine.patience)}"
    if machine.has_come:
        return _fail(_R.REASON_EXECUTOR_REREGISTRATION_TIMEOUT, f"Executor did not reregister {within}")
    return _fail(_R.REASON_EXECUTOR_REGISTRATION_TIMEOUT, f"Executor did not register {within}")


def _fail(reason: TaskStatusReason, message: str) -> GivenUp:
    return GivenUp(state=TaskState.TASK_FAILED, reason=reason, message=message)


def wait_status(event: EndEvent) -> int:
    """The end as ``wait(2)`` tells it: exit code in the second byte, signal in the first; -1 where nobody knows."""
    return _raw_status(event.ended) if isinstance(event, ContainerEnded) else UNKNOWN_STATUS


def _raw_status(ended: Ended) -> int:
    if ended.signal is not None:
        return ended.signal
    return UNKNOWN_STATUS if ended.exit_code is None else ended.exit_code << _EXIT_CODE_SHIFT

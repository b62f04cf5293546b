"""What master and agent say to each other over the agent link, as values.

The link is ours: one WebSocket an agent, ordered both ways. The agent speaks first with Register. Every frame from a
master carries its epoch; an agent refuses a frame of a lower epoch than it has seen, so that a master that lost its
leadership without knowing can do no harm.
"""

from __future__ import annotations

from attrs import Attribute, field, frozen

from .agents import AgentCapability, AgentInfo, DrainConfig
from .errors import InvalidValue
from .frameworks import FrameworkInfo
from .ids import AgentId, ExecutorId, FrameworkId, TaskId, Uuid
from .offers import Operation, TaskGroupInfo
from .operations import OperationStatus
from .tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskState, TaskStatus

LINK_VERSION = 3
LINK_PATH = "/api/agent-link"
MAX_FRAME_BYTES = 256 * 1024 * 1024
"""What either side takes in one frame: an agent that returns tells all its tasks in one."""
_MAX_CLOSE_BYTES = 123
_MAX_AMOUNT = 1e12
_INT32 = range(-(2**31), 2**31)


@frozen(kw_only=True)
class AgentTask:
    """A task as the agent knows it: what was asked for, and the newest status (None while nothing was reported yet)."""

    framework_id: FrameworkId
    task: TaskInfo
    latest_status: TaskStatus | None = None


@frozen(kw_only=True)
class AgentExecutor:
    """An executor of a framework's own that runs on the agent, with tasks or idle; it holds its resources until
    ExecutorExited.
    """

    framework_id: FrameworkId
    executor: ExecutorInfo


@frozen(kw_only=True)
class AgentOperation:
    """An operation whose end its framework has not acknowledged yet, as the agent knows it."""

    uuid: Uuid
    operation: Operation
    status: OperationStatus
    framework_id: FrameworkId | None = None


@frozen(kw_only=True)
class Register:
    """First word of an agent: ``agent_info.id`` is None for a new one; else it returns, with all that it runs.

    ``tasks`` are those that are not terminal, or whose terminal status was not acknowledged yet.
    ``ip`` is where the HTTP server of the agent listens (its port stands in ``agent_info``).
    ``agent_info.resources`` are what the agent has now: with the reservations and volumes that operations made.
    """

    version: int
    agent_info: AgentInfo
    ip: str
    agent_version: str
    frameworks: tuple[FrameworkInfo, ...] = ()
    tasks: tuple[AgentTask, ...] = ()
    capabilities: tuple[AgentCapability, ...] = ()
    operations: tuple[AgentOperation, ...] = ()
    executors: tuple[AgentExecutor, ...] = ()


@frozen(kw_only=True)
class StatusUpdate:
    """A report about a task. The agent repeats the oldest unacknowledged one of a task until it is acknowledged.

    ``latest_state`` is where the task stands by now, if that is another state than the one reported: newer reports
    wait their turn.
    """

    framework_id: FrameworkId
    status: TaskStatus
    latest_state: TaskState | None = None


@frozen(kw_only=True)
class ExecutorMessage:
    """Bytes of an executor for its scheduler; best effort."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    data: bytes


@frozen
class Unregister:
    """The agent ends for good and has ended its tasks: its id will not come back."""

    reason: str


@frozen(kw_only=True)
class ExecutorExited:
    """A framework's own executor ended, with this raw wait status (-1: unknown)."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    status: int = field()

    @status.validator
    def _check_status(self, _: Attribute[int], value: int) -> None:
        """The scheduler is told it as an int32. Raises InvalidValue."""
        if value not in _INT32:
            raise InvalidValue("status", f"a wait status lies within {_INT32.start} and {_INT32.stop - 1}")


@frozen(kw_only=True)
class OperationUpdate:
    """A report about an operation that the master ordered as ``uuid``; repeated until it is acknowledged if it has a
    uuid of its own (``status.uuid``).
    """

    uuid: Uuid
    status: OperationStatus
    framework_id: FrameworkId | None = None


@frozen(kw_only=True)
class UsageReport:
    """What all containers of the agent together used when it measured last: processors, and MiB of memory.

    Said to masters that want to know (``Registered.hears_usage``), and only where it changed by enough.
    """

    cpus: float = field()
    mem: float = field()

    @cpus.validator
    @mem.validator
    def _check_amount(self, attribute: Attribute[float], value: float) -> None:
        """Raises InvalidValue."""
        if not 0 <= value < _MAX_AMOUNT:
            raise InvalidValue(attribute.name, f"an amount lies within 0 and {_MAX_AMOUNT:g}")


AgentMessage = Register | StatusUpdate | ExecutorMessage | Unregister | ExecutorExited | OperationUpdate | UsageReport


@frozen(kw_only=True)
class Registered:
    """The master has the agent in its registry under this id. ``hears_usage``: it understands UsageReport."""

    agent_id: AgentId
    hears_usage: bool = False


@frozen(kw_only=True)
class Refused:
    """The master will not have the agent. ``is_final``: it is to end its tasks and itself; else it may try again."""

    reason: str
    is_final: bool = False


@frozen(kw_only=True)
class RunTask:
    """Start a task. ``launches_executor`` is false where the executor that it names is counted on to run already:
    where it does not, the task is lost, as nobody has counted what a new one takes.
    """

    framework: FrameworkInfo
    task: TaskInfo
    launches_executor: bool = True


@frozen(kw_only=True)
class KillTask:
    """End a task; ``kill_policy`` overrides the task's own."""

    framework_id: FrameworkId
    task_id: TaskId
    kill_policy: KillPolicy | None = None


@frozen(kw_only=True)
class AcknowledgeUpdate:
    """The scheduler has taken an update in."""

    framework_id: FrameworkId
    task_id: TaskId
    uuid: Uuid


@frozen(kw_only=True)
class ReconcileTasks:
    """Tasks the master counts on this agent; each it does not know it reports as dropped (mesos-semantics 3.3)."""

    framework_id: FrameworkId
    task_ids: tuple[TaskId, ...]


@frozen
class ShutdownFramework:
    """The framework is gone: end all its tasks and executors."""

    framework_id: FrameworkId


@frozen(kw_only=True)
class ShutdownExecutor:
    """End an executor and its tasks."""

    framework_id: FrameworkId
    executor_id: ExecutorId


@frozen(kw_only=True)
class FrameworkMessage:
    """Bytes of a scheduler for its executor; best effort."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    data: bytes


@frozen
class ShutdownAgent:
    """The agent's id is burnt: end all tasks and the agent."""

    reason: str


@frozen(kw_only=True)
class RunTaskGroup:
    """Start tasks together under one executor; ``launches_executor`` as for RunTask."""

    framework: FrameworkInfo
    executor: ExecutorInfo
    task_group: TaskGroupInfo
    launches_executor: bool = True


@frozen(kw_only=True)
class ApplyOperation:
    """Reserve, create, ... on the agent's own resources; ``framework_id`` is None for an operator's wish."""

    uuid: Uuid
    operation: Operation
    framework_id: FrameworkId | None = None


@frozen(kw_only=True)
class AcknowledgeOperation:
    """The status ``status_uuid`` of the operation ``uuid`` was taken in."""

    uuid: Uuid
    status_uuid: Uuid


@frozen
class ReconcileOperations:
    """Operations the master counts on this agent; each it does not know it reports as dropped."""

    uuids: tuple[Uuid, ...]


@frozen
class Drain:
    """End all tasks, giving each no more grace than this; take no new ones until Reactivate."""

    config: DrainConfig


@frozen
class Reactivate:
    """Take tasks again."""


@frozen
class DescribeFramework:
    """A framework that has tasks here describes itself anew; what it said before is void."""

    framework: FrameworkInfo


@frozen
class ResendUpdates:
    """The framework is back: repeat now what it has not acknowledged, and do not wait for the next repetition."""

    framework_id: FrameworkId


MasterMessage = (
    Registered
    | Refused
    | RunTask
    | KillTask
    | AcknowledgeUpdate
    | ReconcileTasks
    | ShutdownFramework
    | ShutdownExecutor
    | FrameworkMessage
    | ShutdownAgent
    | RunTaskGroup
    | ApplyOperation
    | AcknowledgeOperation
    | ReconcileOperations
    | Drain
    | Reactivate
    | DescribeFramework
    | ResendUpdates
)


@frozen(kw_only=True)
class AgentFrame:
    """Messages of an agent that travel together, in order."""

    messages: tuple[AgentMessage, ...]


@frozen(kw_only=True)
class MasterFrame:
    """Messages of a master that travel together, in order, under its epoch."""

    epoch: int
    messages: tuple[MasterMessage, ...]


def close_text(reason: str) -> bytes:
    """Why a side ends the link, cut to what a close frame of WebSocket holds."""
    return reason.encode()[:_MAX_CLOSE_BYTES].decode(errors="ignore").encode()

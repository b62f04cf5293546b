"""Tasks: what a framework asks for and what is told of it (mesos-v1-api 4.3, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from .containers import (
    CommandInfo,
    ContainerInfo,
    ContainerStatus,
    DurationInfo,
    IpProtocol,
    Labels,
    TimeInfo,
)
from .ids import AgentId, ExecutorId, FrameworkId, TaskId, Uuid
from .resources import NOTHING, Resources
from .scalars import Limit


class TaskState(Enum):
    """Where a task stands."""

    TASK_STAGING = 6
    TASK_STARTING = 0
    TASK_RUNNING = 1
    TASK_KILLING = 8
    TASK_FINISHED = 2
    TASK_FAILED = 3
    TASK_KILLED = 4
    TASK_ERROR = 7
    TASK_LOST = 5
    TASK_DROPPED = 9
    TASK_UNREACHABLE = 10
    TASK_GONE = 11
    TASK_GONE_BY_OPERATOR = 12
    TASK_UNKNOWN = 13

    # By identity, as there is one of each: Enum's own is a call of Python for every look into a set or dict of states.
    __hash__ = object.__hash__

    @property
    def is_terminal(self) -> bool:
        """Whether the task will never run again under this id (mesos-v1-api 4.5)."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {
        TaskState.TASK_FINISHED,
        TaskState.TASK_FAILED,
        TaskState.TASK_KILLED,
        TaskState.TASK_ERROR,
        TaskState.TASK_LOST,
        TaskState.TASK_DROPPED,
        TaskState.TASK_GONE,
        TaskState.TASK_GONE_BY_OPERATOR,
    }
)


class TaskStatusSource(Enum):
    """Who made a status update."""

    SOURCE_MASTER = 0
    SOURCE_AGENT = 1
    SOURCE_EXECUTOR = 2


class TaskStatusReason(Enum):
    """Why a task is in its state."""

    REASON_COMMAND_EXECUTOR_FAILED = 0
    REASON_CONTAINER_LAUNCH_FAILED = 21
    REASON_CONTAINER_LIMITATION = 19
    REASON_CONTAINER_LIMITATION_DISK = 20
    REASON_CONTAINER_LIMITATION_MEMORY = 8
    REASON_CONTAINER_PREEMPTED = 17
    REASON_CONTAINER_UPDATE_FAILED = 22
    REASON_MAX_COMPLETION_TIME_REACHED = 33
    REASON_EXECUTOR_REGISTRATION_TIMEOUT = 23
    REASON_EXECUTOR_REREGISTRATION_TIMEOUT = 24
    REASON_EXECUTOR_TERMINATED = 1
    REASON_EXECUTOR_UNREGISTERED = 2
    REASON_FRAMEWORK_REMOVED = 3
    REASON_GC_ERROR = 4
    REASON_INVALID_FRAMEWORKID = 5
    REASON_INVALID_OFFERS = 6
    REASON_IO_SWITCHBOARD_EXITED = 27
    REASON_MASTER_DISCONNECTED = 7
    REASON_RECONCILIATION = 9
    REASON_RESOURCES_UNKNOWN = 18
    REASON_AGENT_DISCONNECTED = 10
    REASON_AGENT_DRAINING = 34
    REASON_AGENT_REMOVED = 11
    REASON_AGENT_REMOVED_BY_OPERATOR = 31
    REASON_AGENT_REREGISTERED = 32
    REASON_AGENT_RESTARTED = 12
    REASON_AGENT_UNKNOWN = 13
    REASON_TASK_KILLED_DURING_LAUNCH = 30
    REASON_TASK_CHECK_STATUS_UPDATED = 28
    REASON_TASK_HEALTH_CHECK_STATUS_UPDATED = 29
    REASON_TASK_GROUP_INVALID = 25
    REASON_TASK_GROUP_UNAUTHORIZED = 26
    REASON_TASK_INVALID = 14
    REASON_TASK_UNAUTHORIZED = 15
    REASON_TASK_UNKNOWN = 16


class CheckType(Enum):
    """How a task is asked whether it is well."""

    UNKNOWN = 0
    COMMAND = 1
    HTTP = 2
    TCP = 3


@frozen(kw_only=True)
class HttpCheckInfo:
    """A GET that must answer 200 to 399."""

    port: int
    protocol: IpProtocol = IpProtocol.IPv4
    scheme: str | None = None
    path: str | None = None
    statuses: tuple[int, ...] = ()


@frozen(kw_only=True)
class TcpCheckInfo:
    """A connection that must be taken."""

    port: int
    protocol: IpProtocol = IpProtocol.IPv4


@frozen(kw_only=True)
class HealthCheck:
    """How the agent sees whether a task is well, and when it kills it. All times in seconds."""

    delay_seconds: float = 15.0
    interval_seconds: float = 10.0
    timeout_seconds: float = 20.0
    consecutive_failures: int = 3
    grace_period_seconds: float = 10.0
    type: CheckType | None = None
    command: CommandInfo | None = None
    http: HttpCheckInfo | None = None
    tcp: TcpCheckInfo | None = None


@frozen
class CheckCommand:
    """A command whose exit code is told."""

    command: CommandInfo


@frozen(kw_only=True)
class CheckHttp:
    """A GET whose status is told."""

    port: int
    path: str | None = None


@frozen
class CheckTcp:
    """A connection; whether it was taken is told."""

    port: int


@frozen(kw_only=True)
class CheckInfo:
    """What a task is asked again and again. The answers are told and nothing follows from them. Times in seconds."""

    type: CheckType | None = None
    command: CheckCommand | None = None
    http: CheckHttp | None = None
    tcp: CheckTcp | None = None
    delay_seconds: float = 15.0
    interval_seconds: float = 10.0
    timeout_seconds: float = 20.0


@frozen
class CheckStatusCommand:
    """How the command ended; None while it never did."""

    exit_code: int | None = None


@frozen
class CheckStatusHttp:
    """What was answered; None while nothing was."""

    status_code: int | None = None


@frozen
class CheckStatusTcp:
    """Whether the connection was taken; None while nobody knows."""

    succeeded: bool | None = None


@frozen(kw_only=True)
class CheckStatusInfo:
    """The newest answer to a check."""

    type: CheckType | None = None
    command: CheckStatusCommand | None = None
    http: CheckStatusHttp | None = None
    tcp: CheckStatusTcp | None = None


@frozen
class KillPolicy:
    """How long a task may take between SIGTERM and SIGKILL."""

    grace_period: DurationInfo | None = None


class Visibility(Enum):
    """Who should find a task."""

    FRAMEWORK = 0
    CLUSTER = 1
    EXTERNAL = 2


@frozen(kw_only=True)
class Port:
    """A port as name servers and load balancers want to know it."""

    number: int
    name: str | None = None
    protocol: str | None = None
    visibility: Visibility | None = None
    labels: Labels | None = None


@frozen
class Ports:
    """The ports of a task, wrapped as the API wraps them."""

    ports: tuple[Port, ...] = ()


@frozen(kw_only=True)
class DiscoveryInfo:
    """What a task tells those who look for services; kept as it came."""

    visibility: Visibility
    name: str | None = None
    environment: str | None = None
    location: str | None = None
    version: str | None = None
    ports: Ports | None = None
    labels: Labels | None = None


class ExecutorType(Enum):
    """Whose program runs the tasks: the agent's own or the framework's."""

    UNKNOWN = 0
    DEFAULT = 1
    CUSTOM = 2


@frozen(kw_only=True)
class ExecutorInfo:
    """A program that runs tasks of one framework on one agent."""

    executor_id: ExecutorId
    type: ExecutorType | None = None
    framework_id: FrameworkId | None = None
    command: CommandInfo | None = None
    container: ContainerInfo | None = None
    resources: Resources = NOTHING
    name: str | None = None
    source: str | None = None
    data: bytes | None = None
    discovery: DiscoveryInfo | None = None
    shutdown_grace_period: DurationInfo | None = None
    labels: Labels | None = None


@frozen(kw_only=True)
class TaskInfo:
    """A task as a framework asks for it. ``limits`` by name of a resource, cpus and mem."""

    name: str
    task_id: TaskId
    agent_id: AgentId
    resources: Resources = NOTHING
    executor: ExecutorInfo | None = None
    command: CommandInfo | None = None
    container: ContainerInfo | None = None
    health_check: HealthCheck | None = None
    check: CheckInfo | None = None
    kill_policy: KillPolicy | None = None
    data: bytes | None = None
    labels: Labels | None = None
    discovery: DiscoveryInfo | None = None
    max_completion_time: DurationInfo | None = None
    limits: Mapping[str, Limit] | None = None


@frozen
class TaskResourceLimitation:
    """Which resources a task took too much of."""

    resources: Resources = NOTHING


@frozen(kw_only=True)
class TaskStatus:
    """One report about a task. ``uuid`` is there exactly when the report must be acknowledged; ``timestamp`` in
    seconds.
    """

    task_id: TaskId
    state: TaskState
    message: str | None = None
    source: TaskStatusSource | None = None
    reason: TaskStatusReason | None = None
    data: bytes | None = None
    agent_id: AgentId | None = None
    executor_id: ExecutorId | None = None
    timestamp: float | None = None
    uuid: Uuid | None = None
    healthy: bool | None = None
    check_status: CheckStatusInfo | None = None
    labels: Labels | None = None
    container_status: ContainerStatus | None = None
    unreachable_time: TimeInfo | None = None
    limitation: TaskResourceLimitation | None = None

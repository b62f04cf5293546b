"""The calls and events between an executor and its agent, as values (mesos-v1-api 3).

A call is its envelope (framework and executor id) around one body; the body's class says which call it is, and the
same for events. How the two become bytes and back is ``wire``'s affair.
"""

from __future__ import annotations

from attrs import frozen

from .agents import AgentInfo
from .containers import ContainerIdInfo
from .frameworks import FrameworkInfo
from .ids import ExecutorId, FrameworkId, TaskId, Uuid
from .offers import TaskGroupInfo
from .tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskStatus

HEARTBEAT_INTERVAL_SECONDS = 1800.0
"""Between two signs of life of an agent to an executor; the first comes after as long (mesos-v1-api 3.3)."""


@frozen
class Update:
    """A report about a task; ``status.uuid`` names it."""

    status: TaskStatus


@frozen(kw_only=True)
class Subscribe:
    """Open the event stream. ``unacknowledged_tasks`` were received and nothing told of them was acknowledged yet,
    ``unacknowledged_updates`` were sent and not acknowledged.
    """

    unacknowledged_tasks: tuple[TaskInfo, ...] = ()
    unacknowledged_updates: tuple[Update, ...] = ()


@frozen
class Message:
    """Bytes between executor and scheduler, either way; may get lost."""

    data: bytes


@frozen
class Heartbeat:
    """The connection is alive, either way."""


@frozen
class Unknown:
    """The type UNKNOWN, which the protocol has and nobody carries out."""


CallBody = Subscribe | Update | Message | Heartbeat | Unknown


@frozen(kw_only=True)
class Call:
    """What an executor sends."""

    executor_id: ExecutorId
    framework_id: FrameworkId
    body: CallBody


@frozen(kw_only=True)
class Subscribed:
    """The stream is open; always the first event."""

    executor_info: ExecutorInfo
    framework_info: FrameworkInfo
    agent_info: AgentInfo
    container_id: ContainerIdInfo | None = None


@frozen
class Launch:
    """Start a task."""

    task: TaskInfo


@frozen
class LaunchGroup:
    """Start tasks together."""

    task_group: TaskGroupInfo


@frozen(kw_only=True)
class Kill:
    """End a task; ``kill_policy`` overrides the task's own."""

    task_id: TaskId
    kill_policy: KillPolicy | None = None


@frozen(kw_only=True)
class Acknowledged:
    """The agent has an update and will see to it that it arrives: the executor may forget it."""

    task_id: TaskId
    uuid: Uuid


@frozen
class Error:
    """The executor is to end as on Shutdown; the stream closes after it."""

    message: str


@frozen
class Shutdown:
    """End all tasks, tell of their ends, and exit within the grace period."""


EventBody = Subscribed | Launch | LaunchGroup | Kill | Acknowledged | Message | Error | Shutdown | Heartbeat


@frozen
class Event:
    """What an executor receives."""

    body: EventBody

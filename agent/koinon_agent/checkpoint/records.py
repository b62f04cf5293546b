"""What the agent must remember across its own death: the records of its log. What they add up to is in ``image.py``.

Pure. ``log.py`` keeps the records on disk.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, frozen

from koinon_core.agent_link import AgentOperation
from koinon_core.agents import AgentInfo, DrainConfig
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId, Uuid
from koinon_core.resources import Resources
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskStatus


@frozen
class AgentRegistered:
    """A master gave the agent its id, or took changed information of it in; ``info.id`` is set."""

    info: AgentInfo


@frozen
class AgentForgotten:
    """The id is burnt: the next start registers as a new agent."""

    agent_id: AgentId


@frozen
class FrameworkSeen:
    """A framework has tasks here; later ones of its id replace earlier ones."""

    framework: FrameworkInfo


@frozen(kw_only=True)
class ExecutorAccepted:
    """An executor of the framework's own, or a pod, is about to be started in this container and this sandbox."""

    framework_id: FrameworkId
    executor: ExecutorInfo
    container_id: ContainerId
    sandbox: str


@frozen(kw_only=True)
class ExecutorCame:
    """An executor subscribed for the first time: from now on tasks may have been said to it."""

    framework_id: FrameworkId
    executor_id: ExecutorId


@frozen(kw_only=True)
class ExecutorDismissed:
    """An executor was told to end. ``deadline``, in seconds since 1970, is when force is due, ``grace`` seconds
    after it was told.
    """

    framework_id: FrameworkId
    executor_id: ExecutorId
    deadline: float
    grace: float | None = None


@frozen(kw_only=True)
class ExecutorForgotten:
    """Nothing runs of an executor any more, and all that was to be told of it was told."""

    framework_id: FrameworkId
    executor_id: ExecutorId


@frozen(kw_only=True)
class TaskAccepted:
    """A task is about to be started. ``container_id`` and ``sandbox`` are its own, or those of the executor that
    ``task.executor`` describes where that one runs it. ``group`` is the same for the tasks of a pod that were launched
    together.
    """

    framework_id: FrameworkId
    task: TaskInfo
    container_id: ContainerId
    sandbox: str
    group: str | None = None


@frozen(kw_only=True)
class KillWanted:
    """A task is to end. ``deadline``, in seconds since 1970, is when force is due, ``grace`` seconds after it was asked
    for, so that a clock set back does not put it off; ``is_overdue`` means that its
    ``max_completion_time`` is over (mesos-semantics 6.3), ``drain`` that the agent is emptied on these terms,
    ``unhealthy`` that its health check failed too often, and how.
    """

    framework_id: FrameworkId
    task_id: TaskId
    deadline: float
    grace: float | None = None
    is_overdue: bool = False
    drain: DrainConfig | None = None
    unhealthy: str | None = None


@frozen
class UpdateAppended:
    """A status update waits to be acknowledged; ``status.uuid`` is set."""

    framework_id: FrameworkId
    status: TaskStatus


@frozen(kw_only=True)
class UpdateAcknowledged:
    """The oldest waiting update of a task was taken in. That of a terminal one ends the task's memory."""

    framework_id: FrameworkId
    task_id: TaskId
    uuid: Uuid


@frozen(kw_only=True)
class SandboxAbandoned:
    """Nothing runs in a sandbox any more since ``at`` (seconds since 1970)."""

    sandbox: str
    at: float


@frozen
class SandboxDeleted:
    """A sandbox is gone."""

    sandbox: str


@frozen(kw_only=True)
class OperationEnded:
    """An operation was carried out, or could not be. ``converted`` are all dynamic reservations and volumes from now
    on, ``doomed`` the volumes whose data are to go: the name they are moved to, and the path they had.
    """

    operation: AgentOperation
    converted: Resources
    doomed: Mapping[str, str] = Factory(dict)


@frozen(kw_only=True)
class ResourcesConverted:
    """All dynamic reservations and volumes, and all volumes whose data are to go: what many operations add up to."""

    converted: Resources
    doomed: Mapping[str, str] = Factory(dict)


@frozen
class OperationAcknowledged:
    """The end of an operation was taken in."""

    uuid: Uuid


@frozen
class VolumeDeleted:
    """The data of a destroyed volume are gone; ``trash`` is the name they were moved to."""

    trash: str


Record = (
    AgentRegistered
    | AgentForgotten
    | FrameworkSeen
    | ExecutorAccepted
    | ExecutorCame
    | ExecutorDismissed
    | ExecutorForgotten
    | TaskAccepted
    | KillWanted
    | UpdateAppended
    | UpdateAcknowledged
    | SandboxAbandoned
    | SandboxDeleted
    | OperationEnded
    | OperationAcknowledged
    | ResourcesConverted
    | VolumeDeleted
)

"""What happens to an agent, as values: from its master, its containers, its clock and its operator. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from koinon_core.agent_link import MasterFrame
from koinon_core.executor_api import Message, Subscribe, Update
from koinon_core.ids import ContainerId, TaskId
from koinon_core.statistics import ResourceStatistics

from .checks.probes import ProbeDone
from .containerizer import ContainerRun, Ended, Orphan, Recovered
from .timers import ExecutorKey


@frozen
class LeaderDetected:
    """This master leads."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@frozen
class LeaderLost:
    """Nobody leads, or nobody can be asked who does."""


@frozen
class LinkOpened:
    """The connection of that number is open."""

    link: int


@frozen
class LinkClosed:
    """The connection of that number is over, or never came to be."""

    link: int
    reason: str


@frozen
class FrameReceived:
    """Messages of the master came over the connection of that number."""

    link: int
    frame: MasterFrame


@frozen
class ContainerStarted:
    """A launch succeeded."""

    run: ContainerRun


@frozen(kw_only=True)
class ContainerNotStarted:
    """A launch did not; nothing is left of it."""

    container_id: ContainerId
    reason: str


@frozen
class ContainerEnded:
    """A container that had started has ended."""

    ended: Ended


@frozen
class ContainerGone:
    """Nothing is known any more of a container that the agent remembers."""

    container_id: ContainerId


@frozen(kw_only=True)
class VolumesAdded:
    """The container finds the volumes of these tasks, unless there is a ``problem``."""

    container_id: ContainerId
    tasks: tuple[TaskId, ...]
    problem: str | None = None


@frozen(kw_only=True)
class ExecutorJoined:
    """An executor opened the stream of that number, with what of an earlier one was not acknowledged."""

    executor: ExecutorKey
    stream: int
    subscribe: Subscribe


@frozen
class ExecutorLeft:
    """An executor's stream of that number is over."""

    executor: ExecutorKey
    stream: int


@frozen
class ExecutorCalled:
    """An executor tells something; the call is in order."""

    executor: ExecutorKey
    body: Update | Message


@frozen
class ContainersRecovered:
    """What the containerizers found at the start: the first event of an agent's life."""

    recovered: Recovered
    orphans: tuple[Orphan, ...] = ()


@frozen
class SandboxGone:
    """A sandbox was deleted."""

    sandbox: str


@frozen
class DiskMeasured:
    """This share of the disk that sandboxes are on is in use, from 0 to 1."""

    usage: float


@frozen
class UsageMeasured:
    """What each container used just now."""

    samples: Mapping[ContainerId, ResourceStatistics]


@frozen
class VolumeGone:
    """The data of a destroyed volume, moved to the name ``trash``, were deleted."""

    trash: str


@frozen
class Tick:
    """A timer came due."""


@frozen
class ShutdownRequested:
    """The operator wants the agent and its tasks to end for good."""

    reason: str


Event = (
    LeaderDetected
    | LeaderLost
    | LinkOpened
    | LinkClosed
    | FrameReceived
    | ContainerStarted
    | ContainerNotStarted
    | ContainerEnded
    | VolumesAdded
    | ExecutorJoined
    | ExecutorLeft
    | ExecutorCalled
    | ContainersRecovered
    | SandboxGone
    | DiskMeasured
    | UsageMeasured
    | VolumeGone
    | ProbeDone
    | Tick
    | ShutdownRequested
)

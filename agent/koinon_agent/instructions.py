"""What an agent wants done, as values. The loop carries them out, and their results come back as events. Pure.

All ``Checkpoint`` of a batch are durable before anything else of it happens.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from koinon_core.agent_link import AgentMessage
from koinon_core.executor_api import EventBody
from koinon_core.ids import ContainerId, TaskId

from .checkpoint.records import Record
from .checks.probes import Probe, StopProbe
from .containerizer import Launch, VolumeAddition, Workload
from .timers import ExecutorKey


@frozen
class Checkpoint:
    """Remember this across the agent's death."""

    record: Record


@frozen
class Connect:
    """Open a connection to a master and call it by this number."""

    link: int
    host: str
    port: int


@frozen
class CloseLink:
    """End the connection of that number and say why."""

    link: int
    reason: str


@frozen
class Send:
    """Say this over the connection of that number; lost when it is not open any more."""

    link: int
    message: AgentMessage


@frozen
class LaunchContainer:
    """Make the sandbox and start the container."""

    launch: Launch


@frozen
class WatchContainer:
    """Tell when this container ends."""

    container_id: ContainerId


@frozen
class KillContainer:
    """End this container, by force after ``grace`` seconds."""

    container_id: ContainerId
    grace: float


@frozen
class RemoveContainer:
    """Give back all that a container held, its sandbox aside; a running one is killed first."""

    container_id: ContainerId


@frozen
class UpdateContainer:
    """Give a running container the cpus and the memory of ``workload``: its tasks came or went."""

    container_id: ContainerId
    workload: Workload


@frozen
class AddVolumes:
    """Show a running container the persistent volumes of these tasks, which wait for that, and tell whether it can."""

    addition: VolumeAddition
    tasks: tuple[TaskId, ...]


@frozen
class AttachExecutor:
    """The stream of that number is this executor's from now on; the one before it is finished."""

    executor: ExecutorKey
    stream: int


@frozen
class TellExecutor:
    """Say this to an executor; lost when it does not listen."""

    executor: ExecutorKey
    event: EventBody


@frozen
class CloseStream:
    """End the stream of that number, whether an executor has it by now or not, and say why in the log."""

    stream: int
    reason: str


@frozen
class DeleteSandbox:
    """Delete a sandbox."""

    sandbox: str


@frozen
class MeasureDisk:
    """Tell how full the disk is that sandboxes are on."""


@frozen
class MakeVolume:
    """Make the directory of a persistent volume, unless it is there."""

    path: str


@frozen(kw_only=True)
class DeleteVolume:
    """Move the directory of a volume out of the way at once, to the name ``trash``, and delete what is in it."""

    path: str
    trash: str


@frozen
class ClearVolume:
    """Nothing needs to be remembered of a volume that was deleted under this name."""

    trash: str


@frozen
class Note:
    """Worth a line in the log: an event name with its keys."""

    event: str
    fields: Mapping[str, str] = field(factory=dict)


@frozen
class Exit:
    """End the daemon. ``is_refused``: because the master will not have it."""

    reason: str
    is_refused: bool = False


Instruction = (
    Checkpoint
    | Connect
    | CloseLink
    | Send
    | LaunchContainer
    | WatchContainer
    | KillContainer
    | RemoveContainer
    | UpdateContainer
    | AddVolumes
    | AttachExecutor
    | TellExecutor
    | CloseStream
    | DeleteSandbox
    | MeasureDisk
    | MakeVolume
    | DeleteVolume
    | ClearVolume
    | Probe
    | StopProbe
    | Note
    | Exit
)

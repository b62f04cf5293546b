"""What the agent asks of whatever runs containers, and the values that go to and fro.

Owns the words between agent and containerizer. How a container comes to be is in ``docker/`` and ``process/``;
what its start and end mean for a task is the agent's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from attrs import Factory, frozen

from koinon_core.containers import CommandInfo, ContainerInfo
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import UNLIMITED, Limit, Scalar
from koinon_core.statistics import ResourceStatistics
from koinon_core.tasks import ExecutorInfo, TaskInfo

from .session import Executing

_LIMITED = ("cpus", "mem")


@frozen(kw_only=True)
class PersistentVolume:
    """A directory of the host whose data outlive the task, and where in its sandbox the task finds it."""

    path: Path
    container_path: str


@frozen(kw_only=True)
class SharedDirectory:
    """A directory at ``path`` beneath ``root``, made when the sandbox is, and where the task finds it."""

    root: Path
    path: str
    container_path: str
    is_read_only: bool = False

    @property
    def source(self) -> Path:
        """Where it is on the host."""
        return self.root / self.path


@frozen(kw_only=True)
class PodPlace:
    """What a task of a pod shares with the others: the executor's container and parts of its sandbox.

    ``user`` is whom that sandbox belongs to; None: the agent's own.
    ``joins``: the container runs and holds the pod's network, and its IPC objects and processes for those who share
    them; else the pod is on the host's.
    """

    container_id: ContainerId
    sandbox: Path
    user: str | None = None
    joins: bool = False
    shares_ipc: bool = False
    shares_pids: bool = False
    shared: tuple[SharedDirectory, ...] = ()


@frozen(kw_only=True)
class Workload:
    """What runs in a container, of a task or of an executor alike: all that a containerizer decides by."""

    command: CommandInfo | None = None
    container: ContainerInfo | None = None
    resources: Resources = NOTHING
    limits: Mapping[str, Limit] = Factory(dict)

    @classmethod
    def of_task(cls, task: TaskInfo) -> Workload:
        """A task that has a container of its own."""
        return cls(
            command=task.command, container=task.container, resources=task.resources, limits=dict(task.limits or {})
        )

    @classmethod
    def of_executor(cls, executor: ExecutorInfo, tasks: Sequence[TaskInfo]) -> Workload:
        """An executor with the tasks that it has: what it is given is for all of them together."""
        return cls(
            command=executor.command,
            container=executor.container,
            resources=Resources((*executor.resources, *(item for task in tasks for item in task.resources))),
            limits=limits_together(executor, tasks),
        )


def limits_together(executor: ExecutorInfo, tasks: Sequence[TaskInfo]) -> dict[str, Limit]:
    """What an executor and its tasks may take at most, where that is not what they ask for.

    Where one of the tasks may take more than it asks for, so may all together. An executor that asks for no memory has
    no limit of it: what it needs for itself was never counted, and it is not to die of that.
    """
    limits: dict[str, Limit] = {}
    for name in _LIMITED:
        if any(name in (task.limits or {}) for task in tasks):
            limits[name] = _add_limits(executor.resources.scalar(name), [_limit_of(task, name) for task in tasks])
    if not executor.resources.scalar("mem") and any(task.resources.scalar("mem") for task in tasks):
        limits["mem"] = UNLIMITED
    return limits


def _limit_of(task: TaskInfo, name: str) -> Limit:
    return (task.limits or {}).get(name, task.resources.scalar(name))


def _add_limits(start: Scalar, limits: Sequence[Limit]) -> Limit:
    amounts = [limit for limit in limits if isinstance(limit, Scalar)]
    return sum(amounts, start=start) if len(amounts) == len(limits) else UNLIMITED


@frozen(kw_only=True)
class VolumeAddition:
    """Persistent volumes that a running container is to find in its sandbox. ``user`` is whose processes run in it."""

    container_id: ContainerId
    sandbox: Path
    volumes: tuple[PersistentVolume, ...]
    user: str | None = None


@frozen(kw_only=True)
class Launch:
    """A container to start.

    ``task_id`` is None for the container of an executor, in which tasks come and go. ``sandbox`` exists and holds what
    was fetched. ``environment`` is what the agent hands to every executor
    (mesos-v1-api 3.4); the containerizer adds MESOS_DIRECTORY, MESOS_SANDBOX and MESOS_CONTAINER_NAME and lays the
    command's own environment over it. ``user`` is the unix user of plain processes; None keeps the agent's.
    ``volumes`` are the persistent volumes among the task's resources. ``pod`` is set for a task of one: its sandbox
    lies in the executor's. One without a parent (``standalone/``) is of no framework, executor or agent id: it is never
    among the orphans of one.
    """

    container_id: ContainerId
    workload: Workload
    sandbox: Path
    environment: Mapping[str, str]
    framework_id: FrameworkId | None = None
    agent_id: AgentId | None = None
    executor_id: ExecutorId | None = None
    task_id: TaskId | None = None
    user: str | None = None
    volumes: tuple[PersistentVolume, ...] = ()
    pod: PodPlace | None = None


@frozen(kw_only=True)
class ContainerRun:
    """A container that has started. ``started_at`` in seconds since 1970.

    ``pid`` is its first process as the host sees it. ``ip_addresses`` are the container's own; none where it shares
    the host's network. ``inspection`` is the engine's JSON about it, the ``data`` of TASK_RUNNING (mesos-semantics 7).
    """

    container_id: ContainerId
    started_at: float
    pid: int | None = None
    engine_id: str | None = None
    ip_addresses: tuple[str, ...] = ()
    inspection: bytes | None = None


@frozen(kw_only=True)
class Ended:
    """How a container ended: by an exit code or by a signal; by neither where nobody can tell any more.

    ``message`` is the sentence for the status update (mesos-semantics 7). All its output is in the sandbox by now.
    """

    container_id: ContainerId
    message: str
    exit_code: int | None = None
    signal: int | None = None
    is_out_of_memory: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the task did what it was to do."""
        return self.exit_code == 0 and not self.is_out_of_memory


@frozen
class KnownContainer:
    """A container the agent remembers from before its restart, as not ended."""

    container_id: ContainerId
    sandbox: Path


@frozen
class Recovered:
    """What became of the known containers. Each stands in exactly one of the three.

    ``wait``, ``kill`` and ``remove`` take those that live or have ended. Of those ``gone`` nothing is known any more:
    never started, removed by somebody else, or lost in a reboot.
    """

    live: tuple[ContainerRun, ...] = ()
    ended: tuple[Ended, ...] = ()
    gone: tuple[ContainerId, ...] = ()


@frozen(kw_only=True)
class Orphan:
    """A container of this agent that the agent does not remember. ``kill`` and ``remove`` take its id."""

    container_id: ContainerId
    framework_id: FrameworkId | None = None
    executor_id: ExecutorId | None = None
    task_id: TaskId | None = None
    is_running: bool = True


class Containerizer(Executing, Protocol):
    """Runs containers and remembers them until ``remove``. All containers outlive the agent that started them."""

    @property
    def name(self) -> str:
        """As ``--containerizers`` names it."""

    async def start(self) -> None:
        """Get ready; call it once, before all else. Raises EngineUnavailable."""

    async def stop(self) -> None:
        """Let go of everything. No container is killed."""

    def supports(self, workload: Workload) -> str | None:
        """None where this containerizer can run it, else why not."""

    async def launch(self, launch: Launch) -> ContainerRun:
        """Resolve once the container has started. Raises LaunchFailed; then nothing is left to remove.

        To give up a launch, kill it: cancelling may leave a container to ``orphans``.
        """

    async def wait(self, container_id: ContainerId) -> Ended:
        """Resolve at the end of the container, its output drained; any number of callers, before the end or after.

        Raises UnknownContainer.
        """

    async def kill(self, container_id: ContainerId, grace_seconds: float) -> None:
        """Ask the container to end and see to it that it does, by force once the grace is over.

        Resolves when asked, not when ended: ``wait`` tells that. Asked again with less time, the force comes sooner.
        A launch under way fails with LaunchFailed.is_killed. Of what is unknown or has ended nothing is asked.
        """

    async def signal(self, container_id: ContainerId, number: int) -> None:
        """Send it a signal, once. Of what is unknown, has not begun or has ended nothing is asked.

        Raises EngineUnavailable.
        """

    async def remove(self, container_id: ContainerId) -> None:
        """Forget an ended container and give back what it holds, its sandbox aside. A running one is killed first.

        Of what is unknown nothing is done. Raises EngineUnavailable; then ask again.
        """

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """What the container uses now, without its sandbox's disk. Only a timestamp where nothing of it can be seen.

        Raises UnknownContainer.
        """

    async def update(self, container_id: ContainerId, workload: Workload) -> None:
        """Give a running container the cpus and the memory of ``workload``, which is what runs in it by now.

        The limit of memory is only ever raised. To lower it below what is in use would have the kernel end a process
        of those that go on, and memory that a task had used is not given back the moment it ends; what the container
        is to keep when the machine runs short is lowered at once. What is unknown or has ended is left alone, and so
        is one whose engine refuses: it goes on with what it has, and the log says so. Raises EngineUnavailable.
        """

    async def add_volumes(self, addition: VolumeAddition) -> str | None:
        """See to it that the container finds these volumes; None when it does, else why it can't.

        Raises UnknownContainer and EngineUnavailable.
        """

    async def recover(self, known: Sequence[KnownContainer]) -> Recovered:
        """Take up containers of an earlier life of this agent; output missed meanwhile is caught up.

        Call it once, after ``start`` and before any ``launch``. Raises EngineUnavailable.
        """

    async def orphans(self, agent_id: AgentId) -> Sequence[Orphan]:
        """All containers of this agent id that were neither launched nor recovered in this life.

        Raises EngineUnavailable.
        """


@runtime_checkable
class PruningImages(Protocol):
    """A containerizer that brings images to this machine."""

    async def prune_images(self, excluded: Collection[str]) -> None:
        """Delete those that it brought and nothing uses, but for the ones named. Raises EngineUnavailable."""

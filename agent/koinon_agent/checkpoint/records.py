"""What the agent must remember across its own death: the records of its log, and the image they add up to.

Pure. ``log.py`` keeps the records on disk; ``recovery.py`` decides what an image means for a new life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import Factory, define, frozen

from koinon_core.agent_link import AgentOperation
from koinon_core.agents import AgentInfo, DrainConfig
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ContainerId, FrameworkId, TaskId, Uuid
from koinon_core.resources import NOTHING, Resources
from koinon_core.tasks import TaskInfo, TaskStatus

from ..errors import UnknownRecord
from ..timers import TaskKey


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
class TaskAccepted:
    """A task is about to be started in this container and this sandbox."""

    framework_id: FrameworkId
    task: TaskInfo
    container_id: ContainerId
    sandbox: str


@frozen(kw_only=True)
class KillWanted:
    """A task is to end. ``deadline``, in seconds since 1970, is when force is due; ``is_overdue`` means that its
    ``max_completion_time`` is over (mesos-semantics 6.3), ``drain`` that the agent is emptied on these terms.
    """

    framework_id: FrameworkId
    task_id: TaskId
    deadline: float
    is_overdue: bool = False
    drain: DrainConfig | None = None


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


@define
class TaskImage:
    """A task that was accepted, and the wish to end it."""

    accepted: TaskAccepted
    kill: KillWanted | None = None


@define
class StreamImage:
    """The updates of a task, oldest first; the first ``acknowledged`` of them were taken in."""

    statuses: list[TaskStatus] = Factory(list)
    acknowledged: int = 0

    @property
    def pending(self) -> list[TaskStatus]:
        """Those still to be acknowledged."""
        return self.statuses[self.acknowledged :]


@define
class AgentImage:
    """All that the records so far add up to. Sandboxes nobody uses stand with the time of their end.

    Of operations those stand here that wait to be acknowledged; what they made is ``converted``. That outlives the id
    of the agent, as the data in the volumes do.
    """

    info: AgentInfo | None = None
    frameworks: dict[FrameworkId, FrameworkInfo] = Factory(dict)
    tasks: dict[TaskKey, TaskImage] = Factory(dict)
    streams: dict[TaskKey, StreamImage] = Factory(dict)
    abandoned: dict[str, float] = Factory(dict)
    converted: Resources = NOTHING
    operations: dict[Uuid, AgentOperation] = Factory(dict)
    doomed: dict[str, str] = Factory(dict)

    def apply(self, record: Record) -> None:
        """Take one record in. What speaks of things unknown changes nothing: records of a burnt id may trail it."""
        match record:
            case AgentRegistered():
                self.info = record.info
            case AgentForgotten():
                self.info = None
                self.frameworks, self.tasks, self.streams, self.operations = {}, {}, {}, {}
            case FrameworkSeen(framework):
                if framework.id is not None:
                    self.frameworks[framework.id] = framework
            case TaskAccepted():
                self.tasks[TaskKey(record.framework_id, record.task.task_id)] = TaskImage(record)
            case KillWanted():
                self._want_end(record)
            case UpdateAppended(framework_id, status):
                stream = self.streams.setdefault(TaskKey(framework_id, status.task_id), StreamImage())
                stream.statuses.append(status)
            case UpdateAcknowledged():
                self._acknowledge(TaskKey(record.framework_id, record.task_id), record.uuid)
            case SandboxAbandoned():
                self.abandoned[record.sandbox] = record.at
            case SandboxDeleted():
                self.abandoned.pop(record.sandbox, None)
            case OperationEnded() | OperationAcknowledged() | ResourcesConverted() | VolumeDeleted():
                self._convert(record)
            case _:
                raise UnknownRecord(type(record).__name__)

    def _want_end(self, record: KillWanted) -> None:
        task = self.tasks.get(TaskKey(record.framework_id, record.task_id))
        if task is not None:
            task.kill = record

    def _convert(self, record: OperationEnded | OperationAcknowledged | ResourcesConverted | VolumeDeleted) -> None:
        match record:
            case OperationEnded(operation=operation):
                self.converted = record.converted
                self.doomed.update(record.doomed)
                if operation.status.uuid is not None:
                    self.operations[operation.uuid] = operation
            case OperationAcknowledged(uuid):
                self.operations.pop(uuid, None)
            case ResourcesConverted():
                self.converted, self.doomed = record.converted, dict(record.doomed)
            case VolumeDeleted(trash):
                self.doomed.pop(trash, None)

    def _acknowledge(self, key: TaskKey, uuid: Uuid) -> None:
        stream = self.streams.get(key)
        if stream is None or not stream.pending or stream.pending[0].uuid != uuid:
            return
        stream.acknowledged += 1
        if stream.statuses[stream.acknowledged - 1].state.is_terminal:
            del self.streams[key]
            self.tasks.pop(key, None)
        elif stream.acknowledged > 1:
            self._collapse(stream)

    @staticmethod
    def _collapse(stream: StreamImage) -> None:
        """Of acknowledged repeats of a state only the newest counts: a task whose health flips must not grow."""
        newest = stream.acknowledged - 1
        if stream.statuses[newest].state is stream.statuses[newest - 1].state:
            del stream.statuses[newest - 1]
            stream.acknowledged -= 1

    def prune(self) -> None:
        """Forget frameworks without tasks. Between two lives alone: in one, a framework seen is not recorded again."""
        wanted = {key.framework_id for key in (*self.tasks, *self.streams)}
        self.frameworks = {fid: framework for fid, framework in self.frameworks.items() if fid in wanted}

    def records(self) -> Iterator[Record]:
        """The fewest records that add up to this image again, in an order that can be applied."""
        if self.info is not None:
            yield AgentRegistered(self.info)
        yield from (FrameworkSeen(framework) for framework in self.frameworks.values())
        for task in self.tasks.values():
            yield task.accepted
            if task.kill is not None:
                yield task.kill
        for key, stream in self.streams.items():
            yield from _stream_records(key, stream)
        for sandbox, at in self.abandoned.items():
            yield SandboxAbandoned(sandbox=sandbox, at=at)
        if self.converted or self.doomed:
            yield ResourcesConverted(converted=self.converted, doomed=dict(self.doomed))
        for operation in self.operations.values():
            yield OperationEnded(operation=operation, converted=self.converted)


def _stream_records(key: TaskKey, stream: StreamImage) -> Iterator[Record]:
    yield from (UpdateAppended(key.framework_id, status) for status in stream.statuses)
    for status in stream.statuses[: stream.acknowledged]:
        if status.uuid is not None:
            yield UpdateAcknowledged(framework_id=key.framework_id, task_id=key.task_id, uuid=status.uuid)

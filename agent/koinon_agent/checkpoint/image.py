"""What the records of the agent's log add up to: all that a new life knows of the one before. Pure.

What an image means for the new life is decided in ``recovery.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define

from koinon_core.agent_link import AgentOperation
from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, Uuid
from koinon_core.resources import NOTHING, Resources
from koinon_core.tasks import TaskStatus

from ..errors import UnknownRecord
from ..timers import ExecutorKey, TaskKey
from .records import (
    AgentForgotten,
    AgentRegistered,
    ExecutorAccepted,
    ExecutorCame,
    ExecutorDismissed,
    ExecutorForgotten,
    FrameworkSeen,
    KillWanted,
    OperationAcknowledged,
    OperationEnded,
    Record,
    ResourcesConverted,
    SandboxAbandoned,
    SandboxDeleted,
    TaskAccepted,
    UpdateAcknowledged,
    UpdateAppended,
    VolumeDeleted,
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
    executors: dict[ExecutorKey, ExecutorAccepted] = Factory(dict)
    came: set[ExecutorKey] = Factory(set)
    dismissed: dict[ExecutorKey, ExecutorDismissed] = Factory(dict)
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
                self._forget()
            case FrameworkSeen() | TaskAccepted() | KillWanted():
                self._host(record)
            case ExecutorAccepted() | ExecutorCame() | ExecutorDismissed() | ExecutorForgotten():
                self._know_executor(record)
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

    def _forget(self) -> None:
        self.info = None
        self.frameworks, self.executors, self.came, self.dismissed = {}, {}, set(), {}
        self.tasks, self.streams, self.operations = {}, {}, {}

    def _host(self, record: FrameworkSeen | TaskAccepted | KillWanted) -> None:
        match record:
            case FrameworkSeen(framework):
                if framework.id is not None:
                    self.frameworks[framework.id] = framework
            case TaskAccepted(framework_id=framework_id, task=task):
                self.tasks[TaskKey(framework_id, task.task_id)] = TaskImage(record)
            case KillWanted(framework_id=framework_id, task_id=task_id):
                if (image := self.tasks.get(TaskKey(framework_id, task_id))) is not None:
                    image.kill = record

    def _know_executor(self, record: ExecutorAccepted | ExecutorCame | ExecutorDismissed | ExecutorForgotten) -> None:
        match record:
            case ExecutorAccepted(framework_id=framework_id, executor=executor):
                self.executors[ExecutorKey(framework_id, executor.executor_id)] = record
            case ExecutorCame(framework_id=framework_id, executor_id=executor_id):
                self.came.add(ExecutorKey(framework_id, executor_id))
            case ExecutorDismissed(framework_id=framework_id, executor_id=executor_id):
                self.dismissed[ExecutorKey(framework_id, executor_id)] = record
            case ExecutorForgotten(framework_id=framework_id, executor_id=executor_id):
                self.executors.pop(ExecutorKey(framework_id, executor_id), None)
                self.came.discard(ExecutorKey(framework_id, executor_id))
                self.dismissed.pop(ExecutorKey(framework_id, executor_id), None)

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
        wanted = {key.framework_id for keys in (self.executors, self.tasks, self.streams) for key in keys}
        self.frameworks = {fid: framework for fid, framework in self.frameworks.items() if fid in wanted}

    def records(self) -> Iterator[Record]:
        """The fewest records that add up to this image again, in an order that can be applied."""
        if self.info is not None:
            yield AgentRegistered(self.info)
        yield from (FrameworkSeen(framework) for framework in self.frameworks.values())
        yield from self.executors.values()
        for executor in self.came & self.executors.keys():
            yield ExecutorCame(framework_id=executor.framework_id, executor_id=executor.executor_id)
        yield from (dismissed for key, dismissed in self.dismissed.items() if key in self.executors)
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

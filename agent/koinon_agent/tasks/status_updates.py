"""Status updates that arrive: one ordered stream a task, its oldest repeated until acknowledged (mesos-semantics 6.1).

Pure. Each update is remembered before it is sent, and one that ends a task ends its stream when it is acknowledged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from random import Random

from attrs import Factory, define

from koinon_core.agent_link import StatusUpdate
from koinon_core.ids import FrameworkId, Uuid
from koinon_core.tasks import TaskStatus

from ..checkpoint.image import StreamImage
from ..checkpoint.records import UpdateAcknowledged, UpdateAppended
from ..instructions import Checkpoint, Instruction, Note
from ..repeats import Repeats, ResendDue
from ..timers import Moment, TaskKey, Timers

MAX_SEEN = 1000
"""How many updates of a task are known again when its executor sends them once more."""


@define
class _Stream:
    pending: deque[TaskStatus] = Factory(deque)
    history: list[TaskStatus] = Factory(list)
    """Oldest first; of repeats of a state only the newest, as ``/state`` shows it."""
    seen: deque[Uuid | None] = Factory(lambda: deque(maxlen=MAX_SEEN))


class StatusUpdates:
    """The streams of all tasks, and the connection their updates leave by."""

    def __init__(self, timers: Timers, rng: Random, images: Mapping[TaskKey, StreamImage]) -> None:
        """``images`` are the streams of an earlier life."""
        self._repeats = Repeats(timers, rng, self._head)
        self._streams: dict[TaskKey, _Stream] = {}
        for key, image in images.items():
            stream = self._streams.setdefault(key, _Stream(deque(image.pending)))
            for status in image.statuses:
                _remember(stream, status)
            if stream.pending:
                self._repeats.hold(key)

    def __contains__(self, key: TaskKey) -> bool:
        return key in self._streams

    def __len__(self) -> int:
        """How many tasks have a stream."""
        return len(self._streams)

    @property
    def pending_count(self) -> int:
        """How many streams wait for an acknowledgement."""
        return sum(1 for stream in self._streams.values() if stream.pending)

    def waiting(self, key: TaskKey) -> int:
        """How many updates of a task wait for an acknowledgement."""
        stream = self._streams.get(key)
        return len(stream.pending) if stream else 0

    def latest(self, key: TaskKey) -> TaskStatus | None:
        """The newest update of a task, acknowledged or not."""
        stream = self._streams.get(key)
        return stream.history[-1] if stream and stream.history else None

    def history(self, key: TaskKey) -> tuple[TaskStatus, ...]:
        """The updates of a task, oldest first, repeats of a state collapsed to the newest."""
        stream = self._streams.get(key)
        return tuple(stream.history) if stream else ()

    def knows(self, key: TaskKey, uuid: Uuid) -> bool:
        """Whether an update of that uuid was seen already."""
        stream = self._streams.get(key)
        return stream is not None and uuid in stream.seen

    def append(self, framework_id: FrameworkId, status: TaskStatus, now: Moment) -> list[Instruction]:
        """Remember an update and send it if it is the oldest of its task. One known by its uuid changes nothing."""
        key = TaskKey(framework_id, status.task_id)
        if status.uuid is not None and self.knows(key, status.uuid):
            return []
        stream = self._streams.setdefault(key, _Stream())
        stream.pending.append(status)
        _remember(stream, status)
        instructions: list[Instruction] = [Checkpoint(UpdateAppended(framework_id, status))]
        if len(stream.pending) == 1:
            instructions += self._repeats.say(key, now)
        return instructions

    def acknowledge(self, key: TaskKey, uuid: Uuid, now: Moment) -> tuple[TaskStatus | None, list[Instruction]]:
        """Take an acknowledgement in: the update it is about, if it is the oldest of its task, and what to do.

        Others are repeats, and answered by nothing.
        """
        stream = self._streams.get(key)
        if stream is None or not stream.pending or stream.pending[0].uuid != uuid:
            return None, [Note("acknowledgement_ignored", {"task": str(key)})]
        status = stream.pending.popleft()
        self._repeats.settle(key)
        record = UpdateAcknowledged(framework_id=key.framework_id, task_id=key.task_id, uuid=uuid)
        instructions: list[Instruction] = [Checkpoint(record)]
        if status.state.is_terminal:
            del self._streams[key]
        elif stream.pending:
            instructions += self._repeats.say(key, now)
        return status, instructions

    def resume(self, link: int, now: Moment) -> list[Instruction]:
        """A master listens (again) on that connection: everything that waits is sent at once."""
        return self._repeats.resume(link, now)

    def resend_for(self, framework_id: FrameworkId, now: Moment) -> list[Instruction]:
        """A framework is back: repeat the oldest update of each of its tasks at once, and soon again if need be."""
        waiting = [key for key, stream in self._streams.items() if key.framework_id == framework_id and stream.pending]
        return [instruction for key in waiting for instruction in self._repeats.say(key, now)]

    def pause(self) -> None:
        """No master listens any more (mesos-semantics 3.2)."""
        self._repeats.pause()

    def resend(self, due: ResendDue, now: Moment) -> list[Instruction]:
        """Repeat the oldest update of a task."""
        return self._repeats.repeat(due.key, now) if isinstance(due.key, TaskKey) else []

    def _head(self, key: TaskKey) -> StatusUpdate:
        """The oldest update of a task, and where the task stands by now."""
        pending = self._streams[key].pending
        head, newest = pending[0], pending[-1].state
        return StatusUpdate(
            framework_id=key.framework_id, status=head, latest_state=None if newest is head.state else newest
        )


def _remember(stream: _Stream, status: TaskStatus) -> None:
    stream.seen.append(status.uuid)
    if stream.history and stream.history[-1].state is status.state:
        stream.history.pop()
    stream.history.append(status)

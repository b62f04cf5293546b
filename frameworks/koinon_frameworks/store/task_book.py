"""The records of tasks in memory, as they are in the store: which are open, which to forget first. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskStatus

from .record_codec import dump_record, dump_task
from .task_records import TaskRecord, Verdict, judge


class TaskBook:
    """Records by task id. Nothing gets in, changes or goes but what is stored already."""

    def __init__(self, history: int) -> None:
        """``history``: how many ended tasks to remember."""
        self.records: dict[TaskId, TaskRecord] = {}
        self._history = history
        self._encoded: dict[TaskId, bytes] = {}
        self._open: dict[TaskId, None] = {}
        self._ended: dict[TaskId, None] = {}
        """In the order in which they ended."""

    def restore(self, records: Iterable[TaskRecord]) -> None:
        """Take in what was found in the store."""
        for record in sorted(records, key=_order):
            self.keep(record)

    def keep(self, record: TaskRecord) -> None:
        """A record was stored."""
        task_id = record.task.task_id
        self.records[task_id] = record
        if record.is_over:
            self._open.pop(task_id, None)
            self._encoded.pop(task_id, None)
            self._ended.setdefault(task_id)
        else:
            self._open[task_id] = None

    def drop(self, task_ids: Iterable[TaskId]) -> None:
        """Records were removed."""
        for task_id in task_ids:
            for shelf in (self.records, self._encoded, self._open, self._ended):
                shelf.pop(task_id, None)

    def open(self) -> tuple[TaskRecord, ...]:
        """Tasks that are not over, the oldest first."""
        return tuple(self.records[task_id] for task_id in self._open)

    def judge(self, status: TaskStatus) -> Verdict:
        """What an update means to the record of its task."""
        return judge(self.records.get(status.task_id), status)

    def encode(self, record: TaskRecord) -> bytes:
        """The bytes of a record; the task in it never changes, and is encoded once as long as it is open."""
        task = self._encoded.get(record.task.task_id)
        if task is None:
            task = dump_task(record.task)
            if record.task.task_id in self._open:
                self._encoded[record.task.task_id] = task
        return dump_record(record, task)

    def to_forget(self, more: int) -> tuple[TaskId, ...]:
        """Which ended tasks to drop when so many more end: those that ended first."""
        surplus = len(self._ended) + more - self._history
        return tuple(itertools.islice(self._ended, max(0, surplus)))


def _order(record: TaskRecord) -> tuple[float, str]:
    ended_at = record.noted_at if record.is_over else None
    return (record.intended_at if ended_at is None else ended_at, record.task.task_id)

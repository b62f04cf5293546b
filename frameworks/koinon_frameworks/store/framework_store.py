"""A framework's records over a Store, with the crash rules: durable before anybody outside hears of it.

    framework-id | tasks/<task id> | records/<name>

``intend`` before ACCEPT, ``note`` before the acknowledgement: whoever comes after a crash finds every task that may
run, and takes no update twice. What a record looks like is ``record_codec``'s, what an update means to it
``task_records``'s. Shutting out earlier runs is the Store's, fenced by whoever opened it (the host).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from random import Random
from typing import Final

import structlog

from koinon_core.clock import Clock
from koinon_core.ids import FrameworkId, TaskId, find_id_problem
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.clock import SystemClock
from koinon_zk import Delete, Operation, Put, Store

from ..errors import TaskNotStorable, UnreadableRecord
from .record_codec import dump_framework_id, load_framework_id, load_record
from .task_book import TaskBook
from .task_records import TaskRecord, Verdict, end_without_word, take_status
from .writing import Writing

FRAMEWORK_KEY: Final = "framework-id"
TASKS: Final = "tasks"
RECORDS: Final = "records"
HISTORY: Final = 1000
"""Records of ended tasks that are kept, as many as a master keeps (mesos-semantics 6)."""
AT_ONCE: Final = 500
"""Records of one write, where a change need not be one."""

_logger = structlog.get_logger(__name__)


class FrameworkStore:
    """All that a framework must find again; ``await FrameworkStore.open(services.store)``.

    Every method that writes returns once the change is durable, and waits as long as the store is away: what is not
    stored must not be told. Fenced and other errors of the store are raised, and nothing has changed then.
    """

    def __init__(self, store: Store, clock: Clock, rng: Random, history: int) -> None:
        """Use ``open``, which reads what is there."""
        self._store = store
        self._clock = clock
        self._framework_id: FrameworkId | None = None
        self._book = TaskBook(history)
        self._writing = Writing(store, rng)

    @classmethod
    async def open(
        cls, store: Store, clock: Clock | None = None, rng: Random | None = None, *, history: int = HISTORY
    ) -> FrameworkStore:
        """Read everything. ``store`` holds this framework's records alone; ``history``: ended tasks to remember.

        Raises UnreadableRecord, CorruptRecord, StoreUnavailable.
        """
        opened = cls(store, clock or SystemClock(), rng or Random(), history)
        await opened._restore()
        return opened

    async def _restore(self) -> None:
        found = await self._store.get(FRAMEWORK_KEY)
        if found is not None:
            self._framework_id = load_framework_id(FRAMEWORK_KEY, found.value)
        tasks = await self._store.get_all(TASKS)
        self._book.restore(_load(key, stored.value) for key, stored in tasks.items())
        _logger.info("framework_restored", framework_id=self._framework_id, tasks=len(tasks))

    # The framework's id, as the driver keeps it

    async def load(self) -> FrameworkId | None:
        """The id that the framework had, if it had one."""
        return self._framework_id

    async def save(self, framework_id: FrameworkId) -> None:
        """Keep the id. The tasks of another one that was stored before are over: nobody will ever say so."""
        await self._begin_as(framework_id, Put(FRAMEWORK_KEY, dump_framework_id(framework_id)))

    async def forget(self) -> None:
        """Drop the id, as no master will have it any more; all tasks are over."""
        await self._begin_as(None, Delete(FRAMEWORK_KEY))

    async def _begin_as(self, framework_id: FrameworkId | None, change: Operation) -> None:
        if framework_id == self._framework_id:
            return
        if self._framework_id is not None:
            why = f"framework {self._framework_id} is no more"
            await self._give_up(self.open_tasks(), TaskState.TASK_KILLED, why)
        await self._writing.in_turn([FRAMEWORK_KEY], lambda: self._writing.store_all([change]))
        self._framework_id = framework_id

    # Tasks

    def tasks(self) -> tuple[TaskRecord, ...]:
        """Every task on record, in no particular order."""
        return tuple(self._book.records.values())

    def task(self, task_id: TaskId) -> TaskRecord | None:
        """The record of one task."""
        return self._book.records.get(task_id)

    def open_tasks(self) -> tuple[TaskRecord, ...]:
        """Tasks that are not over, intents among them."""
        return self._book.open()

    def to_reconcile(self) -> tuple[ReconcileTask, ...]:
        """What to ask the master about after SUBSCRIBED: for ``Reconciler.begin`` or ``driver.reconcile``."""
        return tuple(
            ReconcileTask(task_id=record.task.task_id, agent_id=record.task.agent_id) for record in self.open_tasks()
        )

    async def intend(
        self, tasks: Iterable[TaskInfo], *, puts: Mapping[str, bytes] | None = None, deletes: Iterable[str] = ()
    ) -> None:
        """Put tasks on record before ACCEPT, with records of one's own, all in one write.

        Raises TaskNotStorable for an id that is on record already or can't be one, InvalidKey for a name, InvalidWrite
        for more than fit into one write (about a thousand). Nothing is stored then.
        """
        wanted, own = tuple(tasks), _own_changes(puts, deletes)

        async def change() -> None:
            _check_all(wanted, self._book.records)
            now = self._clock.now()
            await self._keep([TaskRecord(task=task, intended_at=now) for task in wanted], own)

        await self._writing.in_turn(_keys(task.task_id for task in wanted) + _names(own), change)

    async def withdraw(self, task_ids: Iterable[TaskId]) -> None:
        """Drop intents whose ACCEPT had no effect (CallFailureKind NOT_SUBSCRIBED and REFUSED); others stay."""
        await self._drop(task_ids, lambda record: record.is_intent)

    def judge(self, status: TaskStatus) -> Verdict:
        """What an update means to the records, without noting it."""
        return self._book.judge(status)

    async def note(
        self, status: TaskStatus, *, puts: Mapping[str, bytes] | None = None, deletes: Iterable[str] = ()
    ) -> bool:
        """Put an update on record before it is acknowledged; whether it was new. ``judge`` tells why it is not.

        Records of one's own travel in the same write, and not at all with an update that is not new: the effect of an
        update happens once, however often it comes and whenever this process dies.
        """
        own = _own_changes(puts, deletes)

        async def change() -> bool:
            if self._book.judge(status) is not Verdict.NEW:
                return False
            record = self._book.records[status.task_id]
            await self._keep([take_status(record, status, self._clock.now())], own)
            return True

        return await self._writing.in_turn(_keys([status.task_id]) + _names(own), change)

    async def expire(self, age: float) -> tuple[TaskRecord, ...]:
        """Give up intents of which nothing was heard for ``age`` seconds: they end as TASK_DROPPED. Gives these.

        Some time after SUBSCRIBED, when the master has had time to answer ``to_reconcile``: an intent that did reach
        it is adopted by ``note`` with the answer. One that shows up later is ``Verdict.RETURNED``: kill it.
        """
        oldest = self._clock.now() - age
        late = [record for record in self.open_tasks() if record.is_intent and record.intended_at <= oldest]
        return await self._give_up(late, TaskState.TASK_DROPPED, f"nothing was heard of it in {age:g} seconds")

    async def forget_tasks(self, task_ids: Iterable[TaskId]) -> None:
        """Drop the records of tasks that are over; others stay."""
        await self._drop(task_ids, lambda record: record.is_over)

    # Records of the framework's own

    async def get(self, name: str) -> bytes | None:
        """One's own record of that name."""
        found = await self._store.get(f"{RECORDS}/{name}")
        return None if found is None else found.value

    async def get_all(self, prefix: str = "") -> dict[str, bytes]:
        """One's own records whose names begin with ``prefix/``, by name; all of them for ``""``."""
        found = await self._store.get_all(f"{RECORDS}/{prefix}".rstrip("/"))
        return {key.removeprefix(f"{RECORDS}/"): record.value for key, record in found.items()}

    async def put(self, name: str, value: bytes) -> None:
        """Keep a record under a name: segments joined by slashes. Raises InvalidKey."""
        await self.write(puts={name: value})

    async def delete(self, name: str) -> None:
        """Drop the record of that name, if there is one."""
        await self.write(deletes=(name,))

    async def write(self, *, puts: Mapping[str, bytes] | None = None, deletes: Iterable[str] = ()) -> None:
        """Change several records of one's own in one write. Raises InvalidKey, InvalidWrite."""
        own = _own_changes(puts, deletes)
        await self._writing.in_turn(_names(own), lambda: self._writing.store_all(own))

    # How records change

    async def _keep(self, records: Sequence[TaskRecord], own: Sequence[Operation] = ()) -> None:
        """Store records that are new or changed, and drop what the history has no room for any more."""
        forgotten = self._book.to_forget(sum(record.is_over for record in records))
        puts = [Put(_key(record.task.task_id), self._book.encode(record)) for record in records]
        await self._writing.store_all([*puts, *own, *map(Delete, _keys(forgotten))])
        for record in records:
            self._book.keep(record)
        self._book.drop(forgotten)

    async def _give_up(self, records: Sequence[TaskRecord], state: TaskState, why: str) -> tuple[TaskRecord, ...]:
        """End tasks of which nothing will be heard, but for those that are heard of meanwhile."""
        ended: list[TaskRecord] = []
        for start in range(0, len(records), AT_ONCE):
            some = records[start : start + AT_ONCE]

            async def change(some: Sequence[TaskRecord] = some) -> None:
                now = self._clock.now()
                still = [record for record in some if self.task(record.task.task_id) is record]
                given_up = [end_without_word(record, state, why, now) for record in still]
                await self._keep(given_up)
                ended.extend(given_up)

            await self._writing.in_turn(_keys(record.task.task_id for record in some), change)
        return tuple(ended)

    async def _drop(self, task_ids: Iterable[TaskId], is_due: Callable[[TaskRecord], bool]) -> None:
        wanted = tuple(dict.fromkeys(task_ids))

        async def change() -> None:
            due = [task_id for task_id in wanted if (found := self.task(task_id)) is not None and is_due(found)]
            await self._writing.store_all([Delete(key) for key in _keys(due)])
            self._book.drop(due)

        await self._writing.in_turn(_keys(wanted), change)


def _key(task_id: TaskId) -> str:
    return f"{TASKS}/{task_id}"


def _keys(task_ids: Iterable[TaskId]) -> list[str]:
    return [_key(task_id) for task_id in task_ids]


def _names(own: Sequence[Operation]) -> list[str]:
    return [operation.key for operation in own]


def _own_changes(puts: Mapping[str, bytes] | None, deletes: Iterable[str]) -> list[Operation]:
    kept = [Put(f"{RECORDS}/{name}", value) for name, value in (puts or {}).items()]
    return [*kept, *(Delete(f"{RECORDS}/{name}") for name in deletes)]


def _check_all(tasks: Sequence[TaskInfo], known: Collection[TaskId]) -> None:
    seen: set[TaskId] = set()
    for task in tasks:
        is_taken = task.task_id in known or task.task_id in seen
        problem = "its id is on record already" if is_taken else find_id_problem(task.task_id)
        if problem is not None:
            raise TaskNotStorable(task.task_id, problem)
        seen.add(task.task_id)


def _load(key: str, data: bytes) -> TaskRecord:
    record = load_record(key, data)
    if key != _key(record.task.task_id):
        raise UnreadableRecord(key, f"task.task_id: it is the record of {record.task.task_id!r}")
    return record

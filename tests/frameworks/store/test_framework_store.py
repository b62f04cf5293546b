"""A framework's records over a store: what is found again, what falls out, what waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from koinon_core.backoff import Backoff
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_frameworks.errors import TaskNotStorable, UnreadableRecord
from koinon_frameworks.store import FrameworkStore, Verdict, writing
from koinon_zk import Fenced, InvalidKey, MemoryRecords, MemoryStore, Operation, Put, StoreUnavailable
from support.framework_tasks import make_status, make_task


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        """What it shows."""
        return self.time

    def monotonic(self) -> float:
        """The same."""
        return self.time


@pytest.fixture
def shared() -> MemoryRecords:
    """What outlives the process."""
    return MemoryRecords()


@pytest.fixture
def watch() -> Watch:
    """The time."""
    return Watch()


async def reopen(shared: MemoryRecords, watch: Watch, history: int = 1000) -> FrameworkStore:
    """As the next process would."""
    return await FrameworkStore.open(MemoryStore(shared), watch, Random(1), history=history)


def ids(store: FrameworkStore) -> set[str]:
    """The tasks on record."""
    return {record.task.task_id for record in store.tasks()}


async def test_everything_is_found_again(shared: MemoryRecords, watch: Watch) -> None:
    """Id, intents, what was noted, and records of one's own."""
    store = await reopen(shared, watch)
    await store.save(FrameworkId("F-1"))
    await store.intend([make_task("a"), make_task("b")], puts={"jobs/x": b"1"})
    await store.note(make_status("a", "RUNNING", 1), puts={"jobs/y": b"2"}, deletes=["jobs/x"])

    found = await reopen(shared, watch)

    assert "F-1" == await found.load()
    assert {"a": TaskState.TASK_RUNNING, "b": None} == {r.task.task_id: r.state for r in found.open_tasks()}
    assert {"jobs/y": b"2"} == await found.get_all("jobs")
    assert {"a", "b"} == {task.task_id for task in found.to_reconcile()}
    assert list(store.tasks()) == sorted(found.tasks(), key=lambda record: record.task.task_id)


async def test_an_update_counts_once(shared: MemoryRecords, watch: Watch) -> None:
    """The same uuid again, in this life or the next, changes nothing and writes nothing of one's own."""
    store = await reopen(shared, watch)
    await store.intend([make_task("a")])
    status = make_status("a", "RUNNING", 1)
    firsts = await asyncio.gather(*(store.note(status, puts={"n": b"%d" % n}) for n in range(3)))
    again = await (await reopen(shared, watch)).note(status, puts={"n": b"again"})

    assert [True, False, False] == firsts
    assert False is again
    assert b"0" == await store.get("n")


async def test_statuses_never_go_back(shared: MemoryRecords, watch: Watch) -> None:
    """An end stays, whatever comes after it."""
    store = await reopen(shared, watch)
    await store.intend([make_task("a")])
    await store.note(make_status("a", "FAILED", 2))

    assert not await store.note(make_status("a", "RUNNING", 1))
    assert Verdict.RETURNED is store.judge(make_status("a", "RUNNING", 1))
    assert (TaskState.TASK_FAILED,) == tuple(record.state for record in store.tasks())
    assert () == store.open_tasks()


async def test_strangers_are_not_noted(shared: MemoryRecords, watch: Watch) -> None:
    """A task without an intent gets no record by being talked about."""
    store = await reopen(shared, watch)

    assert not await store.note(make_status("x", "RUNNING", 1))
    assert set() == ids(store)


async def test_an_intent_is_adopted_or_expires(shared: MemoryRecords, watch: Watch) -> None:
    """After a failover the answer to reconciliation adopts it; without one it is given up after its time."""
    await (await reopen(shared, watch)).intend([make_task("a"), make_task("b")])
    store = await reopen(shared, watch)
    watch.time += 30.0
    early = await store.expire(60.0)
    await store.note(make_status("a", "STAGING"))
    watch.time += 30.0
    late = await store.expire(60.0)

    assert ((), ["b"]) == (early, [record.task.task_id for record in late])
    assert TaskState.TASK_DROPPED is late[0].state
    assert "nothing was heard of it in 60 seconds" == getattr(late[0].status, "message", None)
    assert ["a"] == [record.task.task_id for record in (await reopen(shared, watch)).open_tasks()]


async def test_only_intents_are_withdrawn_and_only_ends_forgotten(shared: MemoryRecords, watch: Watch) -> None:
    """A task that may run keeps its record, whatever is asked for."""
    store = await reopen(shared, watch)
    await store.intend([make_task(name) for name in "abc"])
    await store.note(make_status("b", "RUNNING", 1))
    await store.note(make_status("c", "FINISHED", 2))
    await store.withdraw(map(TaskId, "abcx"))
    after_withdrawal = ids(store)
    await store.forget_tasks(map(TaskId, "abcx"))

    assert {"b", "c"} == after_withdrawal
    assert {"b"} == ids(store) == ids(await reopen(shared, watch))


async def test_history_is_bounded(shared: MemoryRecords, watch: Watch) -> None:
    """Who ended first is forgotten first, open tasks never."""
    store = await reopen(shared, watch, history=2)
    for number in range(5):
        await store.intend([make_task(f"t{number}"), make_task(f"open{number}")])
        watch.time += 1
        await store.note(make_status(f"t{number}", "FINISHED", number))
    again = await reopen(shared, watch, history=2)
    await again.note(make_status("open0", "FAILED", 9))

    assert {"t3", "t4"} == {name for name in ids(store) if name.startswith("t")}
    assert {"t4", "open0", "open1", "open2", "open3", "open4"} == ids(again) == ids(await reopen(shared, watch))


@pytest.mark.parametrize("as_next", [None, "F-2"])
async def test_tasks_of_a_burnt_id_are_over(shared: MemoryRecords, watch: Watch, as_next: str | None) -> None:
    """No master will ever speak of them again; a task under the same id of a master, though, goes on."""
    store = await reopen(shared, watch)
    await store.save(FrameworkId("F-1"))
    await store.intend([make_task("a")])
    await store.save(FrameworkId("F-1"))
    before = store.open_tasks()
    await (store.forget() if as_next is None else store.save(FrameworkId(as_next)))

    again = await reopen(shared, watch)
    assert 1 == len(before)
    assert as_next == await again.load()
    assert [(TaskState.TASK_KILLED, "framework F-1 is no more")] == [
        (record.state, getattr(record.status, "message", None)) for record in again.tasks()
    ]


async def test_an_id_is_intended_once(shared: MemoryRecords, watch: Watch) -> None:
    """Also while it is on its way, and none of a write with such an id is stored."""
    store = await reopen(shared, watch)
    first, second = await asyncio.gather(
        store.intend([make_task("a")]), store.intend([make_task("a"), make_task("b")]), return_exceptions=True
    )

    assert first is None
    assert "task 'a' can't be put on record: its id is on record already" == str(second)
    assert {"a"} == ids(store)
    with pytest.raises(TaskNotStorable, match="invalid characters"):
        await store.intend([make_task("x/y")])
    with pytest.raises(TaskNotStorable, match="on record already"):
        await store.intend([make_task("z"), make_task("z")])
    with pytest.raises(InvalidKey):
        await store.put("a//b", b"")
    assert ["tasks/a"] == list(shared.records)


@pytest.mark.parametrize(("key", "value"), [("framework-id", b"F-1"), ("tasks/a", b"{}"), ("tasks/b", None)])
async def test_an_unreadable_record_stops_the_start(
    shared: MemoryRecords, watch: Watch, key: str, value: bytes | None
) -> None:
    """Nothing is skipped: its name is told. A record under another's name is unreadable, too."""
    await (await reopen(shared, watch)).intend([make_task("c")])
    await MemoryStore(shared).write([Put(key, value or shared.records["tasks/c"].value)])

    with pytest.raises(UnreadableRecord, match=key):
        await reopen(shared, watch)


class Moody(MemoryStore):
    """A store that is away for its first writes."""

    def __init__(self, shared: MemoryRecords, absences: int) -> None:
        super().__init__(shared)
        self.absences = absences

    async def write(self, operations: Sequence[Operation]) -> list[int]:
        """See ``Store.write``; while it is away, each second write takes effect none the less."""
        if self.absences:
            self.absences -= 1
            if self.absences % 2:
                await super().write(operations)
            raise StoreUnavailable("/store", "it is away")
        return await super().write(operations)


async def test_a_store_that_is_away_is_waited_for(
    shared: MemoryRecords, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing returns before it is durable, and what took effect unseen is written again without harm."""
    monkeypatch.setattr(writing, "STORE_BACKOFF", Backoff(initial=0.0, maximum=0.0))
    store = await FrameworkStore.open(Moody(shared, 4), watch, Random(1))
    await store.intend([make_task("a")])

    assert {"a"} == ids(await reopen(shared, watch))


async def test_whoever_was_fenced_off_changes_nothing(shared: MemoryRecords, watch: Watch) -> None:
    """An earlier run that still acts gets an error before it could tell the master anything."""
    old = MemoryStore(shared)
    await old.fence(1)
    store = await FrameworkStore.open(old, watch, Random(1))
    await MemoryStore(shared).fence(2)

    with pytest.raises(Fenced):
        await store.intend([make_task("a")])
    assert () == store.tasks()


async def test_a_cancelled_caller_does_not_part_memory_from_store(shared: MemoryRecords, watch: Watch) -> None:
    """What is on its way into the store arrives in memory as well."""
    store = await reopen(shared, watch)
    caller = asyncio.create_task(store.intend([make_task("a")]))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await store.put("other", b"")
    for _ in range(3):
        await asyncio.sleep(0)

    assert ids(store) == ids(await reopen(shared, watch)) == {"a"}

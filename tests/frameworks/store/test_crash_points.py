"""A framework that dies after, or just before, any of its writes loses no task and takes no update twice."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskStatus
from koinon_frameworks.store import FrameworkStore
from koinon_zk import MemoryRecords, MemoryStore, Operation
from support.framework_tasks import make_status, make_task

TASKS = ("a", "b")
LIFE = ("STARTING", "RUNNING", "FINISHED")
WRITES = 1 + len(TASKS) + len(TASKS) * len(LIFE)


class Died(BaseException):
    """The process ends here."""


class Mortal(MemoryStore):
    """A store whose user dies at one of its writes."""

    def __init__(self, shared: MemoryRecords, writes: int, is_written: bool) -> None:
        super().__init__(shared)
        self.left, self.is_written = writes, is_written

    async def write(self, operations: Sequence[Operation]) -> list[int]:
        """See ``Store.write``."""
        self.left -= 1
        if self.left == 0 and not self.is_written:
            raise Died
        versions = await super().write(operations)
        if self.left == 0:
            raise Died
        return versions


class Outside:
    """Master and agents: what they were told, and updates that they repeat until each is acknowledged."""

    def __init__(self) -> None:
        self.launched: list[str] = []
        self.unacknowledged = {
            name: [make_status(name, state, 10 * place + TASKS.index(name)) for place, state in enumerate(LIFE)]
            for name in TASKS
        }

    def next_update(self) -> TaskStatus | None:
        """The head of the first stream that has one, again and again."""
        return next((self.unacknowledged[name][0] for name in self.launched if self.unacknowledged[name]), None)


async def live(store: FrameworkStore, outside: Outside) -> None:
    """One life of a framework that runs each task once and counts their updates in a record of its own."""
    if await store.load() is None:
        await store.save(FrameworkId("F-1"))
    for asked in store.to_reconcile():
        if asked.task_id not in outside.launched:
            # The master knows of no such task: the launch never reached it.
            await store.withdraw([asked.task_id])
    for name in TASKS:
        if store.task(TaskId(name)) is None:
            await store.intend([make_task(name)])
            outside.launched.append(name)
    while (status := outside.next_update()) is not None:
        count = int(await store.get("count") or b"0")
        await store.note(status, puts={"count": b"%d" % (count + 1)})
        outside.unacknowledged[status.task_id].pop(0)


@pytest.mark.parametrize("is_written", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("point", range(1, WRITES + 1))
async def test_a_death_at_any_write_is_survived(point: int, is_written: bool) -> None:
    """Each task is launched once, each update counted once, and the id is one."""
    shared, outside = MemoryRecords(), Outside()
    with pytest.raises(Died):
        await live(await FrameworkStore.open(Mortal(shared, point, is_written), rng=Random(1)), outside)
    after_death = await FrameworkStore.open(MemoryStore(shared), rng=Random(1))
    known = {record.task.task_id for record in after_death.tasks()}
    unknown = set(outside.launched) - known
    await live(after_death, outside)

    assert set() == unknown
    assert list(TASKS) == outside.launched
    assert b"%d" % (len(TASKS) * len(LIFE)) == await after_death.get("count")
    assert () == after_death.open_tasks()
    assert "F-1" == await after_death.load()

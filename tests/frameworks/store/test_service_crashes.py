"""A whole scheduler that dies at any of its writes, under the real driver: the example's service."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from examples.elected_service import RECONCILE_SECONDS, Service
from koinon_core.frameworks import FrameworkInfo
from koinon_core.tasks import TaskState
from koinon_frameworks import DriverOptions, FrameworkStore
from koinon_frameworks.testing import FakeMaster, Running, fails, runs
from koinon_zk import MemoryRecords, MemoryStore, Operation

INSTANCES = 3
WRITES = 9
"""At least as many are in a life: the id, a launch of all, two updates of each, the failure of one, ..."""
INFO = FrameworkInfo(user="root", name="service", failover_timeout=3600.0)


class Died(Exception):
    """The process ends here."""


class Mortal(MemoryStore):
    """A store whose user dies at one of its writes, before or after it took effect."""

    def __init__(self, shared: MemoryRecords, writes: int, *, is_written: bool) -> None:
        super().__init__(shared)
        self.left, self.is_written = writes, is_written

    async def write(self, operations: Sequence[Operation]) -> list[int]:
        """See ``Store.write``; the dead write no more."""
        self.left -= 1
        if self.left < 0 or (self.left == 0 and not self.is_written):
            raise Died
        versions = await super().write(operations)
        if self.left == 0:
            raise Died
        return versions


def start(master: FakeMaster, records: MemoryStore, epoch: int) -> Running:
    """One life of the service."""
    store = master.wait(FrameworkStore.open(records, master.clock, Random(1)))
    service = Service(store, epoch, INSTANCES, "sleep 1000")
    return master.start(service, INFO, DriverOptions(id_keeper=store, reconcile_interval=RECONCILE_SECONDS))


def live_until_death(master: FakeMaster, shared: MemoryRecords, point: int, *, is_written: bool) -> bool:
    """Whether it died."""
    started = len(master.running)
    try:
        start(master, Mortal(shared, point, is_written=is_written), epoch=1)
        master.advance(100)
    except Died:
        pass
    died = any(running.is_killed for running in master.running[started:])
    for running in master.running:
        master.kill(running)
    return died


@pytest.mark.parametrize("is_written", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("point", range(1, WRITES + 1))
def test_a_service_that_dies_at_any_write_ends_up_with_its_instances(
    koinon_master: FakeMaster, point: int, is_written: bool
) -> None:
    """Exactly as many run as are wanted, under one id, and every task that runs is on record."""
    shared = MemoryRecords()
    koinon_master.add_agent()
    koinon_master.script("instance", fails(after=20), runs())
    died = live_until_death(koinon_master, shared, point, is_written=is_written)
    second = start(koinon_master, MemoryStore(shared), epoch=2)
    koinon_master.advance(10 * RECONCILE_SECONDS)

    running = {name for name, state in koinon_master.states().items() if state is TaskState.TASK_RUNNING}
    assert died
    assert INSTANCES == len(running), koinon_master.story()
    assert isinstance(second.scheduler, Service)
    assert running == {record.task.task_id for record in second.scheduler.store.open_tasks()}


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_launch_without_an_answer_is_neither_lost_nor_doubled(koinon_master: FakeMaster, takes_effect: bool) -> None:
    """What took effect is adopted, what did not is given up and launched anew."""
    koinon_master.add_agent()
    koinon_master.leave_unanswered("ACCEPT", takes_effect=takes_effect)
    start(koinon_master, MemoryStore(), epoch=1)
    koinon_master.advance(30 * RECONCILE_SECONDS)

    assert [TaskState.TASK_RUNNING] * INSTANCES == list(koinon_master.states().values())

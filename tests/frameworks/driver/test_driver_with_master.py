"""The driver against the real master, which is killed under it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import Subscribed
from koinon_frameworks import Ending, EndKind, Scheduler, SchedulerCalls, SchedulerDriver
from support.ports import reserve_port
from support.processes import Child

pytestmark = pytest.mark.slow


class Subscriptions(Scheduler):
    """Notes each subscription."""

    def __init__(self) -> None:
        self.ids: asyncio.Queue[FrameworkId] = asyncio.Queue()
        self.losses: asyncio.Queue[str] = asyncio.Queue()

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        self.ids.put_nowait(event.framework_id)

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        self.losses.put_nowait(reason)


class RestartableMaster:
    """A master process that comes back at another port with what it stored."""

    def __init__(self, directory: Path) -> None:
        self.quorum = f"sqlite://{directory}/state.db?path=/koinon"
        self._directory = directory
        self.child = self._start()

    def restart(self) -> None:
        """Kill it and start another."""
        self.child.kill()
        self.child = self._start()

    def _start(self) -> Child:
        self.port = reserve_port()
        flags = [f"--port={self.port}", f"--work_dir={self._directory}", f"--zk={self.quorum}"]
        return Child([sys.executable, "-m", "koinon_master", *flags], self._directory / "master.log")


@pytest.fixture
async def master(tmp_path: Path) -> AsyncIterator[RestartableMaster]:
    """A master that elects itself in a store of its own."""
    running = RestartableMaster(tmp_path)
    yield running
    running.child.kill()


async def test_follows_the_leader_through_its_death(master: RestartableMaster) -> None:
    """A master that comes back elsewhere is found by the quorum, and the framework keeps its id."""
    scheduler = Subscriptions()
    info = FrameworkInfo(user="root", name="test", failover_timeout=60.0)
    driver = SchedulerDriver(scheduler, info, master.quorum)
    run = asyncio.create_task(driver.run())
    try:
        first = await scheduler.ids.get()
        await asyncio.to_thread(master.restart)
        await scheduler.losses.get()
        second = await scheduler.ids.get()
        failure = await driver.stop(teardown=True)

        assert first == second
        assert failure is None
        assert Ending(EndKind.STOPPED) == await run
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def test_a_torn_down_framework_is_not_taken_back(master: RestartableMaster) -> None:
    """The id of a framework that was torn down is burnt: the run of a successor ends by the master's ERROR."""
    scheduler = Subscriptions()
    info = FrameworkInfo(user="root", name="test", failover_timeout=60.0)
    driver = SchedulerDriver(scheduler, info, master.quorum)
    run = asyncio.create_task(driver.run())
    framework_id = await scheduler.ids.get()
    await driver.stop(teardown=True)
    await run
    successor = FrameworkInfo(user="root", name="test", failover_timeout=60.0, id=framework_id)

    ending = await SchedulerDriver(Scheduler(), successor, [f"127.0.0.1:{master.port}"]).run()

    assert Ending(EndKind.REMOVED, "Framework has been removed") == ending

"""A framework's id over several runs: who takes over whom, and who begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from attrs import evolve

from fakes.recording_scheduler import INFO, QUICK, Recorder, running
from fakes.scripted_master import ScriptedMaster
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import Error
from koinon_frameworks import DriverOptions, Ending, EndKind, FrameworkIdFile, Scheduler, SchedulerDriver
from koinon_frameworks.errors import IdFileError

REMOVED = "Framework has been removed"


class Keeper:
    """Keeps an id, and notes what it was asked."""

    def __init__(self, framework_id: str | None = None) -> None:
        self.framework_id = None if framework_id is None else FrameworkId(framework_id)
        self.asked: list[str] = []
        self.is_saving = asyncio.Event()
        self.may_save = asyncio.Event()
        self.may_save.set()

    async def load(self) -> FrameworkId | None:
        self.asked.append("load")
        return self.framework_id

    async def save(self, framework_id: FrameworkId) -> None:
        self.asked.append(f"save {framework_id}")
        self.is_saving.set()
        await self.may_save.wait()
        self.framework_id = framework_id

    async def forget(self) -> None:
        self.asked.append("forget")
        self.framework_id = None


def options(keeper: Keeper | FrameworkIdFile) -> DriverOptions:
    return DriverOptions(id_keeper=keeper, backoff=QUICK)


async def test_first_id_is_saved_before_anybody_hears_of_it() -> None:
    """Neither the scheduler nor whoever else makes calls: a task that is launched can be found again."""
    scheduler, keeper = Recorder(), Keeper()
    keeper.may_save.clear()
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)) as (driver, _):
        subscribe = await master.subscribes.get()
        await keeper.is_saving.wait()
        before = (driver.is_subscribed, scheduler.seen.empty())
        keeper.may_save.set()

        assert ("subscribed", "F-0000") == await scheduler.seen.get()
        assert (False, True) == before
        assert ["load", "save F-0000"] == keeper.asked
        assert "framework_id" not in subscribe


async def test_stored_id_is_that_of_the_next_run() -> None:
    """It goes into the first SUBSCRIBE, and what is known is not written again, however often that happens."""
    scheduler, keeper = Recorder(), Keeper("F-0000")
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)):
        first = await master.subscribes.get()
        await scheduler.seen.get()
        master.end_stream()
        await master.subscribes.get()

        assert {"value": "F-0000"} == first["framework_id"] == first["subscribe"]["framework_info"]["id"]
        assert ["load"] == keeper.asked


async def test_teardown_forgets() -> None:
    """The id is burnt as soon as the master took TEARDOWN; the next run begins anew."""
    scheduler, keeper = Recorder(), Keeper()
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)) as (driver, run):
        await scheduler.seen.get()
        await driver.stop(teardown=True)

        assert Ending(EndKind.STOPPED) == await run
        assert None is keeper.framework_id


async def test_teardown_that_was_not_taken_forgets_nothing() -> None:
    """The framework may live on, with its tasks."""
    scheduler, keeper = Recorder(), Keeper()
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)) as (driver, run):
        await scheduler.seen.get()
        master.answer_call = web.Response(status=500)
        failure = await driver.stop(teardown=True)
        await run

        assert failure is not None
        assert "F-0000" == keeper.framework_id


async def test_mere_stop_forgets_nothing() -> None:
    """Whoever runs next takes the tasks over."""
    scheduler, keeper = Recorder(), Keeper()
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)) as (driver, run):
        await scheduler.seen.get()
        await driver.stop()
        await run

        assert "F-0000" == keeper.framework_id


async def test_burnt_id_ends_the_run_and_is_forgotten() -> None:
    """The scheduler hears why; the run after that begins anew."""
    scheduler, keeper = Recorder(), Keeper("F-0000")
    async with ScriptedMaster() as master:
        async with running(scheduler, master.address, options(keeper)) as (_, run):
            await master.subscribes.get()
            master.say(Error(REMOVED))
            ending = await run
        master.framework_id = "F-0001"
        async with running(Scheduler(), master.address, options(keeper)):
            again = await master.subscribes.get()

        assert Ending(EndKind.REMOVED, REMOVED) == ending
        assert [("subscribed", "F-0000"), ("error", REMOVED)] == [scheduler.seen.get_nowait() for _ in range(2)]
        assert "framework_id" not in again


async def test_successor_keeps_the_id_of_whom_it_pushed_out() -> None:
    """A scheduler that was failed over to another forgets nothing: it is the other's id now."""
    scheduler, keeper = Recorder(), Keeper("F-0000")
    async with ScriptedMaster() as master, running(scheduler, master.address, options(keeper)) as (_, run):
        await master.subscribes.get()
        master.say(Error("Framework failed over"))

        assert EndKind.FAILED_OVER is (await run).kind
        assert "F-0000" == keeper.framework_id


async def test_id_in_framework_info_wins() -> None:
    """And is the one that is kept from then on."""
    keeper = Keeper("F-old")
    info = evolve(INFO, id=FrameworkId("F-0000"))
    async with ScriptedMaster() as master:
        driver = SchedulerDriver(Recorder(), info, master.address, options(keeper))
        run = asyncio.create_task(driver.run())
        subscribe = await master.subscribes.get()
        await driver.stop()
        await run

        assert {"value": "F-0000"} == subscribe["framework_id"]


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("no id"), lambda path: path.mkdir()])
async def test_keeper_that_fails_ends_the_run_before_it_subscribes(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    """A second framework beside the one whose id can't be read would double every task."""
    path = tmp_path / "id"
    spoil(path)
    async with ScriptedMaster() as master:
        with pytest.raises(IdFileError, match=f"framework id in {path}"):
            await SchedulerDriver(Scheduler(), INFO, master.address, options(FrameworkIdFile(path))).run()

        assert master.subscribes.empty()


async def test_id_that_can_not_be_saved_ends_the_run(tmp_path: Path) -> None:
    """Before the scheduler heard of it."""
    scheduler = Recorder()
    keeper = FrameworkIdFile(tmp_path / "missing" / "id")
    async with ScriptedMaster() as master:
        with pytest.raises(IdFileError, match="No such file or directory"):
            await SchedulerDriver(scheduler, INFO, master.address, options(keeper)).run()

        assert scheduler.seen.empty()

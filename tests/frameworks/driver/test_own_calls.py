"""What the driver asks of the master by itself, over real streams: offers as wanted, known tasks, at a bounded pace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from fakes.recording_scheduler import QUICK, Recorder, running
from fakes.scripted_master import ScriptedMaster
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, TaskId, Uuid
from koinon_core.scheduler_api import ReconcileTask, Update
from koinon_core.tasks import TaskState, TaskStatus
from koinon_frameworks import DriverOptions, Scheduler, SchedulerCalls
from koinon_frameworks.errors import UnknownRoleError


class Knowing(Scheduler):
    """Knows one task."""

    def known_tasks(self) -> list[ReconcileTask]:
        return [ReconcileTask(task_id=TaskId("t"), agent_id=AgentId("S1"))]


async def next_call(master: ScriptedMaster) -> tuple[str, Any]:
    call = await master.calls.get()
    return call["type"], call.get(call["type"].lower())


async def test_wishes_become_calls() -> None:
    """Nothing to place: SUPPRESS; something: REVIVE, at once and then spaced out."""
    options = DriverOptions(backoff=QUICK, min_revive_interval=0.05)
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address, options) as (driver, _):
        await scheduler.seen.get()
        await driver.want_offers(wanted=False)
        calls = [await next_call(master)]
        for _ in range(100):
            await driver.want_offers()
        calls += [await next_call(master)]
        await driver.want_offers()
        calls += [await next_call(master)]

        assert [("SUPPRESS", {"roles": ["*"]}), ("REVIVE", {"roles": ["*"]}), ("REVIVE", {"roles": ["*"]})] == calls
        assert master.calls.empty()


async def test_wishes_outlive_the_subscription() -> None:
    """What is not wanted stands in the next SUBSCRIBE; what is wanted again by then is no call."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await master.subscribes.get()
        await scheduler.seen.get()
        await driver.want_offers(["*"], wanted=False)
        await next_call(master)
        master.end_stream()
        again = await master.subscribes.get()

        assert ["*"] == again["subscribe"]["suppressed_roles"]
        assert master.calls.empty()


async def test_wish_for_a_strange_role_is_the_callers_fault() -> None:
    """It is told so, and the framework goes on."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await scheduler.seen.get()

        with pytest.raises(UnknownRoleError):
            await driver.want_offers(["dev"])


async def test_known_tasks_are_asked_about_on_each_subscription() -> None:
    """Explicitly, with their agents; once more when the subscription is a new one."""
    async with ScriptedMaster() as master, running(Knowing(), master.address):
        first = await next_call(master)
        master.end_stream()
        second = await next_call(master)

        assert ("RECONCILE", {"tasks": [{"task_id": {"value": "t"}, "agent_id": {"value": "S1"}}]}) == first
        assert first == second


async def test_all_tasks_are_asked_about_once_the_known_ones_are_answered() -> None:
    """Half an interval later: whatever the master knows, which may be more than the scheduler does."""
    options = DriverOptions(reconcile_interval=0.1)
    async with ScriptedMaster() as master, running(Knowing(), master.address, options):
        await next_call(master)
        master.say(Update(TaskStatus(task_id=TaskId("t"), state=TaskState.TASK_RUNNING)))

        assert ("RECONCILE", {}) == await next_call(master)


async def test_flood_is_held_to_its_pace_and_named() -> None:
    """More than a second's worth waits, in order; the log says how many, the counts know."""
    options = DriverOptions(calls_per_second=20)
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address, options) as (driver, _):
        await scheduler.seen.get()
        loop = asyncio.get_running_loop()
        with capture_logs() as logs:
            started = loop.time()
            for _ in range(23):
                await driver.kill(TaskId("t"))
            took = loop.time() - started

        assert 0.1 <= took
        assert ["calls_held_back"] == [entry["event"] for entry in logs if entry["log_level"] == "warning"]
        assert {"KILL": 23} == driver.counts().calls
        assert 1 <= driver.counts().held_back <= 3


async def test_framework_described_anew_stays_so() -> None:
    """The next SUBSCRIBE says what UPDATE_FRAMEWORK said."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await master.subscribes.get()
        await scheduler.seen.get()
        failure = await driver.update_framework(FrameworkInfo(user="root", name="renamed"), suppressed_roles=["*"])
        call = await next_call(master)
        master.end_stream()
        again = await master.subscribes.get()

        assert failure is None
        assert "UPDATE_FRAMEWORK" == call[0]
        assert {"value": "F-0000"} == call[1]["framework_info"]["id"]
        assert "renamed" == again["subscribe"]["framework_info"]["name"]
        assert ["*"] == again["subscribe"]["suppressed_roles"]


async def test_calls_wait_for_nobody_after_the_end() -> None:
    """A run that is over takes no calls: they fail at once, with a reason."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, run):
        await scheduler.seen.get()
        await driver.stop()
        await run
        failure = await driver.revive()

        assert failure is not None
        assert "REVIVE not subscribed: there is no stream to a master" == str(failure)


async def test_acknowledges_what_was_taken_in_before_it_stops() -> None:
    """A stop from within a callback does not leave its update to be told again."""

    class Last(Scheduler):
        async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
            await driver.stop()

    status = TaskStatus(
        task_id=TaskId("t"), state=TaskState.TASK_FINISHED, agent_id=AgentId("S1"), uuid=Uuid(b"0123456789abcdef")
    )
    async with ScriptedMaster() as master, running(Last(), master.address) as (_, run):
        await master.subscribes.get()
        master.say(Update(status))
        await run

        assert "ACKNOWLEDGE" == master.calls.get_nowait()["type"]

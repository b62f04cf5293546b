"""The driver against a real HTTP server that plays the master."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from attrs import evolve

from fakes.recording_scheduler import QUICK, Recorder, running
from fakes.scripted_master import ScriptedMaster
from koinon_core.agents import Unavailability
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, OperationId, TaskId, Uuid
from koinon_core.offers import InverseOffer, Offer
from koinon_core.operations import OperationState, OperationStatus, UuidValue
from koinon_core.scheduler_api import (
    Error,
    Failure,
    InverseOffers,
    Message,
    Offers,
    Rescind,
    RescindInverseOffer,
    Update,
    UpdateOperationStatus,
)
from koinon_core.tasks import TaskState, TaskStatus
from koinon_core.wire.content import ContentType
from koinon_frameworks import (
    Acknowledging,
    CallFailureKind,
    DriverOptions,
    Ending,
    EndKind,
    Scheduler,
    SchedulerCalls,
)

OFFER = Offer(id=OfferId("O1"), framework_id=FrameworkId("F-0000"), agent_id=AgentId("S1"), hostname="host")
UUID = Uuid(b"0123456789abcdef")
STATUS = TaskStatus(task_id=TaskId("t"), state=TaskState.TASK_RUNNING, agent_id=AgentId("S1"), uuid=UUID)
OPERATION_STATUS = OperationStatus(
    operation_id=OperationId("op"),
    state=OperationState.OPERATION_FINISHED,
    agent_id=AgentId("S1"),
    uuid=UuidValue(UUID),
)


async def test_declines_offers_unless_told_otherwise() -> None:
    """A scheduler that overrides nothing binds no offer, and its calls carry stream and framework id."""
    async with ScriptedMaster() as master, running(Scheduler(), master.address):
        await master.subscribes.get()
        master.say(Offers((OFFER,)))
        call = await master.calls.get()

        assert "DECLINE" == call["type"]
        assert [{"value": "O1"}] == call["decline"]["offer_ids"]
        assert ({"value": "F-0000"}, "stream-1") == (call["framework_id"], call["stream_id"])


@pytest.mark.parametrize("content_type", ContentType)
async def test_calls_back_in_the_order_of_the_stream(content_type: ContentType) -> None:
    """Each event has its callback, in either content type; those of an agent and an executor are told apart."""
    scheduler = Recorder()
    inverse = InverseOffer(
        id=OfferId("I1"), framework_id=FrameworkId("F-0000"), unavailability=Unavailability(start=TimeInfo(0))
    )
    options = DriverOptions(content_type=content_type)
    async with ScriptedMaster() as master, running(scheduler, master.address, options):
        await master.subscribes.get()
        master.say(Rescind(OfferId("O1")))
        master.say(InverseOffers((inverse,)))
        master.say(RescindInverseOffer(OfferId("I1")))
        master.say(Update(STATUS))
        master.say(UpdateOperationStatus(OPERATION_STATUS))
        master.say(Message(agent_id=AgentId("S1"), executor_id=ExecutorId("e"), data=b"\0hello"))
        master.say(Failure(agent_id=AgentId("S1")))
        master.say(Failure(agent_id=AgentId("S1"), executor_id=ExecutorId("e"), status=9))
        seen = [await scheduler.seen.get() for _ in range(9)]

        assert [
            ("subscribed", "F-0000"),
            ("rescinded", "O1"),
            ("inverse_offers", ("I1",)),
            ("inverse_offer_rescinded", "I1"),
            ("update", "t"),
            ("operation_update", OperationState.OPERATION_FINISHED),
            ("message", b"\0hello"),
            ("agent_lost", "S1"),
            ("executor_lost", 9),
        ] == seen


async def test_skips_what_a_newer_master_says() -> None:
    """An event of a type that we do not know costs nothing."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await master.subscribes.get()
        master.say_raw(b'{"type":"DREAM","dream":{}}')
        master.say(Rescind(OfferId("O1")))
        seen = [await scheduler.seen.get() for _ in range(2)]

        assert ["subscribed", "rescinded"] == [name for name, _ in seen]
        assert {"SUBSCRIBED": 1, "HEARTBEAT": 1, "DREAM": 1, "RESCIND": 1} == driver.counts().events


async def test_acknowledges_an_operation_that_wants_it() -> None:
    """The status of an operation travels like that of a task."""
    async with ScriptedMaster() as master, running(Scheduler(), master.address):
        await master.subscribes.get()
        master.say(UpdateOperationStatus(evolve(OPERATION_STATUS, uuid=None)))
        master.say(UpdateOperationStatus(OPERATION_STATUS))
        call = await master.calls.get()

        assert {
            "agent_id": {"value": "S1"},
            "operation_id": {"value": "op"},
            "uuid": "MDEyMzQ1Njc4OWFiY2RlZg==",
        } == call["acknowledge_operation_status"]


async def test_subscribes_only_while_it_may() -> None:
    """A scheduler that does not know whether it has a successor holds still, and goes on when it does know."""
    gate = asyncio.Event()
    options = DriverOptions(may_subscribe=gate)
    async with ScriptedMaster() as master, running(Scheduler(), master.address, options):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(master.subscribes.get(), 0.1)
        gate.set()
        call = await master.subscribes.get()

        assert "SUBSCRIBE" == call["type"]


async def test_acknowledges_after_the_update_was_taken_in() -> None:
    """By default an update with a uuid is acknowledged, one without is not."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address):
        await master.subscribes.get()
        master.say(Update(TaskStatus(task_id=TaskId("quiet"), state=TaskState.TASK_LOST)))
        master.say(Update(STATUS))
        call = await master.calls.get()

        assert {
            "agent_id": {"value": "S1"},
            "task_id": {"value": "t"},
            "uuid": "MDEyMzQ1Njc4OWFiY2RlZg==",
        } == call["acknowledge"]
        assert master.calls.empty()


async def test_leaves_acknowledging_to_a_scheduler_that_stores_first() -> None:
    """In explicit mode nothing is acknowledged before the scheduler says so."""
    scheduler = Recorder()
    options = DriverOptions(acknowledging=Acknowledging.EXPLICIT)
    async with ScriptedMaster() as master, running(scheduler, master.address, options) as (driver, _):
        await master.subscribes.get()
        master.say(Update(STATUS))
        master.say(Rescind(OfferId("O1")))
        while (await scheduler.seen.get())[0] != "rescinded":
            pass
        unasked = master.calls.empty()
        failure = await driver.acknowledge(STATUS)

        assert unasked
        assert failure is None
        assert "ACKNOWLEDGE" == (await master.calls.get())["type"]


async def test_comes_back_by_its_id_when_the_stream_ends() -> None:
    """After a lost stream the driver says so, and resubscribes with the id and the suppressed roles."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await master.subscribes.get()
        await driver.suppress()
        master.end_stream()
        again = await master.subscribes.get()
        seen = [await scheduler.seen.get() for _ in range(3)]

        assert {"value": "F-0000"} == again["framework_id"]
        assert {"value": "F-0000"} == again["subscribe"]["framework_info"]["id"]
        assert ["*"] == again["subscribe"]["suppressed_roles"]
        assert ["subscribed", "disconnected", "subscribed"] == [name for name, _ in seen]


async def test_follows_a_standby_to_the_leader() -> None:
    """A 307 leads to the master that leads."""
    async with ScriptedMaster() as leader, ScriptedMaster() as standby:
        location = f"//{leader.address}/api/v1/scheduler"
        standby.answer_subscribe = web.Response(status=307, headers={"Location": location})
        scheduler = Recorder()
        async with running(scheduler, standby.address) as (driver, _):
            await scheduler.seen.get()
            failure = await driver.revive()

            assert failure is None
            assert "REVIVE" == (await leader.calls.get())["type"]


async def test_waits_for_a_master_that_is_not_there_yet(free_port: int) -> None:
    """A driver started before its master subscribes as soon as that one is up."""
    async with running(Scheduler(), f"127.0.0.1:{free_port}") as (driver, _):
        before = await driver.revive()
        async with ScriptedMaster(free_port) as master:
            await master.subscribes.get()

            assert before is not None
            assert before.kind is CallFailureKind.NOT_SUBSCRIBED


@pytest.mark.slow
async def test_leaves_a_master_that_went_silent() -> None:
    """Without any event for the agreed number of heartbeats the driver subscribes anew."""
    options = DriverOptions(backoff=QUICK, missed_heartbeats=2)
    async with ScriptedMaster() as master:
        master.heartbeat_interval = 0.1
        async with running(Scheduler(), master.address, options):
            await master.subscribes.get()
            again = await master.subscribes.get()

            assert {"value": "F-0000"} == again["framework_id"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CallFailureKind.REFUSED),
        (403, CallFailureKind.NOT_SUBSCRIBED),
        (307, CallFailureKind.NOT_SUBSCRIBED),
        (500, CallFailureKind.UNANSWERED),
    ],
)
async def test_says_what_became_of_a_call_that_failed(status: int, kind: CallFailureKind) -> None:
    """A call the master did not take gives a value with its words, never nothing."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, _):
        await scheduler.seen.get()
        master.answer_call = web.Response(status=status, text="because")
        failure = await driver.kill(TaskId("t"))

        assert failure is not None
        assert (failure.call, failure.kind, failure.why, failure.status) == ("KILL", kind, "because", status)


async def test_ends_with_the_error_of_the_master() -> None:
    """ERROR is told to the scheduler and is how the run ended."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (_, run):
        await master.subscribes.get()
        master.say(Error("Framework has been removed"))

        assert Ending(EndKind.REMOVED, "Framework has been removed") == await run
        assert [("subscribed", "F-0000"), ("error", "Framework has been removed")] == [
            scheduler.seen.get_nowait() for _ in range(2)
        ]


async def test_ends_when_the_subscription_is_refused() -> None:
    """A 4xx to SUBSCRIBE ends the run with the master's words."""
    async with ScriptedMaster() as master:
        master.answer_subscribe = web.Response(status=400, text="no user")
        async with running(Scheduler(), master.address) as (_, run):
            ending = await run

            assert ending.kind is EndKind.REFUSED
            assert "no user" in ending.message


async def test_teardown_ends_the_framework_and_the_run() -> None:
    """A stop with teardown sends TEARDOWN first; the stream's end is no disconnection then."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address) as (driver, run):
        assert ("subscribed", "F-0000") == await scheduler.seen.get()
        failure = await driver.stop(teardown=True)
        master.end_stream()

        assert failure is None
        assert Ending(EndKind.STOPPED) == await run
        assert "TEARDOWN" == (await master.calls.get())["type"]
        assert "disconnected" not in [scheduler.seen.get_nowait()[0] for _ in range(scheduler.seen.qsize())]


async def test_a_callback_that_raises_ends_the_run_and_acknowledges_nothing() -> None:
    """The exception of a callback comes out of run(), and the update comes again to whoever runs next."""

    class Broken(Scheduler):
        async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
            raise LookupError(status.task_id)

    async with ScriptedMaster() as master, running(Broken(), master.address) as (_, run):
        await master.subscribes.get()
        master.say(Update(STATUS))

        with pytest.raises(LookupError, match="t"):
            await run
        assert master.calls.empty()


async def test_a_record_that_is_no_event_costs_the_stream_alone() -> None:
    """Nonsense from a master ends that stream, and the driver subscribes again."""
    async with ScriptedMaster() as master, running(Scheduler(), master.address):
        await master.subscribes.get()
        master.say_raw(b'{"type":"RESCIND","rescind":{}}')
        again = await master.subscribes.get()

        assert {"value": "F-0000"} == again["framework_id"]

"""The loop: nothing is told before it is stored, and a store that another has taken ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest

from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Resources, scalar
from koinon_core.scheduler_api import Accept, Acknowledge, CallBody
from koinon_core.tasks import TaskState, TaskStatus
from koinon_daemon.clock import SystemClock
from koinon_frameworks import CallFailure, CallFailureKind, SchedulerCalls
from koinon_jobs.errors import ScheduleLost
from koinon_jobs.events import OffersReceived, StatusReceived, Subscribed
from koinon_jobs.instructions import MasterEffect, ReviveOffers
from koinon_jobs.jobs import Jobs
from koinon_jobs.loop import JobsLoop
from koinon_jobs.loop_service import LoopService
from koinon_jobs.options import Options
from koinon_jobs.problems import Problem, ProblemKind
from koinon_jobs.records import Record, RecordKey
from koinon_jobs.repository import Repository
from koinon_jobs.runs import Run, RunState
from koinon_jobs.schedule import Cron, JobName, Once
from koinon_jobs.scheduler import JobsScheduler
from koinon_jobs.views import JobView
from koinon_zk import Operation, StoreUnavailable
from koinon_zk.interfaces import Versions
from koinon_zk.memory import MemoryRecords, MemoryStore
from support.jobs_world import make_job

OFFER = Offer(
    id=OfferId("o1"),
    framework_id=FrameworkId("f"),
    agent_id=AgentId("a"),
    hostname="h",
    resources=Resources((scalar("cpus", 4), scalar("mem", 1024))),
    allocation_info=AllocationInfo("*"),
)


class AwayStore(MemoryStore):
    """A store that can be away, and that somebody can wait for."""

    def __init__(self, shared: MemoryRecords | None = None) -> None:
        super().__init__(shared)
        self.is_away = False
        self.refused = asyncio.Event()

    async def write(self, operations: Sequence[Operation]) -> Versions:
        """Raises StoreUnavailable while it is away."""
        if self.is_away:
            self.refused.set()
            raise StoreUnavailable("write", "away")
        return await super().write(operations)


class Desk(SchedulerCalls):
    """A master that takes every call, or fails those it is told to."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[CallBody] = asyncio.Queue()
        self.failure: CallFailure | None = None

    @property
    def framework_id(self) -> FrameworkId | None:
        return FrameworkId("f")

    async def send(self, body: CallBody) -> CallFailure | None:
        await self.calls.put(body)
        return self.failure if isinstance(body, Accept) else None

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        return None

    async def next(self, kind: type[CallBody]) -> CallBody:
        """The next call of that kind; others are passed over."""
        async with asyncio.timeout(10):
            while not isinstance(body := await self.calls.get(), kind):
                pass
            return body


@asynccontextmanager
async def running(store: MemoryStore, effects: list[MasterEffect] | None = None) -> AsyncIterator[JobsLoop]:
    """A loop on what is stored, its work under way."""
    repository = Repository(store)
    loop = JobsLoop(Jobs(Options(), Random(1)), repository, SystemClock(), Random(1))
    told = [] if effects is None else effects
    loop.begin(await repository.restore(), told.append)
    work = [asyncio.create_task(loop.decide()), asyncio.create_task(loop.persist())]
    try:
        yield loop
    finally:
        for task in work:
            task.cancel()
        for task in work:
            with suppress(asyncio.CancelledError, ScheduleLost):
                await task


async def test_requests_are_answered_once_stored() -> None:
    """And what was stored is there for the next loop; watchers hear of it."""
    store, heard = MemoryStore(), []
    async with running(store) as loop:
        service = LoopService(loop)
        service.watch(lambda puts, deletes: heard.append((len(puts), len(deletes))))
        view = await service.put_job(make_job("later", Cron("0 0 1 1 *")))
        run = await service.run_now(JobName("later"))
    async with running(store) as loop:
        found = await LoopService(loop).history(JobName("later"))
        (problem,) = await LoopService(loop).remove_job(JobName("other"))

    assert isinstance(view, JobView)
    assert isinstance(run, Run)
    assert [run] == list(found)
    assert [(2, 0), (2, 0)] == heard
    assert isinstance(problem, Problem)
    assert ProblemKind.NOT_FOUND is problem.kind


async def test_a_store_that_is_away_is_waited_for() -> None:
    """Nobody is told anything meanwhile."""
    store, effects = AwayStore(), []  # type: ignore[var-annotated]
    async with running(store, effects) as loop:
        store.is_away = True
        loop.put(Subscribed())
        asking = asyncio.create_task(LoopService(loop).put_job(make_job("now", Once())))
        await store.refused.wait()
        loop.machine.state.is_suppressed = True
        loop.put(OffersReceived((OFFER,)))
        await asyncio.sleep(0)
        assert not asking.done()
        assert not any(isinstance(each, ReviveOffers) for each in effects)
        store.is_away = False
        view = await asking

    assert isinstance(view, JobView)


async def test_a_store_that_another_has_taken_ends_the_loop() -> None:
    """The change is not stored, and nobody is told that it was."""
    shared = MemoryRecords()
    store, other = MemoryStore(shared), MemoryStore(shared)
    await store.fence(1)
    await other.fence(2)
    loop = JobsLoop(Jobs(Options(), Random(1)), Repository(store), SystemClock(), Random(1))
    told: list[MasterEffect] = []
    loop.begin(await Repository(store).restore(), told.append)
    deciding = asyncio.create_task(loop.decide())
    asking = asyncio.create_task(LoopService(loop).put_job(make_job("now", Once())))

    with pytest.raises(ScheduleLost, match="another scheduler"):
        await loop.persist()
    deciding.cancel()
    assert not asking.done()
    asking.cancel()
    assert {} == shared.records


async def test_effects_become_calls_and_a_launch_that_failed_comes_back() -> None:
    """Its run tries again later; the word of a task that nobody waits for any more is acknowledged."""
    store, desk = MemoryStore(), Desk()
    loop = JobsLoop(Jobs(Options(), Random(1)), Repository(store), SystemClock(), Random(1))
    scheduler = JobsScheduler(loop.put)
    loop.begin(await Repository(store).restore(), scheduler.call)
    work = [asyncio.create_task(each()) for each in (loop.decide, loop.persist, scheduler.send)]
    service = LoopService(loop)
    changed: asyncio.Queue[Run] = asyncio.Queue()

    def watch(puts: Sequence[Record], _deletes: Sequence[RecordKey]) -> None:
        for record in puts:
            if isinstance(record, Run):
                changed.put_nowait(record)

    service.watch(watch)
    await scheduler.subscribed(desk, None)  # type: ignore[arg-type]
    await service.put_job(make_job("now", Once()))
    assert RunState.PENDING is (await changed.get()).state
    desk.failure = CallFailure(call="ACCEPT", kind=CallFailureKind.REFUSED, why="no")
    await scheduler.offers(desk, (OFFER,))
    first = await desk.next(Accept)
    desk.failure = None
    async with asyncio.timeout(10):
        while (run := await changed.get()).state is not RunState.RETRYING:
            pass
    task_id = task_of(first)
    status = TaskStatus(task_id=task_id, state=TaskState.TASK_LOST, uuid=Uuid(b"1" * 16), agent_id=OFFER.agent_id)
    loop.put(StatusReceived(status))
    acknowledged = await desk.next(Acknowledge)
    for task in work:
        task.cancel()

    assert "ACCEPT refused: no" == run.message
    assert isinstance(acknowledged, Acknowledge)
    assert task_id == acknowledged.task_id


def task_of(call: CallBody) -> TaskId:
    """The id of the one task that is launched."""
    assert isinstance(call, Accept)
    assert call.operations[0].launch is not None
    return call.operations[0].launch.task_infos[0].task_id

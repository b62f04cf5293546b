"""The loop: nothing gets out ahead of the store, bursts cost one write, a store that is away is waited for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from attrs import define, field

from koinon_core.ids import AgentId, FrameworkId, TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus
from koinon_daemon.clock import SystemClock
from koinon_frameworks.errors import LeadershipEnded
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import put_spec, put_specs
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.events import ChangeTree, Event, RequestId, StatusReceived, Subscribed
from koinon_marathon.health.prober import Prober
from koinon_marathon.instructions import AcknowledgeStatus, ChangeAccepted, Revive
from koinon_marathon.loop import EFFECTS_AT_ONCE, Loop, LoopSettings
from koinon_marathon.marathon import Marathon
from koinon_marathon.options import Options
from koinon_marathon.scheduler import MasterEffect
from koinon_marathon.store.repository import Repository
from koinon_marathon.stream_events import StreamEvent
from koinon_zk import MemoryRecords, MemoryStore, Operation, StoreUnavailable

MakeApp = Callable[..., App]


class WatchedStore(MemoryStore):
    """Counts writes, and can be held, away, or slow to come back."""

    def __init__(self, shared: MemoryRecords | None = None) -> None:
        super().__init__(shared)
        self.writes: list[int] = []
        self.failures = 0
        self.opened = asyncio.Event()
        self.opened.set()

    async def write(self, operations: Sequence[Operation]) -> list[int]:
        await self.opened.wait()
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("/state", "gone fishing")
        self.writes.append(len(operations))
        return await super().write(operations)


@define
class Bench:
    """A loop with a real machine over a store in memory."""

    store: WatchedStore
    loop: Loop
    called: list[MasterEffect] = field(factory=list)
    persisting: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """Let everything run that can."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def change(self, app: App) -> object:
        """Put an app into the tree."""
        return await self.loop.ask(
            lambda request_id: ChangeTree(request_id=request_id, transition=lambda root, _: put_spec(root, app))
        )


@asynccontextmanager
async def running(store: WatchedStore, **fields: Any) -> AsyncIterator[Bench]:
    """A bench whose tasks run while the block does, with these settings of the loop."""
    settings = LoopSettings(clock=SystemClock(), rng=Random(1), **fields)
    repository = Repository(store)
    loop = Loop(Marathon(Options(), Random(1)), repository, settings)
    bench = Bench(store, loop)
    loop.restore(await repository.restore(), bench.called.append, Prober(1, loop.put).put)
    loop.may_act.set()
    deciding = asyncio.create_task(loop.decide())
    bench.persisting = asyncio.create_task(loop.persist())
    try:
        yield bench
    finally:
        for task in (deciding, bench.persisting):
            task.cancel()
        await asyncio.gather(deciding, bench.persisting, return_exceptions=True)


async def test_an_answer_means_that_it_is_stored(make_app: MakeApp) -> None:
    """Once a change is answered, a successor reads it."""
    shared = MemoryRecords()
    async with running(WatchedStore(shared)) as bench:
        result = await bench.change(make_app("/web", cmd="x", instances=3))

    restored = await Repository(MemoryStore(shared)).restore()
    assert isinstance(result, ChangeAccepted)
    assert restored.history.current is not None
    assert [PathId("/web")] == list(restored.history.current.apps)


async def test_nothing_is_said_before_it_is_stored(make_app: MakeApp) -> None:
    """While the store takes its time there is neither an answer nor a call."""
    async with running(WatchedStore()) as bench:
        bench.store.opened.clear()
        bench.loop.put(Subscribed(framework_id=FrameworkId("f-1")))
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()

        assert [] == [effect for effect in bench.called if isinstance(effect, Revive)]
        assert not waiting.done()
        bench.store.opened.set()
        assert isinstance(await waiting, ChangeAccepted)


async def test_offers_are_asked_for_while_the_app_is_being_stored(make_app: MakeApp) -> None:
    """What needs nothing stored does not wait for the store; the answer does."""
    async with running(WatchedStore()) as bench:
        bench.loop.put(Subscribed(framework_id=FrameworkId("f-1")))
        await bench.settle()
        bench.called.clear()
        bench.store.opened.clear()
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()

        assert [Revive(("*",))] == bench.called
        assert not waiting.done()
        bench.store.opened.set()
        assert isinstance(await waiting, ChangeAccepted)


async def test_a_burst_costs_few_writes(make_app: MakeApp) -> None:
    """Fifty changes that come while the store is at another are written together."""
    async with running(WatchedStore()) as bench:
        bench.store.writes.clear()
        bench.store.opened.clear()
        changes = [asyncio.create_task(bench.change(make_app(f"/web-{n}", cmd="x", instances=0))) for n in range(50)]
        await bench.settle()
        bench.store.opened.set()
        await asyncio.gather(*changes)

        assert len(bench.store.writes) <= 2


async def test_a_request_does_not_wait_for_a_thousand_statuses(make_app: MakeApp) -> None:
    """What people ask for is decided before all that waits already, and what waits goes on meanwhile."""
    async with running(WatchedStore()) as bench:
        bench.store.opened.clear()
        for number in range(1000):
            status = TaskStatus(task_id=TaskId(f"t-{number}"), state=TaskState.TASK_FAILED, uuid=Uuid(bytes(16)))
            bench.loop.put(StatusReceived(status))
        changes = [asyncio.create_task(bench.change(make_app(f"/web-{n}", cmd="x", instances=0))) for n in range(20)]
        bench.store.opened.set()
        await asyncio.gather(*changes)

        assert 0 < len([effect for effect in bench.called if isinstance(effect, AcknowledgeStatus)]) < 500


async def test_a_store_that_is_away_is_waited_for(make_app: MakeApp) -> None:
    """A write that failed for a while is repeated, and answered when it is done."""
    async with running(WatchedStore()) as bench:
        bench.store.failures = 1

        assert isinstance(await bench.change(make_app("/web", cmd="x")), ChangeAccepted)


async def test_another_leader_ends_this_one(make_app: MakeApp) -> None:
    """A fenced store is the end of the term; the change is never answered."""
    shared = MemoryRecords()
    store = WatchedStore(shared)
    await store.fence(1)
    async with running(store) as bench:
        await MemoryStore(shared).fence(2)
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        assert bench.persisting is not None
        with pytest.raises(LeadershipEnded, match="fenced off by epoch 2"):
            await bench.persisting

        assert not waiting.done()
        waiting.cancel()


async def test_nobody_waits_for_a_loop_that_is_over(make_app: MakeApp) -> None:
    """Who asked before the end, and who asks after it, is told that the change may be stored or not."""
    async with running(WatchedStore()) as bench:
        bench.store.opened.clear()
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()
        bench.loop.abandon()
        told = (await waiting, await bench.change(make_app("/late", cmd="x")))

    assert [(503, True)] * 2 == [
        (each.status, "may be stored" in each.message) for each in told if isinstance(each, Rejection)
    ]


async def test_a_suspended_leader_decides_nothing(make_app: MakeApp) -> None:
    """Until it is certain again, requests wait."""
    async with running(WatchedStore()) as bench:
        bench.loop.may_act.clear()
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()

        assert not waiting.done()
        bench.loop.may_act.set()
        assert isinstance(await waiting, ChangeAccepted)


async def test_a_change_outlives_who_asked_for_it(make_app: MakeApp) -> None:
    """A client that leaves does not undo what it sent."""
    async with running(WatchedStore()) as bench:
        bench.store.opened.clear()
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()
        waiting.cancel()
        bench.store.opened.set()
        await bench.settle()

        assert PathId("/web") in bench.loop.machine.state.specs
        assert any(key.startswith("roots/") for key in await bench.store.get_all())


async def test_requests_are_bounded(make_app: MakeApp) -> None:
    """One more than may wait is told so at once."""
    async with running(WatchedStore(), max_requests=1) as bench:
        bench.store.opened.clear()
        waiting = asyncio.create_task(bench.change(make_app("/web", cmd="x")))
        await bench.settle()
        refused = await bench.change(make_app("/other", cmd="x"))

        assert isinstance(refused, Rejection)
        assert 503 == refused.status
        waiting.cancel()


async def test_what_must_not_be_asked_takes_no_place(make_app: MakeApp) -> None:
    """Who is turned away before the request is made counts as nobody among those who wait."""

    def turn_away(_: RequestId) -> Event:
        raise PermissionError

    async with running(WatchedStore(), max_requests=1) as bench:
        with pytest.raises(PermissionError):
            await bench.loop.ask(turn_away)

        assert isinstance(await bench.change(make_app("/web", cmd="x")), ChangeAccepted)


async def test_statuses_of_strangers_are_acknowledged(make_app: MakeApp) -> None:
    """What the machine asks of the master reaches the calls, in order."""
    async with running(WatchedStore()) as bench:
        status = TaskStatus(
            task_id=TaskId("stranger"),
            state=TaskState.TASK_FINISHED,
            agent_id=AgentId("a"),
            uuid=Uuid(b"0123456789abcdef"),
        )
        bench.loop.put(StatusReceived(status))
        await bench.settle()

        assert AcknowledgeStatus(status) in bench.called


async def test_a_change_with_much_to_tell_lets_others_have_their_turn(make_app: MakeApp) -> None:
    """A chain of apps is deployed in one turn, and has two things to tell a step: nobody waits for all of them."""
    turns: list[int] = []
    told: list[StreamEvent] = []

    async def take_turns() -> None:
        while True:
            turns.append(len(told))
            await asyncio.sleep(0)

    async with running(WatchedStore(), publish=told.append) as bench:
        other = asyncio.create_task(take_turns())
        chain = [make_app(f"/a{at}", instances=0, dependencies=(PathId(f"/a{at + 1}"),)) for at in range(100)]
        await bench.loop.ask(lambda it: ChangeTree(request_id=it, transition=lambda root, _: put_specs(root, chain)))
        await bench.settle()
        other.cancel()

    assert len(told) > 4 * EFFECTS_AT_ONCE - 2
    assert EFFECTS_AT_ONCE >= max(after - before for before, after in pairwise(turns))

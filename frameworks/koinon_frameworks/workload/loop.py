"""Runs a workload's machine: one queue of events, one hand that carries out what follows. Decides nothing.

Events that wait are handled together, and what they change is stored in one write before anybody outside hears of it:
an intent before its ACCEPT, an update before its acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Protocol, TypeVar

from koinon_core.clock import Clock
from koinon_core.offers import Filters, Operation, OperationType
from koinon_core.offers import Launch as LaunchTasks

from ..calls import SchedulerCalls
from .events import Event, LaunchAnswered, Tick
from .instructions import (
    Acknowledge,
    AskAbout,
    Decline,
    Instruction,
    KillTask,
    Launch,
    Persist,
    TellChange,
    TellDone,
    WantOffers,
)
from .machine import WorkloadMachine
from .records import WorkloadStore, encode_changes
from .report import Report, TaskReport
from .slot import SlotState

EVENTS_AT_ONCE = 500
RECORDS_AT_ONCE = 500
"""Of one write; slots do not depend on each other, so that a larger change may be cut."""
CALLS_AT_ONCE = 16
UNWANTED_SECONDS = 3600.0
"""For how long an offer that nobody waits for stays away; who waits then asks for offers anew."""
WATCH_SECONDS = 60.0
"""At least so often the clock is looked at, as a wall clock may be set forward."""
T = TypeVar("T")


class Listener(Protocol):
    """Who is told what becomes of the tasks. What it raises ends the run; while it works nothing else goes on."""

    async def on_change(self, task: TaskReport, before: SlotState, after: SlotState) -> None:
        """A task went from one state to another; ``task`` is how it stands now."""

    async def on_done(self, report: Report) -> None:
        """All has ended."""


class WorkloadLoop:
    """One workload while it runs."""

    def __init__(
        self, machine: WorkloadMachine, clock: Clock, listener: Listener, store: WorkloadStore | None = None
    ) -> None:
        """Without a ``store`` nothing survives this process."""
        self.machine = machine
        self._done = asyncio.Event()
        self.acknowledges = True
        """Whether the loop says to the master what it has taken in, or somebody else does."""
        self._clock = clock
        self._listener = listener
        self._store = store
        self._calls: SchedulerCalls | None = None
        self._events: deque[tuple[Event, asyncio.Future[None]]] = deque()
        self._has_events = asyncio.Event()
        self._is_running = False

    def use(self, calls: SchedulerCalls) -> None:
        """Send by these calls from now on. Raises RuntimeError while nobody runs the loop."""
        if not self._is_running:
            raise RuntimeError("the workload's loop does not run: start WorkloadScheduler.work beside the driver")
        self._calls = calls

    def put(self, event: Event) -> asyncio.Future[None]:
        """Take an event; what comes back is done when all that follows from it is."""
        future = asyncio.get_running_loop().create_future()
        self._events.append((event, future))
        self._has_events.set()
        return future

    def report(self) -> Report:
        """How all stands now."""
        return self.machine.report(self._clock.now())

    async def wait_done(self) -> None:
        """Until the listener has heard that all has ended."""
        await self._done.wait()

    async def stop_driver(self) -> None:
        """End the framework, whose tasks have all ended."""
        if self._calls is not None:
            await self._calls.stop(teardown=True)

    async def run(self) -> None:
        """Work until cancelled. Raises what the store or the listener raises."""
        self._is_running = True
        try:
            while True:
                await self._wait()
                await self._take_turn()
        finally:
            self._is_running = False
            self._give_up([future for _, future in self._events])

    async def _wait(self) -> None:
        """Until there is an event, or the machine wants a Tick."""
        if self._events:
            return
        self._has_events.clear()
        deadline = self.machine.deadline
        seconds = WATCH_SECONDS if deadline is None else min(WATCH_SECONDS, deadline - self._clock.now())
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._has_events.wait()

    async def _take_turn(self) -> None:
        now = self._clock.now()
        turn: list[tuple[Event, asyncio.Future[None] | None]] = [
            self._events.popleft() for _ in range(min(EVENTS_AT_ONCE, len(self._events)))
        ]
        deadline = self.machine.deadline
        if deadline is not None and deadline <= now:
            turn.append((Tick(), None))
        instructions = [each for event, _ in turn for each in self.machine.handle(event, now)]
        futures = [future for _, future in turn if future is not None]
        try:
            await self._carry_out(instructions)
        except BaseException:
            self._give_up(futures)  # whoever waits must not take it for stored
            raise
        for future in futures:
            if not future.done():
                future.set_result(None)

    @staticmethod
    def _give_up(futures: Sequence[asyncio.Future[None]]) -> None:
        for future in futures:
            future.cancel()

    async def _carry_out(self, instructions: Sequence[Instruction]) -> None:
        await self._persist([each for each in instructions if isinstance(each, Persist)])
        for kind, group in groupby(_in_order(instructions), key=type):
            for some in _parts(list(group), 1 if kind in _ONE_BY_ONE else CALLS_AT_ONCE):
                await asyncio.gather(*map(self._do, some))

    async def _persist(self, instructions: Sequence[Persist]) -> None:
        if self._store is None:
            return
        changes: dict[str, bytes | None] = {}
        for instruction in instructions:
            changes.update(encode_changes(instruction))
        for part in _parts(list(changes.items()), RECORDS_AT_ONCE):
            puts = {name: value for name, value in part if value is not None}
            await self._store.write(puts=puts, deletes=[name for name, value in part if value is None])

    def _do(self, instruction: Instruction) -> Awaitable[object]:
        match instruction:
            case TellChange(task, before, after):
                return self._listener.on_change(task, before, after)
            case TellDone(report):
                return self._finish(report)
        return self._call(instruction)

    async def _finish(self, report: Report) -> None:
        await self._listener.on_done(report)
        self._done.set()

    async def _call(self, instruction: Instruction) -> None:
        """What fails is logged by the driver, and asked again by the machine where it matters."""
        calls = self._calls
        if calls is None:
            return
        match instruction:
            case Launch():
                operation = Operation(type=OperationType.LAUNCH, launch=LaunchTasks(instruction.tasks))
                failure = await calls.accept((instruction.offer_id,), (operation,))
                self.put(LaunchAnswered(task_ids=tuple(task.task_id for task in instruction.tasks), failure=failure))
            case Decline(offer_ids, is_wanted):
                await calls.decline(offer_ids, None if is_wanted else Filters(UNWANTED_SECONDS))
            case KillTask(task_id, agent_id):
                await calls.kill(task_id, agent_id)
            case Acknowledge(status) if self.acknowledges:
                await calls.acknowledge(status)
            case AskAbout(tasks):
                await calls.reconcile(tasks)
            case WantOffers(wanted):
                await calls.want_offers(wanted=wanted)


_ONE_BY_ONE = {WantOffers, TellChange, TellDone}


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The same in runs of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _in_order(instructions: Sequence[Instruction]) -> Iterator[Instruction]:
    """Calls as they came, then acknowledgements, on which nothing waits, then what the listener hears."""
    told = (TellChange, TellDone)
    yield from (each for each in instructions if not isinstance(each, (Persist, Acknowledge, *told)))
    yield from (each for each in instructions if isinstance(each, Acknowledge))
    yield from (each for each in instructions if isinstance(each, told))

"""Connects the real driver to the fake master in this process, on the loop's clock, and keeps the story."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from random import Random

from attrs import define, field

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId, StreamId
from koinon_core.scheduler_api import Call, Event, EventBody
from koinon_core.wire.content import Codec, ContentType, codec
from koinon_core.wire.resource_rules import ResourceFormat

from ..calls import CallFailure, CallFailureKind
from ..driver import DriverOptions, Ending, SchedulerDriver
from ..driver.connection import Connection, OpenedStream, SubscribeAnswer, SubscribeFailed
from ..scheduler import Scheduler
from .chronicle import Chronicle
from .fake_machine import FakeMasterMachine
from .faults import Faults
from .world import Instruction, Say

ADDRESS = "fake-master:5050"
_FAILURES = {400: CallFailureKind.REFUSED, 403: CallFailureKind.NOT_SUBSCRIBED}


@define(eq=False)
class SeenCall:
    """A call that reached the master, when, and what went wrong with it."""

    at: float
    call: Call
    failure: CallFailure | None = None


@define(eq=False)
class FakeMasterLoop:
    """The machine on the running loop: carries instructions out, and ticks when something is due."""

    machine: FakeMasterMachine
    faults: Faults = field(factory=Faults)
    chronicle: Chronicle = field(factory=Chronicle)
    calls: list[SeenCall] = field(factory=list)
    streams: dict[StreamId, asyncio.Queue[EventBody | None]] = field(factory=dict)
    is_down: bool = False
    pulse: asyncio.Event = field(factory=asyncio.Event)
    """Set whenever something happened."""
    _timer: asyncio.TimerHandle | None = None
    _opened: int = 0

    def now(self) -> float:
        """Virtual seconds."""
        return asyncio.get_running_loop().time()

    def happen(self, act: Callable[[float], Iterable[Instruction]]) -> None:
        """Let the machine act, and carry out what it says."""
        now = self.now()
        for instruction in act(now):
            stream = self.streams.get(instruction.stream_id)
            if isinstance(instruction, Say):
                self.chronicle.note_event(now, instruction.event)
            if stream is not None:
                stream.put_nowait(instruction.event if isinstance(instruction, Say) else None)
        self.pulse.set()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        next_at = self.machine.next_at
        loop = asyncio.get_running_loop()
        self._timer = None if next_at is None else loop.call_at(next_at, self.happen, self.machine.tick)

    def open_stream(self) -> StreamId:
        """A stream of its own for each SUBSCRIBE."""
        self._opened += 1
        stream_id = StreamId(f"stream-{self._opened}")
        self.streams[stream_id] = asyncio.Queue()
        return stream_id

    def close_stream(self, stream_id: StreamId) -> None:
        """The framework hung up."""
        self.streams.pop(stream_id, None)
        self.happen(lambda now: self.machine.close_stream(stream_id, now))

    def note(self, call: Call, failure: CallFailure | None) -> CallFailure | None:
        """Keep a call for the story; gives the failure."""
        self.calls.append(SeenCall(self.now(), call, failure))
        self.chronicle.note_call(self.now(), call, failure)
        self.pulse.set()
        return failure


class FakeConnection:
    """See ``Connection``. What goes over it is encoded and decoded again: what can't be said fails here, too."""

    def __init__(self, master: FakeMasterLoop, content: Codec) -> None:
        """``content`` is what the driver would speak."""
        self._master = master
        self._codec = content

    @asynccontextmanager
    async def subscribe(self, url: str, call: Call) -> AsyncIterator[SubscribeAnswer]:
        """See ``Connection.subscribe``."""
        master = self._master
        if master.is_down:
            yield SubscribeFailed("the fake master is away")
            return
        master.note(call, None)
        stream_id = master.open_stream()
        try:
            heard = self._codec.decode(self._codec.encode(call), Call)
            master.happen(lambda now: master.machine.subscribe(heard, stream_id, now))
            yield OpenedStream(url=url, stream_id=stream_id, events=self._events(stream_id))
        finally:
            master.close_stream(stream_id)

    async def _events(self, stream_id: StreamId) -> AsyncIterator[EventBody]:
        stream = self._master.streams[stream_id]
        while (event := await stream.get()) is not None:
            yield self._codec.decode(self._codec.encode(Event(event)), Event).body

    async def call(self, stream: OpenedStream, call: Call) -> CallFailure | None:
        """See ``Connection.call``."""
        master, machine = self._master, self._master.machine
        heard = self._codec.decode(self._codec.encode(call), Call)
        fault = master.faults.take(heard.body)
        refusal = machine.find_refusal(heard, StreamId(stream.stream_id))
        failure = None if fault is None else fault.failure
        if master.is_down:
            name = type(heard.body).__name__.upper()
            failure = CallFailure(call=name, kind=CallFailureKind.UNANSWERED, why="the fake master is away")
        elif failure is None and refusal is not None:
            name, kind = type(heard.body).__name__.upper(), _FAILURES[refusal.status]
            failure = CallFailure(call=name, kind=kind, why=refusal.text, status=refusal.status)
        master.note(heard, failure)
        if refusal is None and not master.is_down and (fault is None or fault.takes_effect):
            master.happen(lambda now: machine.call(heard, now))
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        return failure


class RehearsedDriver(SchedulerDriver):
    """The real driver, connected to the fake master."""

    def __init__(
        self, scheduler: Scheduler, info: FrameworkInfo, master: FakeMasterLoop, options: DriverOptions, rng: Random
    ) -> None:
        """See ``SchedulerDriver``."""
        super().__init__(scheduler, info, ADDRESS, options, rng)
        refines = info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT)
        resources = ResourceFormat.REFINED if refines else ResourceFormat.PRE_REFINEMENT
        self._fake = FakeConnection(master, codec(ContentType.JSON, resources))

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Connection]:
        yield self._fake


@define(eq=False, kw_only=True)
class Running:
    """A scheduler under way at the fake master."""

    scheduler: Scheduler
    driver: SchedulerDriver
    task: asyncio.Task[Ending]
    beside: list[asyncio.Task[None]] = field(factory=list)
    is_killed: bool = False

    @property
    def framework_id(self) -> FrameworkId | None:
        """As the master knows it."""
        return self.driver.framework_id

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.task.done()

    @property
    def ending(self) -> Ending:
        """How it ended. Raises what it raised, InvalidStateError while it goes on."""
        return self.task.result()

    def cancel(self) -> None:
        """End it without a word."""
        self.is_killed = True
        for task in (self.task, *self.beside):
            task.cancel()

    def raise_failure(self) -> None:
        """Raise what a callback or other work raised, once."""
        for task in (self.task, *self.beside):
            failure = None if self.is_killed or not task.done() or task.cancelled() else task.exception()
            if failure is not None:
                self.cancel()
                raise failure

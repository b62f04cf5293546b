"""Runs a leading master: one queue of events, one writer of its state, and its instructions carried out in order.

Sleeps exactly until an event comes or a deadline is due. What goes to one agent in one turn travels in one frame.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog
from attrs import field, frozen

from koinon_core.agent_link import MasterMessage
from koinon_core.clock import Clock
from koinon_core.errors import InvalidTransition
from koinon_core.ids import StreamId
from koinon_core.scheduler_api import EventBody
from koinon_daemon.logs import is_debugging
from koinon_daemon.metrics import Timer

from .errors import LeadershipLost
from .events import AllocationDue, Event, LinkId, OperationStored, RequestId, StreamDrained, TimePassed
from .instructions import (
    Answer,
    AwaitDrained,
    CloseLink,
    CloseStream,
    GiveUp,
    Instruction,
    Note,
    Publish,
    SendEvent,
    SendToAgent,
    StoreOperation,
)
from .master import Master
from .operator_events import OperatorEvent
from .registry.records import RegistryOperation

BATCH_SECONDS = 0.005
"""The least between two allocations: the first is made at once, what comes free soon after it is gathered."""
_NAPS = 4
"""How often a leader looks at the clock within the life of its session, so that a busy machine is no standstill."""
_TURN = 500
"""How many events are handled before sockets get their turn."""

_logger = structlog.get_logger(__name__)


class SchedulerStream(Protocol):
    """A scheduler's event stream, as the loop needs it. No verb waits."""

    def send(self, event: EventBody) -> None:
        """Put an event on the stream."""

    def when_drained(self, then: Callable[[], None]) -> None:
        """Do this once all that was put on the stream is out; never, if it ends before."""

    def finish(self, reason: str) -> None:
        """End the stream when all is out."""


class AgentLink(Protocol):
    """An agent's link, as the loop needs it. Neither verb waits."""

    def send(self, messages: tuple[MasterMessage, ...]) -> None:
        """Put messages on the link, as one frame."""

    def finish(self, reason: str) -> None:
        """End the link when all is out."""


@frozen
class LoopTimes:
    """How long a turn takes, an allocation in it, and the wait for one once there is something to offer."""

    turn: Timer = field(factory=Timer)
    allocation: Timer = field(factory=Timer)
    allocation_wait: Timer = field(factory=Timer)


class MasterLoop:
    """The only one that calls ``master.handle``. The edges submit events and read ``master.state`` between turns."""

    def __init__(
        self,
        master: Master,
        clock: Clock,
        store: Callable[[RegistryOperation], None],
        session_timeout: float | None = None,
    ) -> None:
        """``store`` makes an operation durable and calls ``stored`` when it is.

        ``session_timeout`` is for how many seconds a leader that nobody hears still leads; None: for ever.
        """
        self.master = master
        self.streams: dict[StreamId, SchedulerStream] = {}
        self.links: dict[LinkId, AgentLink] = {}
        self.times = LoopTimes()
        self._store = store
        self._session_timeout = session_timeout
        self._clock = clock
        self._epoch_seconds = clock.now() - clock.monotonic()
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._handled = 0
        self._is_held = False
        self._wanted_since: float | None = None
        self._allocated_at = float("-inf")
        self._deadline: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0  # kept here: uvloop's handle of an alarm without delay does not know its time
        self._outgoing: dict[LinkId, list[MasterMessage]] = {}
        self._request_ids = itertools.count(1)
        self._requests: dict[RequestId, asyncio.Future[Answer]] = {}
        self.publish: Callable[[OperatorEvent], None] = lambda _: None

    @property
    def now(self) -> float:
        """Epoch seconds that never go back, whatever happens to the wall clock."""
        return self._epoch_seconds + self._clock.monotonic()

    @property
    def queued(self) -> int:
        """How many events wait."""
        return len(self._queue)

    @property
    def handled(self) -> int:
        """How many events were handled. While it is the same, so is all that ``master.state`` holds."""
        return self._handled

    def submit(self, event: Event) -> None:
        """Have an event handled, after those before it."""
        self._queue.append(event)
        self._wake.set()

    async def ask(self, make: Callable[[RequestId], Event]) -> Answer:
        """Have an event handled that is a question, and wait for the machine's answer to it."""
        request = RequestId(next(self._request_ids))
        self._requests[request] = asyncio.get_running_loop().create_future()
        try:
            self.submit(make(request))
            return await self._requests[request]
        finally:
            del self._requests[request]

    def stored(self, operation: RegistryOperation) -> None:
        """An operation is durable."""
        self.submit(OperationStored(operation))

    def hold(self) -> None:
        """Act on nothing until ``resume``: whether we still lead is not known."""
        self._is_held = True

    def resume(self) -> None:
        """We still lead."""
        self._is_held = False
        self._wake.set()

    async def run(self) -> None:
        """Handle events until cancelled. Raises LeadershipLost after a standstill that others took for our end."""
        while True:
            await self._wait()
            if not self._is_held:
                began = self._clock.monotonic()
                self.turn()
                self.times.turn.record(self._clock.monotonic() - began)

    def close(self, reason: str) -> None:
        """End every link and stream, and refuse what waits; the peers will look for a leader."""
        for request, future in self._requests.items():
            if not future.done():
                future.set_result(Answer(request=request, status=503, text=reason))
        for link in tuple(self.links.values()):
            link.finish(reason)
        for stream in tuple(self.streams.values()):
            stream.finish(reason)

    def turn(self) -> None:
        """Handle what waits and what is due, then send the frames that came of it."""
        began = self.now
        for _ in range(min(_TURN, len(self._queue))):
            self._handle(self._queue.popleft())
        deadline = self.master.next_deadline()
        if deadline is not None and deadline <= self.now:
            self._handle(TimePassed())
        if not self.master.has_offers_to_make():
            self._wanted_since = None
        else:
            wanted_since = self._wanted_since = began if self._wanted_since is None else self._wanted_since
            if self._allocated_at + BATCH_SECONDS <= self.now:
                self._allocate(wanted_since)
        self._flush()
        self._deadline = self.master.next_deadline()

    def _allocate(self, wanted_since: float) -> None:
        began = self._allocated_at = self.now
        self._handle(AllocationDue())
        self.times.allocation_wait.record(began - wanted_since)
        self.times.allocation.record(self.now - began)
        self._wanted_since = began if self.master.has_offers_to_make() else None

    async def _wait(self) -> None:
        delay = self._delay()
        if delay is not None and delay <= 0:
            await asyncio.sleep(0)
            return
        began = self._clock.monotonic()
        self._set_alarm(self._bound(delay))
        await self._wake.wait()
        self._wake.clear()
        self._check_standstill(self._clock.monotonic() - began)

    def _set_alarm(self, delay: float | None) -> None:
        """Wake no later than that. An earlier alarm stays: to wake for nothing costs less than to set one a turn."""
        if delay is None:
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + delay
        if self._alarm is None or self._alarm_at > at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm, self._alarm_at = loop.call_at(at, self._ring), at

    def _ring(self) -> None:
        self._alarm = None
        self._wake.set()

    def _bound(self, delay: float | None) -> float | None:
        """How long to sleep at once, so that a longer sleep can only be a standstill of the process."""
        if self._session_timeout is None:
            return delay
        most = self._session_timeout / _NAPS
        return most if delay is None else min(delay, most)

    def _check_standstill(self, slept: float) -> None:
        """A process that was stopped learns from nobody at once that another one leads: it must see by itself."""
        if self._session_timeout is not None and slept > self._session_timeout:
            raise LeadershipLost(f"this process stood still for {slept:.1f} seconds, longer than its session lives")

    def _delay(self) -> float | None:
        """Seconds until there is something to do; None: until an event comes."""
        if self._is_held:
            return None
        if self._queue:
            return 0.0
        allocation = None if self._wanted_since is None else self._allocated_at + BATCH_SECONDS
        earliest = min((at for at in (self._deadline, allocation) if at is not None), default=None)
        return None if earliest is None else earliest - self.now

    def _handle(self, event: Event) -> None:
        self._handled += 1
        if is_debugging():
            _logger.debug("event_handled", master_event=type(event).__name__, queued=len(self._queue))
        try:
            instructions = self.master.handle(event, self.now)
        except InvalidTransition:
            _logger.exception("event_refused", master_event=type(event).__name__)
            return
        for instruction in instructions:
            self._carry_out(instruction)

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case SendEvent():
                stream = self.streams.get(instruction.stream_id)
                if stream is not None:
                    stream.send(instruction.event)
            case AwaitDrained():
                self._await_drained(instruction.stream_id)
            case SendToAgent():
                self._outgoing.setdefault(instruction.link_id, []).append(instruction.message)
            case StoreOperation():
                self._store(instruction.operation)
            case CloseStream() | CloseLink():
                self._close(instruction)
            case Answer():
                self._answer(instruction)
            case Publish():
                self.publish(instruction.event)
            case Note():
                _logger.info(instruction.event, **instruction.about)
            case GiveUp():
                raise instruction.error

    def _close(self, instruction: CloseStream | CloseLink) -> None:
        peer: SchedulerStream | AgentLink | None
        if isinstance(instruction, CloseStream):
            peer = self.streams.get(instruction.stream_id)
        else:
            self._flush()
            peer = self.links.get(instruction.link_id)
        if peer is not None:
            peer.finish(instruction.reason)

    def _await_drained(self, stream_id: StreamId) -> None:
        stream = self.streams.get(stream_id)
        if stream is not None:
            stream.when_drained(lambda: self.submit(StreamDrained(stream_id)))

    def _answer(self, answer: Answer) -> None:
        waiting = self._requests.get(answer.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, {}
        for link_id, messages in outgoing.items():
            link = self.links.get(link_id)
            if link is not None:
                link.send(tuple(messages))

"""Keeps one subscription alive: the session machine's loop. Opens streams, reads them, tells what came.

Decides nothing: when to subscribe, and where, is ``session_machine``'s; what an event means, ``driver``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from attrs import evolve, frozen

from koinon_core.ids import FrameworkId, find_id_problem
from koinon_core.scheduler_api import Call, Error, Heartbeat, Subscribe, Subscribed
from koinon_core.wire.schema import SCHEDULER_EVENTS
from koinon_daemon.errors import StreamBrokenError

from .background import Background
from .callbacks import Delivery
from .connection import Connection, LeaderElsewhere, OpenedStream, SubscribeFailed, SubscribeRefused
from .counts import DriverTally
from .deliveries import Deliveries
from .detection import watch_masters
from .event_reading import UnknownEvent
from .master_address import MasterAddress
from .options import Gate
from .session_machine import (
    CloseStream,
    End,
    ErrorSeen,
    EventSeen,
    MasterLost,
    OpenStream,
    Redirected,
    Refused,
    SessionEvent,
    SessionInstruction,
    SessionMachine,
    SessionState,
    StopRequested,
    StreamEnded,
    SubscribedSeen,
    TellDisconnected,
    Tick,
)

_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class Subscriber:
    """Whose subscription it is: what a session asks, and what it tells."""

    subscribe: Callable[[], Subscribe]
    """How the framework describes itself when it subscribes now; its id is put in."""
    keep_id: Callable[[FrameworkId], Awaitable[None]]
    """The master knows the framework by this id. Nobody hears of the subscription before this returned."""
    opened: Callable[[OpenedStream, FrameworkId], None]
    """Calls can be sent."""
    closed: Callable[[], None]
    """They can't any more."""
    may_subscribe: Gate | None = None


class Session:
    """The life of one subscription. Events, disconnections and the ending go to ``deliveries``."""

    def __init__(
        self,
        machine: SessionMachine,
        address: MasterAddress,
        subscriber: Subscriber,
        deliveries: Deliveries,
        tally: DriverTally,
    ) -> None:
        self.is_torn_down = False
        """The framework is about to end: that its stream does is no news."""
        self._machine = machine
        self._address = address
        self._subscriber = subscriber
        self._deliveries = deliveries
        self._tally = tally
        self._deadline_moved = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._background: Background | None = None
        self._connection: Connection | None = None
        self._url = ""

    @property
    def is_closed(self) -> bool:
        """Whether it is over; its ending is among the deliveries then."""
        return self._machine.state is SessionState.CLOSED

    @property
    def url(self) -> str | None:
        """The master that it is open at, or was asked last."""
        return self._url or None

    def start(self, background: Background, connection: Connection) -> None:
        """Begin to look for a master."""
        self._background, self._connection = background, connection
        background.start("detect", self._detect())
        background.start("tick", self._tick())

    def stop(self) -> None:
        """End it."""
        self._handle(StopRequested())

    def _handle(self, event: SessionEvent) -> None:
        before, state = self._machine.deadline, self._machine.state
        for instruction in self._machine.handle(event, asyncio.get_running_loop().time()):
            self._carry_out(instruction)
        after = self._machine.deadline
        if state is SessionState.SUBSCRIBING and self._machine.state is SessionState.DISCONNECTED:
            _logger.warning("subscribe_failed", master=self._url, reason=_why_not(event), again_in=self._pause())
        if after is not None and (before is None or after < before):
            self._deadline_moved.set()

    def _carry_out(self, instruction: SessionInstruction) -> None:
        match instruction:
            case OpenStream():
                self._url = instruction.url
                _logger.info("subscribing", master=instruction.url, framework_id=instruction.framework_id)
                self._reader = self._running.start("read", self._read(instruction))
            case CloseStream():
                self._subscriber.closed()
                if self._reader is not None:
                    self._reader.cancel()
            case TellDisconnected(reason):
                _logger.warning("disconnected", reason=reason)
                # What the lost stream said is void: offers are rescinded, updates come again (mesos-semantics 4, 6.1).
                self._deliveries.clear()
                self._deliveries.put(instruction)
            case End(ending):
                self._deliveries.put(ending)

    @property
    def _running(self) -> Background:
        if self._background is None:
            raise RuntimeError("the session was not started")
        return self._background

    async def _detect(self) -> None:
        async for event in watch_masters(self._address):
            self._handle(event)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_closed:
            self._deadline_moved.clear()
            deadline = self._machine.deadline
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._deadline_moved.wait()
            if deadline is not None and deadline <= loop.time():
                self._handle(Tick())

    async def _read(self, order: OpenStream) -> None:
        """Live through one stream, or through the failure to open one."""
        if self._connection is None:
            raise RuntimeError("the session was not started")
        if self._subscriber.may_subscribe is not None:
            await self._subscriber.may_subscribe.wait()
        subscribe = self._subscriber.subscribe()
        subscribe = evolve(subscribe, framework_info=evolve(subscribe.framework_info, id=order.framework_id))
        async with self._connection.subscribe(order.url, Call(subscribe, order.framework_id)) as answer:
            match answer:
                case OpenedStream():
                    await self._read_events(order.number, answer)
                case LeaderElsewhere(url):
                    self._handle(Redirected(order.number, url))
                case SubscribeRefused(message):
                    _logger.error("subscription_refused", master=order.url, reason=message)
                    self._handle(Refused(order.number, message))
                case SubscribeFailed(reason):
                    self._handle(StreamEnded(order.number, reason))

    def _pause(self) -> float | None:
        """The seconds until the next attempt."""
        deadline = self._machine.deadline
        return None if deadline is None else round(deadline - asyncio.get_running_loop().time(), 1)

    async def _read_events(self, number: int, stream: OpenedStream) -> None:
        reason = "the master ended the stream"
        try:
            async for body in stream.events:
                self._tally.events[event_name(body)] += 1
                if isinstance(body, Subscribed):
                    await self._take_subscription(number, stream, body)
                else:
                    self._take(number, body)
                await self._deliveries.wait_for_room()
        except StreamBrokenError as error:
            reason = error.reason
        if not self.is_torn_down:
            self._handle(StreamEnded(number, reason))

    async def _take_subscription(self, number: int, stream: OpenedStream, event: Subscribed) -> None:
        if self._machine.state is SessionState.SUBSCRIBED:
            _logger.warning("subscribed_twice", master=stream.url, framework_id=event.framework_id)
            self._handle(EventSeen(number))
            return
        problem = find_id_problem(event.framework_id)
        if problem is not None:
            # Kept, it would be what every later run subscribes with.
            raise StreamBrokenError(stream.url, f"SUBSCRIBED bears no framework id: {problem}")
        await self._subscriber.keep_id(event.framework_id)
        self._deliveries.put(event)
        self._handle(
            SubscribedSeen(
                number=number,
                framework_id=event.framework_id,
                heartbeat_interval=event.heartbeat_interval_seconds,
            )
        )
        self._subscriber.opened(stream, event.framework_id)
        _logger.info("subscribed", master=stream.url, framework_id=event.framework_id)

    def _take(self, number: int, body: Delivery | Heartbeat | UnknownEvent) -> None:
        match body:
            case Error(message):
                if not self.is_torn_down:
                    _logger.error("subscription_ended", message=message)
                    self._deliveries.put(body)
                    self._handle(ErrorSeen(number, message))
                return
            case UnknownEvent(name):
                _logger.info("event_unknown", type=name)
            case Heartbeat():
                pass
            case _:
                self._deliveries.put(body)
        self._handle(EventSeen(number))


def _why_not(event: SessionEvent) -> str:
    """Why a subscription did not come to stand."""
    match event:
        case StreamEnded(_, reason):
            return reason
        case Redirected(_, url):
            return f"it redirects again and again, now to {url}"
        case MasterLost():
            return "no master leads"
    return "it accepted, and SUBSCRIBED did not come"


def event_name(body: object) -> str:
    """The event by its name in the API."""
    return body.type if isinstance(body, UnknownEvent) else SCHEDULER_EVENTS.names[type(body)]

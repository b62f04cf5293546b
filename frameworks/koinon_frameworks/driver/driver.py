"""Runs a scheduler against the leading master: the session machine's loop, and the callbacks in their order.

Reading never waits for a callback: a slow scheduler does not lose its subscription, up to ``DriverOptions.backlog``
events, after which the stream is read no faster than it is worked off.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from random import Random
from typing import Any, TypeVar

import structlog
from attrs import evolve

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import (
    Call,
    CallBody,
    Error,
    EventBody,
    Failure,
    Heartbeat,
    InverseOffers,
    Message,
    Offers,
    Rescind,
    RescindInverseOffer,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    Teardown,
    Update,
    UpdateOperationStatus,
)
from koinon_core.wire import plain_json, refined_json
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import StreamBrokenError

from ..calls import CallFailure, CallFailureKind, SchedulerCalls
from ..scheduler import Scheduler
from .connection import LeaderElsewhere, OpenedStream, SchedulerConnection, SubscribeFailed, SubscribeRefused
from .detection import watch_masters
from .master_address import parse_master_address
from .options import Acknowledging, DriverOptions
from .session_machine import (
    MAX_REDIRECTS,
    CloseStream,
    End,
    Ending,
    ErrorSeen,
    EventSeen,
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

T = TypeVar("T")
_logger = structlog.get_logger(__name__)


class SchedulerDriver(SchedulerCalls):
    """``await SchedulerDriver(scheduler, framework_info, "127.0.0.1:5050").run()``."""

    def __init__(
        self,
        scheduler: Scheduler,
        framework_info: FrameworkInfo,
        master: str | Sequence[str],
        options: DriverOptions | None = None,
        rng: Random | None = None,
    ) -> None:
        """``master``: host:port, http(s) URL, several of these (a list, or commas between), zk://, sqlite://, file://.

        ``framework_info.id`` makes it a failover of that framework. Raises MasterAddressError.
        """
        self._scheduler = scheduler
        self._options = options or DriverOptions()
        self._info = framework_info
        if self._options.credential is not None and not framework_info.principal:
            self._info = evolve(framework_info, principal=self._options.credential.principal)
        self._address = parse_master_address(master)
        self._codec = refined_json if framework_info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT) else plain_json
        self._machine = SessionMachine(
            rng or Random(),
            framework_info.id,
            missed_heartbeats=self._options.missed_heartbeats,
            backoff=self._options.backoff,
            # Whoever a redirect leads to is the leader, or a stranger: strangers lead nobody's secret elsewhere.
            max_redirects=MAX_REDIRECTS if self._options.credential is None else 1,
        )
        self._suppressed = set(self._options.suppressed_roles)
        self._stream: OpenedStream | None = None
        self._deliveries: deque[EventBody | TellDisconnected | Ending] = deque()
        self._is_stopping = False
        self._is_torn_down = False
        self._delivery_waits = asyncio.Event()
        self._has_room = asyncio.Event()
        self._deadline_moved = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._connection: SchedulerConnection | None = None
        self._work: set[asyncio.Task[Any]] = set()
        self._crash: asyncio.Future[Ending] | None = None

    @property
    def framework_id(self) -> FrameworkId | None:
        return self._machine.framework_id

    @property
    def is_subscribed(self) -> bool:
        """Whether calls can be sent right now."""
        return self._machine.state is SessionState.SUBSCRIBED

    async def run(self) -> Ending:
        """Find the master, subscribe, and call the scheduler back until the end. Once only.

        Waits for a master as long as it takes. Raises whatever a callback raises.
        """
        if self._connection is not None:
            raise RuntimeError("a driver runs once")
        # One more than calls may be under way: the stream holds a connection, too.
        async with HttpClient(connections=self._options.connections + 1) as client:
            self._connection = SchedulerConnection(
                client, self._codec, self._options.call_deadline, self._options.credential
            )
            self._crash = asyncio.get_running_loop().create_future()
            delivering = self._start("deliver", self._deliver())
            self._start("detect", self._detect())
            self._start("tick", self._tick())
            try:
                await asyncio.wait((delivering, self._crash), return_when=asyncio.FIRST_COMPLETED)
                return self._crash.result() if self._crash.done() else delivering.result()
            finally:
                self._crash.cancel()
                unfinished = tuple(self._work)
                for task in unfinished:
                    task.cancel()
                await asyncio.gather(*unfinished, return_exceptions=True)

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        failure = None
        if teardown:
            self._is_torn_down = True
            failure = await self.send(Teardown())
        self._is_stopping = True
        self._delivery_waits.set()
        return failure

    async def send(self, body: CallBody) -> CallFailure | None:
        self._remember_suppression(body)
        stream = self._stream
        if stream is None or self._connection is None or not self.is_subscribed:
            name = type(body).__name__.upper()
            failure: CallFailure | None = CallFailure(
                call=name, kind=CallFailureKind.NOT_SUBSCRIBED, why="there is no stream to a master"
            )
        else:
            failure = await self._connection.call(stream, Call(body, self.framework_id))
            if failure is not None and failure.kind is CallFailureKind.REFUSED and self._stream is not stream:
                # A master refuses the id of a stream that another has replaced meanwhile.
                failure = evolve(failure, kind=CallFailureKind.NOT_SUBSCRIBED)
        if failure is not None:
            _logger.warning("call_failed", call=failure.call, kind=failure.kind.value, why=failure.why)
        return failure

    def _start(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._work.add(task)
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._crash is not None and not self._crash.done():
            self._crash.set_exception(error)

    def _remember_suppression(self, body: CallBody) -> None:
        match body:
            case Suppress(roles):
                self._suppressed.update(roles or self._info.all_roles())
            case Revive(roles):
                self._suppressed.difference_update(roles or self._info.all_roles())

    def _handle(self, event: SessionEvent) -> None:
        before = self._machine.deadline
        for instruction in self._machine.handle(event, asyncio.get_running_loop().time()):
            self._carry_out(instruction)
        after = self._machine.deadline
        if after is not None and (before is None or after < before):
            self._deadline_moved.set()

    def _carry_out(self, instruction: SessionInstruction) -> None:
        match instruction:
            case OpenStream():
                _logger.info("subscribing", master=instruction.url, framework_id=instruction.framework_id)
                self._reader = self._start("read", self._read(instruction))
            case CloseStream():
                self._stream = None
                if self._reader is not None:
                    self._reader.cancel()
            case TellDisconnected(reason):
                _logger.warning("disconnected", reason=reason)
                # What the lost stream said is void: offers are rescinded, updates come again (mesos-semantics 4, 6.1).
                self._deliveries.clear()
                self._put(instruction)
            case End(ending):
                self._put(ending)

    async def _detect(self) -> None:
        async for event in watch_masters(self._address):
            self._handle(event)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while self._machine.state is not SessionState.CLOSED:
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
            raise RuntimeError("the driver does not run")
        if self._options.may_subscribe is not None:
            await self._options.may_subscribe.wait()
        info = evolve(self._info, id=order.framework_id)
        subscribe = Subscribe(framework_info=info, suppressed_roles=tuple(sorted(self._suppressed)))
        async with self._connection.subscribe(order.url, Call(subscribe, order.framework_id)) as answer:
            match answer:
                case OpenedStream():
                    self._stream = answer
                    await self._read_events(order.number, answer)
                case LeaderElsewhere(url):
                    self._handle(Redirected(order.number, url))
                case SubscribeRefused(message):
                    self._handle(Refused(order.number, message))
                case SubscribeFailed(reason):
                    _logger.warning("subscribe_failed", master=order.url, reason=reason)
                    self._handle(StreamEnded(order.number, reason))

    async def _read_events(self, number: int, stream: OpenedStream) -> None:
        reason = "the master ended the stream"
        try:
            async for body in stream.events:
                self._take(number, body)
                while len(self._deliveries) >= self._options.backlog:
                    self._has_room.clear()
                    await self._has_room.wait()
        except StreamBrokenError as error:
            reason = error.reason
        if not self._is_torn_down:
            self._handle(StreamEnded(number, reason))

    def _take(self, number: int, body: EventBody | None) -> None:
        match body:
            case Subscribed():
                self._put(body)
                self._handle(
                    SubscribedSeen(
                        number=number,
                        framework_id=body.framework_id,
                        heartbeat_interval=body.heartbeat_interval_seconds,
                    )
                )
                _logger.info("subscribed", framework_id=body.framework_id)
            case Error(message):
                if not self._is_torn_down:
                    _logger.error("subscription_ended", message=message)
                    self._put(body)
                    self._handle(ErrorSeen(number, message))
            case None | Heartbeat():
                self._handle(EventSeen(number))
            case _:
                self._put(body)
                self._handle(EventSeen(number))

    def _put(self, delivery: EventBody | TellDisconnected | Ending) -> None:
        self._deliveries.append(delivery)
        self._delivery_waits.set()

    async def _deliver(self) -> Ending:
        while True:
            if self._is_stopping and self._machine.state is not SessionState.CLOSED:
                self._deliveries.clear()
                self._handle(StopRequested())
            if not self._deliveries:
                self._delivery_waits.clear()
                await self._delivery_waits.wait()
                continue
            delivery = self._deliveries.popleft()
            self._has_room.set()
            if isinstance(delivery, Ending):
                return delivery
            await self._call_back(delivery)

    async def _call_back(self, delivery: EventBody | TellDisconnected) -> None:
        scheduler = self._scheduler
        match delivery:
            case Subscribed():
                await scheduler.subscribed(self, delivery)
            case Offers(offers):
                await scheduler.offers(self, offers)
            case Rescind(offer_id):
                await scheduler.rescinded(self, offer_id)
            case Update(status):
                await scheduler.update(self, status)
                if self._options.acknowledging is Acknowledging.AUTOMATIC and not self._is_torn_down:
                    await self.acknowledge(status)
            case UpdateOperationStatus(operation_status):
                await scheduler.operation_update(self, operation_status)
                if self._options.acknowledging is Acknowledging.AUTOMATIC and not self._is_torn_down:
                    await self.acknowledge_operation(operation_status)
            case InverseOffers(inverse_offers):
                await scheduler.inverse_offers(self, inverse_offers)
            case RescindInverseOffer(inverse_offer_id):
                await scheduler.inverse_offer_rescinded(self, inverse_offer_id)
            case Message():
                await scheduler.message(self, delivery)
            case Failure(executor_id=None, agent_id=agent_id) if agent_id is not None:
                await scheduler.agent_lost(self, agent_id)
            case Failure():
                await scheduler.executor_lost(self, delivery)
            case Error(message):
                await scheduler.error(self, message)
            case TellDisconnected(reason):
                await scheduler.disconnected(self, reason)

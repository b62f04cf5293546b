"""Runs a scheduler against the leading master: its callbacks in the order of the stream, its calls, the driver's own.

Reading never waits for a callback: a slow scheduler does not lose its subscription, up to ``DriverOptions.backlog``
events, after which the stream is read no faster than it is worked off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from random import Random

import structlog
from attrs import evolve

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.operations import OperationStatus
from koinon_core.scheduler_api import (
    CallBody,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    Teardown,
    Update,
    UpdateFramework,
    UpdateOperationStatus,
)
from koinon_core.tasks import TaskStatus
from koinon_core.wire.resource_rules import ResourceFormat

from ..calls import CallFailure, SchedulerCalls
from ..scheduler import Scheduler
from .background import Background
from .callbacks import Delivery
from .connection import Connection, OpenedStream
from .counts import DriverCounts, DriverTally
from .deliveries import Deliveries, WatchedCallbacks
from .demand import RoleDemand
from .identity import Identity
from .master_address import parse_master_address
from .options import Acknowledging, DriverOptions
from .own_calls import OwnCalls
from .pacing import CallPace
from .reconcile import RoutineReconciliation
from .sending import Acknowledgements, CallSender
from .session import Session, Subscriber
from .session_machine import MAX_REDIRECTS, Ending, EndKind, SessionMachine

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

        ``framework_info.id`` makes it a failover of that framework. Raises MasterAddressError, and UnknownRoleError
        for a role that is suppressed and none of the framework's.
        """
        self._options = options = options or DriverOptions()
        self._info = framework_info
        if options.credential is not None and not framework_info.principal:
            self._info = evolve(framework_info, principal=options.credential.principal)
        self._offer_constraints = options.offer_constraints
        self._identity = Identity(options.id_keeper)
        rng = rng or Random()
        self._machine = _make_machine(framework_info.id, options, rng)
        self._tally = DriverTally()
        self._pace = CallPace(options.calls_per_second)
        self._sender = CallSender(self._pace, self._tally)
        self._acknowledgements = Acknowledgements(self._acknowledge)
        self._deliveries = Deliveries(options.backlog)
        self._callbacks = WatchedCallbacks(scheduler, self, self._tally, options.slow_callback)
        self._demand = RoleDemand(self._info.all_roles(), options.suppressed_roles, options.min_revive_interval)
        self._reconciliation = RoutineReconciliation(rng, scheduler.known_tasks, interval=options.reconcile_interval)
        self._own_calls = OwnCalls(self._demand, self._reconciliation, self._sender)
        self._session = Session(
            self._machine, parse_master_address(master), self._subscriber(), self._deliveries, self._tally
        )
        self._connection: Connection | None = None
        self._is_stopping = False

    @property
    def framework_id(self) -> FrameworkId | None:
        return self._machine.framework_id

    @property
    def is_subscribed(self) -> bool:
        """Whether calls can be sent right now."""
        return self._sender.is_open

    @property
    def master_url(self) -> str | None:
        """Where the master is, as ``http://host:port``: the one that is subscribed to, or was tried last."""
        return self._session.url

    def counts(self) -> DriverCounts:
        """What came, what was sent, what failed, and how long callbacks took, since the driver was made."""
        return self._tally.snapshot(waiting=len(self._deliveries))

    async def run(self) -> Ending:
        """Find the master, subscribe, and call the scheduler back until the end. Once only.

        Waits for a master as long as it takes. Cancelling it closes the stream; the framework lives on at the master
        for its failover timeout. Raises whatever a callback or the keeper of the id raises.
        """
        if self._connection is not None:
            raise RuntimeError("a driver runs once")
        async with self._connect() as self._connection:
            if self._machine.framework_id is None:
                self._machine.framework_id = await self._identity.load()
            background = Background()
            delivering = background.start("deliver", self._deliver())
            background.start("acknowledge", self._acknowledgements.run())
            background.start("own_calls", self._own_calls.run())
            self._session.start(background, self._connection)
            try:
                return await background.run(delivering)
            finally:
                self._sender.close()

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Connection]:
        """What calls and streams go over; a test's driver is connected to something else."""
        # Here: most that import this module never run it over HTTP, whose library takes longer to load than all else.
        from .http_connection import open_connection  # noqa: PLC0415

        refines = self._info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT)
        resource_format = ResourceFormat.REFINED if refines else ResourceFormat.PRE_REFINEMENT
        async with open_connection(self._options, resource_format) as connection:
            yield connection

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        failure = None
        try:
            if teardown:
                self._session.is_torn_down = True
                failure = await self._sender.send(Teardown())
                if failure is None:
                    await self._identity.forget()
        finally:
            self._is_stopping = True
            self._deliveries.wake()
        return failure

    async def send(self, body: CallBody) -> CallFailure | None:
        if isinstance(body, Revive | Suppress):
            self._demand.note_call(body, asyncio.get_running_loop().time())
        if isinstance(body, UpdateFramework) and not body.framework_info.principal:
            body = evolve(body, framework_info=evolve(body.framework_info, principal=self._info.principal))
        failure = await self._sender.send(body)
        if failure is None and isinstance(body, UpdateFramework):
            self._info, self._offer_constraints = body.framework_info, body.offer_constraints
            self._demand.note_roles(self._info.all_roles(), body.suppressed_roles)
        return failure

    async def want_offers(self, roles: Iterable[str] = (), *, wanted: bool = True) -> None:
        self._demand.want(roles, wanted=wanted)
        self._own_calls.note_change()

    def _subscriber(self) -> Subscriber:
        return Subscriber(
            subscribe=self._describe,
            keep_id=self._identity.keep,
            opened=self._note_opened,
            closed=self._note_closed,
            may_subscribe=self._options.may_subscribe,
        )

    def _describe(self) -> Subscribe:
        return Subscribe(
            framework_info=self._info,
            suppressed_roles=self._demand.note_subscribing(),
            offer_constraints=self._offer_constraints,
        )

    def _note_opened(self, stream: OpenedStream, framework_id: FrameworkId) -> None:
        if self._connection is not None:
            self._sender.open(self._connection, stream, framework_id)
        self._own_calls.note_change()

    def _note_closed(self) -> None:
        self._sender.close()
        self._acknowledgements.clear()
        self._reconciliation.pause()

    async def _deliver(self) -> Ending:
        while True:
            if self._is_stopping and not self._session.is_closed:
                self._deliveries.clear()
                if self._sender.is_open and not self._session.is_torn_down:
                    await self._acknowledgements.flush(self._options.call_deadline)
                self._session.stop()
            delivery = await self._deliveries.take()
            if isinstance(delivery, Ending):
                if delivery.kind is EndKind.REMOVED and await self._identity.forget():
                    _logger.warning("framework_id_forgotten", why="it is burnt: the next run begins anew")
                return delivery
            if delivery is not None:
                await self._take(delivery)

    async def _take(self, delivery: Delivery) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(delivery, Update | UpdateOperationStatus) and delivery.status.uuid is not None:
            self._pace.note_update()
        if isinstance(delivery, Update) and self._reconciliation.note_answer(delivery.status.task_id, loop.time()):
            self._own_calls.note_change()
        await self._callbacks.call(delivery)
        if isinstance(delivery, Update | UpdateOperationStatus):
            self._owe(delivery.status)
        if isinstance(delivery, Subscribed) and self._sender.is_open:
            self._reconciliation.begin(loop.time())
            self._own_calls.note_change()

    def _owe(self, status: TaskStatus | OperationStatus) -> None:
        if self._options.acknowledging is Acknowledging.AUTOMATIC and not self._session.is_torn_down:
            self._acknowledgements.put(status)

    async def _acknowledge(self, status: TaskStatus | OperationStatus) -> None:
        if isinstance(status, TaskStatus):
            await self.acknowledge(status)
        else:
            await self.acknowledge_operation(status)


def _make_machine(framework_id: FrameworkId | None, options: DriverOptions, rng: Random) -> SessionMachine:
    return SessionMachine(
        rng,
        framework_id,
        missed_heartbeats=options.missed_heartbeats,
        backoff=options.backoff,
        # Whoever a redirect leads to is the leader, or a stranger: strangers lead nobody's secret elsewhere.
        max_redirects=MAX_REDIRECTS if options.credential is None else 1,
    )

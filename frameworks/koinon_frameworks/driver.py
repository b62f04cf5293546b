"""Runs a scheduler against the leading master: the session machine's loop, and the callbacks in their order.

Reading never waits for a callback: a slow scheduler does not lose its subscription, up to ``DriverOptions.backlog``
events, after which the stream is read no faster than it is worked off.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from random import Random

import structlog
from attrs import evolve, frozen
from koinon_core.backoff import Backoff
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import (
    Call,
    CallBody,
    Error,
    EventBody,
    Failure,
    Heartbeat,
    Message,
    Offers,
    Rescind,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    Teardown,
    Update,
)
from koinon_core.wire import plain_json, refined_json
from koinon_daemon.client import HttpClient

from .calls import CallFailure, CallFailureKind, SchedulerCalls
from .connection import OpenedStream, SchedulerConnection
from .detection import watch_masters
from .master_address import parse_master_address
from .scheduler import Scheduler
from .session_machine import (
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

_logger = structlog.get_logger(__name__)


class Acknowledging(Enum):
    """Who says that an update is stored."""

    AUTOMATIC = "automatic"
    """The driver, when ``Scheduler.update`` returned."""
    EXPLICIT = "explicit"
    """The scheduler, by ``acknowledge``, when it pleases."""


@frozen(kw_only=True)
class DriverOptions:
    """How a driver behaves. Times are seconds."""

    acknowledging: Acknowledging = Acknowledging.AUTOMATIC
    missed_heartbeats: int = 5
    """Silent heartbeat intervals after which the stream counts as dead."""
    backoff: Backoff = Backoff(initial=0.5, maximum=30.0, factor=2.0, jitter=0.5)
    """Between attempts to subscribe."""
    call_deadline: float = 10.0
    connections: int = 16
    """How many calls may be under way at a time."""
    backlog: int = 10_000
    """How many events may wait for the scheduler before reading pauses."""
    suppressed_roles: tuple[str, ...] = ()
    """Roles that want no offers from the first moment on."""


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
        self._info = framework_info
        self._options = options or DriverOptions()
        self._address = parse_master_address(master)
        self._codec = (
            refined_json if framework_info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT) else plain_json
        )
        self._machine = SessionMachine(
            rng or Random(),
            framework_info.id,
            missed_heartbeats=self._options.missed_heartbeats,
            backoff=self._options.backoff,
        )
        self._suppressed = set(self._options.suppressed_roles)
        self._inbox: asyncio.Queue[SessionEvent] = asyncio.Queue()
        self._deliveries: deque[EventBody | TellDisconnected] = deque()

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
        raise NotImplementedError

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        raise NotImplementedError

    async def send(self, body: CallBody) -> CallFailure | None:
        raise NotImplementedError

"""How a driver behaves: one frozen value, checked when it is made."""

from __future__ import annotations

from collections.abc import Awaitable
from enum import Enum
from math import inf
from typing import Any, Protocol

from attrs import Attribute, field, frozen

from koinon_core.backoff import Backoff
from koinon_core.errors import InvalidValue
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.wire.content import ContentType
from koinon_daemon.credentials import Credential

from .identity import FrameworkIdKeeper
from .reconcile import IMPLICIT_INTERVAL_SECONDS
from .session_machine import SUBSCRIBE_BACKOFF


class Acknowledging(Enum):
    """Who says that an update is stored."""

    AUTOMATIC = "automatic"
    """The driver, when ``Scheduler.update`` or ``Scheduler.operation_update`` returned."""
    EXPLICIT = "explicit"
    """The scheduler, by ``acknowledge`` and ``acknowledge_operation``, when it pleases."""


class Gate(Protocol):
    """Something to wait for: an ``asyncio.Event``, say."""

    def wait(self) -> Awaitable[object]:
        """Return once it is open."""


def _positive(_: object, attribute: Attribute[Any], value: float | None) -> None:
    if value is not None and not 0 < value < inf:
        raise InvalidValue(attribute.name, f"{value} is not greater than 0, or has no end")


@frozen(kw_only=True)
class DriverOptions:
    """How a driver behaves. Times are seconds. Raises InvalidValue for a number that makes no sense."""

    content_type: ContentType = ContentType.JSON
    """What calls and events are written in. JSON can be read on the wire; protobuf is smaller."""
    acknowledging: Acknowledging = Acknowledging.AUTOMATIC
    id_keeper: FrameworkIdKeeper | None = None
    """Where the framework's id is kept, so that the next run takes its tasks over. An id in FrameworkInfo wins."""
    credential: Credential | None = None
    """What proves to the master who this framework is; goes to the masters named and where these say the leader is."""
    suppressed_roles: tuple[str, ...] = ()
    """Roles that want no offers from the first moment on."""
    offer_constraints: OfferConstraints | None = None
    """Which agents are to be offered at all (mesos-v1-api 2.9)."""
    may_subscribe: Gate | None = None
    """Unless it is open, nothing is subscribed: a scheduler that may have a successor must not push it out."""

    missed_heartbeats: int = field(default=5, validator=_positive)
    """Silent heartbeat intervals after which the stream counts as dead."""
    backoff: Backoff = SUBSCRIBE_BACKOFF
    """Between attempts to subscribe."""
    call_deadline: float = field(default=10.0, validator=_positive)
    connections: int = field(default=16, validator=_positive)
    """How many calls may be under way at a time."""
    backlog: int = field(default=10_000, validator=_positive)
    """How many events may wait for the scheduler before reading pauses."""
    calls_per_second: float | None = field(default=2_000.0, validator=_positive)
    """What the scheduler's calls are held to, after a burst of as many; None: not at all. An acknowledgement of an
    update that came is not counted."""
    min_revive_interval: float = field(default=5.0, validator=_positive)
    """Between two REVIVEs that ``want_offers`` leads to."""
    reconcile_interval: float = field(default=IMPLICIT_INTERVAL_SECONDS, validator=_positive)
    """Between reconciliations, for a scheduler that has ``known_tasks``."""
    slow_callback: float = field(default=1.0, validator=_positive)
    """A callback that takes longer is named in the log."""

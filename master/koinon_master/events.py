"""What can happen to a master, as values: the only way in which its state changes."""

from __future__ import annotations

from typing import NewType

from attrs import frozen

from koinon_core.agent_link import AgentMessage, Register
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, StreamId
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.operator_api import OperatorWrite
from koinon_core.scheduler_api import CallBody

from .registry.records import Registry, RegistryOperation

LinkId = NewType("LinkId", int)
"""One connection of an agent; a new one each time it connects."""


RequestId = NewType("RequestId", int)
"""One request that waits for its Answer; a new one each."""


@frozen(kw_only=True)
class SubscribeReceived:
    """A scheduler opened an event stream. ``framework_info.id`` is None for a new framework.

    ``principal`` is who it proved to be; None while nobody needs to.
    """

    stream_id: StreamId
    framework_info: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()
    offer_constraints: OfferConstraints | None = None
    principal: str | None = None


@frozen
class StreamClosed:
    """A scheduler's event stream is gone."""

    stream_id: StreamId


@frozen
class StreamDrained:
    """All that was sent on a scheduler's stream is out, as somebody wanted to know."""

    stream_id: StreamId


@frozen(kw_only=True)
class CallReceived:
    """A scheduler's call that passed ``validation.calls``. ``request`` is set where the caller waits for an Answer."""

    framework_id: FrameworkId
    body: CallBody
    stream_id: StreamId
    request: RequestId | None = None
    principal: str | None = None


@frozen(kw_only=True)
class OperatorCallReceived:
    """An operator wants the cluster changed and waits for an Answer."""

    request: RequestId
    body: OperatorWrite
    principal: str | None = None


@frozen(kw_only=True)
class RegisterReceived:
    """The first word of an agent on a new link."""

    link_id: LinkId
    register: Register
    principal: str | None = None


@frozen(kw_only=True)
class AgentMessageReceived:
    """Anything an agent says after that."""

    link_id: LinkId
    message: AgentMessage


@frozen
class LinkClosed:
    """An agent's connection is gone. ``last_heard`` is when it last gave a sign of life; None: just now."""

    link_id: LinkId
    last_heard: float | None = None


@frozen
class RegistryRecovered:
    """The stored registry was read; always the first event of a leader."""

    registry: Registry


@frozen
class OperationStored:
    """A registry operation is durable now."""

    operation: RegistryOperation


@frozen
class WhitelistRead:
    """Only agents with these hostnames are to be offered from now on; None: all."""

    hostnames: frozenset[str] | None


@frozen
class AllocationDue:
    """Offer what came free since the last time."""


@frozen
class TimePassed:
    """A deadline may have come."""


Event = (
    SubscribeReceived
    | StreamClosed
    | StreamDrained
    | CallReceived
    | OperatorCallReceived
    | RegisterReceived
    | AgentMessageReceived
    | LinkClosed
    | RegistryRecovered
    | OperationStored
    | WhitelistRead
    | AllocationDue
    | TimePassed
)

"""What can happen to a master, as values: the only way in which its state changes."""

from __future__ import annotations

from typing import NewType

from attrs import frozen

from koinon_core.agent_link import AgentMessage, Register
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, StreamId
from koinon_core.scheduler_api import CallBody

from .registry import Registry, RegistryOperation

LinkId = NewType("LinkId", int)
"""One connection of an agent; a new one each time it connects."""


@frozen(kw_only=True)
class SubscribeReceived:
    """A scheduler opened an event stream. ``framework_info.id`` is None for a new framework."""

    stream_id: StreamId
    framework_info: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()


@frozen
class StreamClosed:
    """A scheduler's event stream is gone."""

    stream_id: StreamId


@frozen(kw_only=True)
class CallReceived:
    """A scheduler's call that passed ``validation.calls``. ``stream_id`` is None when an operator makes it."""

    framework_id: FrameworkId
    body: CallBody
    stream_id: StreamId | None = None


@frozen(kw_only=True)
class RegisterReceived:
    """The first word of an agent on a new link."""

    link_id: LinkId
    register: Register


@frozen(kw_only=True)
class AgentMessageReceived:
    """Anything an agent says after that."""

    link_id: LinkId
    message: AgentMessage


@frozen
class LinkClosed:
    """An agent's connection is gone."""

    link_id: LinkId


@frozen
class RegistryRecovered:
    """The stored registry was read; always the first event of a leader."""

    registry: Registry


@frozen
class OperationStored:
    """A registry operation is durable now."""

    operation: RegistryOperation


@frozen
class AllocationDue:
    """Offer what came free since the last time."""


@frozen
class TimePassed:
    """A deadline may have come."""


Event = (
    SubscribeReceived
    | StreamClosed
    | CallReceived
    | RegisterReceived
    | AgentMessageReceived
    | LinkClosed
    | RegistryRecovered
    | OperationStored
    | AllocationDue
    | TimePassed
)

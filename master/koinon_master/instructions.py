"""What a master wants done, as values; the loop carries them out in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from koinon_core.agent_link import MasterMessage
from koinon_core.ids import StreamId
from koinon_core.scheduler_api import EventBody
from koinon_daemon.errors import DaemonError

from .events import LinkId, RequestId
from .operator_events import OperatorEvent
from .registry.records import RegistryOperation


@frozen(kw_only=True)
class SendEvent:
    """Put an event on a scheduler's stream."""

    stream_id: StreamId
    event: EventBody


@frozen(kw_only=True)
class CloseStream:
    """End a scheduler's stream once all that was sent is out."""

    stream_id: StreamId
    reason: str


@frozen
class AwaitDrained:
    """Say StreamDrained once all that was sent on a stream is out."""

    stream_id: StreamId


@frozen(kw_only=True)
class SendToAgent:
    """Put a message on an agent's link."""

    link_id: LinkId
    message: MasterMessage


@frozen(kw_only=True)
class CloseLink:
    """End an agent's link once all that was sent is out."""

    link_id: LinkId
    reason: str


@frozen
class StoreOperation:
    """Make an operation durable, after those before it, and answer with OperationStored."""

    operation: RegistryOperation


@frozen(kw_only=True)
class Answer:
    """Answer a request that waits, with an HTTP status and, for refusals, a sentence."""

    request: RequestId
    status: int
    text: str = ""


@frozen
class Publish:
    """Tell the subscribers of the operator's stream."""

    event: OperatorEvent


@frozen
class Note:
    """Something worth a line in the log."""

    event: str
    about: Mapping[str, Any] = field(factory=dict)


@frozen
class GiveUp:
    """End this master with this error: it can't go on in good faith."""

    error: DaemonError


Instruction = (
    SendEvent | CloseStream | AwaitDrained | SendToAgent | CloseLink | StoreOperation | Answer | Publish | Note | GiveUp
)

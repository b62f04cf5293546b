"""What a driver needs of the way to a master, and what may come of asking for a stream; no HTTP here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from attrs import frozen

from koinon_core.scheduler_api import Call, CallBody, EventBody, Unknown
from koinon_core.wire.schema import SCHEDULER_CALLS

from ..calls import CallFailure
from .event_reading import UnknownEvent


@frozen(kw_only=True)
class OpenedStream:
    """SUBSCRIBE was answered 200."""

    url: str
    stream_id: str
    events: AsyncIterator[EventBody | UnknownEvent]
    """Until the master ends the stream. Raises StreamBrokenError."""


@frozen
class LeaderElsewhere:
    """This master does not lead; the one at ``url`` may."""

    url: str


@frozen
class SubscribeRefused:
    """Trying again is of no use."""

    message: str


@frozen
class SubscribeFailed:
    """Nobody there, or nobody who leads yet."""

    reason: str


SubscribeAnswer = OpenedStream | LeaderElsewhere | SubscribeRefused | SubscribeFailed


class Connection(Protocol):
    """What a driver needs of the way to a master."""

    def subscribe(self, url: str, call: Call) -> AbstractAsyncContextManager[SubscribeAnswer]:
        """Send SUBSCRIBE to the master at ``url``; leaving the block closes the stream."""

    async def call(self, stream: OpenedStream, call: Call) -> CallFailure | None:
        """Send a call that belongs to this stream; None when the master took it."""


def call_name(body: CallBody | Unknown) -> str:
    """The call by its name in the API: ``ACCEPT_INVERSE_OFFERS``."""
    return SCHEDULER_CALLS.names[type(body)]

"""The call and event streams as HTTP and JSON (mesos-v1-api 1, 2.1, 2.3). Decides nothing: answers become values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import structlog
from aiohttp import ClientError, ClientResponse
from attrs import frozen

from koinon_core.errors import DecodeError
from koinon_core.scheduler_api import Call, Event, EventBody
from koinon_core.wire import JsonCodec
from koinon_core.wire.schema import SCHEDULER_EVENTS
from koinon_daemon import client as http
from koinon_daemon.credentials import Credential
from koinon_daemon.errors import PeerError, StreamBrokenError
from koinon_daemon.stream import records

from ..calls import CallFailure, CallFailureKind
from .master_address import is_downgrade, redirect_url

_PATH = "/api/v1/scheduler"
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_FATAL = frozenset({400, 401, 403, 406, 415})
_NOT_SUBSCRIBED = frozenset({301, 302, 307, 308, 403, 503})
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class OpenedStream:
    """SUBSCRIBE was answered 200."""

    url: str
    stream_id: str
    events: AsyncIterator[EventBody | None]
    """Until the master ends the stream; None for an event this release does not know. Raises StreamBrokenError."""


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


class SchedulerConnection:
    """Speaks to one master at a time over keep-alive connections."""

    def __init__(
        self, client: http.HttpClient, codec: JsonCodec, deadline: float, credential: Credential | None = None
    ) -> None:
        """``deadline``: seconds for the answer to a call, and for the headers of a stream."""
        self._client = client
        self._codec = codec
        self._deadline = deadline
        self._headers = _JSON if credential is None else {**_JSON, "Authorization": credential.header}
        self._has_credential = credential is not None

    @asynccontextmanager
    async def subscribe(self, url: str, call: Call) -> AsyncIterator[SubscribeAnswer]:
        """Send SUBSCRIBE to the master at ``url``; leaving the block closes the stream."""
        request = http.Call(
            method="POST",
            url=url + _PATH,
            body=self._codec.encode(call),
            headers=self._headers,
            deadline=self._deadline,
        )
        async with AsyncExitStack() as stack:
            answer: SubscribeAnswer
            try:
                response = await stack.enter_async_context(self._client.stream(request))
                answer = await self._read_answer(url, response)
            except (PeerError, ClientError, OSError) as error:
                answer = SubscribeFailed(str(error))
            yield answer

    async def _read_answer(self, url: str, response: ClientResponse) -> SubscribeAnswer:
        if response.status == 200:
            stream_id = response.headers.get("Mesos-Stream-Id")
            if not stream_id:
                return SubscribeRefused(f"{url} sent no Mesos-Stream-Id: it is no Mesos master")
            return OpenedStream(url=url, stream_id=stream_id, events=self._events(response))
        if response.status in (301, 302, 307, 308):
            leader = redirect_url(url, response.headers.get("Location", ""))
            if leader and self._has_credential and is_downgrade(url, leader):
                return SubscribeFailed(f"{url} redirects to {leader}: a secret sent by TLS is not sent in the clear")
            return LeaderElsewhere(leader) if leader else SubscribeFailed("redirected to nowhere")
        text = (await response.content.read(1000)).decode(errors="replace").strip()
        message = f"{url} answered {response.status}: {text}"
        return SubscribeRefused(message) if response.status in _FATAL else SubscribeFailed(message)

    async def _events(self, response: ClientResponse) -> AsyncIterator[EventBody | None]:
        async for record in records(response):
            yield self._decode(record, str(response.url))

    def _decode(self, record: bytes, url: str) -> EventBody | None:
        try:
            return self._codec.decode(record, Event).body
        except DecodeError as error:
            if (unknown := _unknown_type(record)) is None:
                raise StreamBrokenError(url, f"an event that is none: {error}") from error
            _logger.info("event_unknown", type=unknown, master=url)
            return None

    async def call(self, stream: OpenedStream, call: Call) -> CallFailure | None:
        """Send a call that belongs to this stream; None when the master took it."""
        request = http.Call(
            method="POST",
            url=stream.url + _PATH,
            body=self._codec.encode(call),
            headers={**self._headers, "Mesos-Stream-Id": stream.stream_id},
            deadline=self._deadline,
        )
        name = type(call.body).__name__.upper()
        try:
            reply = await self._client.call(request)
        except PeerError as error:
            return CallFailure(call=name, kind=CallFailureKind.UNANSWERED, why=str(error))
        if reply.status in (200, 202):
            return None
        why = reply.body[:1000].decode(errors="replace").strip() or f"status {reply.status}"
        return CallFailure(call=name, kind=_kind(reply.status), why=why, status=reply.status)


def _kind(status: int) -> CallFailureKind:
    if status in _NOT_SUBSCRIBED:
        return CallFailureKind.NOT_SUBSCRIBED
    return CallFailureKind.REFUSED if 400 <= status < 500 or status == 501 else CallFailureKind.UNANSWERED


def _unknown_type(record: bytes) -> str | None:
    """The event's type where the schema has none such: a newer master may say more than we know."""
    try:
        raw = orjson.loads(record)
    except orjson.JSONDecodeError:
        return None
    name = raw.get("type") if isinstance(raw, dict) else None
    return name if isinstance(name, str) and name not in SCHEDULER_EVENTS.classes else None

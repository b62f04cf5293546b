"""The call and event streams as HTTP (mesos-v1-api 1, 2.1, 2.3). Decides nothing: answers become values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import ClientError, ClientResponse

from koinon_core.errors import DecodeError
from koinon_core.scheduler_api import Call, EventBody, UpdateFramework
from koinon_core.wire.content import Codec, codec
from koinon_core.wire.resource_rules import ResourceFormat
from koinon_daemon import client as http
from koinon_daemon.errors import PeerError, StreamBrokenError
from koinon_daemon.pipelined import Answer
from koinon_daemon.stream import records

from ..calls import CallFailure, CallFailureKind
from .call_pipe import CallPipe
from .connection import (
    LeaderElsewhere,
    OpenedStream,
    SubscribeAnswer,
    SubscribeFailed,
    SubscribeRefused,
    call_name,
)
from .event_reading import UnknownEvent, read_event
from .master_address import is_downgrade, redirect_url
from .options import DriverOptions

_PATH = "/api/v1/scheduler"
_FATAL = frozenset({400, 401, 403, 406, 415})
_NOT_SUBSCRIBED = frozenset({301, 302, 307, 308, 403, 503})


@asynccontextmanager
async def open_connection(
    options: DriverOptions, resource_format: ResourceFormat
) -> AsyncIterator[SchedulerConnection]:
    """For one run; leaving the block closes whatever is open."""
    # One more than calls may be under way: the stream holds a connection, too.
    async with http.HttpClient(connections=options.connections + 1) as client:
        connection = SchedulerConnection(client, options, resource_format)
        try:
            yield connection
        finally:
            connection.close()


class SchedulerConnection:
    """Speaks to one master at a time over keep-alive connections."""

    def __init__(self, client: http.HttpClient, options: DriverOptions, resource_format: ResourceFormat) -> None:
        """``options.call_deadline`` is for the answer to a call, and for the headers of a stream."""
        content_type = options.content_type.value
        self._client = client
        self._codec: Codec = codec(options.content_type, resource_format)
        self._deadline = options.call_deadline
        self._limit = options.connections
        self._pipe: tuple[OpenedStream, CallPipe] | None = None
        self._content_type = content_type
        self._headers = {"Content-Type": content_type, "Accept": content_type}
        self._credential = options.credential
        if self._credential is not None:
            self._headers["Authorization"] = self._credential.header

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
            if response.content_type != self._content_type:
                return SubscribeRefused(f"{url} answers in {response.content_type}, not in {self._content_type}")
            return OpenedStream(url=url, stream_id=stream_id, events=self._events(response))
        if response.status in (301, 302, 307, 308):
            leader = redirect_url(url, response.headers.get("Location", ""))
            if leader and self._credential and is_downgrade(url, leader):
                return SubscribeFailed(f"{url} redirects to {leader}: a secret sent by TLS is not sent in the clear")
            return LeaderElsewhere(leader) if leader else SubscribeFailed("redirected to nowhere")
        text = (await response.content.read(1000)).decode(errors="replace").strip()
        message = f"{url} answered {response.status}{text and f': {text}'}{self._hint(response.status)}"
        return SubscribeRefused(message) if response.status in _FATAL else SubscribeFailed(message)

    def _hint(self, status: int) -> str:
        """What a person may do about a refusal."""
        if status in (401, 403):
            who = "no credential" if self._credential is None else f"the credential of {self._credential.principal!r}"
            return f" ({who} was given)"
        if status in (404, 405):
            return f" (nothing takes calls at {_PATH} there: is it the address of a Mesos master?)"
        return ""

    async def _events(self, response: ClientResponse) -> AsyncIterator[EventBody | UnknownEvent]:
        async for record in records(response):
            try:
                yield read_event(self._codec, record)
            except DecodeError as error:
                raise StreamBrokenError(str(response.url), f"an event that is none: {error}") from error

    async def call(self, stream: OpenedStream, call: Call) -> CallFailure | None:
        """Send a call that belongs to this stream; None when the master took it."""
        name, body, pipe = call_name(call.body), self._codec.encode(call), self._pipe_of(stream)
        try:
            if pipe.is_usable and not isinstance(call.body, UpdateFramework):
                answer = await pipe.call(body)
            else:
                # An UPDATE_FRAMEWORK is answered when it took effect; nothing is to stand behind it meanwhile.
                answer = await self._call_alone(stream, body)
        except PeerError as error:
            return CallFailure(call=name, kind=CallFailureKind.UNANSWERED, why=str(error))
        if answer.status in (200, 202):
            return None
        why = answer.text or f"status {answer.status}"
        return CallFailure(call=name, kind=_kind(answer.status), why=why, status=answer.status)

    def close(self) -> None:
        """End what is kept open between calls."""
        if self._pipe is not None:
            self._pipe[1].close()

    def _pipe_of(self, stream: OpenedStream) -> CallPipe:
        if self._pipe is not None and self._pipe[0] is stream:
            return self._pipe[1]
        self.close()
        lines = [f"{name}: {value}\r\n" for name, value in self._headers_of(stream).items()]
        pipe = CallPipe(stream.url + _PATH, "".join(lines), self._deadline, self._limit)
        self._pipe = (stream, pipe)
        return pipe

    def _headers_of(self, stream: OpenedStream) -> dict[str, str]:
        return {**self._headers, "Mesos-Stream-Id": stream.stream_id}

    async def _call_alone(self, stream: OpenedStream, body: bytes) -> Answer:
        headers = self._headers_of(stream)
        url = stream.url + _PATH
        reply = await self._client.call(
            http.Call(method="POST", url=url, body=body, headers=headers, deadline=self._deadline)
        )
        return Answer(reply.status, reply.body[:1000].decode(errors="replace").strip())


def _kind(status: int) -> CallFailureKind:
    if status in _NOT_SUBSCRIBED:
        return CallFailureKind.NOT_SUBSCRIBED
    return CallFailureKind.REFUSED if 400 <= status < 500 or status == 501 else CallFailureKind.UNANSWERED

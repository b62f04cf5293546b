"""HTTP from an executor to its agent: one connection for the stream of events, one for calls in their order.

Parsing is httptools'; aiohttp would take longer to load than all else that an executor needs. Decides nothing: what
came of a call or a stream is a value.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import httptools
from attrs import define, field, frozen

from koinon_core.errors import DecodeError
from koinon_core.wire.recordio import RecordDecoder

from .environment import ExecutorEnvironment

_PATH = "/api/v1/executor"
_OK = 200
_ACCEPTED = 202
_MAX_ERROR_BYTES = 1000
CONNECT_SECONDS = 5.0


@frozen
class Answer:
    """What the agent answered; status 0 where it did not."""

    status: int
    text: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the agent took the call."""
        return self.status == _ACCEPTED


OnAnswer = Callable[[Answer], None]


@define
class _Exchange:
    """A request that waits for its answer."""

    on_answer: OnAnswer
    on_record: Callable[[bytes], None] | None = None
    """Makes it a stream."""
    decoder: RecordDecoder = field(factory=RecordDecoder)
    status: int = 0
    body: bytearray = field(factory=bytearray)


class _HttpConnection(asyncio.Protocol):
    """Requests out, and their answers, which come in the same order."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._exchanges: deque[_Exchange] = deque()
        self._outgoing: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.is_open = True

    def send(self, request: bytes, exchange: _Exchange) -> None:
        """Put a request behind those that wait; all that come in one turn of the loop leave in one write."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(request)
        self._exchanges.append(exchange)

    def close(self, why: str = "closed") -> None:
        """End it; whatever waits is told so."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()
        self._fail(why)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
            self.close(f"what came is not what an agent says: {cause}")
            return
        if not self._parser.should_keep_alive():
            self.is_open = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._fail(str(exc or "the agent closed the connection"))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if not self._exchanges:
            raise DecodeError("$", "an answer came that nothing was asked for")
        self._exchanges[0].status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        """Called by the parser, with what there is of a body."""
        exchange = self._exchanges[0]
        if exchange.on_record is not None and exchange.status == _OK:
            for record in exchange.decoder.feed(data):
                exchange.on_record(record)
        elif len(exchange.body) < _MAX_ERROR_BYTES:
            exchange.body += data[:_MAX_ERROR_BYTES]

    def on_message_complete(self) -> None:
        """Called by the parser."""
        exchange = self._exchanges.popleft()
        exchange.on_answer(Answer(exchange.status, exchange.body.decode(errors="replace").strip()))

    def _flush(self) -> None:
        requests, self._outgoing = self._outgoing, []
        if self._transport is not None and self.is_open:
            self._transport.write(b"".join(requests))

    def _fail(self, why: str) -> None:
        waiting, self._exchanges = self._exchanges, deque()
        for exchange in waiting:
            exchange.on_answer(Answer(0, why))


class AgentConnection:
    """Speaks to one agent."""

    def __init__(self, environment: ExecutorEnvironment, content_type: str) -> None:
        self._environment = environment
        lines = [
            f"POST {_PATH} HTTP/1.1",
            f"Host: {environment.host}:{environment.port}",
            f"Content-Type: {content_type}",
            f"Accept: {content_type}",
            *([f"Authorization: Bearer {environment.token}"] if environment.token else []),
            "Content-Length: ",
        ]
        self._head = "\r\n".join(lines)
        self._calls: _HttpConnection | None = None
        self._stream: _HttpConnection | None = None
        self._waiting: list[tuple[bytes, OnAnswer]] = []
        self._connecting: asyncio.Task[None] | None = None

    def call(self, body: bytes, on_answer: OnAnswer) -> None:
        """Send a call, in the order of the calls of this."""
        if self._calls is not None and self._calls.is_open:
            self._calls.send(self._request(body), _Exchange(on_answer))
            return
        self._waiting.append((body, on_answer))
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect_calls())

    async def stream(self, body: bytes, on_record: Callable[[bytes], None]) -> Answer:
        """Send SUBSCRIBE and hand on records until the stream ends: status 200, and why. ``close_stream`` ends it."""
        connected = await self._connect()
        if isinstance(connected, Answer):
            return connected
        self._stream = connected
        ended: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        exchange = _Exchange(lambda answer: _settle(ended, answer), on_record)
        connected.send(self._request(body), exchange)
        try:
            answer = await ended
        finally:
            connected.close()
        return Answer(_OK, answer.text or "the agent ended the stream") if exchange.status == _OK else answer

    def close_stream(self) -> None:
        """End the stream of events."""
        if self._stream is not None:
            self._stream.close()

    def close(self) -> None:
        """End every connection."""
        self.close_stream()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._calls is not None:
            self._calls.close()

    async def _connect_calls(self) -> None:
        connected = await self._connect()
        self._connecting = None
        waiting, self._waiting = self._waiting, []
        if not isinstance(connected, Answer):
            self._calls = connected
        for body, on_answer in waiting:
            if isinstance(connected, Answer):
                on_answer(connected)
            else:
                connected.send(self._request(body), _Exchange(on_answer))

    async def _connect(self) -> _HttpConnection | Answer:
        loop = asyncio.get_running_loop()
        environment = self._environment
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if environment.domain_socket is not None:
                    _, made = await loop.create_unix_connection(_HttpConnection, environment.domain_socket)
                else:
                    _, made = await loop.create_connection(_HttpConnection, environment.host, environment.port)
        except TimeoutError:
            return Answer(0, f"the agent took no connection within {CONNECT_SECONDS:g} seconds")
        except OSError as error:
            return Answer(0, str(error))
        return made

    def _request(self, body: bytes) -> bytes:
        return f"{self._head}{len(body)}\r\n\r\n".encode() + body


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)

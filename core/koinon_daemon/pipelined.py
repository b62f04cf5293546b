"""Requests over one connection without waiting for one another: what many small calls to one peer want.

Parsing is httptools', and aiohttp is not needed: not its time to load, nor what it costs a call. Decides nothing: what
came of a request is a value. Who connects, when, and what a request says is the caller's.
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

_OK = 200
_ACCEPTED = 202
_MAX_ERROR_BYTES = 1000


@frozen
class Answer:
    """What the peer answered; status 0 where it did not, and why."""

    status: int
    text: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the peer took the call."""
        return self.status == _ACCEPTED


OnAnswer = Callable[[Answer], None]


@define
class Exchange:
    """A request that waits for its answer."""

    on_answer: OnAnswer
    on_record: Callable[[bytes], None] | None = None
    """Makes it a stream."""
    decoder: RecordDecoder = field(factory=RecordDecoder)
    status: int = 0
    body: bytearray = field(factory=bytearray)


class PipelinedConnection(asyncio.Protocol):
    """Requests out, and their answers, which come in the same order."""

    def __init__(self, peer: str) -> None:
        """``peer``: who is spoken to, for the sentences of what goes wrong."""
        self.is_open = False
        self._peer = peer
        self._transport: asyncio.Transport | None = None
        self._exchanges: deque[Exchange] = deque()
        self._outgoing: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self._is_last = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.is_open = True

    def send(self, request: bytes, exchange: Exchange) -> None:
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
            self.close(f"the {self._peer} sent what is no HTTP: {cause}")
            return
        if self._is_last:
            self.close(f"the {self._peer} closes the connection after its answer")

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._fail(str(exc or f"the {self._peer} closed the connection"))

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
        # Only here does it know: with the message it forgets what the message's headers said.
        self._is_last = not self._parser.should_keep_alive()
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

"""The express lane: small calls to one path, answered without the application's whole way round.

A scheduler acknowledges every update by a request of its own, thousands a second, all of them alike. A connection
begins here. As long as its requests are whole, plain and in order they are taken in at once, many of them in one go;
with the first that is anything else the connection is the application's for good, together with that request, so that
errors, limits, streams and all rare forms of HTTP are said and kept in one place. What a call means is the owner's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import cast

import structlog
from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from attrs import define, field, frozen

Fields = Mapping[str, str]
"""The headers of a request, by their names in lower case."""
TakeCall = Callable[[Fields, bytes], bool]
"""Take in a call by its headers and its body, which is 202; or change nothing and leave it to the application."""

MAX_BODY = 1024 * 1024
_MAX_HEAD = 8190
"""As aiohttp has it for one header."""
_HEADS_KEPT = 64
"""How many heads a connection remembers as read: they differ in nothing but the length of a body."""
_END = b"\r\n\r\n"
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,9}")
_PLAIN = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "mesos-stream-id",
        "user-agent",
    }
)
"""Headers that change nothing of how a request is to be read: any other is the application's to understand."""

_logger = structlog.get_logger(__name__)


@frozen
class Lane:
    """Which path has one, and who takes its calls."""

    path: str
    take: TakeCall

    @property
    def request_line(self) -> bytes:
        """How a request begins that may stay."""
        return b"POST " + self.path.encode() + b" HTTP/1.1\r\n"


LANE: web.AppKey[Lane] = web.AppKey("LANE", Lane)
"""Where an application says that one of its paths has a lane."""


@frozen(kw_only=True)
class Patience:
    """Seconds: until the first request, between two, and for a request that has begun to come."""

    first: float
    idle: float
    body: float


@frozen
class _Head:
    """What the head of a request says, once it is read."""

    fields: Fields
    length: int


def _read_head(head: bytes) -> _Head | None:
    """The lines below the request line; None where anything in them is not as plain as can be."""
    fields: dict[str, str] = {}
    for line in head.split(b"\r\n"):
        found = _FIELD.fullmatch(line)
        name = "" if found is None else found[1].decode().lower()
        if found is None or name in fields or name not in _PLAIN:
            return None
        fields[name] = (found[2] or b"").decode()
    length = fields.get("content-length", "")
    if "host" not in fields or not _LENGTH.fullmatch(length) or int(length) > MAX_BODY:
        return None
    if fields.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    return _Head(fields, int(length))


@define
class _Accepted:
    """The answer to a call that was taken, byte by byte what the application says; made anew every second."""

    _second: int = -1
    _bytes: bytes = b""

    def at(self, epoch_seconds: float) -> bytes:
        """The answer at this time."""
        second = int(epoch_seconds)
        if second != self._second:
            self._second = second
            lines = (
                "HTTP/1.1 202 Accepted",
                "Content-Length: 0",
                f"Date: {formatdate(second, usegmt=True)}",
                f"Server: {SERVER_SOFTWARE}",
            )
            self._bytes = "\r\n".join(lines).encode() + _END
        return self._bytes


_ACCEPTED = _Accepted()


@define(eq=False)
class ExpressConnection(asyncio.Protocol):
    """One connection, for as long as it stays in the lane."""

    lane: Lane
    patience: Patience
    hand_over: Callable[[], asyncio.Protocol]
    """Makes the application's protocol, which goes on with what was not taken."""
    left: Callable[[ExpressConnection], None]
    """Called once, when it is closed or handed over."""
    _line: bytes = field(init=False)
    _transport: asyncio.Transport | None = field(default=None, init=False)
    _buffer: bytes = field(default=b"", init=False)
    """What came of a request that is not whole."""
    _heads: dict[bytes, _Head | None] = field(factory=dict, init=False)
    _taken: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)
    """When the last request was taken, or this one began to come."""
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)

    @_line.default
    def _make_line(self) -> bytes:
        return self.lane.request_line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._since = asyncio.get_running_loop().time()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """Forget it."""
        self._leave()

    def pause_writing(self) -> None:
        """Answers are not fetched: no more calls until they are."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """They were fetched."""
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """End it once what was answered is out."""
        if self._transport is not None:
            self._transport.close()
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Take in all whole requests that came, and answer them in one write."""
        before, was_waiting = self._taken, bool(self._buffer)
        self._buffer = self._buffer + data if self._buffer else data
        stays = self._take_all()
        taken = self._taken - before
        if self._transport is not None and taken:
            self._transport.write(_ACCEPTED.at(time.time()) * taken)
        if not stays:
            self._give_away()
            return
        if taken or not was_waiting:
            self._since = asyncio.get_running_loop().time()
            if self._buffer:
                self._watch()

    def _take_all(self) -> bool:
        """Whether the connection may stay; what is left in the buffer is not whole then."""
        start, data = 0, self._buffer
        stays = True
        while start < len(data):
            end = self._find_end(data, start)
            if end is None or end < 0:
                stays = end is None
                break
            self._taken += 1
            start = end
        self._buffer = data[start:]
        return stays

    def _find_end(self, data: bytes, start: int) -> int | None:
        """Where the request that begins here ends, once it is taken; None: it is not whole; negative: not for us."""
        if not data.startswith(self._line[: len(data) - start], start):
            return -1
        begin = start + len(self._line)
        middle = data.find(_END, begin - 2, begin + _MAX_HEAD)
        if middle < 0:
            return None if len(data) - begin < _MAX_HEAD else -1
        head = self._head(data[begin:middle])
        if head is None:
            return -1
        end = middle + len(_END) + head.length
        if end > len(data):
            return None
        return end if self._take(head.fields, data[middle + len(_END) : end]) else -1

    def _take(self, fields: Fields, body: bytes) -> bool:
        try:
            return self.lane.take(fields, body)
        except Exception:
            # Nothing from outside may end this connection in silence: the application will answer that it is our fault.
            _logger.exception("express_call_crashed", path=self.lane.path)
            return False

    def _head(self, head: bytes) -> _Head | None:
        if head not in self._heads:
            if len(self._heads) >= _HEADS_KEPT:
                self._heads.clear()
            self._heads[head] = _read_head(head)
        return self._heads[head]

    def _give_away(self) -> None:
        transport, data, self._buffer = self._transport, self._buffer, b""
        self._leave()
        if transport is None or transport.is_closing():
            return
        heir = self.hand_over()
        transport.set_protocol(heir)
        heir.connection_made(transport)
        heir.data_received(data)

    def _limit(self) -> float:
        if self._buffer:
            return self.patience.body
        return self.patience.idle if self._taken else self.patience.first

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._since + self._limit(), self._look)

    def _look(self) -> None:
        """An idle connection ends; of a request that does not come on the application says so."""
        if asyncio.get_running_loop().time() < self._since + self._limit():
            self._watch()
        elif self._buffer:
            self._give_away()
        else:
            self.close()

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport = None
            self.left(self)

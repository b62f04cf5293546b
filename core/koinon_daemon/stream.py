"""Endless answers with a bounded backlog: RecordIO streams and server-sent events, and the reader of the former.

Owns framing, backlog and ends of streams. What is sent, when a heartbeat is due and who subscribes is the caller's.
A handler opens a stream, hands it to its loop, and stays in `run()`, which writes until the stream ends.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Self

import attrs
from aiohttp import ClientError, ClientResponse, HttpVersion11, web

from koinon_core.errors import DecodeError
from koinon_core.wire.recordio import RecordDecoder, encode_record
from koinon_core.wire.server_sent import frame_event

from .errors import StreamBrokenError

PEER_LEFT = "the client closed the connection"
SERVER_STOPPING = "the server is stopping"


@attrs.frozen
class Backlog:
    """How much may wait for a slow consumer before its stream is cut: records, and their bytes."""

    records: int = 4096
    size: int = 32 * 1024 * 1024


class OutgoingStream:
    """A response that never ends by itself: framed writes from a bounded queue, drained by `run()`.

    Open it in the handler by `await open(request, headers)`, hand it over without awaiting, and `return await run()`.
    Neither `finish` nor `cut` blocks; the first reason wins.
    """

    _joins = 0
    """Bytes up to which records that wait go out in one chunk; none do where readers take a chunk for a record."""

    def __init__(self, request: web.Request, headers: Mapping[str, str], backlog: Backlog) -> None:
        self._request = request
        self._response = web.StreamResponse(headers=headers)
        self._backlog = backlog
        self._waiting: deque[bytes] = deque()
        self._waiting_size = 0
        self._wake = asyncio.Event()
        self._reason: str | None = None
        self._closed = asyncio.Event()
        self._when_drained: list[Callable[[], None]] = []

    @classmethod
    async def open(cls, request: web.Request, headers: Mapping[str, str], backlog: Backlog | None = None) -> Self:
        """Send status 200 and the headers, `Content-Type` among them, and return the stream."""
        stream = cls(request, headers, backlog or Backlog())
        if request.version >= HttpVersion11:
            # An older client reads to the end of the connection: records have their own frames.
            stream._response.enable_chunked_encoding()
        await stream._response.prepare(request)
        open_streams = request.config_dict.get(OPEN_STREAMS)
        if open_streams is not None:
            open_streams.add(stream)
        return stream

    @property
    def is_ended(self) -> bool:
        """Whether it takes no more records; a finished stream may still be writing what it has."""
        return self._reason is not None

    @property
    def reason(self) -> str | None:
        """Why it ended, or None."""
        return self._reason

    def finish(self, reason: str) -> None:
        """Take no more records, write those that wait, then end the response in good order."""
        if self._reason is None:
            self._reason = reason
            self._wake.set()

    def when_drained(self, then: Callable[[], None]) -> None:
        """Do this once all that waits is written; never, if the stream ends before."""
        self._when_drained.append(then)
        self._wake.set()

    def cut(self, reason: str) -> None:
        """Drop what waits and abort the connection."""
        if self._closed.is_set():
            return
        self._reason = self._reason or reason
        self._waiting.clear()
        self._waiting_size = 0
        self._wake.set()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def wait_closed(self) -> str:
        """Wait until nothing is written any more; returns the reason."""
        await self._closed.wait()
        return self._reason or PEER_LEFT

    async def run(self) -> web.StreamResponse:
        """Write until the stream ends; a handler returns what this returns."""
        try:
            await self._write_waiting()
        except ConnectionError:
            self._reason = self._reason or PEER_LEFT
        finally:
            self._reason = self._reason or PEER_LEFT
            self._closed.set()
            open_streams = self._request.config_dict.get(OPEN_STREAMS)
            if open_streams is not None:
                open_streams.discard(self)
        return self._response

    def _put(self, framed: bytes) -> bool:
        """Queue one framed record; False when the stream has ended or now ends because its consumer is too slow."""
        if self._reason is not None:
            return False
        count, size = len(self._waiting) + 1, self._waiting_size + len(framed)
        if count > self._backlog.records or size > self._backlog.size:
            self.cut(f"slow consumer: {count} records of {size} bytes are waiting")
            return False
        self._waiting.append(framed)
        self._waiting_size = size
        self._wake.set()
        return True

    def _take(self) -> bytes:
        """What is written next."""
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= self._joins:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self._waiting_size -= size
        return b"".join(taken)

    async def _write_waiting(self) -> None:
        while True:
            while self._waiting:
                await self._response.write(self._take())
            if self._reason is not None:
                await self._response.write_eof()
                return
            self._wake.clear()
            drained, self._when_drained = self._when_drained, []
            for then in drained:
                then()
            await self._wake.wait()


class RecordStream(OutgoingStream):
    """Records in RecordIO framing, one record a chunk (mesos-v1-api 1.2)."""

    def send(self, payload: bytes) -> bool:
        """Queue one record without blocking; False when the stream has ended."""
        return self._put(encode_record(payload))


class EventStream(OutgoingStream):
    """Server-sent events as Marathon frames them, with CRLF (marathon-v2-api 11).

    Those that wait go out together: a change tells several, and five hundred listeners are five hundred writes each.
    """

    _joins = 64 * 1024

    def send(self, event_type: str, data: str) -> bool:
        """Queue one event without blocking; `data` must be one line. False when the stream has ended."""
        return self._put(frame_event(event_type, data))

    def send_frame(self, frame: bytes) -> bool:
        """Queue what is framed already, once for many streams. False when the stream has ended."""
        return self._put(frame)

    def send_keepalive(self) -> bool:
        """Queue an empty line, which clients skip."""
        return self._put(b"\r\n")


OPEN_STREAMS: web.AppKey[set[OutgoingStream]] = web.AppKey("OPEN_STREAMS", set)


async def records(response: ClientResponse) -> AsyncIterator[bytes]:
    """The records of a RecordIO response as they come; ends when the peer ends the stream in good order.

    Raises StreamBrokenError when the connection breaks, the bytes are no records or the last one is cut off.
    """
    decoder = RecordDecoder()
    try:
        async for data in response.content.iter_any():
            for record in decoder.feed(data):
                yield record
    except DecodeError as error:
        raise StreamBrokenError(str(response.url), f"not RecordIO: {error}") from error
    except (ClientError, ConnectionError, TimeoutError) as error:
        raise StreamBrokenError(str(response.url), f"connection lost: {error!r}") from error
    if decoder.is_mid_record:
        raise StreamBrokenError(str(response.url), "the stream ended in the middle of a record")

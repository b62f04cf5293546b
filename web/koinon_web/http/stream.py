"""`GET /ui/api/stream`: the tables that a browser shows, as server-sent events, for as long as it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import hdrs, web

from koinon_daemon.clock import SystemClock
from koinon_daemon.errors import ApiError

from ..errors import ReaderLeft
from ..feed import Owner, Wanted, frame_beat, frame_out, parse_wanted
from .other_stream import OtherStream
from .readers import Reader, Readers

BEAT_SECONDS = 5.0
UNREAD_SECONDS = 60.0
"""For how long a reader may take nothing of what is written to it."""
MAX_READERS = 500
"""At a time, a daemon: each browser has one stream, however many tabs."""
SLICE = 64 * 1024
"""Bytes written at once: megabytes of a first view must not hold up everybody else."""
_HEADERS = {
    hdrs.CONTENT_TYPE: "text/event-stream",
    hdrs.CACHE_CONTROL: "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",
}
"""The last is for nginx, which would keep events to itself until a page of them is full."""


class Writer:
    """Whole frames onto one response, from several tasks."""

    def __init__(self, request: web.Request, response: web.StreamResponse, unread: float = UNREAD_SECONDS) -> None:
        self._request = request
        self._response = response
        self._unread = unread
        self._lock = asyncio.Lock()

    async def write(self, frame: bytes) -> None:
        """Raises ReaderLeft, also for one that takes nothing."""
        async with self._lock:
            view = memoryview(frame)
            for start in range(0, len(view), SLICE):
                await self._write_slice(bytes(view[start : start + SLICE]))
                if len(view) > SLICE:
                    await asyncio.sleep(0)

    async def _write_slice(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._unread):
                await self._response.write(data)
        except TimeoutError as error:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ReaderLeft from error
        except ConnectionError as error:
            raise ReaderLeft from error


class StreamResource:
    """Serves the stream of one daemon."""

    def __init__(
        self, owner: Owner, find_viewer: Callable[[web.Request], Hashable], readers: Readers, other: OtherStream
    ) -> None:
        """`owner` is this daemon; tables of the other are read by `other`. `find_viewer` may raise ApiError."""
        self._owner = owner
        self._find_viewer = find_viewer
        self._readers = readers
        self._other = other
        self.max_readers = MAX_READERS
        self._count = 0
        self._clock = SystemClock()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Raises ApiError 400 for what can't be asked, 503 where there are too many readers or nothing to read."""
        if request.method != hdrs.METH_GET:
            raise ApiError(405, "the stream can only be read", {"Allow": "GET"})
        wanted = _read_wanted(request)
        if self._count >= self.max_readers:
            raise ApiError(503, f"{self._count} browsers read this daemon already, which is as many as it serves")
        own = [one for one in wanted if one.owner is self._owner]
        others = [one for one in wanted if one.owner is not self._owner]
        reader = self._readers.enter(own, self._find_viewer(request))
        self._count += 1
        try:
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(request)
            await self._run(request, Writer(request, response), reader, others)
            return response
        finally:
            self._count -= 1
            self._readers.leave(reader)

    async def _run(self, request: web.Request, writer: Writer, reader: Reader, others: list[Wanted]) -> None:
        with suppress(ReaderLeft):
            await writer.write(frame_beat(self._clock.now()))
            async with _beside(self._other.pass_on(request, others, writer.write) if others else None):
                await self._tell(writer, reader)

    async def _tell(self, writer: Writer, reader: Reader) -> None:
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + BEAT_SECONDS
        while not reader.is_over:
            frames, out = self._readers.take(reader)
            for why in dict.fromkeys(out.values()):
                await writer.write(frame_out([name for name in out if out[name] == why], why))
            for frame in frames:
                await writer.write(frame)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(beat_at):
                    await reader.fresh.wait()
            reader.fresh.clear()
            if loop.time() >= beat_at:
                await writer.write(frame_beat(self._clock.now()))
                beat_at = loop.time() + BEAT_SECONDS


def _read_wanted(request: web.Request) -> tuple[Wanted, ...]:
    try:
        return parse_wanted(request.query.get("tables", ""))
    except ValueError as error:
        raise ApiError(400, str(error)) from None


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None] | None) -> AsyncIterator[None]:
    """Run a coroutine as long as the block lasts."""
    if work is None:
        yield
        return
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ReaderLeft):
            await task

"""Bringing the output of a Docker container into the files of its sandbox, while it runs and to its last byte.

Owns following, resuming, and the share of the agent's time that goes into it. What the engine sends is taken apart in
``log_entries.py``, the files are ``log_files.py``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog
from attrs import field, frozen

from ..errors import EngineRefused, EngineUnavailable
from ..log_limits import LogLimits
from .demultiplexer import Stream
from .engine import Engine
from .inspection import Inspection
from .log_entries import EntryReader, Position, plan_since
from .log_files import FILES, LogFiles

_logger = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_BURST_SECONDS = 0.02
_MAY_HAVE_ROTATED_BYTES = 1 << 16


def log_sizes(sandbox: Path) -> tuple[int, int]:
    """How many bytes stdout and stderr hold; none where they are missing."""
    stdout, stderr = (_size(sandbox / name) for name in FILES.values())
    return stdout, stderr


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


class Share:
    """A part of one thread's time for all that is not urgent: whoever has used it up waits until it has grown again."""

    def __init__(self, part: float) -> None:
        self._part = part
        self._paid_until = 0.0

    async def pay(self, seconds: float) -> None:
        """So much was used just now."""
        now = asyncio.get_running_loop().time()
        self._paid_until = max(now, self._paid_until) + seconds / self._part
        if (debt := self._paid_until - now - _BURST_SECONDS / self._part) > 0:
            await asyncio.sleep(debt)


@frozen
class Logs:
    """How output is followed: from which engine, within which bound, all together in which share of the agent."""

    engine: Engine
    limits: LogLimits = field(factory=LogLimits)
    share: Share = field(factory=lambda: Share(0.4))


class LogFollower:
    """One container's output. From its start on nobody else writes to the two files."""

    def __init__(self, logs: Logs, inspection: Inspection, sandbox: Path, log_start: tuple[int, int]) -> None:
        """``log_start``: what the files held before the container wrote, in bytes."""
        self._logs = logs
        self._engine_id = inspection.engine_id
        self._files = LogFiles(sandbox, log_start, logs.limits)
        self._is_terminal = inspection.is_terminal
        self._is_over = asyncio.Event()
        self._progress = 0
        self._log = _logger.bind(engine_id=inspection.engine_id[:12], sandbox=str(sandbox))

    def end(self) -> None:
        """Say that the container has ended: what is there now is all there will be."""
        self._is_over.set()

    @property
    def progress(self) -> int:
        """Grows with all that is read."""
        return self._progress

    async def run(self) -> None:
        """Follow until the container has ended and all its output is written."""
        known = self._files.resume()
        try:
            while True:
                reader = EntryReader(known, is_terminal=self._is_terminal)
                is_over = await self._follow(reader, plan_since(known))
                known = reader.positions
                if is_over:
                    return await self._read_rest(known)
        finally:
            self._files.close()

    async def _read_rest(self, known: Mapping[Stream, Position]) -> None:
        """An engine may end a stream with the file that it reads, though it has begun others since; or before it has
        written down the last words at a terminal, which no line's end brings out.
        """
        if self._is_terminal or self._progress > _MAY_HAVE_ROTATED_BYTES:
            reader = EntryReader(known, is_terminal=self._is_terminal)
            await self._follow(reader, plan_since(known), is_live=False)

    async def _follow(self, reader: EntryReader, since: str | None, *, is_live: bool = True) -> bool:
        """Read the stream to its end; whether that was the end of the output."""
        params = {"follow": str(int(is_live)), "stdout": "1", "stderr": "1", "timestamps": "1"}
        params |= {} if since is None else {"since": since}
        path = f"/containers/{self._engine_id}/logs"
        try:
            async with self._logs.engine.stream("GET", path, params) as response:
                async for chunk in response.content.iter_any():
                    await self._take(reader, chunk)
        except EngineUnavailable as error:
            self._log.warning("container_logs_interrupted", reason=error.reason)
            await asyncio.sleep(_PAUSE_SECONDS)
            return False
        except (EngineRefused, ValueError) as error:
            # Removed by somebody else, or a log driver that cannot be read: there is nothing to follow.
            self._log.warning("container_logs_unreadable", reason=str(error))
            if getattr(error, "status", None) not in (404, 409):
                await self._files.note(Stream.STDERR, f"output can't be followed: {error}")
            return True
        return await self._is_end(reader)

    async def _take(self, reader: EntryReader, chunk: bytes) -> None:
        clock = asyncio.get_running_loop().time
        begin = clock()
        pieces = reader.feed(chunk)
        used = clock() - begin
        self._progress += len(chunk)
        await self._tell_gaps(reader)
        for stream, data in pieces:
            await self._files.write(stream, data)
        self._files.mark(reader.positions)
        # The rest of a chunk's cost is in the connection, and goes along with its size as reading does.
        await self._logs.share.pay(2 * used)

    async def _tell_gaps(self, reader: EntryReader) -> None:
        while reader.gaps:
            stream = reader.gaps.pop()
            self._log.warning("container_logs_lost", file=FILES[stream])
            await self._files.note(stream, "some output before this is lost: the engine no longer had it")
        while reader.complaints:
            await self._files.note(Stream.STDERR, reader.complaints.pop(0))

    async def _is_end(self, reader: EntryReader) -> bool:
        if not await self._is_over_soon():
            return False
        for stream, data in reader.end():
            await self._files.write(stream, data)
        return reader.is_between_entries

    async def _is_over_soon(self) -> bool:
        """The engine may close the stream shortly before it says that the container died."""
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._is_over.wait()
        except TimeoutError:
            return False
        return True

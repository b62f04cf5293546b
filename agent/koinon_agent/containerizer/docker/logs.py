"""Bringing the output of a Docker container into the files of its sandbox, while it runs and to its last byte.

Owns following, resuming and writing. How the stream is taken apart is in ``demultiplexer.py``.
"""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import structlog

from ...sandboxes.layout import STDERR, STDOUT
from ..errors import EngineRefused, EngineUnavailable
from .demultiplexer import Demultiplexer, Stream
from .engine import Engine

_logger = structlog.get_logger(__name__)

_FILES = {Stream.STDOUT: STDOUT, Stream.STDERR: STDERR}
_PAUSE_SECONDS = 1.0
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW


def log_sizes(sandbox: Path) -> tuple[int, int]:
    """How many bytes stdout and stderr hold; none where they are missing."""
    return _size(sandbox / STDOUT), _size(sandbox / STDERR)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


class LogFollower:
    """One container's output. From its start on nobody else writes to the two files.

    What the files hold beyond ``log_start`` has come from the container already, so that following again, after a
    restart or a broken connection, skips that many bytes and neither loses nor repeats any.
    """

    def __init__(self, engine: Engine, engine_id: str, sandbox: Path, log_start: tuple[int, int]) -> None:
        self._engine = engine
        self._engine_id = engine_id
        self._sandbox = sandbox
        self._log_start = log_start
        self._is_over = asyncio.Event()
        self._files: dict[Stream, int] = {}
        self._log = _logger.bind(engine_id=engine_id[:12], sandbox=str(sandbox))

    def end(self) -> None:
        """Say that the container has ended: what is there now is all there will be."""
        self._is_over.set()

    async def run(self) -> None:
        """Follow until the container has ended and all its output is written."""
        try:
            while not await self._follow():
                pass
        finally:
            for descriptor in self._files.values():
                os.close(descriptor)

    async def _follow(self) -> bool:
        """Read the stream to its end; whether that was the end of the output."""
        demultiplexer = Demultiplexer(self._known())
        params = {"follow": "1", "stdout": "1", "stderr": "1"}
        try:
            async with self._engine.stream("GET", f"/containers/{self._engine_id}/logs", params) as response:
                async for chunk in response.content.iter_any():
                    for stream, data in demultiplexer.feed(chunk):
                        await self._write(stream, data)
        except EngineUnavailable as error:
            self._log.warning("container_logs_interrupted", reason=error.reason)
            await asyncio.sleep(_PAUSE_SECONDS)
            return False
        except (EngineRefused, ValueError) as error:
            # Removed by somebody else, or a log driver that cannot be read: there is nothing to follow.
            self._log.warning("container_logs_unreadable", reason=str(error))
            return True
        return await self._is_over_soon() and demultiplexer.is_between_frames

    def _known(self) -> dict[Stream, int]:
        written = zip(_FILES, log_sizes(self._sandbox), self._log_start, strict=True)
        return {stream: max(0, size - start) for stream, size, start in written}

    async def _is_over_soon(self) -> bool:
        """The engine may close the stream shortly before it says that the container died."""
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._is_over.wait()
        except TimeoutError:
            return False
        return True

    async def _write(self, stream: Stream, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._open(stream), view) :]
            except OSError as error:
                # A full disk: what is not written stays with the engine, so wait and try again.
                self._log.warning("sandbox_log_unwritable", file=_FILES[stream], reason=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)

    def _open(self, stream: Stream) -> int:
        """The file, opened when first needed. The task owns the directory and may have put anything in its place."""
        if stream not in self._files:
            descriptor = os.open(self._sandbox / _FILES[stream], _FLAGS, 0o644)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise OSError(f"{_FILES[stream]} is no regular file")
            self._files[stream] = descriptor
        return self._files[stream]

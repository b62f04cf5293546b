"""The files of a sandbox that hold a container's output: written, rotated, and found again by a restarted agent.

Owns what is remembered of them: ``.koinon-logs`` says at which entry of the engine's log (the base) which file had
which size. What the files have grown by since has come after the base, so that a restart finds its place to the byte
however the last agent ended. Written when a file is rotated, and each time enough has been added; a container of few
words needs none, as its base is the beginning.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import structlog
from attrs import asdict, define

from ...sandboxes.layout import STDERR, STDOUT
from ..log_limits import LogLimits
from ..log_rotation import shift
from .demultiplexer import Stream
from .log_entries import NOWHERE, Position

_logger = structlog.get_logger(__name__)

FILES = {Stream.STDOUT: STDOUT, Stream.STDERR: STDERR}
PLACES = ".koinon-logs"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_MOST_BETWEEN_PLACES = 1 << 20
_LEAST_BETWEEN_PLACES = 1 << 12
_LONGEST_PLACES = 1 << 12
_HEAD_BYTES = 1 << 12
_LARGE = 1 << 15
"""Bytes from which on a write is left to a thread: the disk may make it wait."""
_PAUSES = (0.2, 1.0, 5.0)


@define
class _File:
    """One stream's file. ``offset``: its size at the base, less than none where it was rotated since."""

    name: str
    base: Position = NOWHERE
    offset: int = 0
    descriptor: int | None = None
    size: int = 0
    inode: int = 0
    skip: int = 0
    head: bytes = b""


class LogFiles:
    """Both files of one container. ``log_start``: what they held before it, in bytes."""

    def __init__(self, sandbox: Path, log_start: tuple[int, int], limits: LogLimits) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._files = {
            stream: _File(name, offset=start) for (stream, name), start in zip(FILES.items(), log_start, strict=True)
        }
        part = limits.max_size // 32 if limits.max_size else _MOST_BETWEEN_PLACES
        self._between_places = max(_LEAST_BETWEEN_PLACES, min(part, _MOST_BETWEEN_PLACES))
        self._since_place = 0
        self._log = _logger.bind(sandbox=str(sandbox))

    def resume(self) -> Mapping[Stream, Position]:
        """Look at what is there; the entries up to which all is written. What was written beyond is left out later."""
        places = self._read_places()
        for stream, file in self._files.items():
            place = places.get(FILES[stream])
            held = [_look(self._sandbox / name) for name in self._limits.names(file.name)]
            if place is not None:
                file.base = _position(place)
                grown = _grown_since(place, held)
            else:
                grown = held[0][1] - file.offset
            file.skip = max(0, grown)
            file.inode, file.size = held[0]
            file.offset = file.size - file.skip
            file.head = self._read_head(file, [size for _, size in held])
        return {stream: file.base for stream, file in self._files.items()}

    async def write(self, stream: Stream, data: bytes) -> None:
        """Append what is new of that; waits while the disk is full or the file can't be written."""
        file = self._files[stream]
        if file.skip:
            data = self._drop_written(file, data)
        view, attempt = memoryview(data), 0
        while view:
            try:
                view = view[await self._write_some(file, view) :]
                attempt = 0
            except OSError as error:
                # What is not written stays with the engine, as long as it keeps it.
                if attempt < len(_PAUSES):
                    self._log.warning("sandbox_log_unwritable", file=file.name, reason=str(error))
                await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
                attempt += 1

    async def note(self, stream: Stream, text: str) -> None:
        """Tell whoever reads the output something about it."""
        self._files[stream].skip = 0
        await self.write(stream, f"[koinon] {text}\n".encode())

    def mark(self, positions: Mapping[Stream, Position], *, is_due: bool = False) -> None:
        """All up to these entries is written; remembered when enough has come since, or when it is due."""
        if any(file.skip for file in self._files.values()):
            return
        if not is_due and self._since_place < self._between_places:
            return
        for stream, file in self._files.items():
            file.base, file.offset = positions[stream], file.size
        self._write_places()

    def close(self) -> None:
        """Give the files back."""
        for file in self._files.values():
            self._close(file)

    def _drop_written(self, file: _File, data: bytes) -> bytes:
        length = min(len(file.head), len(data))
        if data[:length] != file.head[:length]:
            # Not what follows the base: the engine has lost that, so nothing of this was written.
            self._log.warning("container_logs_lost", file=file.name)
            file.skip = 0
            return b"[koinon] some output before this is lost: the engine no longer had it\n" + data
        dropped = min(file.skip, len(data))
        file.skip, file.head = file.skip - dropped, file.head[dropped:]
        return data[dropped:]

    async def _write_some(self, file: _File, view: memoryview) -> int:
        descriptor = file.descriptor if file.descriptor is not None else self._open(file)
        room = self._limits.max_size - file.size if self._limits.max_size else len(view)
        if len(view) > room:
            part = view[: bytes(view[: max(room, 0)]).rfind(b"\n") + 1]
            if not part and file.size:
                self._rotate(file)
                return 0
            view = part or view[:room]
        if len(view) < _LARGE:
            written = os.write(descriptor, view)
        else:
            written = await _write_in_thread(descriptor, view)
        file.size += written
        self._since_place += written
        return written

    def _rotate(self, file: _File) -> None:
        self._write_places()
        try:
            shift(self._sandbox, self._limits.names(file.name))
        except OSError as error:
            # Whatever the task put in the way: a bound that it could lift would be none.
            self._log.warning("log_not_rotated", file=file.name, reason=str(error))
            if file.descriptor is not None:
                os.ftruncate(file.descriptor, 0)
        file.offset -= file.size
        self._close(file)
        self._open(file)

    def _open(self, file: _File) -> int:
        """The file, opened when first needed. The task owns the directory and may have put anything in its place."""
        descriptor = os.open(self._sandbox / file.name, _FLAGS, 0o644)
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            os.close(descriptor)
            raise OSError(f"{file.name} is no regular file")
        if not seen.st_size:
            owner = self._sandbox.stat()
            with suppress(OSError):
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.descriptor, file.size, file.inode = descriptor, seen.st_size, seen.st_ino
        return descriptor

    def _close(self, file: _File) -> None:
        if file.descriptor is not None:
            os.close(file.descriptor)
            file.descriptor = None

    def _read_places(self) -> Mapping[str, Any]:
        try:
            descriptor = os.open(self._sandbox / PLACES, _READ)
            try:
                text = os.read(descriptor, _LONGEST_PLACES)
            finally:
                os.close(descriptor)
            places = orjson.loads(text)
            return {name: place for name, place in places.items() if _is_place(place)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            self._log.warning("log_places_unreadable", reason=str(error))
            return {}

    def _write_places(self) -> None:
        self._since_place = 0
        places = {
            file.name: asdict(file.base) | {"offset": file.offset, "size": file.size, "inode": file.inode}
            for file in self._files.values()
        }
        path = self._sandbox / PLACES
        fresh = path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            with open(fresh, "xb") as target:
                target.write(orjson.dumps(places))
            fresh.replace(path)
        except OSError as error:
            self._log.warning("log_places_unwritable", reason=str(error))

    def _read_head(self, file: _File, sizes: list[int]) -> bytes:
        """The first of the bytes that will come again."""
        back = file.skip
        for name, size in zip(self._limits.names(file.name), sizes, strict=True):
            if back <= size:
                return _read(self._sandbox / name, size - back, min(back, _HEAD_BYTES))
            back -= size
        return b""


async def _write_in_thread(descriptor: int, view: memoryview) -> int:
    writing = asyncio.create_task(asyncio.to_thread(os.write, descriptor, view))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        # The descriptor must not be closed, and its number used again, before the thread is through.
        await asyncio.wait((writing,))
        raise


def _is_place(place: object) -> bool:
    kinds = {"stamp": str, "count": int, "is_partial": bool, "offset": int, "size": int, "inode": int}
    return isinstance(place, dict) and all(isinstance(place.get(name), kind) for name, kind in kinds.items())


def _position(place: Mapping[str, Any]) -> Position:
    return Position(place["stamp"], place["count"], place["is_partial"])


def _grown_since(place: Mapping[str, Any], held: list[tuple[int, int]]) -> int:
    """By how many bytes the files have grown since a place in one of them; ``held``: inode and size, youngest first."""
    inodes = [inode for inode, _ in held]
    if place["inode"] in inodes:
        younger = held[: inodes.index(place["inode"]) + 1]
        return sum(size for _, size in younger) - int(place["offset"])
    if place["inode"] == 0:  # it had not been written to
        return held[0][1] - int(place["offset"])
    return int(place["size"]) - int(place["offset"]) + held[0][1]


def _look(path: Path) -> tuple[int, int]:
    try:
        seen = path.lstat()
    except OSError:
        return 0, 0
    return (seen.st_ino, seen.st_size) if stat.S_ISREG(seen.st_mode) else (0, 0)


def _read(path: Path, offset: int, length: int) -> bytes:
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return b""
    try:
        return os.pread(descriptor, length, offset)
    except OSError:
        return b""
    finally:
        os.close(descriptor)

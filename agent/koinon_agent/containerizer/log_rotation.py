"""How large the output of a container may grow in its sandbox, and how the old makes way: stdout, stdout.1, stdout.2.

Owns moving files up by one, and the watch over files that processes write themselves. Those of Docker containers are
written by ``docker/log_files.py``, which rotates as it writes. A sandbox belongs to its task, which may have put
anything in place of a file: links are not followed, and what is no plain file is left alone.
"""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import structlog

from koinon_core.ids import ContainerId

from ..sandboxes.layout import STDERR, STDOUT
from .log_limits import LogLimits

_logger = structlog.get_logger(__name__)

_WATCH_SECONDS = 1.0
_COPY_BYTES = 1 << 20
_READ = os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def shift(folder: Path, files: list[str]) -> None:
    """Each file takes the name of the one after it, and the last goes. Raises OSError."""
    if len(files) == 1:
        (folder / files[0]).unlink(missing_ok=True)
    for younger, older in reversed(list(pairwise(files))):
        with suppress(FileNotFoundError):
            (folder / younger).replace(folder / older)


def cut(folder: Path, name: str, limits: LogLimits) -> None:
    """Copy the end of a file that has grown too large to ``name.1`` and empty it; its writers go on in it.

    For files that somebody else appends to. What is written in the moment between copy and cut is lost. Raises OSError.
    """
    source = os.open(folder / name, _READ)
    try:
        seen = os.fstat(source)
        if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1 or seen.st_size <= limits.max_size:
            return
        try:
            if limits.max_files > 1:
                _keep_end(folder, name, source, limits)
        finally:
            # Whatever became of the copy: a bound that a full disk or a task could lift would be none.
            os.ftruncate(source, 0)
    finally:
        os.close(source)


def _keep_end(folder: Path, name: str, source: int, limits: LogLimits) -> None:
    fresh = folder / f".{name}.rotated"
    fresh.unlink(missing_ok=True)
    target = os.open(fresh, _MAKE, 0o644)
    try:
        seen = os.fstat(source)
        with suppress(PermissionError):
            os.fchown(target, seen.st_uid, seen.st_gid)
        os.lseek(source, seen.st_size - limits.max_size, os.SEEK_SET)
        # What is added meanwhile comes along, as far as the copy keeps up.
        left = limits.max_size + _COPY_BYTES
        while left > 0 and (data := os.read(source, _COPY_BYTES)):
            left -= os.write(target, data)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        os.close(target)
    shift(folder, limits.names(name)[1:])
    fresh.replace(folder / f"{name}.1")


class LogWatch:
    """Keeps the output of plain processes within its bound by looking at its size every second."""

    def __init__(self, limits: LogLimits) -> None:
        self._limits = limits
        self._sandboxes: dict[ContainerId, Path] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, container_id: ContainerId, sandbox: Path) -> None:
        """Watch a container's output from now on."""
        self._sandboxes[container_id] = sandbox
        if self._task is None and self._limits.max_size:
            self._task = asyncio.create_task(self._watch())

    def discard(self, container_id: ContainerId) -> None:
        """Watch it no more."""
        self._sandboxes.pop(container_id, None)

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for sandbox in list(self._sandboxes.values()):
                for name in (STDOUT, STDERR):
                    if _size(sandbox / name) > self._limits.max_size:
                        await asyncio.to_thread(self._cut, sandbox, name)

    def _cut(self, sandbox: Path, name: str) -> None:
        try:
            cut(sandbox, name, self._limits)
        except OSError as error:
            _logger.warning("log_not_rotated", sandbox=str(sandbox), file=name, reason=str(error))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0

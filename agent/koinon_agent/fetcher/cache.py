"""Fetched files that are kept for the next task of the same user (mesos-semantics 7.3).

Owns the directory, and that a file is fetched once however many want it. Who may fetch what from where is decided
before; which file goes first is ``cache_index.py``'s. A file gets its name when it is whole, and a start sweeps the
directory: nothing half-written is ever found.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

from attrs import define

from .cache_index import CacheIndex, CacheKey
from .errors import CacheUnusable
from .threads import IsStopped, Threads

_FILES = "cached"
_LOCK = "lock"

Grow = Callable[[int], None]
Fill = Callable[[Path, Grow], Awaitable[None]]
"""Writes the file to the path, and tells its size as it grows."""


@define
class _Filling:
    """A file on its way, and how many wait for it."""

    number: int
    task: asyncio.Task[None] | None = None
    waiting: int = 0
    is_failed: bool = False


class Cache:
    """The cache in one directory, which one agent uses."""

    def __init__(self, directory: Path, limit: int, threads: Threads) -> None:
        self.index = CacheIndex(limit)
        self._directory = directory
        self._threads = threads
        self._fillings: dict[CacheKey, _Filling] = {}
        self._numbers = count()
        self._lock = -1

    def open(self) -> None:
        """Take the directory, and sweep what an earlier life left. Blocks. Raises CacheUnusable."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                shutil.rmtree(self._files)
            self._files.mkdir(mode=0o700)
        except BlockingIOError:
            raise CacheUnusable(self._directory, "another agent uses it") from None
        except OSError as error:
            raise CacheUnusable(self._directory, error.strerror or str(error)) from error

    def close(self) -> None:
        """Let go of the directory."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def _files(self) -> Path:
        return self._directory / _FILES

    @asynccontextmanager
    async def hold(self, key: CacheKey, fill: Fill) -> AsyncIterator[Path]:
        """The whole file, which stays until the block ends. Raises what ``fill`` raises."""
        if self.index.is_idle(key) and key not in self._fillings and not self._path(key).exists():
            self.index.drop(key)  # somebody has emptied the directory
        if not self.index.hold(key):
            self._fillings[key] = filling = _Filling(self._number())
            filling.task = asyncio.create_task(self._fill(key, filling, fill))
        if key in self._fillings:
            await self._wait(key, self._fillings[key])
        try:
            yield self._path(key)
        finally:
            await self._delete(self.index.release(key))

    async def _wait(self, key: CacheKey, filling: _Filling) -> None:
        """Until the file is there. The last who waits takes the download with him when he goes."""
        if filling.task is None:
            raise RuntimeError("a file is awaited that nobody brings")
        filling.waiting += 1
        try:
            await asyncio.shield(filling.task)
        except asyncio.CancelledError:
            if self._fillings.get(key) is filling and filling.waiting == 1:
                self._abandon(key)
                filling.task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await filling.task
            elif not filling.is_failed:
                await self._delete(self.index.release(key))
            raise
        finally:
            filling.waiting -= 1

    def _abandon(self, key: CacheKey) -> None:
        del self._fillings[key]
        self.index.drop(key)

    async def _fill(self, key: CacheKey, filling: _Filling, fill: Fill) -> None:
        going: list[CacheKey] = []
        part = self._files / f"{filling.number}.part"
        try:
            self._files.mkdir(mode=0o700, parents=True, exist_ok=True)  # somebody may have deleted it
            await fill(part, lambda size: going.extend(self.index.grow(key, size)))
            part.rename(self._path(key))
            del self._fillings[key]
        except BaseException:
            filling.is_failed = True
            if self._fillings.get(key) is filling:
                self._abandon(key)
            with suppress(OSError):
                part.unlink()
            raise
        finally:
            await self._delete(going)

    async def _delete(self, keys: Iterable[CacheKey]) -> None:
        """Take files away at once, so that a newer one may come to their place, and free what they held in a thread."""
        for key in keys:
            gone = self._files / f"{self._number()}.gone"
            with suppress(FileNotFoundError):
                self._path(key).rename(gone)
            await self._threads.run(partial(_free, gone))

    def _number(self) -> int:
        return next(self._numbers)

    def _path(self, key: CacheKey) -> Path:
        name = f"{key.user or ''}\0{key.uri}".encode(errors="surrogatepass")
        return self._files / hashlib.sha256(name).hexdigest()


def _free(path: Path, _: IsStopped) -> None:
    path.unlink(missing_ok=True)

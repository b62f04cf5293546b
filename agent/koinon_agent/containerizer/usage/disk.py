"""How much disk the sandboxes take, counted in the background: one directory at a time, and never without pauses.

An answer is the latest count; nobody waits for one. A directory is counted again when somebody asks and the count is
old enough, the older the longer it took.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from attrs import frozen

_BLOCK = 512
_SLICE = 500
"""Entries between two pauses."""
_REST_SHARE = 4
"""A pause lasts as many times as long as the work before it."""
_LONGEST_PAUSE_SECONDS = 0.25
_MOST_ENTRIES = 1_000_000
_SHORTEST_AGE_SECONDS = 15.0
_AGE_SHARE = 50


@frozen
class _Count:
    size: int | None
    until: float


class DiskUsage:
    """The counts of many directories."""

    def __init__(self) -> None:
        self._counts: dict[Path, _Count] = {}
        self._waiting: set[Path] = set()
        self._pool = ThreadPoolExecutor(1, "disk-usage")
        self._is_closed = False

    def read(self, folder: Path) -> int | None:
        """Bytes at the last count, None before the first one and of what is too much to count. Asks for a new one."""
        count = self._counts.get(folder)
        if folder not in self._waiting and not self._is_closed and (count is None or count.until < time.monotonic()):
            self._waiting.add(folder)
            self._pool.submit(self._count, folder)
        return None if count is None else count.size

    def keep(self, folders: set[Path]) -> None:
        """Forget all others."""
        # A copy made at one stroke: the thread that counts may add another meanwhile.
        for folder in set(self._counts) - folders:
            del self._counts[folder]

    def close(self) -> None:
        """Count no more."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _count(self, folder: Path) -> None:
        started = time.monotonic()
        try:
            size = None if self._is_closed else self._walk(folder)
        finally:
            self._waiting.discard(folder)
        now = time.monotonic()
        self._counts[folder] = _Count(size, now + max(_SHORTEST_AGE_SECONDS, _AGE_SHARE * (now - started)))

    def _walk(self, folder: Path) -> int | None:
        """As ``du`` counts: blocks, links not followed, what has many names once. None of what is too much."""
        total, entries, seen, began = 0, 0, set[tuple[int, int]](), time.monotonic()
        folders = [str(folder)]
        while folders:
            for path, status in _entries(folders.pop()):
                entries += 1
                if entries > _MOST_ENTRIES or self._is_closed:
                    return None
                if entries % _SLICE == 0:
                    time.sleep(min(_LONGEST_PAUSE_SECONDS, _REST_SHARE * (time.monotonic() - began)))
                    began = time.monotonic()
                if stat.S_ISDIR(status.st_mode):
                    folders.append(path)
                elif status.st_nlink > 1:
                    if (status.st_dev, status.st_ino) in seen:
                        continue
                    seen.add((status.st_dev, status.st_ino))
                total += status.st_blocks * _BLOCK
        return total


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """What goes meanwhile is left out."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            with suppress(OSError):
                yield entry.path, entry.stat(follow_symlinks=False)

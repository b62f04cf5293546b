"""Files beneath one directory, or one file alone: looked up and read so that nothing outside can be reached.

Who owns the directory and under which name others see it is not decided here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from attrs import frozen


@frozen
class Slice:
    """A part of a file, and how long the whole is, in bytes."""

    data: bytes
    size: int


@frozen
class Entry:
    """One entry of a directory, a link not followed."""

    name: str
    status: os.stat_result


@frozen
class TooManyEntries(Exception):
    """A directory holds more than anybody wants to be told of at once."""

    most: int

    def __str__(self) -> str:
        return f"it holds more than {self.most} entries"


def find_beneath(root: Path, path: str) -> Path | None:
    """The real path of ``path`` taken from ``root``; None where it leads out of it or to nothing.

    Links may lead about within ``root``. What is found may be swapped by its owner a moment later: to read use
    ``open_beneath`` and ``list_beneath``, which cannot be fooled.
    """
    try:
        real_root = root.resolve(strict=True)
        real = (real_root / path.lstrip("/")).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # missing, a NUL in the name, links in a circle
        return None
    return real if real.is_relative_to(real_root) else None


def open_beneath(root: Path, path: str) -> int | None:
    """A descriptor, to read, of a regular file beneath ``root``; None where there is no such file.

    Nothing else is ever opened: a pipe would have its reader wait, and a device may act on being opened. Raises
    OSError where a file that is there cannot be read.
    """
    with _named(root, path) as name:
        if name is None or not stat.S_ISREG(os.fstat(name).st_mode):
            return None
        return os.open(f"/proc/self/fd/{name}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def list_beneath(root: Path, path: str, most: int) -> list[Entry] | None:
    """What lies in a directory beneath ``root``, by name: nothing in what is no directory. None where nothing is.

    Raises TooManyEntries where there are more than ``most``, and OSError where it cannot be read.
    """
    with _named(root, path) as name:
        if name is None:
            return None
        if not stat.S_ISDIR(os.fstat(name).st_mode):
            return []
        directory = os.open(f"/proc/self/fd/{name}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(directory) as found:
            names = sorted(entry.name for entry in islice(found, most + 1))
        if len(names) > most:
            raise TooManyEntries(most)
        entries = (_look(directory, name) for name in names)
        return [entry for entry in entries if entry is not None]
    finally:
        os.close(directory)


def _look(directory: int, name: str) -> Entry | None:
    """One entry, or None when it went while the others were looked at."""
    try:
        return Entry(name, os.stat(name, dir_fd=directory, follow_symlinks=False))
    except FileNotFoundError:
        return None


@contextmanager
def _named(root: Path, path: str) -> Iterator[int | None]:
    """A descriptor that only names what is at a path beneath ``root``, whoever swaps it meanwhile."""
    found = find_beneath(root, path)
    try:
        name = None if found is None else os.open(found, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        name = None
    try:
        # What was opened, not what was looked at before: a directory may become a link in between.
        is_beneath = name is not None and Path(os.readlink(f"/proc/self/fd/{name}")).is_relative_to(root.resolve())
        yield name if is_beneath else None
    finally:
        if name is not None:
            os.close(name)


def read_slice(root: Path, path: str, offset: int, length: int) -> Slice | None:
    """Up to ``length`` bytes from ``offset`` of a regular file beneath ``root``; None where there is no such file.

    Past its end there are no bytes. Raises OSError where a file that is there cannot be read.
    """
    descriptor = open_beneath(root, path)
    if descriptor is None:
        return None
    try:
        return Slice(os.pread(descriptor, length, offset), os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)

"""Files beneath one directory, or one file alone: looked up and read so that nothing outside can be reached.

Who owns the directory and under which name others see it is not decided here.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from attrs import frozen


@frozen
class Slice:
    """A part of a file, and how long the whole is, in bytes."""

    data: bytes
    size: int


def find_beneath(root: Path, path: str) -> Path | None:
    """The real path of ``path`` taken from ``root``; None where it leads out of it or to nothing.

    Links may lead about within ``root``. What is found may be swapped by its owner a moment later: to read a file use
    ``open_beneath``, which cannot be fooled.
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
    found = find_beneath(root, path)
    if found is None:
        return None
    # A name for what is there, whoever swaps it meanwhile: looked at first, and only then opened to read.
    name = os.open(found, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        here = f"/proc/self/fd/{name}"
        is_beneath = Path(os.readlink(here)).is_relative_to(root.resolve())
        if not is_beneath or not stat.S_ISREG(os.fstat(name).st_mode):
            return None
        return os.open(here, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
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

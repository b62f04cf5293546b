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
    ``read_slice``, which cannot be fooled.
    """
    try:
        real_root = root.resolve(strict=True)
        real = (real_root / path.lstrip("/")).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # missing, a NUL in the name, links in a circle
        return None
    return real if real.is_relative_to(real_root) else None


def read_slice(root: Path, path: str, offset: int, length: int) -> Slice | None:
    """Up to ``length`` bytes from ``offset`` of a regular file beneath ``root``; None where there is no such file.

    Past its end there are no bytes. Raises OSError where a file that is there cannot be read.
    """
    found = find_beneath(root, path)
    if found is None:
        return None
    # Not to wait for the other end of a pipe that was put there.
    descriptor = os.open(found, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        # What was opened, not what was looked at before: a directory may become a link in between.
        opened = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        status = os.fstat(descriptor)
        if not opened.is_relative_to(root.resolve()) or not stat.S_ISREG(status.st_mode):
            return None
        return Slice(os.pread(descriptor, length, offset), status.st_size)
    finally:
        os.close(descriptor)

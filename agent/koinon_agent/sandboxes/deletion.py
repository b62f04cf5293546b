"""Deletes a directory with all that a task left in it, however deep, and nothing beyond it. Blocks.

The library's own way goes down by recursion, one open directory a level: a task that nests a thousand directories
would end the daemon. Here each directory that is found moves up to the top first, so that no path grows long.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def delete_tree(root: Path) -> None:
    """Delete the directory. No link is followed. Raises OSError: what is mounted within can't be moved, and stays."""
    top = os.open(root, _DIRECTORY)
    try:
        names = (f".deleted-{uuid4().hex}-{number}" for number in count())
        waiting = _empty(top, top, names)
        while waiting:
            name = waiting.pop()
            directory = os.open(name, _DIRECTORY, dir_fd=top)
            try:
                waiting += _empty(directory, top, names)
            finally:
                os.close(directory)
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    root.rmdir()


def _empty(directory: int, top: int, names: Iterator[str]) -> list[str]:
    """Delete all files of a directory and move its directories to the top. Returns the names that they have there."""
    moved = []
    with os.scandir(directory) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in found:
        if is_directory:
            moved.append(next(names))
            os.rename(name, moved[-1], src_dir_fd=directory, dst_dir_fd=top)
        else:
            os.unlink(name, dir_fd=directory)
    return moved

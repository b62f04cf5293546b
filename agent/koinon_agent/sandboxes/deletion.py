"""Deletes a directory with all that a task left in it, however deep, and nothing beyond it. Blocks.

The library's own way goes down by recursion, with an open directory for each level: a task that nests a thousand
directories would end the daemon. Here one is open at a time, and the way back up is checked.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from attrs import define

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DOOMED = ".deleted"


@define
class _Level:
    """A directory on the way down: which it is, and those of its directories that are still to go."""

    identity: tuple[int, int]
    waiting: list[str]


def delete_tree(root: Path) -> None:
    """Delete the directory. No link is followed. Raises OSError: what is mounted within can't be renamed, and stays."""
    here = os.open(root, _DIRECTORY)
    try:
        levels = [_enter(here)]
        while levels:
            if levels[-1].waiting:
                _doom(here, levels[-1].waiting.pop())
                here = _move(here, _DOOMED)
                levels.append(_enter(here))
                continue
            levels.pop()
            if levels:
                here = _move(here, "..")
                if _identify(here) != levels[-1].identity:
                    raise OSError(errno.EBUSY, "its directories were moved meanwhile", str(root))
                os.rmdir(_DOOMED, dir_fd=here)
    finally:
        os.close(here)
    root.rmdir()


def _enter(directory: int) -> _Level:
    """Delete the files of a directory."""
    with os.scandir(directory) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in found:
        if not is_directory:
            os.unlink(name, dir_fd=directory)
    directories = [name for name, is_directory in found if is_directory]
    directories.sort(key=lambda name: name == _DOOMED)  # one that an interrupted deletion left is in the way
    return _Level(_identify(directory), directories)


def _doom(directory: int, name: str) -> None:
    """Rename a directory in its place: the kernel does that to none that something is mounted on."""
    if name != _DOOMED:
        os.rename(name, _DOOMED, src_dir_fd=directory, dst_dir_fd=directory)


def _move(directory: int, name: str) -> int:
    there = os.open(name, _DIRECTORY, dir_fd=directory)
    os.close(directory)
    return there


def _identify(directory: int) -> tuple[int, int]:
    status = os.fstat(directory)
    return status.st_dev, status.st_ino

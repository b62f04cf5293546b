"""Puts files beneath one directory, and nowhere else: every step of a path is opened for itself, and no link followed.

So it does not matter what lies in the directory already, or who changes it meanwhile. Files belong to the given owner.
What may be put there is decided by others.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from attrs import frozen

from .errors import Unplaceable

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY_MODE = 0o755
_FILE_MODE = 0o644
_EXECUTABLE = 0o111


@frozen
class Owner:
    """Whom files belong to."""

    uid: int
    gid: int


def find_owner(user: str | None) -> Owner | None:
    """A unix user with its first group; None for the agent's own. Raises KeyError for an unknown one."""
    if user is None:
        return None
    entry = pwd.getpwnam(user)
    return Owner(entry.pw_uid, entry.pw_gid)


class Placement:
    """``with Placement(sandbox, owner) as placement:``; without an owner files are the agent's."""

    def __init__(self, root: Path, owner: Owner | None = None) -> None:
        """``root`` is a directory that is no link itself; the ways to it are trusted."""
        self._root_path = root
        self._owner = owner
        self._root = -1

    def __enter__(self) -> Self:
        self._root = os.open(self._root_path, _DIRECTORY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._root)

    def create(self, path: PurePosixPath, mode: int = _FILE_MODE) -> int:
        """A descriptor of a new file, in place of what file or link was there; its directories are made.

        Raises Unplaceable and OSError.
        """
        with self.parent(path) as parent:
            try:
                descriptor = os.open(path.name, _NEW, 0o600, dir_fd=parent)
            except FileExistsError:
                _clear(parent, path)
                descriptor = os.open(path.name, _NEW, 0o600, dir_fd=parent)
        try:
            self._give(descriptor)
            os.fchmod(descriptor, mode & 0o777 | 0o600)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def make_directory(self, path: PurePosixPath, mode: int = _DIRECTORY_MODE) -> None:
        """A directory with those above it; one that is there keeps what it holds. Raises Unplaceable and OSError."""
        if not path.parts:
            return
        with self.parent(path / "_") as descriptor:
            os.fchmod(descriptor, mode & 0o777 | 0o700)

    def link_symbolically(self, path: PurePosixPath, target: str) -> None:
        """A symbolic link, in place of what file or link was there. Raises Unplaceable and OSError."""
        with self.parent(path) as parent:
            _clear(parent, path)
            os.symlink(target, path.name, dir_fd=parent)
            if self._owner is not None:
                os.chown(path.name, self._owner.uid, self._owner.gid, dir_fd=parent, follow_symlinks=False)

    def link_hard(self, path: PurePosixPath, existing: PurePosixPath) -> None:
        """Another name of a file that is beneath the root already. Raises Unplaceable and OSError."""
        with self.parent(path) as parent, self.parent(existing, makes=False) as other:
            if not stat.S_ISREG(os.stat(existing.name, dir_fd=other, follow_symlinks=False).st_mode):
                raise Unplaceable(str(existing), "is no file")
            if path == existing:
                return
            _clear(parent, path)
            os.link(existing.name, path.name, src_dir_fd=other, dst_dir_fd=parent, follow_symlinks=False)

    def make_executable(self, path: PurePosixPath) -> None:
        """Let everybody run a file that was created. Raises Unplaceable and OSError."""
        descriptor = self.open(path)
        try:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | _EXECUTABLE)
        finally:
            os.close(descriptor)

    def open(self, path: PurePosixPath, flags: int = os.O_RDONLY) -> int:
        """A descriptor of a regular file; nobody waits for the other end of a pipe. Raises Unplaceable and OSError."""
        with self.parent(path, makes=False) as parent:
            descriptor = os.open(path.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise Unplaceable(str(path), "is no file")

    @contextmanager
    def parent(self, path: PurePosixPath, *, makes: bool = True) -> Iterator[int]:
        """A descriptor of the directory that the last part of a path is in, made where it is missing.

        Raises Unplaceable and OSError.
        """
        descriptor = os.dup(self._root)
        try:
            for part in path.parts[:-1]:
                deeper = self._step(descriptor, part, path, makes=makes)
                os.close(descriptor)
                descriptor = deeper
            yield descriptor
        finally:
            os.close(descriptor)

    def _step(self, parent: int, name: str, path: PurePosixPath, *, makes: bool) -> int:
        try:
            return os.open(name, _DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            if not makes:
                raise
            return self._make(parent, name, path)
        except NotADirectoryError as error:  # a link, too, is no directory to who does not follow it
            raise Unplaceable(str(path), f"leads through {name!r}, which is a link or a file") from error

    def _make(self, parent: int, name: str, path: PurePosixPath) -> int:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:  # a process of the sandbox was quicker; what it made is looked at as any other
            return self._step(parent, name, path, makes=False)
        descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
        try:
            self._give(descriptor)
            os.fchmod(descriptor, _DIRECTORY_MODE)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _give(self, descriptor: int) -> None:
        if self._owner is not None:
            os.fchown(descriptor, self._owner.uid, self._owner.gid)


def _clear(parent: int, path: PurePosixPath) -> None:
    """Make room for a new file; a directory that is in the way stays."""
    try:
        os.unlink(path.name, dir_fd=parent)
    except FileNotFoundError:
        return
    except IsADirectoryError as error:
        raise Unplaceable(str(path), "is a directory") from error

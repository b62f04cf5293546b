"""What a daemon shows of its disk: virtual roots, and the browsing and reading beneath them (mesos-operator-api 4).

Owns which path a client may see, and what it sees there. The HTTP shapes of the older endpoints are ``files_api``'s;
those of the operator's calls (LIST_FILES, READ_FILE) are its API's, which calls ``list_files`` and ``read_file``.
"""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

from attrs import field, frozen

from .confined import Slice, TooManyEntries, find_beneath, list_beneath, read_slice
from .errors import ApiError

MAX_READ_BYTES = 16 * 4096
"""What one read gives at most: sixteen pages, as clients expect."""
MAX_LISTED = 100_000
"""Entries of one directory."""
_MAX_OFFSET = 2**63 - 1


@frozen
class Place:
    """A file or directory: the root it is in, its path from there, and the root's path as the client wrote it."""

    root: Path
    below: str
    written: str

    @property
    def shown(self) -> PurePosixPath:
        """The path as the client wrote it."""
        return PurePosixPath(self.written, self.below)


@frozen(kw_only=True)
class FileInfo:
    """One entry of a directory: the operator API's message of that name. ``mtime`` is in nanoseconds since 1970."""

    path: str
    nlink: int
    size: int
    mtime: int
    mode: int
    uid: str
    gid: str


class Roots(Protocol):
    """Which directories are shown, and under which names."""

    def find(self, path: str) -> Place | None:
        """The place of a virtual path without ``..`` and NUL; None where it is beneath no root. Touches no disk."""
        ...

    def listing(self) -> Mapping[str, str]:
        """Virtual root to real path, as ``/files/debug`` shows them."""
        ...


@frozen
class AttachedRoots:
    """Roots that were attached one by one: a log, a directory. A file as a root has nothing beneath it."""

    _roots: dict[str, Path] = field(factory=dict)

    def attach(self, virtual: str, real: Path) -> None:
        """Show ``real``, which need not exist yet, as ``virtual``: an absolute path."""
        self._roots[virtual] = real

    def find(self, path: str) -> Place | None:
        """The place beneath the longest root that the path begins with."""
        given = PurePosixPath(path)
        for virtual in (str(given), *(str(parent) for parent in given.parents)):
            real = self._roots.get(virtual)
            if real is not None:
                below = str(given.relative_to(virtual))
                return Place(real, "" if below == "." else below, virtual)
        return None

    def listing(self) -> Mapping[str, str]:
        """Virtual root to real path."""
        return {virtual: str(real) for virtual, real in self._roots.items()}


@frozen
class JoinedRoots:
    """Several sets of roots as one: the first that knows a path answers for it."""

    _parts: tuple[Roots, ...]

    def find(self, path: str) -> Place | None:
        """The place that the first of them finds."""
        return next((place for part in self._parts if (place := part.find(path)) is not None), None)

    def listing(self) -> Mapping[str, str]:
        """All their roots."""
        return {virtual: real for part in self._parts for virtual, real in part.listing().items()}


def find_place(roots: Roots, path: str) -> Place:
    """The place of a virtual path. Raises ApiError 404 for one that is beneath no root."""
    is_strange = "\0" in path or ".." in PurePosixPath(path).parts
    # Two slashes in front would be a root of their own.
    place = None if is_strange else roots.find(f"/{path.lstrip('/')}" if path.startswith("/") else path)
    if place is None:
        raise ApiError(404, f"{_quote(path)} is not beneath a path that is shown here.\n")
    return place


async def list_files(roots: Roots, path: str) -> list[FileInfo]:
    """What lies in a directory, by path; in a file lies nothing.

    Raises ApiError: 404 where nothing is there, 403 where it can't be read.
    """
    place = find_place(roots, path)
    return await asyncio.to_thread(_list, place)


async def read_file(roots: Roots, path: str, offset: int, length: int | None = None) -> Slice:
    """Up to ``length`` bytes from ``offset`` on, at most ``MAX_READ_BYTES``, and how long the file is.

    Raises ApiError: 400 for numbers below 0 and for directories, 404 where nothing is there, 403 where it can't be
    read.
    """
    if offset < 0:
        raise ApiError(400, f"Negative offset provided: {offset}.\n")
    if length is not None and length < 0:
        raise ApiError(400, f"Negative length provided: {length}.\n")
    return await read_place(
        find_place(roots, path), offset, MAX_READ_BYTES if length is None else min(length, MAX_READ_BYTES)
    )


async def read_place(place: Place, offset: int, length: int, *, verb: str = "read") -> Slice:
    """A part of the file at a place, however long. Raises ApiError as ``read_file`` does; ``verb`` is in its words."""
    return await asyncio.to_thread(_read, place, min(offset, _MAX_OFFSET - length), length, verb)


def _read(place: Place, offset: int, length: int, verb: str) -> Slice:
    try:
        found = read_slice(place.root, place.below, offset, length)
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise ApiError(403, f"{_quote(place.shown)} can't be read: {error.strerror}.\n") from error
    if found is not None:
        return found
    real = find_beneath(place.root, place.below)
    if real is not None and real.is_dir():
        raise ApiError(400, f"Cannot {verb} a directory.\n")
    raise ApiError(404, f"There is no file {_quote(place.shown)}.\n")


def _list(place: Place) -> list[FileInfo]:
    shown = place.shown
    try:
        entries = list_beneath(place.root, place.below, MAX_LISTED)
    except TooManyEntries as error:
        raise ApiError(403, f"{_quote(shown)} can't be listed: {error}.\n") from error
    except OSError as error:
        raise ApiError(403, f"{_quote(shown)} can't be read: {error.strerror}.\n") from error
    if entries is None:
        raise ApiError(404, f"There is no directory {_quote(shown)}.\n")
    return [_describe(str(shown / entry.name), entry.status) for entry in entries]


def _describe(shown: str, status: os.stat_result) -> FileInfo:
    return FileInfo(
        # A name that is not UTF-8 must not spoil the answer for its neighbours.
        path=shown.encode(errors="surrogateescape").decode(errors="replace"),
        nlink=status.st_nlink,
        size=status.st_size,
        mtime=status.st_mtime_ns,
        mode=status.st_mode,
        uid=_user(status.st_uid),
        gid=_group(status.st_gid),
    )


def _user(number: int) -> str:
    try:
        return _known_user(number)
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return _known_group(number)
    except KeyError:
        return str(number)


@lru_cache(maxsize=256)
def _known_user(number: int) -> str:
    return pwd.getpwuid(number).pw_name


@lru_cache(maxsize=256)
def _known_group(number: int) -> str:
    return grp.getgrgid(number).gr_name


def _quote(path: str | PurePosixPath) -> str:
    return repr(str(path))

"""What lies in sandboxes, to look at and to take away (mesos-operator-api 4). Nothing outside of them can be reached.

Paths are virtual: a sandbox by its real path, with the container's id or ``latest`` in the end, or
``/frameworks/<id>/executors/<id>/runs/latest`` of this agent.
"""

from __future__ import annotations

import asyncio
import grp
import pwd
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web
from attrs import frozen

from koinon_daemon.errors import ApiError

from ..sandbox import Slice, find_beneath, read_slice
from .site import Handler, Site, answer

MAX_READ_BYTES = 16 * 4096
_CHUNK_BYTES = 1024 * 1024
_ROOT_LENGTH = 7  # <agent>/frameworks/<framework>/executors/<executor>/runs/<container>
_FIXED = {1: "frameworks", 3: "executors", 5: "runs"}


@frozen
class Place:
    """A file or directory: the sandbox it is in, its path from there, and the sandbox's path as the client wrote it."""

    sandbox: Path
    below: str
    written: str


class FilesApi:
    """The handlers by path."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` names are for tools from before Mesos 1.8."""
        return {
            "/files/browse": self.browse,
            "/files/browse.json": self.browse,
            "/files/read": self.read,
            "/files/read.json": self.read,
            "/files/download": self.download,
            "/files/debug": self.debug,
        }

    async def browse(self, request: web.Request) -> web.Response:
        """``/files/browse``: what lies in a directory; of a file itself."""
        place = self._find(request)
        return answer(request, await asyncio.to_thread(_list, place))

    async def read(self, request: web.Request) -> web.Response:
        """``/files/read``: a part of a file as text; without an offset only how long it is."""
        place = self._find(request)
        offset = _number(request, "offset", -1)
        length = _number(request, "length", -1)
        if offset < -1:
            raise ApiError(400, f"Negative offset provided: {offset}.\n")
        if length < -1:
            raise ApiError(400, f"Negative length provided: {length}.\n")
        wanted = MAX_READ_BYTES if length == -1 else min(length, MAX_READ_BYTES)
        found = await _read(place, max(offset, 0), wanted if offset >= 0 else 0)
        if offset == -1:
            return answer(request, {"offset": found.size, "data": ""})
        return answer(request, {"offset": offset, "data": found.data.decode(errors="replace")})

    async def download(self, request: web.Request) -> web.StreamResponse:
        """``/files/download``: a whole file, as long as it was when asked."""
        place = self._find(request)
        size = (await _read(place, 0, 0)).size
        name = PurePosixPath(place.below).name.replace('"', "'").replace("\\", "_")
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{_plain(name)}"',
                "Content-Length": str(size),
            }
        )
        await response.prepare(request)
        async for chunk in _chunks(place, size):
            await response.write(chunk)
        return response

    async def debug(self, request: web.Request) -> web.Response:
        """``/files/debug``: virtual path to real path of the sandboxes in use."""
        tasks = self._site.recovered().tasks
        return answer(request, {machine.accepted.sandbox: machine.accepted.sandbox for machine in tasks})

    def _find(self, request: web.Request) -> Place:
        path = request.query.get("path")
        if not path:
            raise ApiError(400, "Expecting 'path=value' in query.\n")
        if "\0" in path or ".." in PurePosixPath(path).parts:
            raise ApiError(404, "The path is not that of a sandbox.\n")
        place = self._split(path)
        if place is None:
            raise ApiError(404, "The path is not that of a sandbox.\n")
        return place

    def _split(self, path: str) -> Place | None:
        """Which sandbox a path is in. The ids are taken from the path: none of them can lead upwards."""
        slaves = PurePosixPath(self._site.work_dir / "slaves")
        given = PurePosixPath(path)
        agent_id = self._site.recovered().agent_id
        real = given
        if given.parts[:2] == ("/", "frameworks") and agent_id is not None:
            real = slaves / agent_id / given.relative_to("/")
        if not real.is_relative_to(slaves):
            return None
        parts = real.relative_to(slaves).parts
        if len(parts) < _ROOT_LENGTH or any(parts[index] != name for index, name in _FIXED.items()):
            return None
        below = parts[_ROOT_LENGTH:]
        written = PurePosixPath(*given.parts[: len(given.parts) - len(below)])
        return Place(Path(slaves, *parts[:_ROOT_LENGTH]), "/".join(below), str(written))


async def _read(place: Place, offset: int, length: int) -> Slice:
    found = await asyncio.to_thread(_read_blocking, place, offset, length)
    if found is None:
        real = find_beneath(place.sandbox, place.below)
        if real is not None and real.is_dir():
            raise ApiError(400, "Cannot read a directory.\n")
        raise ApiError(404, "There is no such file.\n")
    return found


def _read_blocking(place: Place, offset: int, length: int) -> Slice | None:
    try:
        return read_slice(place.sandbox, place.below, offset, length)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ApiError(403, f"The file can't be read: {error.strerror}.\n") from error


async def _chunks(place: Place, size: int) -> AsyncIterator[bytes]:
    """The first ``size`` bytes; what a task cut off meanwhile comes as nothing, and the client sees a short body."""
    offset = 0
    while offset < size:
        chunk = (await _read(place, offset, min(_CHUNK_BYTES, size - offset))).data
        if not chunk:
            return
        yield chunk
        offset += len(chunk)


def _list(place: Place) -> list[dict[str, Any]]:
    real = find_beneath(place.sandbox, place.below)
    if real is None:
        raise ApiError(404, "There is no such directory.\n")
    shown = PurePosixPath(place.written, place.below)
    try:
        if not real.is_dir():
            return [_describe(str(shown), real)]
        return [_describe(str(shown / entry.name), entry) for entry in sorted(real.iterdir())]
    except OSError as error:
        raise ApiError(403, f"The directory can't be read: {error.strerror}.\n") from error


def _describe(shown: str, entry: Path) -> dict[str, Any]:
    status = entry.lstat()
    return {
        "path": shown,
        "nlink": status.st_nlink,
        "size": status.st_size,
        "mtime": float(status.st_mtime),
        "mode": stat.filemode(status.st_mode),
        "uid": _user(status.st_uid),
        "gid": _group(status.st_gid),
    }


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None or text == "":
        return default
    try:
        return int(text)
    except ValueError:
        raise ApiError(400, f"Failed to parse {name}: {text!r} is no number.\n") from None


def _plain(name: str) -> str:
    """A file name that fits in a header, whatever a task calls its files."""
    return "".join(character if " " <= character <= "~" else "_" for character in name)

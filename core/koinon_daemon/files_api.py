"""The older endpoints over files: ``/files/browse``, ``read``, ``download`` and ``debug`` (mesos-operator-api 4).

Which paths there are is ``files``'s; here are their HTTP shapes, alike on master and agent.
"""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from .errors import ApiError
from .files import FileInfo, Place, Roots, find_place, list_files, read_file, read_place
from .json_answer import answer_json

FileHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CHUNK_BYTES = 256 * 1024
"""What a client that reads slowly, or not at all, may keep in memory."""


class FilesApi:
    """The handlers by path."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def handlers(self) -> Mapping[str, FileHandler]:
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
        """``/files/browse``: what lies in a directory; in a file lies nothing."""
        entries = await list_files(self._roots, _path(request))
        return answer_json(request, [_show(entry) for entry in entries])

    async def read(self, request: web.Request) -> web.Response:
        """``/files/read``: a part of a file as text; without an offset, or with -1, only how long it is."""
        path = _path(request)
        offset = _number(request, "offset")
        length = _number(request, "length")
        if offset == -1:
            return answer_json(request, {"offset": (await read_file(self._roots, path, 0, 0)).size, "data": ""})
        found = await read_file(self._roots, path, offset, None if length == -1 else length)
        return answer_json(request, {"offset": offset, "data": found.data.decode(errors="replace")})

    async def download(self, request: web.Request) -> web.StreamResponse:
        """``/files/download``: a whole file, as long as it was when asked."""
        place = find_place(self._roots, _path(request))
        size = (await read_place(place, 0, 0, verb="download")).size
        name = place.shown.name.replace('"', "'").replace("\\", "_")
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{_plain(name)}"',
                "Content-Length": str(size),
                # Whatever it holds is no page of this daemon, nor a script of one.
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await response.prepare(request)
        async for chunk in _chunks(place, size):
            await response.write(chunk)
        return response

    async def debug(self, request: web.Request) -> web.Response:
        """``/files/debug``: virtual root to real path."""
        return answer_json(request, dict(self._roots.listing()))


def _path(request: web.Request) -> str:
    path = request.query.get("path")
    if not path:
        raise ApiError(400, "Expecting 'path=value' in query.\n")
    return path


def _number(request: web.Request, name: str) -> int:
    """A number of the query, -1 where there is none. Below that it is the reader's to refuse."""
    text = request.query.get(name)
    if text is None:
        return -1
    try:
        return int(text)
    except ValueError:
        raise ApiError(400, f"Failed to parse {name}: Failed to convert '{text}' to number.\n") from None


async def _chunks(place: Place, size: int) -> AsyncIterator[bytes]:
    """The first ``size`` bytes. Raises ApiError 404 where the file has become shorter, or is gone, meanwhile."""
    offset = 0
    while offset < size:
        chunk = (await read_place(place, offset, min(_CHUNK_BYTES, size - offset))).data
        if not chunk:
            raise ApiError(404, f"{place.shown} became shorter while it was read.\n")
        yield chunk
        offset += len(chunk)


def _show(entry: FileInfo) -> dict[str, Any]:
    return {
        "path": entry.path,
        "nlink": entry.nlink,
        "size": entry.size,
        "mtime": entry.mtime / 1e9,
        "mode": stat.filemode(entry.mode),
        "uid": entry.uid,
        "gid": entry.gid,
    }


def _plain(name: str) -> str:
    """A file name that fits in a header, whatever its owner calls it."""
    return "".join(character if " " <= character <= "~" else "_" for character in name)

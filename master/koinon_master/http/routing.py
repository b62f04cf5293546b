"""Longest path prefix wins, as in Mesos: ``/master/api/v1/scheduler/x`` reaches ``/api/v1/scheduler``.

(mesos-v1-api 1, mesos-operator-api 2, client-notes)
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web

from koinon_daemon.errors import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
EntryT = TypeVar("EntryT")
OWN_PREFIX = "/master"


def find_longest_prefix(table: Mapping[str, EntryT], path: str) -> EntryT | None:
    """The entry of the longest prefix of a path, or None."""
    path = re.sub("/{2,}", "/", path)
    if path == OWN_PREFIX or path.startswith(f"{OWN_PREFIX}/"):
        path = path.removeprefix(OWN_PREFIX)
    prefix = path.rstrip("/")
    while prefix:
        entry = table.get(prefix)
        if entry is not None:
            return entry
        prefix = prefix.rpartition("/")[0]
    return None


class PrefixRouter:
    """A table of paths, each of which stands for all beneath it, with and without ``/master`` before it."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = dict(handlers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give the request to the handler of the longest prefix. Raises ApiError 404 when there is none."""
        handler = find_longest_prefix(self._handlers, request.path)
        if handler is None:
            raise ApiError(404, "404 Not Found.")
        return await handler(request)


def require_method(request: web.Request, *methods: str) -> None:
    """Raise ApiError 405 for any other method."""
    if request.method not in methods:
        expected = ", ".join(f"'{method}'" for method in methods)
        text = f"405 Method Not Allowed. Expecting one of {{ {expected} }}, but received '{request.method}'."
        raise ApiError(405, text, {"Allow": ", ".join(methods)})

"""Longest path prefix wins, as in Mesos: ``/master/api/v1/scheduler/x`` reaches ``/api/v1/scheduler``.

(mesos-v1-api 1, mesos-operator-api 2, client-notes)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from koinon_daemon.errors import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OWN_PREFIX = "/master"


class PrefixRouter:
    """A table of paths, each of which stands for all beneath it, with and without ``/master`` before it."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = dict(handlers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give the request to the handler of the longest prefix. Raises ApiError 404 when there is none."""
        return await self._find(request.path)(request)

    def _find(self, path: str) -> Handler:
        if path == OWN_PREFIX or path.startswith(f"{OWN_PREFIX}/"):
            path = path.removeprefix(OWN_PREFIX)
        prefix = path.rstrip("/")
        while prefix:
            handler = self._handlers.get(prefix)
            if handler is not None:
                return handler
            prefix = prefix.rpartition("/")[0]
        raise ApiError(404, "404 Not Found.")

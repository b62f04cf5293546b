"""The agent's HTTP application: which handler a path reaches, with and without ``/slave(1)`` before it."""

from __future__ import annotations

from aiohttp import web

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError
from koinon_daemon.server import make_application

from .files import FilesApi
from .legacy import LegacyApi
from .site import Site

OWN_PREFIX = "/slave(1)"


def make_agent_application(site: Site) -> web.Application:
    """All endpoints of one agent. Methods don't matter, as in Mesos (mesos-operator-api 2)."""
    handlers = {**LegacyApi(site).handlers(), **FilesApi(site).handlers()}

    async def handle(request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(OWN_PREFIX).rstrip("/")
        handler = handlers.get(path)
        if handler is None:
            raise ApiError(404, "Not Found")
        return await handler(request)

    app = make_application([error_middleware()])
    app.router.add_route("*", "/{path:.*}", handle)
    return app

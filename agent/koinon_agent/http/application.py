"""The agent's HTTP application: which handler a path reaches, with and without ``/slave(1)`` before it."""

from __future__ import annotations

from aiohttp import web

from koinon_daemon.auth import authentication
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError
from koinon_daemon.express import LANE
from koinon_daemon.files import JoinedRoots
from koinon_daemon.files_api import FilesApi
from koinon_daemon.monitoring_api import MonitoringApi
from koinon_daemon.server import make_application

from ..prometheus_names import RULES
from .access import authorization
from .executor_api import ExecutorApi
from .files import SandboxRoots, log_roots
from .legacy import LegacyApi
from .operator_api import OPERATOR_PATH, OperatorApi
from .realms import make_find_realm, own_path
from .site import Site
from .usage_api import USAGE_RULES, UsageApi


def make_agent_application(site: Site) -> web.Application:
    """All endpoints of one agent. Methods don't matter, as in Mesos (mesos-operator-api 2)."""
    roots = JoinedRoots((log_roots(site.config), SandboxRoots(site)))
    usage, executor_api = UsageApi(site), ExecutorApi(site)
    handlers = {
        **LegacyApi(site).handlers(),
        **MonitoringApi(site.metrics, (*USAGE_RULES, *RULES), site.logging, usage.read_numbers).handlers(),
        **usage.handlers(),
        **FilesApi(roots).handlers(),
        **OperatorApi(site, roots, usage).handlers(),
        **executor_api.handlers(),
    }

    async def handle(request: web.Request) -> web.StreamResponse:
        path = own_path(request.path)
        handler = handlers.get(path) or (handlers[OPERATOR_PATH] if path.startswith(f"{OPERATOR_PATH}/") else None)
        if handler is None:
            raise ApiError(404, "404 Not Found.")
        return await handler(request)

    credentials = site.config.http_credentials
    asking = [] if credentials is None else [authentication(credentials, make_find_realm(site.config))]
    app = make_application([error_middleware(), *asking, authorization(site)])
    app[LANE] = executor_api.express()
    app.router.add_route("*", "/{path:.*}", handle)
    return app

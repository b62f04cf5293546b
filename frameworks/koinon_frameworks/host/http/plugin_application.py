"""The plugin's HTTP in its own process: its routes below its name and at the root, its page, its numbers.

Who may ask was settled by the outer process, which proves by a token that it is the one that asks.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import orjson
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from koinon_daemon.auth import note_principal
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError
from koinon_daemon.metrics import Metrics
from koinon_daemon.server import make_application

from ...errors import PluginError
from ..plugin import Framework

TOKEN = "X-Koinon-Host-Token"
PRINCIPAL = "X-Koinon-Principal"
NUMBERS = "/-/numbers"
"""Where the outer process reads the plugin's metrics; nobody else gets there."""
RESERVED = ("/", "/health", "/metrics", "/metrics/snapshot", NUMBERS)
_logger = structlog.get_logger(__name__)


def make_plugin_application(framework: Framework, name: str, metrics: Metrics, token: str | None) -> web.Application:
    """The application; ``token`` None: everybody may ask. Raises PluginError for routes that can't be."""
    for route in framework.routes:
        if not route.path.startswith("/"):
            raise PluginError(name, f"its routes can't be mounted: {route.path!r} does not begin with a slash")
    guards = [] if token is None else [_only_by_way_of_the_host(token)]
    app = make_application([error_middleware(), *guards])
    routes = [
        web.RouteDef(route.method, f"/{name}{route.path}", route.handler, route.kwargs) for route in _own(framework)
    ]
    try:
        app.add_routes(routes)
        app.add_routes([route for route in framework.root_routes if not is_taken(route, name)])
    except (ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise PluginError(name, f"its routes can't be mounted: {error}") from error
    app.router.add_get(NUMBERS, _numbers_of(metrics))
    return app


def show_routes(routes: Sequence[web.RouteDef]) -> tuple[str, ...]:
    """As ``GET /jobs``."""
    return tuple(f"{route.method} {route.path}" for route in routes)


def is_taken(route: web.RouteDef, name: str) -> bool:
    """Whether the host answers there itself; says so in the log."""
    if route.path not in RESERVED and not f"{route.path}/".startswith(f"/{name}/"):
        return False
    _logger.warning("root_route_left_out", method=route.method, path=route.path, reason="the host answers there")
    return True


def _own(framework: Framework) -> Sequence[web.RouteDef]:
    page = framework.page
    if page is None:
        return framework.routes

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    return [web.get("/", show), *framework.routes]


def _only_by_way_of_the_host(token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(TOKEN, "").encode(), token.encode()):
            raise ApiError(403, "this is the framework's inner address; ask its host")
        principal = request.headers.get(PRINCIPAL)
        if principal is not None:
            note_principal(request, principal)
        return await handler(request)

    return guard


def _sound(numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Those that are numbers; one that is none is named, and hides no other."""
    for name, value in numbers.items():
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError) as error:
            _logger.warning("gauge_failed", gauge=str(name), error=f"it gave {type(value).__name__}: {error}")
            continue
        if isfinite(number):
            yield str(name), number


def _numbers_of(metrics: Metrics) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        timers = {
            name: {
                "count": timer.count,
                "seconds": timer.seconds,
                "counts": timer.counts,
                "statistics": timer.statistics(),
            }
            for name, timer in metrics.timers().items()
        }
        body = orjson.dumps({"numbers": dict(_sound(metrics.numbers())), "timers": timers})
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: "application/json"})

    return answer

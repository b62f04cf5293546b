"""Before anything is served: whose pages may read answers, how many requests at a time, and who gets in at all.

All of it holds on standbys, too (marathon-v2-api 1, 1.1). What plugins say of a request is `gate`'s.
"""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict

from koinon_daemon.auth import authentication
from koinon_daemon.credentials import Credentials
from koinon_daemon.errors import ApiError
from koinon_web.paths import is_public

from ..access_flags import AccessFlags

_CORS_SECONDS = "86400"
_READING = "GET, HEAD, OPTIONS"


def admission(flags: AccessFlags) -> list[Middleware]:
    """The middlewares that the flags ask for, from the outside in. They go inside the error middleware."""
    found: list[Middleware] = []
    if flags.access_control_allow_origin:
        found.append(allow_origin(flags.access_control_allow_origin[-1]))
    if flags.http_max_concurrent_requests is not None:
        found.append(limit_requests(flags.http_max_concurrent_requests))
    if flags.http_credentials is not None:
        realm = flags.http_realm
        found.append(
            authentication(Credentials((flags.http_credentials,)), lambda path: None if is_public(path) else realm)
        )
    return found


def allow_origin(origin: str) -> Middleware:
    """Let pages of one origin read every answer; what a browser asks ahead is answered without a password."""

    @web.middleware
    async def allow(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = {
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: _READING,
            hdrs.ACCESS_CONTROL_MAX_AGE: _CORS_SECONDS,
        }
        asked = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS)
        if asked is not None:
            headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = asked
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(headers=headers)
        request[_CORS_HEADERS] = CIMultiDict(headers)
        return await handler(request)

    return allow


_CORS_HEADERS = web.RequestKey("cors_headers", CIMultiDict)


def cors_headers(request: web.Request) -> dict[str, str]:
    """What the answer to this request must say of origins; refusals and streams say it, too."""
    return dict(request.get(_CORS_HEADERS, {}))


def limit_requests(most: int) -> Middleware:
    """Refuse one more than so many requests at a time by 503. A stream counts as long as it lasts."""
    running = 0

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal running
        if running >= most:
            raise ApiError(503, f"Too many concurrent requests! Allowed: {most}.")
        running += 1
        try:
            return await handler(request)
        finally:
            running -= 1

    return limit

"""What holds for every answer: headers, compression, and which types a client takes (marathon-v2-api 1)."""

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from koinon_daemon.errors import ApiError
from koinon_frameworks.election import Leadership
from koinon_web.paths import is_ui

from .admission import cors_headers
from .requests import JSON, accepts, plain_path

_FIXED_HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}
_LEADER_HEADERS = {"X-Frame-Options": "DENY", "X-XSS-Protection": "1; mode=block"}
_WORTH_COMPRESSING = 1024
"""Bytes of a body below which compression only costs."""


def add_headers(leadership: Leadership, *, compresses: bool = True) -> Middleware:
    """The outermost middleware: headers of caches and of the leader, and gzip for those who take it."""

    @web.middleware
    async def add(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if response.prepared:
            return response
        every = headers_of_every_answer(leadership)
        if "Cache-Control" in response.headers:
            every = {name: value for name, value in every.items() if name not in _FIXED_HEADERS}
        response.headers.update({**every, **cors_headers(request)})
        if (
            compresses
            and _is_worth_compressing(response)
            and "gzip" in request.headers.get("Accept-Encoding", "").lower()
        ):
            response.enable_compression(web.ContentCoding.gzip)
        return response

    return add


def headers_of_every_answer(leadership: Leadership) -> dict[str, str]:
    """Against caches, and where we lead that we do. An answer that never ends sets them itself."""
    if not leadership.is_serving:
        return dict(_FIXED_HEADERS)
    return {**_FIXED_HEADERS, **_LEADER_HEADERS, "X-Marathon-Leader": leadership.origin}


def refuse_other_types(also: Collection[str]) -> Middleware:
    """A middleware that answers 406 to clients that take no JSON, except on the paths in `also` and in the UI."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        if plain_path(request) not in also and not is_ui(request.path) and not accepts(request, JSON):
            raise ApiError(406, "Not Acceptable")
        return await handler(request)

    return refuse


def _is_worth_compressing(response: web.StreamResponse) -> bool:
    return (
        isinstance(response, web.Response)
        and isinstance(response.body, bytes)
        and len(response.body) >= _WORTH_COMPRESSING
        and "Content-Encoding" not in response.headers
    )

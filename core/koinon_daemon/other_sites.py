"""Pages of other sites, which have a browser ask with all that it may: they may look, and change nothing.

Browsers say whom they ask for: ``Sec-Fetch-Site`` to hosts they trust, else at least ``Origin``,
whose host is then ours. Whatever is no browser says neither, and is not concerned.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from .errors import ApiError

SAID_BY_BROWSERS: Final = frozenset({"origin", "sec-fetch-site"})
"""Headers that are judged where the browser asks; who passes the request on leaves them out."""
_LOOKING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_OUR_OWN: Final = frozenset({"same-origin", "none"})


def is_from_other_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of another site wants something changed."""
    if method in _LOOKING:
        return False
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in _OUR_OWN
    origin = headers.get(hdrs.ORIGIN)
    return origin is not None and _host(origin) != headers.get(hdrs.HOST, "").lower()


def other_sites_only_look() -> Middleware:
    """A middleware that raises ApiError 403 for them; it belongs inside ``error_middleware``."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_from_other_site(request.method, request.headers):
            raise ApiError(403, "a page of another site can't change anything here")
        return await handler(request)

    return guard


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None

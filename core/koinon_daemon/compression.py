"""Large answers as gzip for those who accept it, encoded off the loop's thread (mesos-operator-api 2)."""

from __future__ import annotations

import asyncio
import gzip

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

LEAST_BYTES = 1024
"""Below that Mesos does not bother, either."""
_LEVEL = 1
"""JSON shrinks to a tenth at the lowest level; more costs four times the time for little."""


def compression() -> Middleware:
    """A middleware for whole answers; streams go as they are, for their readers wait for each record."""

    @web.middleware
    async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if not isinstance(response, web.Response) or response.prepared or hdrs.CONTENT_ENCODING in response.headers:
            return response
        body = response.body
        if not isinstance(body, bytes) or len(body) < LEAST_BYTES:
            return response
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        if is_gzip_accepted(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            response.body = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
            response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        return response

    return compress


def is_gzip_accepted(accept_encoding: str) -> bool:
    """Whether the header of a request allows gzip; one that is not there allows nothing but plain answers."""
    wanted = {}
    for item in accept_encoding.lower().split(","):
        name, *parameters = (piece.strip().replace(" ", "") for piece in item.split(";"))
        wanted[name] = not any(one.startswith("q=") and not one[2:].strip("0.") for one in parameters)
    return wanted.get("gzip", wanted.get("*", False))

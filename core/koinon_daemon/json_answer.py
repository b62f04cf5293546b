"""A value as the JSON body of an answer, the way Mesos's older endpoints write it (mesos-operator-api 2)."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from .errors import ApiError


def answer_json(request: web.Request, value: Any) -> web.Response:
    """A value as JSON without a charset, or as JSONP where ``jsonp=`` names a function.

    Raises ApiError 400 for a function that is none.
    """
    return answer_bytes(request, orjson.dumps(value))


def answer_bytes(request: web.Request, body: bytes) -> web.Response:
    """JSON that is encoded already."""
    function = request.query.get("jsonp")
    if function is None:
        return web.Response(body=body, content_type="application/json")
    if not all(part.isidentifier() for part in function.split(".")):
        raise ApiError(400, "jsonp must name a function")
    return web.Response(body=function.encode() + b"(" + body + b")", content_type="text/javascript")

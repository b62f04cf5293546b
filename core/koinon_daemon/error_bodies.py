"""Exceptions of handlers to exact HTTP bodies. Owns the conversion; the shape of a body is the API's `render`."""

import uuid
from collections.abc import Callable

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from .errors import ApiError
from .logs import is_debugging

Render = Callable[[ApiError], web.Response]

_FIRST_ERROR_STATUS = 400
_BODY_HEADERS = frozenset({hdrs.CONTENT_TYPE.lower(), hdrs.CONTENT_LENGTH.lower()})
_logger = structlog.get_logger(__name__)


def render_plain(error: ApiError) -> web.Response:
    """Mesos's way: the sentence as plain text (mesos-v1-api 1.1)."""
    return web.Response(status=error.status, text=error.text, headers=error.headers, content_type="text/plain")


def error_middleware(render: Render = render_plain) -> Middleware:
    """A middleware that renders ApiError and aiohttp's own errors, and turns any other exception into a 500.

    The 500 carries an incident id which is in the log beside the traceback; a client that left is no incident. A
    response already under way can't be changed any more: there the connection is cut, and what is unexpected logged.
    """

    @web.middleware
    async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_debugging():
            _logger.debug("request_came", method=request.method, path=request.path, peer=request.remote)
        try:
            return await handler(request)
        except ApiError as error:
            _cut_started_response(request)
            return render(error)
        except web.HTTPException as error:
            if error.status < _FIRST_ERROR_STATUS:
                raise
            return render(_from_aiohttp(error))
        except Exception as error:
            if isinstance(error, ConnectionResetError) and _has_left(request):
                # Nobody reads what is said now, and nothing is wrong here.
                return render(ApiError(web.HTTPServiceUnavailable.status_code, "the client closed the connection"))
            incident = uuid.uuid4().hex[:12]
            _logger.exception("request_crashed", incident=incident, method=request.method, path=request.path)
            _cut_started_response(request)
            return render(ApiError(500, f"internal error, incident {incident}: the log has more"))

    return answer_errors


def _from_aiohttp(error: web.HTTPException) -> ApiError:
    headers = {name: value for name, value in error.headers.items() if name.lower() not in _BODY_HEADERS}
    return ApiError(error.status, error.reason, headers)


def _has_left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _cut_started_response(request: web.Request) -> None:
    if request.writer.output_size > 0 and request.transport is not None:
        request.transport.abort()

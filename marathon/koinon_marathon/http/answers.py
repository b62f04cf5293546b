"""Bodies of answers: JSON by orjson, results and refusals in Marathon's shapes (marathon-v2-api 1.3, 1.4)."""

from collections.abc import Mapping
from typing import NoReturn, TypeVar

import attrs
import orjson
from aiohttp import web

from koinon_daemon.errors import ApiError

from ..definition.problems import Rejection
from ..deployment.conflicts import Locked
from ..instructions import ChangeAccepted, Result
from ..plugins.interface import PluginResponse
from ..timestamps import format_timestamp

T = TypeVar("T")
DEPLOYMENT_HEADER = "Marathon-Deployment-Id"
_COMPRESS_ELSEWHERE = 64 * 1024
"""Bytes from which a body is compressed in a thread."""


@attrs.frozen
class Refused(ApiError):
    """An answer of 400 or more with a body of its own."""

    body: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Answered(ApiError):
    """An answer of 400 or more that a plugin gives."""

    response: PluginResponse = attrs.field(factory=PluginResponse)


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        headers=headers,
        content_type="application/json",
        zlib_executor_size=_COMPRESS_ELSEWHERE,
    )


def text_answer(text: str, content_type: str = "text/plain") -> web.Response:
    """An answer for people and old scripts."""
    return web.Response(text=text, content_type=content_type)


def render_error(error: ApiError) -> web.Response:
    """An error as Marathon words it. An unknown route is a 404 here, not Marathon's 500."""
    if isinstance(error, Answered):
        given = error.response
        return web.Response(status=given.status, body=given.body, headers=dict(given.headers))
    if isinstance(error, Refused) and error.body:
        body = dict(error.body)
    else:
        body = {"message": "URI not found" if error.status == 404 else error.text}
    headers = {name: value for name, value in error.headers.items() if name.lower() != "content-type"}
    return json_answer(body, error.status, headers)


def refuse(refusal: Rejection | Locked) -> NoReturn:
    """Answer with what the machine or a validator found. Raises Refused."""
    body = refusal.body()
    raise Refused(refusal.status, str(body["message"]), {}, body)


def or_refuse(found: T | Rejection) -> T:
    """What was found. Raises Refused for a Rejection."""
    if isinstance(found, Rejection):
        refuse(found)
    return found


def not_found(message: str) -> NoReturn:
    """The 404 of what is looked up by its id. Raises Refused."""
    raise Refused(404, message, {}, {"message": message, "details": []})


def refuse_saying(message: str, status: int = 400) -> NoReturn:
    """Refuse by a single sentence. Raises Refused."""
    raise Refused(status, message, {}, {"message": message})


def accepted(result: Result) -> ChangeAccepted:
    """The result of a change that was taken. Raises Refused for one that was not."""
    if isinstance(result, Rejection | Locked):
        refuse(result)
    if not isinstance(result, ChangeAccepted):
        raise TypeError(f"a change was answered by {type(result).__name__}")
    return result


def change_answer(result: Result, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The common answer of a change: version and deployment (marathon-v2-api 1.4). Raises Refused."""
    change = accepted(result)
    body = {"version": format_timestamp(change.version), "deploymentId": change.deployment_id}
    return json_answer(body, status, {DEPLOYMENT_HEADER: change.deployment_id, **(headers or {})})

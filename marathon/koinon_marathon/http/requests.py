"""What handlers read of a request: ids, Java booleans, bodies; how routes put up with slashes (marathon-v2-api 1)."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from koinon_daemon.bodies import read_body
from koinon_daemon.errors import ApiError

from ..definition.path_ids import PathId, resolve
from ..definition.problems import INVALID_JSON
from ..timestamps import invalid_timestamp, parse_timestamp
from .answers import Refused, refuse_saying

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JSON = "application/json"


def route(method: str, path: str, handler: Handler) -> web.RouteDef:
    """A route whose slashes may be doubled, at either end too; `{id}` takes whole path ids, slashes and all.

    What follows it within its word (`{id}::status`) ends the id.

    Routes with a last word (`/tasks`) must be registered before the one with the bare id.
    """
    words = [word for word in path.split("/") if word]
    pattern = "/{start:/*}" + words[0]
    for number, word in enumerate(words[1:]):
        pattern += f"{{slash{number}:/+}}" + word.replace("{id}", "{id:.+?}")
    return web.route(method, pattern + "{end:/*}", handler)


def plain_path(request: web.Request) -> str:
    """The path with single slashes, and none at its end."""
    return "/" + "/".join(word for word in request.path.split("/") if word)


def path_of(request: web.Request) -> PathId:
    """The absolute id in the URL; empty segments are dropped."""
    return resolve("/" + request.match_info["id"])


def version_of(request: web.Request) -> datetime:
    """The version in the URL. Raises Refused for a text that is no timestamp."""
    text = request.match_info["version"]
    version = parse_timestamp(text)
    if version is None:
        refuse_saying(invalid_timestamp(text), 422)
    return version


def is_true(request: web.Request, name: str, *, default: bool = False) -> bool:
    """A boolean of the query as Java reads it: only the word true, in any case, is true."""
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"


async def json_body(request: web.Request) -> bytes:
    """The body of a resource that takes JSON alone.

    Raises ApiError 415 for a body that says it is something else, and what ``any_body`` raises.
    """
    if "Content-Type" in request.headers and request.content_type != JSON:
        raise ApiError(415, "Unsupported Media Type")
    return await any_body(request)


async def any_body(request: web.Request) -> bytes:
    """The body of a resource that does not care what a body is said to be (marathon-v2-api 1).

    Raises what ``read_body`` raises; 400 in Marathon's own shape, for one that does not unpack or breaks off.
    """
    try:
        return await read_body(request)
    except ApiError as error:
        if error.status != web.HTTPBadRequest.status_code:
            raise
        raise Refused(400, error.text, {}, {"message": INVALID_JSON, "details": error.text}) from None


def accepts(request: web.Request, media_type: str) -> bool:
    """Whether the client takes this type; without an Accept header it takes all."""
    header = request.headers.get("Accept", "").strip()
    if not header:
        return True
    major = media_type.partition("/")[0]
    ranges = [part.split(";") for part in header.split(",")]
    wanted = {media_type, f"{major}/*", "*/*", "*"}
    return any(name.strip().lower() in wanted and not _is_refused(parameters) for name, *parameters in ranges)


def names_text_alone(request: web.Request) -> bool:
    """Whether the client asks for text/plain and would not take JSON."""
    return accepts(request, "text/plain") and not accepts(request, JSON)


def _is_refused(parameters: list[str]) -> bool:
    return any(re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameter) for parameter in parameters)

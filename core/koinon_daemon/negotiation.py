"""What a v1 request is written in, and what its answer is to be written in (mesos-v1-api 1.1, rows 5 to 10).

The checks stand here in the order in which clients know them; each endpoint calls those that it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from aiohttp import web

from koinon_core.errors import DecodeError, NotReadable
from koinon_core.wire import ContentType, ResourceFormat, codec

from .bodies import read_body
from .errors import ApiError

T = TypeVar("T")
_TYPES = tuple(one.value for one in ContentType)
_EITHER = f"{ContentType.JSON.value} or {ContentType.PROTOBUF.value}"
_ACCEPTABLE = f"Expecting 'Accept' to allow '{ContentType.PROTOBUF.value}' or '{ContentType.JSON.value}'"


def require_post(request: web.Request) -> None:
    """Raise ApiError 405 for any other method."""
    if request.method != "POST":
        text = f"405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{request.method}'."
        raise ApiError(405, text, {"Allow": "POST"})


def read_content_type(request: web.Request) -> ContentType:
    """What the body is written in. Raises ApiError 400 where it is not said, 415 for anything but the two types."""
    named = request.headers.get("Content-Type")
    if named is None:
        raise ApiError(400, "Expecting 'Content-Type' to be present")
    try:
        return ContentType(named)
    except ValueError:
        raise ApiError(415, f"Expecting 'Content-Type' of {_EITHER}") from None


async def read_call(request: web.Request, wanted: type[T], family: str) -> T:
    """The call in the body, in either type. ``family`` (``scheduler``, ``master``) is for the sentences of the errors.

    Raises ApiError 405, 400 and 415 in that order of checks, what ``read_body`` says, and 400 for a body that is
    no such call.
    """
    require_post(request)
    content_type = read_content_type(request)
    body = await read_body(request)
    try:
        return codec(content_type, ResourceFormat.REFINED).decode(body, wanted)
    except DecodeError as error:
        raise ApiError(400, explain_bad_call(error, content_type, family)) from None


def choose_answer_type(request: web.Request) -> ContentType:
    """What the answer is to be written in: JSON wherever that is acceptable. Raises ApiError 406 if neither is."""
    acceptable = answer_types(request.headers.get("Accept"))
    if not acceptable:
        raise ApiError(406, _ACCEPTABLE)
    return ContentType(acceptable[0])


def answer_types(accept: str | None, known: Sequence[str] = _TYPES) -> list[str]:
    """Which of the known media types a header of the name ``Accept`` covers; all where there is none."""
    return [media_type for media_type in known if accept is None or _is_acceptable(media_type, accept)]


def answer(content_type: ContentType, body: bytes, status: int = 200) -> web.Response:
    """A body under exactly its type: clients compare the text, so no charset may follow."""
    return web.Response(status=status, body=body, headers={"Content-Type": content_type.value})


def explain_bad_call(error: DecodeError, content_type: ContentType, family: str) -> str:
    """Mesos's words, by how far the reading came; anything below the call as a whole is named by its path."""
    if isinstance(error, NotReadable):
        return error.why
    if error.path == "$":
        return f"Failed to validate {family}::Call: {error.why}"
    if content_type is ContentType.JSON:
        return f"Failed to convert JSON into Call protobuf: {error}"
    return f"Failed to parse body into Call protobuf: {error}"


def _is_acceptable(media_type: str, accept: str) -> bool:
    """Whether a range of the header covers the type. A type that is refused by name is not covered by a wildcard."""
    ranges = dict(map(_read_range, accept.lower().split(",")))
    for name in (media_type, "application/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return False


def _read_range(item: str) -> tuple[str, bool]:
    """A media range, and whether it is wanted: ``q=0`` means never."""
    name, *parameters = (piece.strip() for piece in item.split(";"))
    return name, not any(map(_is_zero_quality, parameters))


def _is_zero_quality(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().rstrip("0") in ("", "0.", ".")

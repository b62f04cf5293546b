"""Bodies of answers, and the two shapes of refusals: ours, and Chronos's. Each handler is wrapped in one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

import attrs
import orjson
from aiohttp import web

from koinon_daemon.errors import ApiError

from ..problems import Problem, ProblemKind

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: Final = {
    ProblemKind.INVALID: 400,
    ProblemKind.NOT_FOUND: 404,
    ProblemKind.CONFLICT: 409,
    ProblemKind.UNAVAILABLE: 503,
}
_CHRONOS_STATUS: Final = {404: 400, 409: 400, 412: 400}
"""Chronos knew but one way to say that a request can't be."""
_REASONS: Final = {400: "Bad Request", 413: "Request Entity Too Large", 503: "Service Unavailable"}
_COMPRESS_ELSEWHERE: Final = 64 * 1024


@attrs.frozen
class Refused(ApiError):
    """An answer of 400 or more that says what is wrong, and where."""

    problems: tuple[Problem, ...] = ()


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        headers=headers,
        content_type="application/json",
        zlib_executor_size=_COMPRESS_ELSEWHERE,
    )


def or_refuse(found: T | tuple[Problem, ...]) -> T:
    """What was found. Raises Refused for problems."""
    if isinstance(found, tuple) and any(isinstance(each, Problem) for each in found):
        raise refusal(tuple(each for each in found if isinstance(each, Problem)))
    return found  # type: ignore[return-value]


def refusal(problems: Sequence[Problem]) -> Refused:
    """The error that tells them; its status is that of the first."""
    text = "; ".join(str(each) if each.path not in ("", "$") else each.text for each in problems)
    return Refused(_STATUS[problems[0].kind], text, {}, tuple(problems))


def not_found(text: str) -> Refused:
    """The 404 of what is looked up by its name."""
    return refusal((Problem("$", text, ProblemKind.NOT_FOUND),))


def wrong(path: str, text: str) -> Refused:
    """The 400 of one field."""
    return refusal((Problem(path, text),))


def ours(handler: Handler) -> Handler:
    """A handler whose refusals are told in our own shape: a sentence, and the fields one by one."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            fields = [attrs.asdict(each, filter=attrs.filters.include("path", "text")) for each in _problems_of(error)]
            return json_answer({"message": error.text, "problems": fields}, error.status, error.headers)
        except web.HTTPRequestEntityTooLarge as error:
            return json_answer({"message": error.text, "problems": []}, error.status)

    return handle


def chronos(handler: Handler) -> Handler:
    """A handler whose refusals are told as Chronos told them: 400 for nearly all, ``status`` and ``message``."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            status = _CHRONOS_STATUS.get(error.status, error.status)
            return _chronos_refusal(status, error.text, error.headers)
        except web.HTTPRequestEntityTooLarge as error:
            return _chronos_refusal(error.status, error.text or error.reason)

    return handle


def _chronos_refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return json_answer({"status": _REASONS.get(status, str(status)), "message": text}, status, headers)


def _problems_of(error: ApiError) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, Refused) else ()

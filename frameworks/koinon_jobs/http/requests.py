"""What handlers read of a request: bodies, numbers of the query, names, and on which version a change insists."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from aiohttp import hdrs, web

from koinon_daemon.bodies import read_body

from ..codec import parse_list, parse_object
from ..problems import Problem, ProblemKind
from ..runs import RunId
from ..schedule import JobName
from .answers import Refused, refusal, wrong

MAX_BODY: Final = 256 * 1024
"""Bytes of a definition: it must fit a record of the store with room to spare."""
_LARGEST: Final = 1_000_000
_SHOWN: Final = 80


async def object_of(request: web.Request, *, may_be_empty: bool = False) -> dict[str, Any]:
    """The JSON object of the body. Raises Refused 400 for anything else, and what ``read_body`` raises."""
    body = await read_body(request.clone(client_max_size=MAX_BODY))
    if may_be_empty and not body.strip():
        return {}
    found = parse_object(body)
    if isinstance(found, Problem):
        raise refusal((found,))
    return found


async def list_of(request: web.Request) -> list[Any]:
    """The JSON list of the body, as large as the server lets bodies be. Raises as ``object_of`` does."""
    found = parse_list(await read_body(request))
    if isinstance(found, Problem):
        raise refusal((found,))
    return found


def name_of(request: web.Request) -> JobName:
    """The job in the URL."""
    return JobName(request.match_info["name"])


def run_of(request: web.Request) -> RunId:
    """The run in the URL."""
    return RunId(request.match_info["run"])


def path_under(path: str, *names: str) -> str:
    """The address of what is called so below a path, whatever letters the names have."""
    return "/".join((path.rstrip("/"), *(quote(name, safe="") for name in names)))


def number_of(request: web.Request, name: str, default: int, most: int = _LARGEST) -> int:
    """A number of the query, from 0 to ``most``. Raises Refused for anything else."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST)) or int(text) > most:
        raise wrong(f"?{name}", f"must be a whole number from 0 to {most}, not {text[:_SHOWN]!r}")
    return int(text)


def check_version(request: web.Request, tag: str | None) -> None:
    """Raises Refused 412 where ``If-Match`` or ``If-None-Match`` asks for another state of the job than it has.

    ``tag`` is its ETag, None where there is no such job.
    """
    wanted = _tags(request, hdrs.IF_MATCH)
    if wanted is not None and (tag is None or not ({"*", tag} & wanted)):
        raise _outdated(f"If-Match: the job has changed since; it is {tag} now" if tag else "If-Match: no such job")
    refused = _tags(request, hdrs.IF_NONE_MATCH)
    if refused is not None and tag is not None and {"*", tag} & refused:
        raise _outdated(f"If-None-Match: the job exists, as {tag}")


def _tags(request: web.Request, header: str) -> set[str] | None:
    """Those that a header names; None without it. One that is empty names none: a client has lost its tag."""
    if header not in request.headers:
        return None
    texts = ",".join(request.headers.getall(header)).split(",")
    return {text.strip().removeprefix("W/") for text in texts if text.strip()}


def _outdated(text: str) -> Refused:
    problem = Problem("$", text, ProblemKind.CONFLICT)
    return Refused(web.HTTPPreconditionFailed.status_code, text, {}, (problem,))

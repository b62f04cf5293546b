"""The other daemon as this one reaches it: where it is, what is said where it can't be reached, or refuses."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import ClientConnectorError, hdrs, web
from attrs import define, field

from koinon_daemon.errors import ApiError

RELAYED = "X-Koinon-Relayed"
"""Names the daemon that asks on somebody's behalf: what bears it is answered from here, and led no further."""


@define(kw_only=True, eq=False)
class Peer:
    """The other daemon: the master for Marathon, Marathon for the master."""

    name: str
    """For people: "the master"."""
    asked_by: str
    """What we are."""
    find_urls: Callable[[], Sequence[str]]
    """Where it may be, base URLs in the order in which they are tried."""
    why_nowhere: str
    """What is said where there is none."""
    is_optional: bool = False
    """Whether it is nothing amiss that there is none."""
    tls: ssl.SSLContext | None = None
    _turn: int = field(default=0, init=False)
    """Which of several answered last."""

    @property
    def url(self) -> str | None:
        """Where it is asked next."""
        urls = self.find_urls()
        return urls[self._turn % len(urls)] if urls else None

    @asynccontextmanager
    async def first_that_answers(self) -> AsyncIterator[str]:
        """The base URL to ask. What can't be connected to gives its turn to the next. Raises ApiError 404, 502."""
        url = self.url
        if url is None:
            raise ApiError(404, self.why_nowhere)
        try:
            yield url
        except ClientConnectorError as error:
            if self.url == url:
                # Of several who asked it at once the first has given its turn away.
                self._turn += 1
            raise ApiError(502, f"{self.name} does not answer at {url}: {_reason_of(error.os_error)}") from error

    def says(self, what: str) -> str:
        """A sentence about it."""
        return f"{self.name}: {what}"


def headers_for(request: web.Request, peer: Peer, accept: str) -> dict[str, str]:
    """What a question of ours to the peer says on behalf of a caller: of his own headers the credentials alone."""
    headers = {hdrs.ACCEPT: accept, RELAYED: peer.asked_by}
    given = request.headers.get(hdrs.AUTHORIZATION)
    return headers if given is None else headers | {hdrs.AUTHORIZATION: given}


def refusal_of(peer: Peer, status: int, said: str) -> ApiError:
    """What a peer's refusal is to a caller of ours.

    Who must prove himself there can't do it here: a browser sends one name and password to one address.
    """
    if status == 401:
        return ApiError(403, f"{peer.name} asks for its own name and password: open its own UI at {peer.url}/ui/")
    return ApiError(status if status >= 400 else 502, peer.says(sentence_of(said) or f"it answered {status}"))


def _reason_of(error: OSError) -> str:
    """What the system says, rather than asyncio, which says only what it tried."""
    number = error.errno
    return os.strerror(number) if number is not None and number > 0 else error.strerror or str(error)


def sentence_of(text: str) -> str:
    """What a body says to a person: the `message` of JSON, or a text as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.strip()
    message = found.get("message") if isinstance(found, dict) else None
    return message if isinstance(message, str) else ""

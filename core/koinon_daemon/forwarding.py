"""A request handed on to another daemon, and its answer handed back: what standbys and hosts do for those behind them.

Whom to ask, and what to say when nobody answers, is the daemon's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from aiohttp import ClientResponse, ClientTimeout, web
from attrs import field, frozen
from multidict import CIMultiDict, CIMultiDictProxy

from .bodies import read_body
from .client import HttpClient

FORWARDED_FOR = "X-Forwarded-For"
ENDLESS: web.AppKey[set[asyncio.Transport]] = web.AppKey("ENDLESS", set)
"""Connections with answers, handed back by ``forward_streaming``, that end only with whoever asked or the server."""
_DROPPED = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "te",
            "trailer", "upgrade", "accept-encoding", "expect"}  # fmt: skip
"""Headers of one connection, either way, and of codings that each side of us chooses for itself."""


@frozen(kw_only=True)
class Forwarding:
    """Where a request goes, and what is added to it and to its answer."""

    url: str
    via: str
    """Who hands it on. A request that bears this already comes round in a circle."""
    via_header: str = "Via"
    headers: Mapping[str, str] = field(factory=dict)
    """Instead of those that the sender gave under these names."""
    dropped: frozenset[str] = frozenset()
    """Headers of the sender, in lower case, that must not get there."""
    hidden: frozenset[str] = frozenset()
    """Headers of the answer, in lower case, that must not get back."""
    answer_headers: Mapping[str, str] = field(factory=dict)
    """Instead of those that the answer has under these names."""
    judge: Callable[[ClientResponse], Awaitable[None]] | None = None
    """Is shown an answer before anything of it is handed back; what it raises is answered instead."""
    timeout: ClientTimeout
    tls: ssl.SSLContext | None = None


def is_circling(request: web.Request, forwarding: Forwarding) -> bool:
    """Whether we have handed this request on before."""
    return forwarding.via in _listed(request.headers, forwarding.via_header)


async def forward(request: web.Request, client: HttpClient, forwarding: Forwarding) -> web.Response:
    """The whole answer. Raises ApiError for the body, and what ``aiohttp`` raises: ClientError, TimeoutError."""
    async with _asked(request, client, forwarding) as reply:
        return web.Response(status=reply.status, headers=_answered(reply, forwarding), body=await reply.read())


async def forward_streaming(request: web.Request, client: HttpClient, forwarding: Forwarding) -> web.StreamResponse:
    """The answer as it comes, however long that takes.

    Raises as ``forward`` does while nothing was handed back yet; an answer that breaks off later breaks off for the
    sender as well.
    """
    async with _asked(request, client, forwarding) as reply:
        answer = web.StreamResponse(status=reply.status, headers=_answered(reply, forwarding))
        if request.method != "HEAD" and reply.content_length is not None:
            answer.content_length = reply.content_length
        await answer.prepare(request)
        with _noted(request, is_endless=reply.content_type == "text/event-stream"):
            async for part in reply.content.iter_any():
                await answer.write(part)
        await answer.write_eof()
        return answer


@contextmanager
def _noted(request: web.Request, *, is_endless: bool) -> Iterator[None]:
    """Known to the server as long as it lasts, which at its stop waits for what ends by itself."""
    endless = request.config_dict.get(ENDLESS) if is_endless else None
    transport = request.transport
    if endless is None or transport is None:
        yield
        return
    endless.add(transport)
    try:
        yield
    finally:
        endless.discard(transport)


@asynccontextmanager
async def _asked(request: web.Request, client: HttpClient, forwarding: Forwarding) -> AsyncIterator[ClientResponse]:
    headers = _passed_on(request.headers)
    for name in forwarding.dropped:
        headers.popall(name, None)
    headers.add(forwarding.via_header, forwarding.via)
    headers[FORWARDED_FOR] = ", ".join((*_listed(request.headers, FORWARDED_FOR), request.remote or "unknown"))
    headers["Accept-Encoding"] = "identity"
    headers.update(forwarding.headers)
    async with client.session.request(
        request.method,
        forwarding.url,
        data=await read_body(request) if request.can_read_body else None,
        headers=headers,
        allow_redirects=False,
        timeout=forwarding.timeout,
        ssl=forwarding.tls or True,
    ) as reply:
        if forwarding.judge is not None:
            await forwarding.judge(reply)
        yield reply


def _answered(reply: ClientResponse, forwarding: Forwarding) -> CIMultiDict[str]:
    headers = _passed_on(reply.headers)
    for name in forwarding.hidden:
        headers.popall(name, None)
    headers.add(forwarding.via_header, forwarding.via)
    headers.update(forwarding.answer_headers)
    return headers


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """All but those of the connection, and those that it names its own."""
    dropped = _DROPPED | {name.lower() for name in _listed(headers, "Connection")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _listed(headers: CIMultiDictProxy[str], name: str) -> list[str]:
    """The values of a header, be they in one line or in several."""
    return [value.strip() for line in headers.getall(name, ()) for value in line.split(",") if value.strip()]

"""A standby's one service: it hands every request to the leader and the answer back (marathon-v2-api 1.2)."""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any

import structlog
from aiohttp import ClientConnectorError, ClientError, ClientTimeout, web
from aiohttp.typedefs import Handler, Middleware
from attrs import frozen
from multidict import CIMultiDict, CIMultiDictProxy

from koinon_daemon.bodies import read_body
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError
from koinon_frameworks.election import Leadership

from .requests import plain_path

VIA = "X-Marathon-Via"
FORWARDED_FOR = "X-Forwarded-For"
_DROPPED = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "te",
            "trailer", "upgrade", "accept-encoding", "expect"}  # fmt: skip
"""Headers of one connection, either way, and of codings that each side of us chooses for itself."""
_ATTEMPTS = 10
PAUSE = 0.25
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class ProxySettings:
    """Seconds for a connection to the leader, and between two parts of its answer; what it must prove over TLS."""

    connect: float = 5.0
    read: float = 10.0
    tls: ssl.SSLContext | None = None


def proxy_to_leader(leadership: Leadership, client: HttpClient, settings: ProxySettings) -> Middleware:
    """A middleware that serves where we lead, forwards where somebody else does, and waits while that is open.

    Put it inside the error middleware. Raises ApiError 502.
    """
    timeout = ClientTimeout(sock_connect=settings.connect, sock_read=settings.read)

    @web.middleware
    async def proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
        for _ in range(_ATTEMPTS):
            if leadership.is_serving or leadership.is_elsewhere:
                break
            await asyncio.sleep(PAUSE)
        if leadership.is_serving:
            return await handler(request)
        if leadership.leader is None or not leadership.is_elsewhere:
            raise ApiError(502, _undetermined(leadership))
        url = f"{leadership.scheme}://{leadership.leader}{request.rel_url.raw_path_qs}"
        if plain_path(request).startswith("/v2/events"):
            return web.Response(status=302, headers={"Location": url})
        via = f"1.1 {leadership.me}"
        if via in _listed(request.headers, VIA):
            raise ApiError(502, "Detected proxying loop.")
        forwarding = _Forwarding(url=url, via=via, timeout=timeout, tls=settings.tls)
        return await _while_leading(leadership, _forward(request, client, forwarding))

    return proxy


def _undetermined(leadership: Leadership) -> str:
    """Why a request goes nowhere; two Marathons of one name would say so for ever."""
    told = "Could not determine the current leader"
    if not leadership.has_namesake:
        return told
    me = leadership.me
    return f"{told}: it bears our own address, {me}. Each Marathon needs a --hostname and a port of its own"


async def _while_leading(leadership: Leadership, answering: Coroutine[Any, Any, web.Response]) -> web.Response:
    """The leader's answer, for which we wait no longer than it leads: one that stands still answers nobody."""
    leader = leadership.leader
    answer = asyncio.ensure_future(answering)
    try:
        while leadership.leader in (leader, None):
            done, _ = await asyncio.wait((answer,), timeout=PAUSE)
            if done:
                return answer.result()
    finally:
        answer.cancel()
    raise ApiError(500, f"{leader} gave no answer and no longer leads")


@frozen(kw_only=True)
class _Forwarding:
    url: str
    via: str
    timeout: ClientTimeout
    tls: ssl.SSLContext | None


async def _forward(request: web.Request, client: HttpClient, forwarding: _Forwarding) -> web.Response:
    headers = _passed_on(request.headers)
    headers.add(VIA, forwarding.via)
    headers[FORWARDED_FOR] = ", ".join((*_listed(request.headers, FORWARDED_FOR), request.remote or "unknown"))
    headers["Accept-Encoding"] = "identity"
    try:
        async with client.session.request(
            request.method,
            forwarding.url,
            data=await read_body(request) if request.can_read_body else None,
            headers=headers,
            allow_redirects=False,
            timeout=forwarding.timeout,
            ssl=forwarding.tls or True,
        ) as reply:
            answer = _passed_on(reply.headers)
            answer.add(VIA, forwarding.via)
            return web.Response(status=reply.status, headers=answer, body=await reply.read())
    except ClientConnectorError as error:
        raise ApiError(502, "Connection to leader refused.") from error
    except (ClientError, TimeoutError) as error:
        _logger.warning("leader_unanswered", url=forwarding.url, error=repr(error))
        raise ApiError(500, f"The leader gave no answer: {str(error) or type(error).__name__}") from error


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """All but those of the connection, and those that it names its own."""
    dropped = _DROPPED | {name.lower() for name in _listed(headers, "Connection")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _listed(headers: CIMultiDictProxy[str], name: str) -> list[str]:
    """The values of a header, be they in one line or in several."""
    return [value.strip() for line in headers.getall(name, ()) for value in line.split(",") if value.strip()]

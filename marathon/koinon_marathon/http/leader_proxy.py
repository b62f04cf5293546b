"""A standby's one service: it hands every request to the leader and the answer back (marathon-v2-api 1.2)."""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any

import structlog
from aiohttp import ClientConnectorError, ClientError, ClientTimeout, web
from aiohttp.typedefs import Handler, Middleware
from attrs import frozen

from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError
from koinon_daemon.forwarding import Forwarding, forward, is_circling
from koinon_frameworks.election import Leadership
from koinon_web.paths import is_page

from .requests import plain_path

VIA = "X-Marathon-Via"
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

    The page of the UI is every Marathon's own. Put it inside the error middleware. Raises ApiError 502.
    """
    timeout = ClientTimeout(sock_connect=settings.connect, sock_read=settings.read)

    @web.middleware
    async def proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_page(request.path):
            return await handler(request)
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
        forwarding = Forwarding(url=url, via=f"1.1 {leadership.me}", via_header=VIA, timeout=timeout, tls=settings.tls)
        if is_circling(request, forwarding):
            raise ApiError(502, "Detected proxying loop.")
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


async def _forward(request: web.Request, client: HttpClient, forwarding: Forwarding) -> web.Response:
    try:
        return await forward(request, client, forwarding)
    except ClientConnectorError as error:
        raise ApiError(502, "Connection to leader refused.") from error
    except (ClientError, TimeoutError) as error:
        _logger.warning("leader_unanswered", url=forwarding.url, error=repr(error))
        raise ApiError(500, f"The leader gave no answer: {str(error) or type(error).__name__}") from error

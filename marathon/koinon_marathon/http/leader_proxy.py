"""A standby's one service: it hands every request to the leader and the answer back (marathon-v2-api 1.2)."""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any, TypeVar

import attrs
import structlog
from aiohttp import ClientConnectorError, ClientError, ClientTimeout, web
from aiohttp.typedefs import Handler, Middleware

from koinon_core.errors import describe_error
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError
from koinon_daemon.forwarding import Forwarding, forward, forward_streaming, is_circling
from koinon_daemon.other_sites import SAID_BY_BROWSERS
from koinon_frameworks.election import Leadership
from koinon_web.paths import is_api, is_page

from .requests import plain_path

VIA = "X-Marathon-Via"
_ATTEMPTS = 10
_STREAM_SILENCE = 60.0
"""Seconds between two parts of what the UI reads: its stream beats, and agents' files may be slow."""
PAUSE = 0.25
_logger = structlog.get_logger(__name__)
AnswerT = TypeVar("AnswerT", bound=web.StreamResponse)


@attrs.frozen(kw_only=True)
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
    patient = ClientTimeout(sock_connect=settings.connect, sock_read=max(settings.read, _STREAM_SILENCE))

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
        forwarding = Forwarding(
            url=url,
            via=f"1.1 {leadership.me}",
            via_header=VIA,
            dropped=SAID_BY_BROWSERS,
            timeout=timeout,
            tls=settings.tls,
        )
        if is_circling(request, forwarding):
            raise ApiError(502, "Detected proxying loop.")
        if is_api(request.path):
            forwarding = attrs.evolve(forwarding, timeout=patient)
            return await _while_leading(leadership, _asking(forward_streaming(request, client, forwarding), forwarding))
        return await _while_leading(leadership, _asking(forward(request, client, forwarding), forwarding))

    return proxy


def _undetermined(leadership: Leadership) -> str:
    """Why a request goes nowhere; two Marathons of one name would say so for ever."""
    told = "Could not determine the current leader"
    if not leadership.has_namesake:
        return told
    me = leadership.me
    return f"{told}: it bears our own address, {me}. Each Marathon needs a --hostname and a port of its own"


async def _while_leading(leadership: Leadership, answering: Coroutine[Any, Any, AnswerT]) -> AnswerT:
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


async def _asking(answering: Coroutine[Any, Any, AnswerT], forwarding: Forwarding) -> AnswerT:
    try:
        return await answering
    except ClientConnectorError as error:
        raise ApiError(502, "Connection to leader refused.") from error
    except (ClientError, TimeoutError) as error:
        _logger.warning("leader_unanswered", url=forwarding.url, error=repr(error))
        raise ApiError(500, f"The leader gave no answer: {describe_error(error)}") from error

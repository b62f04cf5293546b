"""What a browser asks of the other daemon, or of an agent, handed on from the one address that it knows.

Only the caller's own credentials go along. What comes back is data: it sets no cookie here, asks for no password, leads
nowhere, and where it is a file of a task it can't act as a page of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientTimeout, hdrs, web

from koinon_core.errors import describe_error
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError
from koinon_daemon.forwarding import Forwarding, forward_streaming, is_circling
from koinon_daemon.other_sites import SAID_BY_BROWSERS

from ..relay_paths import RelayRefusal, find_agent_problem, find_path_problem
from .peer import RELAYED, Peer, refusal_of

_TIMEOUT: Final = ClientTimeout(sock_connect=5.0, sock_read=60.0)
_NOT_SENT: Final = SAID_BY_BROWSERS | {"cookie", "referer", "origin", "proxy-authorization", "forwarded"}
_NOT_RETURNED: Final = frozenset(
    {
        "set-cookie",
        "www-authenticate",
        "location",
        "refresh",
        "clear-site-data",
        "strict-transport-security",
        "service-worker-allowed",
        "speculation-rules",
        "alt-svc",
        "link",
        "nel",
        "report-to",
        "reporting-endpoints",
        "sourcemap",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "server",
        "date",
    }
)
DATA_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    hdrs.CACHE_CONTROL: "no-store",
}
"""What a task wrote is no page of ours, even where somebody opens it in a tab."""


class Relay:
    """Hands requests on to one peer."""

    def __init__(self, client: HttpClient, peer: Peer) -> None:
        self._client = client
        self._peer = peer

    async def answer(self, request: web.Request, path: str, prefix: str = "") -> web.StreamResponse:
        """The peer's answer to this path, which is below the prefix there. Raises ApiError for a refusal."""
        refuse(find_path_problem(path))
        async with self._peer.first_that_answers() as url:
            return await hand_on(request, self._client, self._peer, f"{url}{prefix}{path}")


class AgentRelay:
    """Hands requests on to the agents that the master knows."""

    def __init__(self, client: HttpClient, find_agent: Callable[[str], str | None], *, gives_names: bool) -> None:
        """`find_agent` gives the base URL of an agent's id.

        `gives_names`: whether the caller's credentials go along: only agents that had to prove who they are get them.
        """
        self._client = client
        self._find_agent = find_agent
        self._gives_names = gives_names

    async def answer(self, request: web.Request, agent_id: str, path: str) -> web.StreamResponse:
        """The agent's answer to this path. Raises ApiError."""
        refuse(find_agent_problem(request.method, path))
        url = self._find_agent(agent_id)
        if url is None:
            raise ApiError(404, f"agent {agent_id} is not connected to the master")
        peer = Peer(name=f"agent {agent_id}", asked_by="master", find_urls=lambda: (url,), why_nowhere="")
        async with peer.first_that_answers() as base:
            dropped = frozenset() if self._gives_names else frozenset({"authorization"})
            return await hand_on(request, self._client, peer, f"{base}{path}", dropped)


async def hand_on(
    request: web.Request, client: HttpClient, peer: Peer, url: str, dropped: frozenset[str] = frozenset()
) -> web.StreamResponse:
    """Ask and answer as it comes. Raises ApiError, ClientConnectorError."""
    if "jsonp" in request.query:
        raise ApiError(403, "?jsonp= is not relayed: it would make a script of an answer")
    query = request.rel_url.raw_query_string
    forwarding = Forwarding(
        url=f"{url}?{query}" if query else url,
        via=f"1.1 koinon-{peer.asked_by}",
        via_header=RELAYED,
        dropped=_NOT_SENT | dropped,
        hidden=_NOT_RETURNED,
        answer_headers=DATA_HEADERS,
        judge=lambda reply: _judge(peer, reply),
        timeout=_TIMEOUT,
        tls=peer.tls,
    )
    if is_circling(request, forwarding):
        raise ApiError(508, "this request has come round in a circle")
    try:
        return await forward_streaming(request, client, forwarding)
    except ClientConnectorError:
        raise
    except (ClientError, TimeoutError) as error:
        raise ApiError(502, peer.says(f"no answer: {describe_error(error)}")) from error


async def _judge(peer: Peer, reply: ClientResponse) -> None:
    """Raise ApiError where the answer is one to us rather than to the browser."""
    if reply.status == 401:
        raise refusal_of(peer, 401, "")
    if 300 <= reply.status < 400 and reply.status != 304:
        raise ApiError(502, peer.says("it sends elsewhere, which is not followed"))


def refuse(problem: RelayRefusal | None) -> None:
    """Raise ApiError where there is a problem."""
    if problem is not None:
        raise ApiError(problem.status, problem.text)

"""Everything below `/ui/api/` of one daemon, put together: the stream, who asks, the relays, and the doors before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from attrs import frozen

from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError
from koinon_daemon.other_sites import other_sites_only_look

from ..feed import Owner
from ..paths import API, HOME, is_api
from ..relay_paths import find_agent_id_problem
from ..source import Source
from .me import MeResource, Own
from .other_stream import OtherStream
from .own_api import answer_own, own_api
from .peer import Peer
from .readers import Readers
from .relay import Relay, refuse
from .stream import StreamResource

CLUSTER = f"{API}/cluster"
MARATHON = f"{API}/marathon"
AGENTS = f"{API}/agents"
STREAM = f"{API}/stream"
ME = f"{API}/me"
SIGN_IN = f"{API}/sign_in"
_PREFIXES = {Owner.MASTER: CLUSTER, Owner.MARATHON: MARATHON}
AnswerAgent = Callable[[web.Request, str, str], Awaitable[web.StreamResponse]]
"""What answers for an agent: the request, the agent's id, the path of the agent, still encoded."""


@frozen(kw_only=True)
class Host:
    """What a daemon gives its UI to work with."""

    owner: Owner
    find_source: Callable[[], Source[Any] | None]
    """Its tables; None while it does not lead, or does not know them yet."""
    find_viewer: Callable[[web.Request], Hashable]
    """Who reads, in the source's words. Raises ApiError for who may not read at all."""
    find_own: Callable[[web.Request], Own]
    is_here: Callable[[], bool]
    """Whether this daemon answers for itself; a standby has all handed on before it comes here."""
    other: Peer
    client: HttpClient
    """The UI's own, for as many connections as there are readers; it is opened and closed with the application."""


class UiApi:
    """The UI's API of one daemon."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.readers = Readers(host.find_source)
        self._stream = StreamResource(host.owner, host.find_viewer, self.readers, OtherStream(host.client, host.other))
        self._me = MeResource(host.owner, host.find_own, host.client, host.other)
        self._relay = Relay(host.client, host.other)

    def middlewares(self) -> list[Middleware]:
        """What goes inside the error middleware and outside of whatever judges a request.

        Pages of other sites change nothing on any path: since browsers come here to sign in, each remembers a name and
        a password, and sends them along with whatever some other page has it ask of this host.
        """
        prefix = _PREFIXES[self._host.owner]
        return [_refuse_in_json(prefix), other_sites_only_look(), own_api(prefix, self._host.is_here)]

    def mount(self, app: web.Application, answer_agent: AnswerAgent, other_prefix: str = "") -> None:
        """Serve all of it. `other_prefix` is before each path of the other daemon where it is asked for."""
        app.add_routes(self._routes(answer_agent, other_prefix))
        app.cleanup_ctx.append(self._keep_client)
        app.on_shutdown.append(self._end_streams)

    def _routes(self, answer_agent: AnswerAgent, other_prefix: str) -> list[web.RouteDef]:
        owner = self._host.owner
        other = owner.other

        async def answer_other(request: web.Request) -> web.StreamResponse:
            path = _below(request, _PREFIXES[other])
            return await self._relay.answer(request, path, other_prefix)

        async def answer_for_agent(request: web.Request) -> web.StreamResponse:
            agent_id, slash, rest = _below(request, AGENTS)[1:].partition("/")
            refuse(find_agent_id_problem(agent_id))
            return await answer_agent(request, agent_id, slash + rest)

        return [
            web.route("*", STREAM, self._stream.serve),
            web.route("*", ME, self._me.show),
            web.get(SIGN_IN, _go_home),
            web.route("*", _PREFIXES[owner] + "/{path:.*}", answer_own),
            web.route("*", _PREFIXES[other] + "/{path:.*}", answer_other),
            web.route("*", AGENTS + "/{path:.*}", answer_for_agent),
        ]

    async def _keep_client(self, _app: web.Application) -> AsyncIterator[None]:
        async with self._host.client:
            yield

    async def _end_streams(self, _app: web.Application) -> None:
        self.readers.end_all()


async def _go_home(_request: web.Request) -> web.Response:
    """Back to the page, for whoever came to say who he is: the daemon has asked on the way here."""
    return web.Response(status=302, headers={"Location": HOME, "Cache-Control": "no-store"})


def _below(request: web.Request, prefix: str) -> str:
    """The path from behind the prefix on, as it was sent. Raises ApiError 404 for a prefix in another spelling."""
    path = request.rel_url.raw_path
    if not path.startswith(f"{prefix}/"):
        raise ApiError(404, f"there is no {request.path}")
    return path.removeprefix(prefix)


def _refuse_in_json(own_prefix: str) -> Middleware:
    """The UI's own refusals are all alike, whichever daemon has them; those of a daemon's API stay as they are."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            is_own = request.path.startswith(f"{own_prefix}/")
            if not is_api(request.path) or is_own or request.writer.output_size > 0:
                raise
            headers = {name: value for name, value in error.headers.items() if name.lower() != "content-type"}
            return web.json_response({"message": error.text}, status=error.status, headers=headers)

    return refuse

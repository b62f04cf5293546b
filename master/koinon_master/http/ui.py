"""The UI's API on a master: what a browser asks of this master, of its agents and, through it, of Marathon.

A standby hands all of it on to the leader, so that a browser may be pointed at any master.
"""

from __future__ import annotations

from typing import Final

from aiohttp import ClientError, ClientTimeout, hdrs, web
from aiohttp.typedefs import Handler, Middleware

from koinon_core import MESOS_VERSION
from koinon_core.errors import describe_error
from koinon_core.ids import AgentId
from koinon_core.permissions import EVERYTHING_ALLOWED, Action
from koinon_daemon.auth import authentication, principal_of
from koinon_daemon.client import HttpClient
from koinon_daemon.credentials import read_basic
from koinon_daemon.errors import ApiError
from koinon_daemon.flag_values import HostPort
from koinon_daemon.forwarding import Forwarding, forward_streaming, is_circling
from koinon_daemon.other_sites import SAID_BY_BROWSERS
from koinon_web.feed import Owner
from koinon_web.http.api import SIGN_IN, Host, UiApi
from koinon_web.http.me import Own
from koinon_web.http.peer import Peer
from koinon_web.http.relay import AgentRelay
from koinon_web.paths import is_api

from ..agents.machine import AgentPhase
from ..config import MasterConfig
from .office import Office
from .realms import Realm

_RIGHTS: Final = {
    "deactivate_agents": Action.DEACTIVATE_AGENTS,
    "drain_agents": Action.DRAIN_AGENTS,
    "maintenance": Action.UPDATE_MAINTENANCE_SCHEDULES,
    "mark_agents_gone": Action.MARK_AGENTS_GONE,
    "quota": Action.UPDATE_QUOTAS,
    "reactivate_agents": Action.REACTIVATE_AGENTS,
    "teardown_frameworks": Action.TEARDOWN_FRAMEWORKS,
    "weights": Action.UPDATE_WEIGHTS,
}
_PATIENCE: Final = ClientTimeout(sock_connect=5.0, sock_read=60.0)
_LOOKING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_NO_MARATHON: Final = "this master knows no Marathon: name it by --ui_marathon=http://host:port"


class MasterUi:
    """The UI's API of one master, and what stands before it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._client = HttpClient(connections=0)
        config = office.config
        marathon = Peer(
            name="Marathon",
            asked_by="master",
            find_urls=lambda: config.ui_marathon,
            why_nowhere=_NO_MARATHON,
            is_optional=True,
        )
        host = Host(
            owner=Owner.MASTER,
            find_source=lambda: office.source if office.is_leading else None,
            find_viewer=principal_of,
            find_own=self._find_own,
            is_here=lambda: office.is_leading,
            other=marathon,
            client=self._client,
        )
        self._api = UiApi(host)
        office.metrics.gauge("master/ui_readers", lambda: len(self._api.readers))
        self._agents = AgentRelay(self._client, self._find_agent, gives_names=config.authenticate_agents)

    def outer_middlewares(self) -> list[Middleware]:
        """What goes outside of all that judges a request by its path."""
        return self._api.middlewares()

    def inner_middlewares(self) -> list[Middleware]:
        """What goes inside of the other doors."""
        return [*_changes_door(self._office.config), self._to_leader()]

    def mount(self, app: web.Application) -> None:
        """Serve it."""
        self._api.mount(app, self._agents.answer)

    def _find_agent(self, agent_id: str) -> str | None:
        agent = self._office.leading_loop().master.state.agents.get(AgentId(agent_id))
        if agent is None or agent.phase is not AgentPhase.CONNECTED:
            return None
        return f"http://{HostPort(*agent.address)}"

    def _find_own(self, request: web.Request) -> Own:
        config = self._office.config
        is_asked = config.authenticate_http_readwrite
        principal = principal_of(request)
        if principal is None and config.credentials is not None and is_asked:
            given = read_basic(request.headers.get(hdrs.AUTHORIZATION))
            principal = None if given is None else config.credentials.find_principal(given)
        acls, is_nobody = config.acls or EVERYTHING_ALLOWED, is_asked and principal is None
        actor = principal if is_asked else None
        rights = {name: not is_nobody and acls.allows_some(actor, action) for name, action in _RIGHTS.items()}
        name = config.cluster or ""
        return Own(name=name, version=MESOS_VERSION, principal=principal, rights=rights, may_sign_in=is_nobody)

    def _to_leader(self) -> Middleware:
        office, client = self._office, self._client

        @web.middleware
        async def relay(request: web.Request, handler: Handler) -> web.StreamResponse:
            known = office.leadership()
            if known.is_self or not is_api(request.path):
                return await handler(request)
            if known.leader is None:
                raise ApiError(503, "No leader elected")
            url = f"http://{known.leader}{request.rel_url.raw_path_qs}"
            forwarding = Forwarding(url=url, via="1.1 koinon-standby", dropped=SAID_BY_BROWSERS, timeout=_PATIENCE)
            if is_circling(request, forwarding):
                raise ApiError(503, f"{known.leader} does not lead any more, and nobody else is known to")
            try:
                return await forward_streaming(request, client, forwarding)
            except (ClientError, TimeoutError) as error:
                why = describe_error(error)
                raise ApiError(502, f"the leading master at {known.leader} gave no answer: {why}") from error

        return relay


def _changes_door(config: MasterConfig) -> list[Middleware]:
    """Who changes something through a relay is asked who he is as everywhere else; so is who comes to be asked."""
    if config.credentials is None or not config.authenticate_http_readwrite:
        return []
    ask = authentication(config.credentials, lambda _path: Realm.READWRITE.value)

    @web.middleware
    async def ask_who_changes(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_api(request.path) and (request.method not in _LOOKING or request.path == SIGN_IN):
            return await ask(request, handler)
        return await handler(request)

    return [ask_who_changes]

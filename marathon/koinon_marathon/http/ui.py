"""The UI's API on a Marathon: what a browser asks of this Marathon and, through it, of the master that it follows.

A standby hands all of it on to the leading Marathon (`leader_proxy`), which alone follows a master.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import islice

import attrs
from aiohttp import web
from aiohttp.typedefs import Middleware

from koinon_daemon.auth import principal_of
from koinon_daemon.client import HttpClient
from koinon_web.feed import Owner
from koinon_web.http.api import AGENTS, CLUSTER, Host, UiApi
from koinon_web.http.me import Own
from koinon_web.http.peer import Peer
from koinon_web.http.relay import Relay

from ..config import MARATHON_VERSION
from ..definition.groups import walk
from ..definition.path_ids import PathId, resolve
from ..definition.run_specs import RunSpec
from ..plugins.interface import Action, Identity, Kind, Resource
from .gate import Gate, group_resource, spec_resource
from .service import Service

_RIGHTS = {
    "create_apps": Action.CREATE,
    "delete_apps": Action.DELETE,
    "kill_tasks": Action.UPDATE,
    "update_apps": Action.UPDATE,
}
"""Who kills a task updates its app (marathon-semantics 25)."""
_MOST_ASKED = 1000
"""Of so many groups, and as many apps, the authorizer is asked: it answers in Marathon's loop."""
_NO_MASTER = "Marathon is not subscribed to a master, and knows none to ask"


@attrs.frozen(eq=False)
class GateViewer:
    """Who sent a request, as the authorizer knows them: viewers of one identity see the same."""

    gate: Gate
    identity: Identity | None

    def __hash__(self) -> int:
        # Claims may be anything, also what has no hash.
        return hash(None if self.identity is None else self.identity.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GateViewer) and (self.gate, self.identity) == (other.gate, other.identity)

    def may_view(self, spec: RunSpec) -> bool:
        """Whether they may see an app or a pod."""
        return self.gate.allows(self.identity, Action.VIEW, spec_resource(spec))

    def may_view_group(self, path: PathId) -> bool:
        """Whether they may see a group."""
        return self.gate.allows(self.identity, Action.VIEW, group_resource(path))


class MarathonUi:
    """The UI's API of one Marathon."""

    def __init__(self, service: Service) -> None:
        self._service = service
        client = HttpClient(connections=0)
        master = Peer(name="the master", asked_by="marathon", find_urls=self._find_masters, why_nowhere=_NO_MASTER)
        self._relay = Relay(client, master)
        self._api = UiApi(
            Host(
                owner=Owner.MARATHON,
                find_source=lambda: service.source if service.leadership.is_serving else None,
                find_viewer=self._find_viewer,
                find_own=self._find_own,
                is_here=lambda: True,
                other=master,
                client=client,
            )
        )

    def outer_middlewares(self) -> list[Middleware]:
        """What goes outside of all that judges a request by its path."""
        return self._api.middlewares()

    def mount(self, app: web.Application) -> None:
        """Serve it; agents are asked through the master, which alone knows where they are."""
        self._api.mount(app, self._ask_agent, CLUSTER)

    async def _ask_agent(self, request: web.Request, agent_id: str, path: str) -> web.StreamResponse:
        return await self._relay.answer(request, path, f"{AGENTS}/{agent_id}")

    def _find_masters(self) -> tuple[str, ...]:
        url = self._service.master_url
        return () if url is None else (url,)

    def _find_viewer(self, request: web.Request) -> Hashable:
        gate = self._service.gate
        return GateViewer(gate, gate.identity_of(request)) if gate.has_authorizer else None

    def _find_own(self, request: web.Request) -> Own:
        service = self._service
        identity = service.gate.identity_of(request)
        resources = self._resources_of(request)
        return Own(
            name=service.config.framework_name,
            version=MARATHON_VERSION,
            principal=principal_of(request) if identity is None else identity.name,
            rights={
                name: any(service.gate.may(request, action, one) for one in resources)
                for name, action in _RIGHTS.items()
            },
        )

    def _resources_of(self, request: web.Request) -> Sequence[Resource]:
        """What the rights are asked for: `?app=/path`, else anything at all: who may change one thing has orders.

        An app that may not be seen is as one that is not there: labels and role would tell that it is.
        """
        service = self._service
        path = resolve("/" + request.query.get("app", ""))
        if service.term is None:
            return (_anywhere(path),)
        if "app" not in request.query:
            groups = [_anywhere(group.id) for group in islice(walk(service.state.root), _MOST_ASKED)]
            return (*groups, *self._visible(request, islice(service.state.specs.values(), _MOST_ASKED)))
        spec = service.state.specs.get(path)
        return (() if spec is None else self._visible(request, (spec,))) or (_anywhere(path),)

    def _visible(self, request: web.Request, specs: Iterable[RunSpec]) -> Sequence[Resource]:
        return tuple(map(spec_resource, self._service.gate.visible(request, specs, spec_resource)))


def _anywhere(path: PathId) -> Resource:
    """An app of which no more is known than its place."""
    return Resource(Kind.RUN_SPEC, path)

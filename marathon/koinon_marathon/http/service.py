"""What every resource is given: the configuration, the leadership, the gate, and the loop of the term under way."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import TypeVar

import attrs
from aiohttp import web

from koinon_core.ids import FrameworkId
from koinon_daemon.auth import principal_of
from koinon_daemon.errors import ApiError
from koinon_daemon.supervision import Stop
from koinon_frameworks.election import Leadership

from ..changes.tree_changes import Change, plan_change
from ..config import MarathonConfig
from ..definition.path_ids import PathId
from ..definition.problems import Rejection
from ..definition.run_specs import RunSpec
from ..deployment.conflicts import Locked
from ..deployment.plan import DeploymentPlan
from ..event_stream import EventHub
from ..events import CancelDeployment, ChangeTree, KillInstances, RequestId, Transition
from ..framework import Framework
from ..happenings import Origin
from ..instance.instances import spec_of
from ..instructions import ChangeAccepted, Result
from ..loop import Loop
from ..metrics.measures import Measures
from ..normalization import Settings
from ..plugins.interface import Action, Resource
from ..plugins.loading import Plugins
from ..state import State
from ..store.repository import Repository
from ..turn import Turn
from ..ui.source import AppsSource
from .encoded_apps import EncodedApps
from .gate import Gate, GuardedTransition, spec_resource

SpecT = TypeVar("SpecT", bound=RunSpec)
Asked = ChangeTree | KillInstances | CancelDeployment


@attrs.define(kw_only=True)
class Service:
    """Shared by all requests; `app` puts the loop in when the term begins. `started_at` is in seconds since 1970."""

    config: MarathonConfig
    leadership: Leadership
    stop: Stop
    started_at: float
    settings: Settings
    term: Loop | None = None
    hub: EventHub | None = None
    repository: Repository | None = None
    source: AppsSource | None = None
    """What the UI shows of the term."""
    framework: Framework | None = None
    measures: Measures = attrs.field(factory=Measures)
    encoded: EncodedApps = attrs.field(factory=EncodedApps)
    http_port: int | None = None
    https_port: int | None = None
    plugins: Plugins = attrs.field(factory=Plugins)
    gate: Gate = attrs.field(init=False, default=attrs.Factory(lambda self: Gate(self.plugins), takes_self=True))

    @property
    def loop(self) -> Loop:
        """The loop of the term. Raises ApiError 503 where no term has begun."""
        if self.term is None:
            raise ApiError(503, "this Marathon does not lead yet")
        return self.term

    @property
    def events(self) -> EventHub:
        """The events of the term. Raises ApiError 503 where no term has begun."""
        if self.hub is None:
            raise ApiError(503, "this Marathon does not lead yet")
        return self.hub

    @property
    def state(self) -> State:
        """What the machine knows, to be read and not changed."""
        return self.loop.machine.state

    @property
    def framework_id(self) -> FrameworkId | None:
        """Ours at the master, once there is one."""
        return None if self.term is None else self.term.machine.state.framework_id

    @property
    def master_url(self) -> str | None:
        """Where the master is that we are subscribed to, or were last."""
        return None if self.framework is None else self.framework.driver.master_url

    def check(self, request: web.Request, action: Action, resource: Resource) -> None:
        """Let only those pass who may do that. Raises the authorizer's answer."""
        self.gate.check(request, action, resource)

    def check_spec(self, request: web.Request, action: Action, path: PathId) -> None:
        """The same for the app or pod of an id; of one that is not there nothing is asked."""
        spec = self.state.specs.get(path)
        if spec is not None:
            self.gate.check(request, action, spec_resource(spec))

    def visible(self, request: web.Request, specs: Iterable[SpecT]) -> Sequence[SpecT]:
        """The apps and pods that the sender may view."""
        return self.gate.visible(request, specs, spec_resource)

    def may_view(self, request: web.Request, path: PathId) -> bool:
        """Whether the sender may view what has this id; what has left the tree is nobody's secret."""
        spec = self.state.specs.get(path)
        return spec is None or self.gate.may(request, Action.VIEW, spec_resource(spec))

    def origin_of(self, request: web.Request) -> Origin:
        """Who sent the request, and from where, as people are told it."""
        identity = self.gate.identity_of(request)
        name = principal_of(request) if identity is None else identity.name
        return Origin(address=request.remote or "unknown", principal=name)

    async def ask(self, request: web.Request, make: Callable[[RequestId], Asked]) -> Result:
        """Have the machine do what the sender may do. Raises the authorizer's answer to what they may not.

        All changes of apps, pods and deployments come through here; what is said of groups the resource itself checks.
        """
        guarded: list[GuardedTransition] = []

        def make_guarded(request_id: RequestId) -> Asked:
            event = attrs.evolve(make(request_id), origin=self.origin_of(request))
            if self.gate.is_open:
                return event
            for path in _changed_by(self.state, event):
                self.check_spec(request, Action.UPDATE, path)
            if isinstance(event, ChangeTree):
                guarded.append(self.gate.guard(request, event.transition))
                return attrs.evolve(event, transition=guarded[0])
            return event

        result = await self.loop.ask(make_guarded)
        self._count(result)
        refusal = self.gate.refusal_of(request, guarded[0]) if guarded else None
        if refusal is not None:
            raise refusal
        return result

    def plan(self, request: web.Request, transition: Transition, *, force: bool = False) -> DeploymentPlan | Rejection:
        """What a change would come to; nothing is changed. Raises the authorizer's answer to who may not make it."""
        guarded = self.gate.guard(request, transition)
        planned = plan_change(Turn(self.state, self.loop.now(), Random()), Change(transition=guarded, force=force))
        refusal = self.gate.refusal_of(request, guarded)
        if refusal is not None:
            raise refusal
        return planned if isinstance(planned, Rejection) else planned.plan

    def _count(self, result: Result) -> None:
        if isinstance(result, ChangeAccepted):
            self.loop.counts["deployments"] += 1
        elif isinstance(result, Locked) or (isinstance(result, Rejection) and result.status == 403):
            self.loop.counts["deployments.dismissed"] += 1


def _changed_by(state: State, event: Asked) -> Iterable[PathId]:
    """The definitions that are touched apart from how the tree changes."""
    match event:
        case ChangeTree():
            return event.restarts
        case KillInstances():
            return dict.fromkeys(spec_of(instance_id) for instance_id in event.ids)
        case CancelDeployment():
            deployment = state.deployments.get(event.id)
            return () if deployment is None else deployment.plan.affected

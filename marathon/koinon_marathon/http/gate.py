"""Who asks and what they may: the authenticator's and the authorizer's word on every request (marathon-semantics 25).

A failing authenticator lets nobody in (503), a failing authorizer allows nothing. Without these plugins everything is
allowed. HTTP Basic of `--http_credentials` stands before this and knows nothing of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import attrs
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from koinon_daemon.errors import ApiError
from koinon_web.paths import is_public

from ..definition.groups import Group, all_specs
from ..definition.path_ids import PathId
from ..definition.problems import Rejection
from ..definition.run_specs import RunSpec
from ..events import Transition
from ..plugins.conf import Hook
from ..plugins.interface import Action, Identity, Kind, PluginRequest, PluginResponse, Resource
from ..plugins.loading import Plugin, Plugins
from .answers import Answered

AUTHENTICATION_TIMEOUT = 10.0
"""Seconds that an authenticator may take; longer is a failure."""
_OPEN_PATHS = ("/ping",)
"""What load balancers ask, who are nobody."""
_IDENTITY = web.RequestKey("identity", Identity)
_logger = structlog.get_logger(__name__)
T = TypeVar("T")
May = Callable[[Action, Resource], bool]


class Gate:
    """What stands between a request and the resources."""

    def __init__(self, plugins: Plugins = Plugins()) -> None:  # noqa: B008 (a frozen value)
        """Uses the authenticator and the authorizer among the plugins, where there are any."""
        self._authenticator = plugins.first(Hook.AUTHENTICATOR)
        self._authorizer = plugins.first(Hook.AUTHORIZER)

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for anything."""
        return self._authenticator is None and self._authorizer is None

    @web.middleware
    async def authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the authenticator say who asks, before anything is read or done for them."""
        if self._authenticator is not None and not _is_open(request.path):
            plugin = self._authenticator
            try:
                async with asyncio.timeout(AUTHENTICATION_TIMEOUT):
                    found = await _identify(plugin, make_plugin_request(request))
            except Exception as error:
                note_failure(plugin, error)
                raise Answered(503, f"plugin {plugin.entry.id} failed", {}, PluginResponse(status=503)) from error
            if not isinstance(found, Identity):
                raise found
            request[_IDENTITY] = found
        return await handler(request)

    @property
    def has_authorizer(self) -> bool:
        """Whether somebody is asked what others may do."""
        return self._authorizer is not None

    def identity_of(self, request: web.Request) -> Identity | None:
        """Who sent the request, as far as an authenticator was asked."""
        return request.get(_IDENTITY)

    def may(self, request: web.Request, action: Action, resource: Resource) -> bool:
        """Whether who sent the request may do that."""
        return self.allows(request.get(_IDENTITY), action, resource)

    def allows(self, identity: Identity | None, action: Action, resource: Resource) -> bool:
        """Whether somebody may do that."""
        if self._authorizer is None:
            return True
        try:
            return self._authorizer.made.is_authorized(identity, action, resource) is True
        except Exception as error:  # noqa: BLE001 (whatever a plugin raises is its own failure)
            note_failure(self._authorizer, error)
            return False

    def check(self, request: web.Request, action: Action, resource: Resource) -> None:
        """Raise the authorizer's answer to whoever may not."""
        if not self.may(request, action, resource):
            raise self._refusal(request, action, resource)

    def visible(self, request: web.Request, items: Iterable[T], resource_of: Callable[[T], Resource]) -> Sequence[T]:
        """Those that who sent the request may view: listings drop the others without a word."""
        if self._authorizer is None:
            return list(items)
        return [item for item in items if self.may(request, Action.VIEW, resource_of(item))]

    def guard(self, request: web.Request, transition: Transition) -> "GuardedTransition":
        """The transition, which refuses whatever the sender may not create, change or delete by it."""
        return GuardedTransition(transition, lambda action, resource: self.may(request, action, resource))

    def refusal_of(self, request: web.Request, guarded: "GuardedTransition") -> ApiError | None:
        """The authorizer's answer, if it was what stopped the transition."""
        if guarded.refused is None:
            return None
        return self._refusal(request, *guarded.refused)

    def _refusal(self, request: web.Request, action: Action, resource: Resource) -> ApiError:
        identity = request.get(_IDENTITY)
        _logger.info(
            "unauthorized",
            identity=identity.name if identity else None,
            action=action.value,
            resource=resource.kind.value,
            id=resource.id,
        )
        if self._authorizer is None:
            return ApiError(403, "Not Authorized to perform this action!")
        try:
            return answered(self._authorizer, self._authorizer.made.refusal(identity, action, resource))
        except Exception as error:  # noqa: BLE001
            note_failure(self._authorizer, error)
            return ApiError(403, "Not Authorized to perform this action!")


@attrs.define
class GuardedTransition:
    """A transition of the tree and who asked for it: what it changes is what must be allowed.

    So every door to the tree has one lock, whether an app is posted, a group is put or a deployment is undone.
    """

    transition: Transition
    may: May
    refused: tuple[Action, Resource] | None = None

    def __call__(self, root: Group, now: datetime) -> Group | Rejection:
        """The wanted tree, or 403 and `refused`."""
        wanted = self.transition(root, now)
        if isinstance(wanted, Rejection):
            return wanted
        for action, spec in _differences(all_specs(root), all_specs(wanted)):
            resource = spec_resource(spec)
            if not self.may(action, resource):
                self.refused = (action, resource)
                return Rejection(403, "Not Authorized to perform this action!")
        return wanted


def _is_open(path: str) -> bool:
    return path.rstrip("/") in _OPEN_PATHS or is_public(path)


async def _identify(plugin: Plugin, asked: PluginRequest) -> Identity | ApiError:
    """Who asks, or the answer to whoever did not prove it. Raises what the plugin raises; TypeError for nonsense."""
    found = await plugin.made.authenticate(asked)
    if found is None:
        return answered(plugin, plugin.made.challenge(asked))
    if not isinstance(found, Identity):
        raise TypeError(f"it answered {type(found).__name__}, no Identity")
    return found


def _differences(before: "dict[PathId, RunSpec]", after: "dict[PathId, RunSpec]") -> Iterable[tuple[Action, RunSpec]]:
    for path, spec in after.items():
        if path not in before:
            yield Action.CREATE, spec
        elif spec is not before[path]:
            yield Action.UPDATE, spec
            yield Action.UPDATE, before[path]
    for path, spec in before.items():
        if path not in after:
            yield Action.DELETE, spec


def spec_resource(spec: RunSpec) -> Resource:
    """An app or a pod as the authorizer sees it."""
    return Resource(Kind.RUN_SPEC, spec.id, spec.role, spec.labels)


def group_resource(path: PathId) -> Resource:
    """A group as the authorizer sees it."""
    return Resource(Kind.GROUP, path)


def make_plugin_request(request: web.Request, rest: str = "", body: bytes = b"") -> PluginRequest:
    """The request as plugins see it."""
    return PluginRequest(
        method=request.method,
        path=request.path,
        query={name: tuple(request.query.getall(name)) for name in request.query},
        headers={name.lower(): value for name, value in request.headers.items()},
        remote=request.remote,
        rest=rest,
        body=body,
    )


def make_response(found: object) -> web.Response:
    """A plugin's answer as ours. Raises TypeError or ValueError for what is none."""
    if not isinstance(found, PluginResponse):
        raise TypeError(f"it answered {type(found).__name__}, no PluginResponse")
    return web.Response(status=found.status, body=found.body, headers=dict(found.headers))


def answered(plugin: Plugin, found: PluginResponse) -> ApiError:
    """A plugin's answer, to be raised. One that can't be sent is the plugin's failure: TypeError, ValueError."""
    make_response(found)
    if found.status < 400:
        raise ValueError(f"{plugin.entry.id} refuses with status {found.status}")
    return Answered(found.status, f"plugin {plugin.entry.id}", {}, found)


def note_failure(plugin: Plugin, error: Exception) -> None:
    """Name a plugin that raised, in the log."""
    _logger.error("plugin_failed", plugin=plugin.entry.id, error=repr(error), exc_info=error)

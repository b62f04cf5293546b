"""Who may enter which door: what access control lists say of endpoints, flags and logs, and of what a reader sees.

Doors whose answers only leave something out are open: they show ``seen_state``. The lists' meaning is the core's, the
machine refuses changes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from koinon_core.operator_api import GetFlags, ListFiles, OperatorRead, ReadFile, SetLoggingLevel
from koinon_core.permissions import EVERYTHING_ALLOWED
from koinon_core.scheduler_api import Call
from koinon_core.visibility import Visibility
from koinon_daemon.auth import principal_of
from koinon_daemon.errors import ApiError

from ..access.authorization import find_identity_problem
from ..config import MasterConfig
from ..state import ClusterState
from ..views.visible import visible_part
from .routing import find_longest_prefix

_Ask = Callable[[Visibility, web.Request], str | None]


def _ask_endpoint(path: str) -> _Ask:
    return lambda visibility, _: visibility.find_endpoint_refusal(path)


def _ask_log_level(visibility: Visibility, request: web.Request) -> str | None:
    """The door, and with a query the change."""
    refusal = visibility.find_endpoint_refusal("/logging/toggle")
    return refusal or (visibility.find_log_level_refusal() if request.query else None)


_DOORS: Mapping[str, _Ask] = {
    "/flags": lambda visibility, _: visibility.find_endpoint_refusal("/flags") or visibility.find_flags_refusal(),
    "/files": lambda visibility, _: visibility.find_logs_refusal(),
    "/files/debug": _ask_endpoint("/files/debug"),
    "/logging/toggle": _ask_log_level,
    "/metrics": _ask_endpoint("/metrics"),
    "/metrics/snapshot": _ask_endpoint("/metrics/snapshot"),
    "/stats.json": _ask_endpoint("/metrics/snapshot"),
}
"""All files that a master shows are its logs."""


def authorization(config: MasterConfig) -> Middleware:
    """A middleware that answers 403 at closed doors. Put it inside of ``authentication``."""

    @web.middleware
    async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
        ask = find_longest_prefix(_DOORS, request.path)
        refuse(None if ask is None else ask(sight_of(config, request), request))
        return await handler(request)

    return authorize


def jsonp_gate(config: MasterConfig) -> Middleware:
    """A middleware that refuses ``?jsonp=`` unless --allow_jsonp says otherwise: it opens answers to any web page."""

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if "jsonp" in request.query and not config.allow_jsonp:
            raise ApiError(403, "?jsonp= is off, as it lets any web page read the cluster; --allow_jsonp turns it on")
        return await handler(request)

    return gate


def refuse_call(config: MasterConfig, request: web.Request, body: OperatorRead | SetLoggingLevel) -> None:
    """Raises ApiError 403 for an operator's call that is the same as a closed door."""
    sight = sight_of(config, request)
    if isinstance(body, GetFlags):
        refuse(sight.find_flags_refusal())
    elif isinstance(body, SetLoggingLevel):
        refuse(sight.find_log_level_refusal())
    elif isinstance(body, (ListFiles, ReadFile)):
        refuse(sight.find_logs_refusal())


def refuse_impostor(state: ClusterState, request: web.Request, call: Call) -> None:
    """Raises ApiError 400 for a scheduler's call on behalf of somebody else's framework (mesos-v1-api 2.1, 2.3)."""
    problem = find_identity_problem(state, call, principal_of(request))
    if problem is not None:
        raise ApiError(400, problem)


def refuse(refusal: str | None) -> None:
    """Raises ApiError 403 where there is a refusal."""
    if refusal is not None:
        raise ApiError(403, refusal)


def sight_of(config: MasterConfig, request: web.Request) -> Visibility:
    """What the sender of a request may see."""
    return Visibility(permissions=config.acls or EVERYTHING_ALLOWED, principal=principal_of(request))


def seen_state(state: ClusterState, request: web.Request) -> ClusterState:
    """The part of the memory that the sender of a request may see: what views are given."""
    if state.permissions.is_everything_visible:
        return state
    return visible_part(state, Visibility(permissions=state.permissions, principal=principal_of(request)))

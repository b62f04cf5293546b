"""Who may enter which door of an agent: what access control lists say of endpoints, sandboxes and containers.

(mesos-semantics 11) What the lists mean is in ``koinon_core.permissions``, what reads leave out in ``visibility``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.operator_api import GetFlags, ListFiles, ReadFile, SetLoggingLevel
from koinon_core.permissions import EVERYTHING_ALLOWED, Action
from koinon_core.visibility import Visibility
from koinon_daemon.auth import principal_of
from koinon_daemon.errors import ApiError
from koinon_daemon.files import JoinedRoots, find_place

from ..config import AgentConfig
from ..views.parts import find_executor_user
from .files import LOG_PATH, SandboxRoots, find_standalone, log_roots
from .realms import own_path
from .site import Site

_Ask = Callable[[Visibility], str | None]


def _ask_endpoint(path: str) -> _Ask:
    return lambda sight: sight.find_endpoint_refusal(path)


_DOORS: Mapping[str, _Ask] = {
    "/flags": lambda sight: sight.find_endpoint_refusal("/flags") or sight.find_flags_refusal(),
    "/files/debug": _ask_endpoint("/files/debug"),
    "/metrics": _ask_endpoint("/metrics"),
    "/metrics/snapshot": _ask_endpoint("/metrics/snapshot"),
    "/stats.json": _ask_endpoint("/metrics/snapshot"),
    "/monitor/statistics": _ask_endpoint("/monitor/statistics"),
    "/monitor/statistics.json": _ask_endpoint("/monitor/statistics"),
    "/containers": _ask_endpoint("/containers"),
    "/logging/toggle": _ask_endpoint("/logging/toggle"),
}


def authorization(site: Site) -> Middleware:
    """A middleware that answers 403 at closed doors. Put it inside of ``authentication``."""

    @web.middleware
    async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
        if site.config.acls is not None:
            refuse(_find_refusal(site, request))
        return await handler(request)

    return authorize


def _find_refusal(site: Site, request: web.Request) -> str | None:
    path, sight = own_path(request.path), sight_of(site.config, request)
    ask = _DOORS.get(path)
    refusal = None if ask is None else ask(sight)
    if refusal is not None:
        return refusal
    if path == "/logging/toggle" and request.query:
        return sight.find_log_level_refusal()
    if path.startswith("/files/") and path != "/files/debug":
        return find_file_refusal(site, sight, request.query.get("path", ""))
    return None


def refuse_call(site: Site, request: web.Request, body: object) -> None:
    """Raises ApiError 403 for an operator's call that is the same as a closed door."""
    sight = sight_of(site.config, request)
    if isinstance(body, GetFlags):
        refuse(sight.find_flags_refusal())
    elif isinstance(body, SetLoggingLevel):
        refuse(sight.find_log_level_refusal())
    elif isinstance(body, (ListFiles, ReadFile)):
        refuse(find_file_refusal(site, sight, body.path))


def find_file_refusal(site: Site, sight: Visibility, path: str) -> str | None:
    """Why a file may not be seen: the log is the operators', a sandbox is its executor's user's.

    Raises ApiError 404 for a path that is not shown, 503 before there is an agent.
    """
    if site.config.acls is None:
        return None
    agent = site.recovered()
    place = find_place(JoinedRoots((log_roots(site.config), SandboxRoots(site))), path)
    if place.shown.is_relative_to(LOG_PATH):
        return sight.find_logs_refusal()
    if (standalone := find_standalone(site, place.root)) is not None:
        return sight.find_refusal(Action.ACCESS_SANDBOXES, standalone.record.user)
    *_, framework_id, _, executor_id, _, _ = place.root.parts
    user = find_executor_user(agent, FrameworkId(framework_id), ExecutorId(executor_id))
    return sight.find_refusal(Action.ACCESS_SANDBOXES, user)


def refuse(refusal: str | None) -> None:
    """Raises ApiError 403 where there is a refusal."""
    if refusal is not None:
        raise ApiError(403, refusal)


def sight_of(config: AgentConfig, request: web.Request) -> Visibility:
    """What the sender of a request may see and do."""
    return Visibility(permissions=config.acls or EVERYTHING_ALLOWED, principal=principal_of(request))

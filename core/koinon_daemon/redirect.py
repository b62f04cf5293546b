"""To the leader, by 307: what every master that does not lead answers (mesos-v1-api 1.1, mesos-operator-api 2)."""

from collections.abc import Callable, Collection

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .errors import ApiError
from .flag_values import HostPort


@attrs.frozen(kw_only=True)
class Leadership:
    """Who leads, as far as this daemon knows."""

    is_self: bool
    leader: HostPort | None


def leader_location(leader: HostPort, path_and_query: str) -> str:
    """The protocol-relative address of a path on the leader."""
    return f"//{leader}{path_and_query}"


def leader_redirect(leadership: Callable[[], Leadership], exempt: Collection[str] = ()) -> Middleware:
    """A middleware that lets requests pass on the leader, else answers 307, or ApiError 503 while nobody leads.

    `exempt` paths are served everywhere; one that ends in `/` exempts all beneath it. The body is not read first. Put
    it inside `error_middleware`.
    """
    exact = frozenset(path for path in exempt if not path.endswith("/"))
    beneath = tuple(path for path in exempt if path.endswith("/"))

    @web.middleware
    async def redirect(request: web.Request, handler: Handler) -> web.StreamResponse:
        known = leadership()
        if known.is_self or request.path.rstrip("/") in exact or request.path.startswith(beneath):
            return await handler(request)
        if known.leader is None:
            raise ApiError(503, "No leader elected")
        location = leader_location(known.leader, request.rel_url.raw_path_qs)
        return web.Response(status=307, headers={"Location": location})

    return redirect

"""A daemon's own API below a prefix of the UI: the same handlers behind the same doors, for one address to do.

The request is given its plain path before anything judges it, so that realms, access lists and plugins see what they
always see. Belongs inside the error middleware and outside of all that asks who somebody is.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from koinon_daemon.errors import ApiError

from ..relay_paths import find_path_problem
from .relay import refuse

_IS_OWN = web.RequestKey("is_own_api", bool)


def own_api(prefix: str, is_here: Callable[[], bool]) -> Middleware:
    """A middleware that turns `/ui/api/cluster/state` into `/state`, as long as this daemon answers for itself.

    The application needs a route from below the prefix to `answer_own`.
    """

    @web.middleware
    async def unwrap(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if not path.startswith(f"{prefix}/") or not is_here():
            return await handler(request)
        plain = path.removeprefix(prefix)
        refuse(find_path_problem(plain))
        url = URL.build(path=plain, query_string=request.rel_url.raw_query_string, encoded=True)
        unwrapped = request.clone(rel_url=url)
        found = await request.app.router.resolve(unwrapped)
        found.add_app(request.app)
        found.freeze()
        # As aiohttp's own normalize_path_middleware does; there is no public way.
        unwrapped._match_info = found
        unwrapped[_IS_OWN] = True
        return await handler(unwrapped)

    return unwrap


async def answer_own(request: web.Request) -> web.StreamResponse:
    """Have the handler of the plain path answer. Raises ApiError 404 for what was not unwrapped."""
    if not request.get(_IS_OWN):
        raise ApiError(404, f"there is no {request.path}")
    return await request.match_info.handler(request)

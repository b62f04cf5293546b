"""Who asks: HTTP Basic against the known credentials, before anything else of a request (mesos-v1-api 1.1).

Where nobody needs to prove who they are, whatever they claim is ignored. What somebody may do is
`koinon_core.permissions`; which path belongs to which realm is the daemon's.
"""

from collections.abc import Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .credentials import Credentials, read_basic
from .errors import ApiError

_PRINCIPAL = web.RequestKey("principal", str)
_logger = structlog.get_logger(__name__)

FindRealm = Callable[[str], str | None]
"""Path to the realm that must be entered for it; None where nobody is asked."""


def authentication(credentials: Credentials, find_realm: FindRealm) -> Middleware:
    """A middleware that answers 401, naming the realm, to whoever does not prove who they are.

    Put it inside `error_middleware` and outside of all that reads, redirects or serves.
    """

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        realm = find_realm(request.path)
        if realm is not None:
            given = read_basic(request.headers.get("Authorization"))
            principal = None if given is None else credentials.find_principal(given)
            if principal is None:
                if given is not None:
                    _logger.info("unauthenticated", realm=realm, claimed=given.principal, peer=request.remote)
                raise ApiError(401, _explain(request), {"WWW-Authenticate": f'Basic realm="{realm}"'})
            request[_PRINCIPAL] = principal
        return await handler(request)

    return authenticate


def principal_of(request: web.Request) -> str | None:
    """Who sent the request, as far as they had to prove it."""
    return request.get(_PRINCIPAL)


def note_principal(request: web.Request, principal: str) -> None:
    """Remember who sent the request: for whoever gets it from somebody that has asked already."""
    request[_PRINCIPAL] = principal


def _explain(request: web.Request) -> str:
    if "Authorization" not in request.headers:
        return "401 Unauthorized. Say who you are by HTTP Basic: this asks for a principal and its secret."
    return "401 Unauthorized. The principal is unknown or the secret is not theirs."

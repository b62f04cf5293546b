"""`GET /ui/api/me`: who asks, what this daemon is, and what that one may do here and at the other daemon.

Each daemon answers for what it enforces itself, by the same rules; here the two answers become one. The page leaves out
what somebody may not do, and is no door: the daemons refuse it all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import ClientError, ClientTimeout, hdrs, web
from attrs import frozen

from koinon_core.errors import describe_error
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError

from ..feed import Owner
from .peer import RELAYED, Peer, headers_for, refusal_of

RIGHTS: Final[Mapping[Owner, tuple[str, ...]]] = {
    Owner.MASTER: (
        "deactivate_agents",
        "drain_agents",
        "maintenance",
        "mark_agents_gone",
        "quota",
        "reactivate_agents",
        "teardown_frameworks",
        "weights",
    ),
    Owner.MARATHON: ("create_apps", "delete_apps", "kill_tasks", "update_apps"),
}
"""What each daemon judges."""
_PATIENCE: Final = ClientTimeout(total=5.0)
_MOST_TEXT: Final = 100_000


@frozen(kw_only=True)
class Own:
    """What a daemon says for itself."""

    name: str
    version: str
    principal: str | None
    rights: Mapping[str, bool]
    """All of `RIGHTS` that are its own."""
    may_sign_in: bool = False
    """Whether somebody who proves who he is may do more; `/ui/api/sign_in` asks for it."""


class MeResource:
    """Answers for one daemon and asks the other."""

    def __init__(self, owner: Owner, find_own: Callable[[web.Request], Own], client: HttpClient, other: Peer) -> None:
        """`find_own` may raise ApiError."""
        self._owner = owner
        self._find_own = find_own
        self._client = client
        self._other = other

    async def show(self, request: web.Request) -> web.Response:
        """Both daemons' words; `?app=/path` asks for the rights to that app. Raises ApiError 405."""
        if request.method != hdrs.METH_GET:
            raise ApiError(405, "this can only be read", {"Allow": "GET"})
        own = self._find_own(request)
        found: dict[str, Any] = {
            "daemon": self._owner.value,
            "name": own.name,
            "version": own.version,
            "principal": own.principal,
            "may_sign_in": own.may_sign_in,
            "rights": dict(own.rights),
            self._owner.value: {"reached": True},
        }
        if RELAYED not in request.headers:
            await self._add_other(request, found)
        return web.json_response(found, headers={hdrs.CACHE_CONTROL: "no-store"})

    async def _add_other(self, request: web.Request, found: dict[str, Any]) -> None:
        other = self._owner.other
        rights: dict[str, bool] = dict.fromkeys(RIGHTS[other], False)
        if self._other.url is None:
            found[other.value] = None if self._other.is_optional else {"reached": False, "why": self._other.why_nowhere}
        else:
            try:
                said = await self._ask(request)
                rights.update({name: said["rights"].get(name) is True for name in rights})
                found[other.value] = {"reached": True, "url": self._other.url, "version": str(said["version"])}
                found["may_sign_in"] = found["may_sign_in"] or said.get("may_sign_in") is True
            except ApiError as error:
                found[other.value] = {"reached": False, "url": self._other.url, "why": error.text}
        found["rights"].update(rights)

    async def _ask(self, request: web.Request) -> dict[str, Any]:
        """The other's own words. Raises ApiError."""
        query = {"app": request.query["app"]} if "app" in request.query else None
        peer = self._other
        headers = headers_for(request, peer, "application/json")
        try:
            async with peer.first_that_answers() as url, self._client.session.get(
                f"{url}/ui/api/me", params=query, headers=headers, allow_redirects=False, timeout=_PATIENCE,
                ssl=peer.tls or True,
            ) as reply:  # fmt: skip
                text = (await reply.content.read(_MOST_TEXT)).decode(errors="replace")
                if reply.status != 200:
                    raise refusal_of(peer, reply.status, text)
                said = json.loads(text)
                if not isinstance(said, dict) or not isinstance(said.get("rights"), dict) or "version" not in said:
                    raise ApiError(502, peer.says("its answer is none of a Koinon"))
                return said
        except (TimeoutError, ClientError, ValueError) as error:
            raise ApiError(502, peer.says(f"no answer: {describe_error(error)}")) from error

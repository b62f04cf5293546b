"""What everybody sees of a hosted framework: how it fares, its numbers; all that is the plugin's is passed on to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from aiohttp import ClientConnectorError, ClientError, ClientTimeout, hdrs, web

from koinon_core.errors import describe_error
from koinon_daemon.auth import authentication, principal_of
from koinon_daemon.client import Call, HttpClient
from koinon_daemon.credentials import Credentials
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError, PeerError
from koinon_daemon.forwarding import Forwarding, forward_streaming, is_circling
from koinon_daemon.json_answer import answer_json
from koinon_daemon.metrics import Timer
from koinon_daemon.other_sites import SAID_BY_BROWSERS, other_sites_only_look
from koinon_daemon.prometheus import Exposition
from koinon_daemon.server import make_application

from ..fare import Fare, describe, document, numbers
from .page import render_page
from .plugin_application import NUMBERS, PRINCIPAL, TOKEN

REALM = "koinon-framework"
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 120.0
_NUMBERS_SECONDS = 2.0
_OURS = frozenset({TOKEN.lower(), PRINCIPAL.lower()})
_SECRET = frozenset({hdrs.AUTHORIZATION.lower()})
"""Where the host has asked who it is, the plugin need not see what proved it."""
_logger = structlog.get_logger(__name__)


class HostApplication:
    """The handlers of the outer process."""

    def __init__(self, fare: Fare, client: HttpClient, credentials: Credentials | None, wall: Any) -> None:
        """``client`` asks the inner process and the leader; ``wall`` is the clock."""
        self._fare, self._client, self._credentials, self._clock = fare, client, credentials, wall
        self._exposition = Exposition(())
        self._timeout = ClientTimeout(sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)

    def make(self) -> web.Application:
        """The application."""
        guards = [other_sites_only_look()]
        if self._credentials is not None:
            guards.append(authentication(self._credentials, lambda path: None if path == "/health" else REALM))
        app = make_application([error_middleware(), *guards])
        app.add_routes(
            [
                web.get("/", self.show),
                web.get("/health", self.show_health),
                web.get("/metrics", self.show_prometheus),
                web.get("/metrics/snapshot", self.show_snapshot),
                web.route("*", "/{tail:.*}", self.pass_on),
            ]
        )
        return app

    async def show(self, request: web.Request) -> web.StreamResponse:
        """What runs here and how it fares: HTML for browsers, JSON for all others."""
        if "text/html" not in request.headers.get(hdrs.ACCEPT, "") or request.query.get("format") == "json":
            return answer_json(request, self._document())
        return await self._show_page()

    async def show_health(self, _request: web.Request) -> web.Response:
        """200 while the plugin runs or stands by, else 503."""
        condition = describe(self._fare, self._now())
        status = 200 if condition.word in ("running", "standing by") else 503
        return web.json_response({"state": condition.word, "message": condition.sentence}, status=status)

    async def show_snapshot(self, request: web.Request) -> web.Response:
        """All numbers flat: the host's own, and the plugin's under its name."""
        plain, timers = await self._read_numbers()
        for name, timer in timers.items():
            plain |= {f"{name}{suffix}": value for suffix, value in timer["statistics"].items()}
        return answer_json(request, dict(sorted(plain.items())))

    async def show_prometheus(self, _request: web.Request) -> web.Response:
        """The same for Prometheus."""
        plain, found = await self._read_numbers()
        timers = {name: _make_timer(timer) for name, timer in found.items()}
        body, content_type = await asyncio.to_thread(self._exposition.render, plain, timers)
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Whatever is the plugin's: to its process, or to the leader. Raises ApiError 502, 503."""
        fare, path = self._fare, request.path
        leader = fare.leader_elsewhere
        if leader is not None:
            url = f"{fare.leadership.scheme}://{leader}{request.rel_url.raw_path_qs}"
            return await self._forward(request, url, {}, SAID_BY_BROWSERS)
        if path == f"/{fare.name}":
            raise web.HTTPPermanentRedirect(f"/{fare.name}/")
        is_home = path == f"/{fare.name}/" and request.method in ("GET", "HEAD")
        if is_home and (fare.running is None or not fare.running.has_page):
            return await self._show_page()
        running = fare.running
        if running is None or not fare.is_serving:
            raise self._unavailable()
        if not path.startswith(f"/{fare.name}/") and not running.root_routes:
            raise ApiError(404, f"Nothing is here; {fare.name} answers below /{fare.name}/.")
        principal = principal_of(request)
        proofs = {TOKEN: fare.token} | ({} if principal is None else {PRINCIPAL: principal})
        url = f"http://127.0.0.1:{running.port}{request.rel_url.raw_path_qs}"
        return await self._forward(request, url, proofs, _OURS if self._credentials is None else _OURS | _SECRET)

    async def _forward(
        self, request: web.Request, url: str, headers: Mapping[str, str], dropped: frozenset[str]
    ) -> web.StreamResponse:
        forwarding = Forwarding(
            url=url,
            via=f"1.1 {self._fare.leadership.me}",
            headers=headers,
            dropped=dropped,
            timeout=self._timeout,
        )
        if is_circling(request, forwarding):
            raise ApiError(502, "This request has come here before: two hosts take each other for the leader.")
        try:
            return await forward_streaming(request, self._client, forwarding)
        except (ClientError, TimeoutError, ConnectionError) as error:
            if request.transport is None or request.transport.is_closing():
                raise
            _logger.warning("request_unanswered", url=url, error=repr(error))
            if self._fare.leader_elsewhere is None and not isinstance(error, TimeoutError):
                raise self._unavailable(f"{self._fare.name} gave no answer: {str(error) or repr(error)}. ") from error
            reached = "can't be reached" if isinstance(error, ClientConnectorError) else "gave no answer"
            raise ApiError(502, f"{url} {reached}: {describe_error(error)}") from error

    def _unavailable(self, why: str = "") -> ApiError:
        now = self._now()
        condition = describe(self._fare, now)
        due = self._fare.machine.next_start
        wait = 1 if due is None else max(1, round(due - now))
        return ApiError(503, f"{why}{condition.sentence}\n", {hdrs.RETRY_AFTER: str(wait)})

    async def _show_page(self) -> web.Response:
        plain, _ = await self._read_numbers()
        return web.Response(text=render_page(self._document(), plain), content_type="text/html")

    def _document(self) -> dict[str, Any]:
        return document(self._fare, self._now(), self._clock.now())

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _read_numbers(self) -> tuple[dict[str, float], dict[str, Any]]:
        """Our own numbers and, where it answers, the plugin's: numbers and timers."""
        fare = self._fare
        own = numbers(fare, self._now())
        if not fare.is_serving or fare.running is None:
            return own, {}
        url = f"http://127.0.0.1:{fare.running.port}{NUMBERS}"
        try:
            reply = await self._client.call(
                Call(method="GET", url=url, headers={TOKEN: fare.token}, deadline=_NUMBERS_SECONDS)
            )
            found = orjson.loads(reply.body)
            plugin = {f"{fare.name}/{name}": float(value) for name, value in found["numbers"].items()}
            return own | plugin, {f"{fare.name}/{name}": timer for name, timer in found["timers"].items()}
        except (PeerError, ValueError, KeyError, TypeError, AttributeError) as error:
            _logger.warning("numbers_unread", framework=fare.name, error=repr(error))
            return own, {}


def _make_timer(found: Mapping[str, Any]) -> Timer:
    timer = Timer()
    timer.count, timer.seconds, timer.counts = found["count"], found["seconds"], list(found["counts"])
    return timer

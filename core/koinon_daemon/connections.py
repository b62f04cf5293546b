"""Who may hold a connection: as many as there are open files for, and only those that ask for something.

A peer that connects and sends no whole request is closed after a while; one too many is told so and closed at once,
so that files, the registry and the peers that are here already go on. What is asked is the application's.
"""

from __future__ import annotations

import asyncio
import resource
from typing import cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

from .bodies import BODY_SECONDS
from .express import ExpressConnection, Lane, Patience

FIRST_REQUEST_SECONDS = 30.0
"""For how long a connection may stay without its first request."""
IDLE_SECONDS = 75.0
"""For how long it may stay between two."""
_RESERVED_SHARE = 4
"""A quarter of the open files is for what is no connection of ours: files, the store, calls to others."""
_MOST_RESERVED = 512
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\nRetry-After: 10\r\n"
    b"Content-Length: 35\r\n\r\nToo many connections are open here."
)
_logger = structlog.get_logger(__name__)


def find_connection_limit() -> int:
    """How many connections this process may hold, by its limit of open files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return files - min(files // _RESERVED_SHARE, _MOST_RESERVED)


def raise_open_files() -> None:
    """Let this process open as many files as the machine allows it: each peer holds one.

    Not for processes that start others' programs, which would inherit it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Doorkeeper:
    """Makes the protocol of each new connection: that of the runner's server, or a refusal. Begins with `setup`."""

    def __init__(
        self,
        runner: web.AppRunner,
        limit: int | None = None,
        lane: Lane | None = None,
        patience: float = FIRST_REQUEST_SECONDS,
    ) -> None:
        """``limit``: how many connections there may be, None for what the open files allow; ``patience``: seconds.

        With a ``lane`` each connection begins in that.
        """
        self._runner = runner
        self._lane = lane
        self._express: set[ExpressConnection] = set()
        self._limit = find_connection_limit() if limit is None else limit
        self._patience = patience
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}
        self._is_full = False

    def admit(self) -> asyncio.Protocol:
        """The protocol of a connection that comes now. Raises RuntimeError before the runner was set up."""
        server = self._runner.server
        if server is None:
            raise RuntimeError("the server has not been started")
        held = len(server.connections) + len(self._express)
        was_full, self._is_full = self._is_full, held >= self._limit
        if self._is_full:
            if not was_full:
                _logger.warning("connections_full", held=held, limit=self._limit)
            return _Refusal()
        if self._lane is None:
            return self._make_protocol(server)
        patience = Patience(first=self._patience, idle=IDLE_SECONDS, body=BODY_SECONDS)
        express = ExpressConnection(
            self._lane, patience, hand_over=lambda: self._make_protocol(server), left=self._express.discard
        )
        self._express.add(express)
        return express

    def close(self) -> None:
        """End what is no connection of the runner's server."""
        for express in tuple(self._express):
            express.close()

    def _make_protocol(self, server: web.Server) -> RequestHandler:
        protocol = server()
        timer = asyncio.get_running_loop().call_later(self._patience, self._give_up, protocol)
        self._silent[protocol] = timer
        return protocol

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A request came: its connection may stay. The outermost of all middlewares."""
        timer = self._silent.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()
        return await handler(request)

    def _give_up(self, protocol: RequestHandler) -> None:
        del self._silent[protocol]
        protocol.force_close()


class _Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(_FULL)
        transport.close()

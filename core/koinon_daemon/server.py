"""An aiohttp application on an address: start, refuse, stop. Routes and middlewares are the daemon's."""

import asyncio
import errno
import logging
import ssl
from collections.abc import Sequence
from socket import IPPROTO_TCP, TCP_USER_TIMEOUT

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Middleware

from .connections import IDLE_SECONDS, Doorkeeper
from .errors import ListenError, ListenRefusedError
from .express import LANE
from .flag_values import HostPort
from .forwarding import ENDLESS
from .listen import Listen, listen_problem
from .stream import OPEN_STREAMS, SERVER_STOPPING

DEFAULT_BODY_LIMIT = 16 * 1024 * 1024
UNREAD_SECONDS = 120.0
"""For how long a peer may take nothing of what is sent to it: an answer of megabytes stays in memory until it does."""
_WAITING = 1024
"""How many connections the system may hold for us until we take them: all agents come back at once."""
_logger = structlog.get_logger(__name__)


class _MalformedRequests(logging.Filter):
    """Keeps what a client got wrong out of our log: it is answered with 400, and anybody could fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


logging.getLogger("aiohttp.server").addFilter(_MalformedRequests())


def make_application(middlewares: Sequence[Middleware], body_limit: int = DEFAULT_BODY_LIMIT) -> web.Application:
    """An application that answers 413 to bodies over `body_limit` bytes and knows its open streams."""
    app = web.Application(middlewares=middlewares, client_max_size=body_limit)
    app[OPEN_STREAMS] = set()
    app[ENDLESS] = set()
    app.on_shutdown.append(_cut_open_streams)
    return app


class HttpServer:
    """Serves one application on one address.

    A handler is cancelled when its client leaves, so that a dead stream is noticed at once: whatever must be completed
    belongs into the daemon's loop, never into a handler. `grace` bounds the seconds that requests get at the stop,
    `unread` those that a peer may take nothing of an answer. Calls of the app's `LANE` may spare the way through it.
    Bodies come as they are: `bodies.read_body` unpacks them.
    """

    def __init__(
        self,
        app: web.Application,
        listen: Listen,
        *,
        grace: float = 5.0,
        tls: ssl.SSLContext | None = None,
        connection_limit: int | None = None,
        unread: float = UNREAD_SECONDS,
    ) -> None:
        self._listen = listen
        self._tls = tls
        self._unread = unread
        self._runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=grace,
            handler_cancellation=True,
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._door = Doorkeeper(self._runner, connection_limit, app.get(LANE))
        app.middlewares.insert(0, self._door.note)
        self._listener: asyncio.Server | None = None
        self._address: HostPort | None = None

    @property
    def address(self) -> HostPort:
        """The address served, with the real port. Raises RuntimeError before the start."""
        if self._address is None:
            raise RuntimeError("the server has not been started")
        return self._address

    async def start(self) -> HostPort:
        """Listen and serve; returns the address. Raises ListenRefusedError (open to all) or ListenError (taken)."""
        listen = self._listen
        problem = listen_problem(listen)
        if problem is not None:
            raise ListenRefusedError(problem)
        await self._runner.setup()
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._door.admit, listen.host, listen.port, ssl=self._tls, reuse_address=True, backlog=_WAITING
            )
        except OSError as error:
            await self._runner.cleanup()
            taken = error.errno == errno.EADDRINUSE
            reason = "another process listens there" if taken else (error.strerror or str(error))
            raise ListenError(listen.host, listen.port, reason) from error
        for socket in self._listener.sockets:
            # Accepted connections inherit it.
            socket.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, int(self._unread * 1000))
        self._address = HostPort(listen.host, self._listener.sockets[0].getsockname()[1])
        _logger.info("listening", address=str(self._address))
        return self._address

    async def stop(self) -> None:
        """Stop accepting, cut the open streams, give running requests the grace, then close all."""
        if self._listener is not None:
            self._listener.close()
        self._door.close()
        await self._runner.cleanup()


async def _cut_open_streams(app: web.Application) -> None:
    open_streams = app[OPEN_STREAMS]
    for stream in tuple(open_streams):
        stream.cut(SERVER_STOPPING)
    endless = app[ENDLESS]
    for transport in tuple(endless):
        transport.abort()

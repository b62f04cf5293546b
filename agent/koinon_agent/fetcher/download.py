"""Brings a file over HTTP: from allowed addresses alone, in bounded time, following a few redirects.

Each connection is judged by the address that it goes to, after the name was resolved and for every redirect anew: a
name that changes its mind gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from koinon_core import __version__
from koinon_core.errors import describe_error

from .addresses import AllowedNetworks, find_address_problem
from .errors import SourceRefused
from .options import FetchOptions
from .plan import REMOTE, hide_password
from .sink import COPY_BYTES, Sink

T = TypeVar("T")
MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_HEADERS = {"User-Agent": f"koinon-agent/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}

Write = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs what blocks somewhere else."""


async def download(url: str, sink: Sink, options: FetchOptions, write: Write) -> None:
    """All that is at a URL, into the sink. Raises SourceRefused, and OSError where it can't be written."""
    guard = _Guard(options.networks)
    connector = TCPConnector(socket_factory=guard.make_socket, force_close=True)
    try:
        async with asyncio.timeout(options.timeout):
            # What is sent is stored as it is: a packed file is not unpacked because its server calls it an encoding.
            async with ClientSession(
                connector=connector,
                timeout=ClientTimeout(total=None),
                headers=_HEADERS,
                auto_decompress=False,
                trust_env=False,
            ) as session:
                await _Download(session, sink, options.stall_timeout, write).run(url)
    except TimeoutError:
        raise SourceRefused(
            f"it took more than the {options.timeout:g} s of --fetcher_timeout ({sink.size} bytes came)"
        ) from None
    except ClientConnectorError as error:
        raise SourceRefused(guard.problem or f"no connection: {error}") from error
    except (ClientError, ValueError) as error:
        raise SourceRefused(guard.problem or f"the download broke: {describe_error(error)}") from error


class _Guard:
    """Makes sockets for allowed addresses alone."""

    def __init__(self, networks: AllowedNetworks) -> None:
        self._networks = networks
        self.problem: str | None = None

    def make_socket(self, address: tuple[int, int, int, str, tuple[str | int, ...]]) -> socket.socket:
        family, kind, protocol, _, where = address
        problem = find_address_problem(str(where[0]), self._networks)
        if problem is not None:
            self.problem = problem
            raise OSError(problem)
        return socket.socket(family, kind, protocol)


class _Download:
    """One download under way."""

    def __init__(self, session: ClientSession, sink: Sink, stall_timeout: float, write: Write) -> None:
        self._session = session
        self._sink = sink
        self._stall_timeout = stall_timeout
        self._write = write
        self._received = 0

    async def run(self, url: str) -> None:
        response = await self._find(url)
        try:
            if response.status != _OK:
                raise SourceRefused(f"its server answered {response.status} {response.reason or ''}".rstrip())
            problem = self._sink.find_size_problem(response.content_length or 0)
            if problem is not None:
                raise SourceRefused(problem)
            await self._receive(response)
        finally:
            response.close()
        await self._write(self._sink.finish)

    async def _find(self, url: str) -> ClientResponse:
        """The answer at the end of all redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._in_time(self._session.get(_as_written(url), allow_redirects=False))
            where = response.headers.get("Location")
            if response.status not in _REDIRECTS or where is None:
                return response
            response.close()
            url = str(response.url.join(URL(where)))
            if urlsplit(url).scheme not in REMOTE:
                raise SourceRefused(f"it redirects to {hide_password(url)!r}, which is neither http nor https")
        raise SourceRefused(f"it redirects more than {MAX_REDIRECTS} times")

    async def _receive(self, response: ClientResponse) -> None:
        waiting = bytearray()
        while chunk := await self._in_time(response.content.readany()):
            waiting += chunk
            self._received += len(chunk)
            if len(waiting) >= COPY_BYTES:
                await self._store(bytes(waiting))
                waiting.clear()
        await self._store(bytes(waiting))

    async def _store(self, data: bytes) -> None:
        await self._write(lambda: self._sink.write(data))

    async def _in_time(self, work: Awaitable[T]) -> T:
        deadline = asyncio.timeout(self._stall_timeout)
        try:
            async with deadline:
                return await work
        except TimeoutError:
            if not deadline.expired():
                raise
            raise SourceRefused(
                f"its server was silent for the {self._stall_timeout:g} s of --fetcher_stall_timeout "
                f"({self._received} bytes came before)"
            ) from None


def _as_written(url: str) -> URL:
    """A URL that is quoted already stays as it is: a signature may be in it."""
    return URL(url, encoded=url.isascii() and " " not in url)

"""The way to a container engine: calls through the ``docker`` package in threads, streams through aiohttp.

Owns connections, deadlines and the translation of errors. A call takes a thread only while the engine works on it; what
lasts (events, logs, pulls) is read on the event loop, so that waiting costs no thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import requests
from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound

from ..errors import EngineRefused, EngineUnavailable

T = TypeVar("T")

_UNIX = "unix://"
_TCP = "tcp://"


class Engine:
    """One engine. ``threads`` calls go on at a time, each may be silent for ``call_timeout`` seconds."""

    def __init__(self, url: str, threads: int, call_timeout: float) -> None:
        self.url = url
        self._threads = threads
        self._call_timeout = call_timeout
        self._pool: ThreadPoolExecutor | None = None
        self._client: APIClient | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Connect and agree on the API's version; may be tried again after a stop. Raises EngineUnavailable."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="docker")
        self._client = await self._in_thread(self._connect)
        is_unix = self.url.startswith(_UNIX)
        connector = aiohttp.UnixConnector(self.url.removeprefix(_UNIX), limit=0) if is_unix else None
        self._session = aiohttp.ClientSession(
            connector=connector or aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._call_timeout),
        )

    async def stop(self) -> None:
        """Close all connections; calls under way end in their threads."""
        if self._session is not None:
            await self._session.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    async def call(self, work: Callable[[APIClient], T]) -> T:
        """The result of ``work`` with the client, done in a thread. Raises EngineRefused and EngineUnavailable."""
        if self._client is None:
            raise EngineUnavailable(self.url, "not connected yet")
        client = self._client
        return await self._in_thread(lambda: work(client))

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a request, to be read as long as it lasts. Raises EngineRefused and EngineUnavailable.

        A connection that breaks while it is read raises EngineUnavailable too.
        """
        if self._session is None or self._client is None:
            raise EngineUnavailable(self.url, "not connected yet")
        host = "http://docker" if self.url.startswith(_UNIX) else self.url.replace(_TCP, "http://", 1).rstrip("/")
        url = f"{host}/v{self._client.api_version}{path}"
        try:
            async with self._session.request(method, url, params=params, headers=headers) as response:
                if response.status >= 400:
                    raise EngineRefused(response.status, await _read_refusal(response))
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineUnavailable(self.url, _sentence(error)) from error

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except APIError as error:
            status = error.status_code or 500
            raise EngineRefused(status, _explain(error), isinstance(error, ImageNotFound)) from error
        except (requests.exceptions.RequestException, DockerException, OSError) as error:
            raise EngineUnavailable(self.url, _sentence(error)) from error

    def _connect(self) -> APIClient:
        # One connection a thread: whoever had to wait for one would hold a thread idle.
        timeout = max(1, round(self._call_timeout))
        return APIClient(base_url=self.url, version="auto", timeout=timeout, max_pool_size=self._threads)


def _explain(error: APIError) -> str:
    explanation = error.explanation
    text = explanation.decode(errors="replace") if isinstance(explanation, bytes) else explanation
    return text or str(error)


def _sentence(error: BaseException) -> str:
    return str(error) or type(error).__name__


async def _read_refusal(response: aiohttp.ClientResponse) -> str:
    try:
        return str((await response.json(content_type=None))["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason or f"status {response.status}"

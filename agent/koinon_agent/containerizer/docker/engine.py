"""The way to a container engine: its HTTP API over a unix socket or tcp, on the event loop.

Owns connections, the API's version, deadlines, how many calls go on at a time, and the translation of errors. What is
asked is the callers' affair. Why not through the ``docker`` package: docs/adr/0005.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from ..errors import EngineRefused, EngineUnavailable
from .slots import Slots, Turn

_UNIX = "unix://"
_TCP = "tcp://"
_JSON = {"Content-Type": "application/json"}
_TAR = {"Content-Type": "application/x-tar"}
_OLDEST = (1, 25)
"""The first version of the API that knows mounts. Docker 1.13 speaks it."""
_NEWEST = (1, 47)
"""The last version that we know; an engine that speaks newer ones answers in this one."""
_NO_IMAGE = "no such image"
_START_SECONDS = 30.0
"""How long an engine may take to say its version: one that just starts lets its callers wait."""


class Engine:
    """One engine. ``limit`` calls go on at a time, each for ``call_timeout`` seconds at most; streams are apart."""

    def __init__(self, url: str, limit: int, call_timeout: float) -> None:
        """``url``: unix:///path or tcp://host:port."""
        self.url = url
        self._slots = Slots(limit)
        self._call_timeout = call_timeout
        self._session: aiohttp.ClientSession | None = None
        self._version = ""
        self.log_driver = ""
        """What keeps the output of containers that name nothing for it."""
        host = "http://docker" if url.startswith(_UNIX) else url.replace(_TCP, "http://", 1)
        self._host = host.rstrip("/")

    async def start(self) -> None:
        """Connect and agree on the API's version; may be tried again after a stop. Raises EngineUnavailable."""
        is_unix = self.url.startswith(_UNIX)
        connector = aiohttp.UnixConnector(self.url.removeprefix(_UNIX), limit=0) if is_unix else None
        self._session = aiohttp.ClientSession(
            connector=connector or aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._call_timeout),
        )
        self._version = ""
        timeout = aiohttp.ClientTimeout(total=min(_START_SECONDS, self._call_timeout))
        try:
            said = await self._call("GET", "/version", {}, timeout=timeout)
            self._version = f"/v{_agree(said)}"
            self.log_driver = str((await self._call("GET", "/info", {}, timeout=timeout)).get("LoggingDriver", ""))
        except (EngineRefused, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineUnavailable(self.url, f"no version to agree on: {error}") from error

    async def stop(self) -> None:
        """Close all connections; what was asked last is done all the same."""
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: object = None,
        turn: Turn = Turn.FINISH,
    ) -> Any:
        """The engine's answer, JSON decoded; None where it says nothing. ``body`` is sent as JSON, bytes as a tar.

        Raises EngineRefused and EngineUnavailable.
        """
        async with self._slots.slot(turn):
            if not self._version:
                raise EngineUnavailable(self.url, "not connected")
            return await self._call(method, path, params or {}, body)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection, for what is not HTTP once it has begun. Raises OSError."""
        if self.url.startswith(_UNIX):
            return await asyncio.open_unix_connection(self.url.removeprefix(_UNIX))
        parts = urlsplit(self._host)
        return await asyncio.open_connection(parts.hostname, parts.port)

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a request, to be read as long as it lasts. Raises EngineRefused and EngineUnavailable.

        A connection that breaks while it is read raises EngineUnavailable too.
        """
        if self._session is None or self._session.closed or not self._version:
            raise EngineUnavailable(self.url, "not connected")
        url = f"{self._host}{self._version}{path}"
        try:
            async with self._session.request(method, url, params=params, headers=headers) as response:
                if response.status >= 400:
                    raise _refusal(response, await response.read())
                yield response
        except (aiohttp.ClientError, OSError) as error:
            raise EngineUnavailable(self.url, _sentence(error)) from error

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: object = None,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> Any:
        if self._session is None or self._session.closed:
            raise EngineUnavailable(self.url, "not connected")
        data, headers = _encode(body)
        timeout = timeout or aiohttp.ClientTimeout(total=self._call_timeout)
        url = f"{self._host}{self._version}{path}"
        try:
            async with self._session.request(
                method, url, params=params, data=data, headers=headers, timeout=timeout
            ) as response:
                answer = await response.read()
                if response.status >= 400:
                    raise _refusal(response, answer)
                return orjson.loads(answer) if answer.strip() else None
        except TimeoutError as error:
            reason = f"no answer to {method} {path} within {timeout.total:g} seconds"
            raise EngineUnavailable(self.url, reason) from error
        except (aiohttp.ClientError, OSError, orjson.JSONDecodeError) as error:
            raise EngineUnavailable(self.url, _sentence(error)) from error


def _encode(body: object) -> tuple[bytes | None, Mapping[str, str] | None]:
    if isinstance(body, bytes):
        return body, _TAR
    return (None, None) if body is None else (orjson.dumps(body), _JSON)


def _agree(said: Mapping[str, str]) -> str:
    """The version to speak with an engine that says this of itself. Raises ValueError where there is none."""
    newest = _numbers(said["ApiVersion"])
    oldest = _numbers(said.get("MinAPIVersion") or said["ApiVersion"])
    agreed = max(min(newest, _NEWEST), oldest)
    if agreed < _OLDEST:
        raise ValueError(f"the engine speaks {said['ApiVersion']}, and {_text(_OLDEST)} is the oldest that is enough")
    return _text(agreed)


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _refusal(response: aiohttp.ClientResponse, answer: bytes) -> EngineRefused:
    try:
        reason = str(orjson.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        reason = answer.decode(errors="replace").strip() or response.reason or f"status {response.status}"
    return EngineRefused(response.status, reason, response.status == 404 and _NO_IMAGE in reason.lower())


def _sentence(error: BaseException) -> str:
    return str(error) or type(error).__name__

"""Calls to one master over one connection, without waiting for one another: most of them are acknowledgements.

An answer that is late holds up those behind it, so that a connection of which one call ran out of time takes no more.
TLS is aiohttp's, and so is a peer that closes the connection after an answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import urlsplit

from koinon_daemon.errors import CallFailedError, CallTimedOutError
from koinon_daemon.pipelined import Answer, Exchange, PipelinedConnection

IDLE_SECONDS = 15.0
"""After which a connection is not trusted any more: masters, and what stands before them, close idle ones."""
_METHOD = "POST"


class CallPipe:
    """The calls of one subscription."""

    def __init__(self, url: str, head: str, deadline: float, limit: int) -> None:
        """``url``: of all calls; ``head``: its lines of headers; ``limit``: how many calls may be under way."""
        parts = urlsplit(url)
        self.is_usable = parts.scheme == "http" and bool(parts.hostname)
        """Whether this master can be spoken to like this, as far as is known."""
        self._url = url
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._head = f"{_METHOD} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{head}Content-Length: "
        self._deadline = deadline
        self._turns = asyncio.Semaphore(limit)
        self._connecting = asyncio.Lock()
        self._current: PipelinedConnection | None = None
        self._callers: Counter[PipelinedConnection] = Counter()
        """How many wait for an answer on each connection."""
        self._used_at = 0.0

    async def call(self, body: bytes) -> Answer:
        """What was answered. Raises CallTimedOutError and CallFailedError."""
        try:
            async with asyncio.timeout(self._deadline), self._turns:
                return await self._call(body)
        except TimeoutError as error:
            raise CallTimedOutError(_METHOD, self._url, self._deadline) from error

    def close(self) -> None:
        """End the connection."""
        if self._current is not None:
            self._current.close()
        for connection in tuple(self._callers):
            connection.close()

    async def _call(self, body: bytes) -> Answer:
        connection = self._find_open() or await self._connect()
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        exchange = Exchange(lambda answer: None if answered.done() else answered.set_result(answer))
        connection.send(f"{self._head}{len(body)}\r\n\r\n".encode() + body, exchange)
        self._callers[connection] += 1
        try:
            answer = await answered
        except asyncio.CancelledError:
            if self._current is connection:
                self._current = None
            raise
        finally:
            self._callers[connection] -= 1
            self._end_if_unused(connection)
        if not answer.status:
            raise CallFailedError(_METHOD, self._url, answer.text)
        if not connection.is_open:
            self.is_usable = False
        return answer

    def _find_open(self) -> PipelinedConnection | None:
        now, current = asyncio.get_running_loop().time(), self._current
        if current is None or not current.is_open:
            return None
        if now > self._used_at + IDLE_SECONDS:
            self._current = None
            self._end_if_unused(current)
            return None
        self._used_at = now
        return current

    def _end_if_unused(self, connection: PipelinedConnection) -> None:
        """One that takes no more calls ends with the last that waits for its answer."""
        if self._callers[connection] <= 0:
            del self._callers[connection]
            if connection is not self._current:
                connection.close()

    async def _connect(self) -> PipelinedConnection:
        async with self._connecting:
            current = self._find_open()
            if current is not None:
                return current
            loop = asyncio.get_running_loop()
            try:
                _, made = await loop.create_connection(lambda: PipelinedConnection("master"), self._host, self._port)
            except OSError as error:
                raise CallFailedError(_METHOD, self._url, str(error)) from error
            self._current, self._used_at = made, loop.time()
            return made

"""HTTP from an executor to its agent: one connection for the stream of events, one for calls in their order.

aiohttp would take longer to load than all else that an executor needs. Decides nothing: what came of a call or a
stream is a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from koinon_daemon.pipelined import Answer, Exchange, OnAnswer, PipelinedConnection

from .environment import ExecutorEnvironment

_PATH = "/api/v1/executor"
_OK = 200
CONNECT_SECONDS = 5.0


class AgentConnection:
    """Speaks to one agent."""

    def __init__(self, environment: ExecutorEnvironment, content_type: str) -> None:
        self._environment = environment
        lines = [
            f"POST {_PATH} HTTP/1.1",
            f"Host: {environment.host}:{environment.port}",
            f"Content-Type: {content_type}",
            f"Accept: {content_type}",
            *([f"Authorization: Bearer {environment.token}"] if environment.token else []),
            "Content-Length: ",
        ]
        self._head = "\r\n".join(lines)
        self._calls: PipelinedConnection | None = None
        self._stream: PipelinedConnection | None = None
        self._waiting: list[tuple[bytes, OnAnswer]] = []
        self._connecting: asyncio.Task[None] | None = None

    def call(self, body: bytes, on_answer: OnAnswer) -> None:
        """Send a call, in the order of the calls of this."""
        if self._calls is not None and self._calls.is_open:
            self._calls.send(self._request(body), Exchange(on_answer))
            return
        self._waiting.append((body, on_answer))
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect_calls())

    async def stream(self, body: bytes, on_record: Callable[[bytes], None]) -> Answer:
        """Send SUBSCRIBE and hand on records until the stream ends: status 200, and why. ``close_stream`` ends it."""
        connected = await self._connect()
        if isinstance(connected, Answer):
            return connected
        self._stream = connected
        ended: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        exchange = Exchange(lambda answer: _settle(ended, answer), on_record)
        connected.send(self._request(body), exchange)
        try:
            answer = await ended
        finally:
            connected.close()
        return Answer(_OK, answer.text or "the agent ended the stream") if exchange.status == _OK else answer

    def close_stream(self) -> None:
        """End the stream of events."""
        if self._stream is not None:
            self._stream.close()

    def close(self) -> None:
        """End every connection."""
        self.close_stream()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._calls is not None:
            self._calls.close()

    async def _connect_calls(self) -> None:
        connected = await self._connect()
        self._connecting = None
        waiting, self._waiting = self._waiting, []
        if not isinstance(connected, Answer):
            self._calls = connected
        for body, on_answer in waiting:
            if isinstance(connected, Answer):
                on_answer(connected)
            else:
                connected.send(self._request(body), Exchange(on_answer))

    async def _connect(self) -> PipelinedConnection | Answer:
        loop = asyncio.get_running_loop()
        environment = self._environment
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if environment.domain_socket is not None:
                    _, made = await loop.create_unix_connection(_connection, environment.domain_socket)
                else:
                    _, made = await loop.create_connection(_connection, environment.host, environment.port)
        except TimeoutError:
            return Answer(0, f"the agent took no connection within {CONNECT_SECONDS:g} seconds")
        except OSError as error:
            return Answer(0, str(error))
        return made

    def _request(self, body: bytes) -> bytes:
        return f"{self._head}{len(body)}\r\n\r\n".encode() + body


def _connection() -> PipelinedConnection:
    return PipelinedConnection("agent")


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)

"""A session within a container of an agent, over three requests: what it says, what it is handed, how it ends.

(mesos-operator-api 1.4, container sessions) Owns the records both ways. What is typed and shown is ``terminal.py``'s.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any

import orjson
from attrs import frozen

from koinon_core.wire import encode_record
from koinon_daemon.client import Call, HttpClient
from koinon_daemon.credentials import Credential
from koinon_daemon.errors import PeerError, StreamBrokenError
from koinon_daemon.stream import records

from .errors import CliError, Unreachable
from .http_api import answered, prove, unreachable
from .terminal import LocalTerminal

_START_SECONDS = 60.0
_END_SECONDS = 30.0
_BEAT_SECONDS = 15.0
_FOREVER = 10.0**9
_SIGNAL_BASE = 128
_STREAM = {"Accept": "application/recordio", "Message-Accept": "application/json"}


@frozen(kw_only=True)
class SessionCall:
    """``url`` is the agent's operator API, ``launch`` the body of LAUNCH_NESTED_CONTAINER_SESSION."""

    url: str
    launch: dict[str, Any]
    credential: Credential | None = None

    @property
    def container_id(self) -> dict[str, Any]:
        """Of the session's own container."""
        container_id: dict[str, Any] = self.launch["container_id"]
        return container_id

    def request(self, kind: str, body: dict[str, Any], headers: dict[str, str], deadline: float) -> Call:
        """One call in JSON."""
        return Call(
            method="POST",
            url=self.url,
            body=orjson.dumps({"type": kind, kind.lower(): body}),
            headers={"Content-Type": "application/json"} | headers | prove(self.credential),
            deadline=deadline,
        )


class ContainerSession:
    """One command, from its start to its exit code."""

    def __init__(self, call: SessionCall, terminal: LocalTerminal, *, is_interactive: bool, is_terminal: bool) -> None:
        self._call = call
        self._terminal = terminal
        self._is_interactive = is_interactive
        self._is_terminal = is_terminal
        self._is_over = asyncio.Event()

    async def run(self, client: HttpClient) -> int:
        """Start it and carry bytes both ways until it ends; its exit code. Raises CliError."""
        launch = self._call.request("LAUNCH_NESTED_CONTAINER_SESSION", self._call.launch, _STREAM, _START_SECONDS)
        try:
            async with client.stream(launch) as response:
                if response.status != 200:
                    answered(self._call.url, response.status, await response.read())
                return await self._carry(client, response)
        except StreamBrokenError as error:
            raise Unreachable(f"the session broke off: {error}") from error
        except PeerError as error:
            raise unreachable(self._call.url, error) from error

    async def _carry(self, client: HttpClient, response: Any) -> int:
        # Asked while it runs: an agent may forget a session as soon as it has ended.
        waiting = asyncio.create_task(self._wait(client))
        feeding = asyncio.create_task(self._feed(client))
        try:
            async for record in records(response):
                self._show(orjson.loads(record))
            async with asyncio.timeout(_END_SECONDS):
                return await waiting
        except TimeoutError:
            raise CliError("the command has ended, and its agent does not say how") from None
        finally:
            self._is_over.set()
            for task in (waiting, feeding):
                task.cancel()
            await asyncio.gather(waiting, feeding, return_exceptions=True)

    def _show(self, record: dict[str, Any]) -> None:
        if record.get("type") == "DATA":
            data = record["data"]
            self._terminal.write(b64decode(data["data"]), is_error=data["type"] == "STDERR")

    async def _wait(self, client: HttpClient) -> int:
        body = {"container_id": self._call.container_id}
        reply = await client.call(self._call.request("WAIT_NESTED_CONTAINER", body, {}, _FOREVER))
        answered(self._call.url, reply.status, reply.body)
        status = orjson.loads(reply.body)["wait_nested_container"].get("exit_status")
        if status is None:
            raise CliError("the command has ended, and nobody can tell how")
        return _exit_code(int(status))

    async def _feed(self, client: HttpClient) -> None:
        """Attach the input. That it ends, whoever ended it, is none of the command's affairs."""
        headers = {"Content-Type": "application/recordio", "Message-Content-Type": "application/json"}
        call = Call(
            method="POST",
            url=self._call.url,
            body=self._inputs(),
            headers=headers | prove(self._call.credential),
            deadline=_FOREVER,
        )
        try:
            await client.call(call)
        except PeerError:
            return

    async def _inputs(self) -> AsyncIterator[bytes]:
        """The container, then what is typed and how large the window is, as it comes; a sign of life in silence."""
        yield _record({"type": "CONTAINER_ID", "container_id": self._call.container_id})
        if not self._is_interactive and not self._is_terminal:
            yield _data(b"")
            return
        waiting: asyncio.Queue[bytes] = asyncio.Queue(1)
        tasks = [asyncio.create_task(self._forward_sizes(waiting))]
        if self._is_interactive:
            tasks.append(asyncio.create_task(self._forward_input(waiting)))
        try:
            while not self._is_over.is_set():
                try:
                    async with asyncio.timeout(_BEAT_SECONDS):
                        record = await waiting.get()
                except TimeoutError:
                    record = _io({"type": "CONTROL", "control": {"type": "HEARTBEAT"}})
                yield record
        finally:
            for task in tasks:
                task.cancel()

    async def _forward_input(self, waiting: asyncio.Queue[bytes]) -> None:
        async for data in self._terminal.read():
            await waiting.put(_data(data))
        await waiting.put(_data(b""))

    async def _forward_sizes(self, waiting: asyncio.Queue[bytes]) -> None:
        sizes = self._terminal.watch_size()
        while True:
            rows, columns = await sizes.get()
            tty = {"window_size": {"rows": rows, "columns": columns}}
            await waiting.put(_io({"type": "CONTROL", "control": {"type": "TTY_INFO", "tty_info": tty}}))


def _exit_code(status: int) -> int:
    """What wait(2) says, as a shell tells it."""
    return _SIGNAL_BASE + (status & 0x7F) if status & 0x7F else status >> 8


def _data(data: bytes) -> bytes:
    return _io({"type": "DATA", "data": {"type": "STDIN", "data": b64encode(data).decode()}})


def _io(process_io: dict[str, Any]) -> bytes:
    return _record({"type": "PROCESS_IO", "process_io": process_io})


def _record(attach: dict[str, Any]) -> bytes:
    return encode_record(orjson.dumps({"type": "ATTACH_CONTAINER_INPUT", "attach_container_input": attach}))

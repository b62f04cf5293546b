"""Commands run within Docker containers: the engine's exec, whose bytes go over a connection of their own.

Owns the upgraded connection and the end of what runs on it: the engine has no way to end an exec, so its processes are
signalled from here. Calls are ``engine.py``'s, frames ``demultiplexer.py``'s.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import structlog

from koinon_core.ids import ContainerId

from ..descendants import kill_descendants, signal_group_of
from ..errors import EngineRefused, EngineUnavailable, LaunchFailed
from ..session import Execution, Output
from .demultiplexer import Demultiplexer, Stream
from .engine import Engine

_logger = structlog.get_logger(__name__)

_CHUNK = 32 * 1024
_END_OF_TRANSMISSION = b"\x04"
"""What a terminal takes for the end of input."""
_PAUSES = (0.005, 0.01, 0.02, 0.05)
"""Seconds between looks at an exec, the last again and again."""
_START_SECONDS = 30.0
_END_SECONDS = 5.0
_OUTPUTS = {Stream.STDOUT: Output.STDOUT, Stream.STDERR: Output.STDERR}


async def start_session(
    engine: Engine, container_id: ContainerId, engine_id: str, execution: Execution
) -> DockerSession:
    """Start a command in a running container. Raises LaunchFailed and EngineUnavailable."""
    try:
        exec_id = (await engine.call("POST", f"/containers/{engine_id}/exec", body=_make_exec(execution)))["Id"]
        streams = await _upgrade(engine, exec_id, execution)
        session = DockerSession(engine, engine_id, exec_id, streams, execution)
        try:
            await session.begin(container_id)
        except BaseException:
            await session.close()
            raise
    except EngineRefused as error:
        raise LaunchFailed(container_id, error.reason) from error
    except TimeoutError as error:
        raise EngineUnavailable(engine.url, f"a command did not start within {_START_SECONDS:g} seconds") from error
    return session


async def end_unwanted(starting: asyncio.Task[DockerSession]) -> None:
    """End a session that nobody waits for any more: an engine cannot be told to forget what it was asked for."""
    with suppress(LaunchFailed, EngineUnavailable):
        await (await starting).close()


def _make_exec(execution: Execution) -> Mapping[str, Any]:
    body: dict[str, Any] = {
        "AttachStdin": execution.has_input,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": execution.terminal is not None,
        "Cmd": list(execution.argv),
        "Env": [f"{name}={value}" for name, value in execution.environment.items()],
    }
    return body if execution.user is None else body | {"User": execution.user}


async def _upgrade(
    engine: Engine, exec_id: str, execution: Execution
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Start the exec over a connection that is the command's own from the end of the answer's head on."""
    start: dict[str, Any] = {"Detach": False, "Tty": execution.terminal is not None}
    if execution.terminal is not None:
        start["ConsoleSize"] = list(execution.terminal)
    body = orjson.dumps(start)
    head = (
        f"POST /exec/{exec_id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer = None
    try:
        async with asyncio.timeout(_START_SECONDS):
            reader, writer = await engine.connect()
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(answer[0].split()[1])
            if status not in (101, 200):
                raise EngineRefused(status, await _read_reason(reader) or answer[0])
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as error:
        if writer is not None:
            writer.close()
        raise EngineUnavailable(engine.url, str(error) or type(error).__name__) from error
    except BaseException:
        if writer is not None:
            writer.close()
        raise
    return reader, writer


def _cgroups_of(pid: int) -> str:
    """What holds the container's id for processes of it. Raises FileNotFoundError and ProcessLookupError."""
    return Path(f"/proc/{pid}/cgroup").read_text()


async def _read_reason(reader: asyncio.StreamReader) -> str:
    """The message of a refusal, however it is framed."""
    text = await reader.read(_CHUNK)
    with suppress(ValueError, KeyError, TypeError):
        return str(orjson.loads(text[text.index(b"{") : text.rindex(b"}") + 1])["message"])
    return text.decode(errors="replace").strip()


class DockerSession:
    """An exec of the engine. What nobody reads stays in the connection: the command waits then."""

    def __init__(
        self,
        engine: Engine,
        engine_id: str,
        exec_id: str,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        execution: Execution,
    ) -> None:
        self._engine = engine
        self._engine_id = engine_id
        self._exec_id = exec_id
        self._reader, self._writer = streams
        self._terminal = execution.terminal
        self._takes_input = execution.has_input
        self._demultiplexer = Demultiplexer()
        self._waiting: deque[tuple[Output, bytes]] = deque()
        self._exit_code: int | None = None

    async def begin(self, container_id: ContainerId) -> None:
        """Resolve when it runs, or has run. Raises LaunchFailed where the engine could not start it."""
        async with asyncio.timeout(_START_SECONDS):
            state = await self._look(lambda seen: bool(seen["Pid"]) or seen["ExitCode"] is not None)
        if not state["Pid"]:
            reason = await self._read_reason()
            raise LaunchFailed(container_id, reason or f"the engine could not start it ({state['ExitCode']})")
        if self._terminal is not None:
            await self.resize(*self._terminal)

    async def _read_reason(self) -> str:
        """What the engine says, in the place of a command that it could not start."""
        words = bytearray()
        while (said := await self.read()) is not None:
            words += said[1]
        return words.decode(errors="replace").strip()

    async def read(self) -> tuple[Output, bytes] | None:
        """What it said since; None when it will say no more."""
        while not self._waiting:
            try:
                chunk = await self._reader.read(_CHUNK)
            except OSError:  # the engine is gone, and the command with it or beyond our reach
                return None
            if not chunk:
                return None
            if self._terminal is not None:
                return Output.STDOUT, chunk
            self._waiting.extend((_OUTPUTS[stream], data) for stream, data in self._demultiplexer.feed(chunk))
        return self._waiting.popleft()

    async def write(self, data: bytes) -> None:
        """Hand it input; dropped where it takes none any more."""
        if not self._takes_input:
            return
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def end_input(self) -> None:
        """Close its input; at a terminal, say so."""
        if self._terminal is not None:
            await self.write(_END_OF_TRANSMISSION)
            return
        self._takes_input = False
        if not self._writer.is_closing():
            with suppress(OSError):
                self._writer.write_eof()

    async def resize(self, rows: int, columns: int) -> None:
        """Tell the engine; of no interest where it has ended."""
        with suppress(EngineRefused, EngineUnavailable):
            size = {"h": str(rows), "w": str(columns)}
            await self._engine.call("POST", f"/exec/{self._exec_id}/resize", params=size)

    async def wait(self) -> int | None:
        """Its exit code; None where the engine does not know it any more."""
        if self._exit_code is None:
            with suppress(EngineRefused, EngineUnavailable):
                self._exit_code = (await self._look(lambda seen: not seen["Running"]))["ExitCode"]
        return self._exit_code

    async def signal(self, number: int) -> None:
        """To its whole process group, where the engine's host is ours."""
        await self._with_pid(lambda pid: signal_group_of(pid, number))

    async def close(self) -> None:
        """Kill what runs of it still, then close the connection."""
        await self._with_pid(kill_descendants)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _with_pid(self, act: Callable[[int], None]) -> None:
        """Do something to its first process while it runs; the engine tells the pid as its own host sees it."""
        with suppress(EngineRefused, EngineUnavailable, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                state = await self._engine.call("GET", f"/exec/{self._exec_id}/json")
            pid = state["Pid"]
            if not state["Running"] or not pid:
                return
            with suppress(FileNotFoundError, ProcessLookupError):
                if self._engine_id in _cgroups_of(pid):
                    act(pid)
                    return
            _logger.warning("session_not_signalled", exec_id=self._exec_id, pid=pid, reason="it is not of this host")

    async def _look(self, is_enough: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Look at the exec until it is as wanted."""
        pauses = iter(_PAUSES)
        while True:
            state: Mapping[str, Any] = await self._engine.call("GET", f"/exec/{self._exec_id}/json")
            if is_enough(state):
                return state
            await asyncio.sleep(next(pauses, _PAUSES[-1]))

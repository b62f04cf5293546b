"""One inner process as the outer one holds it: started, spoken to, signalled, its output held to a bound."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from signal import SIGKILL, SIGUSR2, Signals

from koinon_core.errors import InvalidTransition
from koinon_daemon.child import bound_to_parent

from .messages import LINE_LIMIT, BrokenMessage, Order, Report, decode_report, encode

_STACK_SECONDS = 0.3
"""For how long we wait for a stack: it is written by a signal handler that asks nobody."""
_STACK_BYTES = 64 * 1024
_DRAIN_SECONDS = 0.5
"""For how long we read on once the process is gone: what it started may hold its output open."""
_CHUNK = 64 * 1024


class InnerProcess:
    """One process, from its start to its end."""

    def __init__(self, hear: Callable[[Report], None], pass_on: Callable[[bytes], None]) -> None:
        """``hear`` gets what it reports, ``pass_on`` what it prints."""
        self._hear, self._pass_on = hear, pass_on
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._stacks = os.memfd_create("koinon-stacks")
        self._stack_start = 0
        self.broken: str | None = None
        """What it said that nobody understands."""

    @property
    def pid(self) -> int | None:
        """Its process id, once it was started."""
        return None if self._process is None else self._process.pid

    async def start(self, name: str, words: Sequence[str]) -> None:
        """Start it on a plugin and the command line behind its name. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            inner = [sys.executable, "-P", "-m", "koinon_frameworks.host.inner_main"]
            argv = [*inner, str(theirs.fileno()), str(self._stacks), name, *words]
            self._process = await asyncio.create_subprocess_exec(
                *bound_to_parent(SIGKILL, argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(theirs.fileno(), self._stacks),
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=LINE_LIMIT)
        self._readers = [
            asyncio.create_task(self._read_reports(reader), name="reports"),
            asyncio.create_task(self._read_output(self._process.stdout), name="output"),
        ]

    def send(self, order: Order) -> None:
        """Tell it; one that is gone hears nothing."""
        if self._writer is not None:
            self._writer.write(encode(order))

    def signal(self, number: Signals) -> None:
        """To it alone; SIGKILL also to all that it started and that stayed in its group."""
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            if number is SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                os.kill(self._process.pid, number)

    async def dump_stack(self) -> str:
        """Where all its threads stand, in the words of ``faulthandler``; empty where it can't say."""
        self.signal(SIGUSR2)
        await asyncio.sleep(_STACK_SECONDS)
        if self._stacks < 0:
            return ""
        end = os.fstat(self._stacks).st_size
        text = os.pread(self._stacks, min(_STACK_BYTES, end - self._stack_start), self._stack_start)
        self._stack_start = end
        return text.decode(errors="replace")

    async def wait(self) -> int:
        """Its exit code, negative for a signal, once all that it said is heard."""
        if self._process is None:
            raise RuntimeError("it was not started")
        code = await self._process.wait()
        # What it started and left behind would be there twice after the next start.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, SIGKILL)
        if self._readers:
            await asyncio.wait(self._readers, timeout=_DRAIN_SECONDS)
        return code

    async def close(self) -> None:
        """Kill it, if it lives, and give everything back; may be called again."""
        self.signal(SIGKILL)
        if self._process is not None:
            await self._process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        stacks, self._stacks = self._stacks, -1
        if stacks >= 0:
            os.close(stacks)

    async def _read_reports(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._hear(decode_report(line))
        except (BrokenMessage, InvalidTransition, ValueError) as error:
            # It has forked, say, and two speak now: whatever it is, nothing that it says can be relied on.
            self.broken = f"it said to its host what can't be: {error}"
            self.signal(SIGKILL)
        except ConnectionError:
            pass

    async def _read_output(self, reader: asyncio.StreamReader | None) -> None:
        while reader is not None and (chunk := await reader.read(_CHUNK)):
            self._pass_on(chunk)

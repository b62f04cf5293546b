"""Commands run beside a plain process, as if its task had started them: its user, environment, sandbox and cgroups.

Owns the start of such a command, its pipes or its terminal, and its end: it ends with its container at the latest. What
the container's process is like is read from the kernel (``surroundings.py``), so it makes no difference which life of
the agent started it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil
from attrs import frozen

from koinon_core.ids import ContainerId

from ..cgroups.membership import join_groups_of
from ..descendants import kill_descendants, kill_session, signal_group_of
from ..errors import LaunchFailed
from ..session import Execution, Output
from .supervisor import wait_gone
from .surroundings import Surroundings

_SIGNAL_BASE = 128
_CHUNK = 32 * 1024
_LAST_WORDS_SECONDS = 0.2
"""How long silence lasts, once a command has ended, until it is taken for the end of its output."""
_END_OF_TRANSMISSION = b"\x04"
_AWAIT_WORD = "read -r go || exit 125\n"
"""So that no command runs before it is in its cgroups."""
_WITH_INPUT = _AWAIT_WORD + 'exec "$@"'
_WITHOUT_INPUT = _AWAIT_WORD + 'exec "$@" </dev/null'
_AT_TERMINAL = _AWAIT_WORD + 'terminal=$1\nshift\nexec "$@" <"$terminal" >"$terminal" 2>&1'
"""Who leads a session and opens a terminal that nobody controls gets to control it."""


@frozen
class _Ends:
    """Our ends of a command's pipes or of its terminal, none of which blocks. ``input`` is None where it has none."""

    outputs: dict[int, Output]
    input: int | None


def start_session(container_id: ContainerId, container_pid: int, execution: Execution) -> ProcessSession:
    """Start a command beside a process that lives. Raises LaunchFailed. Not to be called off the event loop."""
    try:
        surroundings = Surroundings.of(container_pid, execution)
        argv = surroundings.find_argv(execution.argv)
        if execution.terminal is not None:
            process, ends = _start_at_terminal(argv, surroundings, execution.terminal)
        else:
            process, ends = _start_with_pipes(argv, surroundings, has_input=execution.has_input)
    except (OSError, ValueError, KeyError, psutil.Error) as error:
        # No such program, no more processes or terminals; a NUL in a word; no such user; the container just ended.
        raise LaunchFailed(container_id, _explain(error)) from error
    return ProcessSession(process, ends, container_pid, is_terminal=execution.terminal is not None)


def _explain(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


def _start_with_pipes(
    argv: Sequence[str], surroundings: Surroundings, *, has_input: bool
) -> tuple[subprocess.Popen[bytes], _Ends]:
    process = _spawn(_WITH_INPUT if has_input else _WITHOUT_INPUT, argv, surroundings, subprocess.PIPE)
    outputs = {}
    for end, output in ((process.stdout, Output.STDOUT), (process.stderr, Output.STDERR)):
        if end is not None:
            outputs[_take_over(end.fileno())] = output
            end.close()
    return process, _Ends(outputs, _say_go(process, has_input=has_input))


def _start_at_terminal(
    argv: Sequence[str], surroundings: Surroundings, size: tuple[int, int]
) -> tuple[subprocess.Popen[bytes], _Ends]:
    ours, theirs = os.openpty()
    try:
        if surroundings.identity is not None:
            os.fchown(theirs, surroundings.identity.uid, -1)
        termios.tcsetwinsize(ours, size)
        # It inherits theirs: with all of its ends closed, until the command opens one, reading ours would fail.
        process = _spawn(_AT_TERMINAL, [os.ttyname(theirs), *argv], surroundings, theirs)
        _say_go(process, has_input=False)
        return process, _Ends({(copy := _take_over(ours)): Output.STDOUT}, copy)
    finally:
        os.close(ours)
        os.close(theirs)


def _spawn(script: str, argv: Sequence[str], surroundings: Surroundings, output: int) -> subprocess.Popen[bytes]:
    identity = surroundings.identity
    process = subprocess.Popen(
        ["/bin/sh", "-c", script, "koinon-session", *argv],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        bufsize=0,
        cwd=surroundings.folder,
        env=dict(surroundings.environment),
        start_new_session=True,
        **(identity.as_popen_arguments() if identity is not None else {}),
    )
    join_groups_of(surroundings.pid, process.pid)
    return process


def _say_go(process: subprocess.Popen[bytes], *, has_input: bool) -> int | None:
    """Let the command start; returns what its input is written to from then on."""
    if process.stdin is None:
        raise RuntimeError("there is no way to say it")
    with suppress(BrokenPipeError):
        process.stdin.write(b"go\n")
    ours = _take_over(process.stdin.fileno()) if has_input else None
    process.stdin.close()
    return ours


def _take_over(descriptor: int) -> int:
    """A descriptor of our own that does not block."""
    copy = os.dup(descriptor)
    os.set_blocking(copy, False)
    return copy


class ProcessSession:
    """A command with its pipes or its terminal. What nobody reads stays in them: the command waits then."""

    def __init__(self, process: subprocess.Popen[bytes], ends: _Ends, container_pid: int, *, is_terminal: bool) -> None:
        self._process = process
        self._outputs = dict(ends.outputs)
        self._input = ends.input
        self._is_terminal = is_terminal
        self._descriptors = {*ends.outputs, *([] if ends.input is None else [ends.input])}
        self._ending = asyncio.create_task(self._watch(container_pid))

    async def read(self) -> tuple[Output, bytes] | None:
        """What it said since; None when it will say no more."""
        while self._outputs:
            is_last_look = self._ending.done()
            for descriptor, output in list(self._outputs.items()):
                data = _read(descriptor)
                if data == b"":
                    del self._outputs[descriptor]
                elif data is not None:
                    # The other one's turn comes first the next time.
                    self._outputs[descriptor] = self._outputs.pop(descriptor)
                    return output, data
            if not await self._wait_readable(_LAST_WORDS_SECONDS if is_last_look else None):
                self._outputs.clear()
        return None

    async def write(self, data: bytes) -> None:
        """Hand it input; dropped where it takes none any more."""
        rest = memoryview(data)
        while rest and self._input is not None and not self._ending.done():
            try:
                rest = rest[os.write(self._input, rest) :]
            except BlockingIOError:
                await self._wait_writable()
            except OSError:
                return

    async def end_input(self) -> None:
        """Close its input; at a terminal, say so."""
        if self._is_terminal:
            await self.write(_END_OF_TRANSMISSION)
        elif self._input is not None:
            self._close(self._input)

    async def resize(self, rows: int, columns: int) -> None:
        """Its terminal has another size now; it hears of it by SIGWINCH."""
        if self._is_terminal and self._input is not None:
            with suppress(OSError):
                termios.tcsetwinsize(self._input, (rows, columns))

    async def wait(self) -> int | None:
        """Its exit code, as a shell tells it."""
        return await asyncio.shield(self._ending)

    async def signal(self, number: int) -> None:
        """To its whole process group."""
        if not self._ending.done():
            signal_group_of(self._process.pid, number)

    async def close(self) -> None:
        """Kill it with all it started."""
        if not self._ending.done():
            kill_descendants(self._process.pid)
        await self.wait()
        for descriptor in list(self._descriptors):
            self._close(descriptor)

    async def _watch(self, container_pid: int) -> int:
        """Until it ends, or its container does and takes it along."""
        own = asyncio.create_task(wait_gone(self._process.pid))
        container = asyncio.create_task(wait_gone(container_pid))
        try:
            await asyncio.wait((own, container), return_when=asyncio.FIRST_COMPLETED)
            if not own.done():
                kill_descendants(self._process.pid)
            await own
            # Only then reap: until then its remains keep the pid, and with it the session, from being used again.
            kill_session(self._process.pid)
        finally:
            own.cancel()
            container.cancel()
        status = self._process.wait()
        return status if status >= 0 else _SIGNAL_BASE - status

    async def _wait_readable(self, seconds: float | None) -> bool:
        """Whether there is something to read, or it has ended meanwhile; False after so many seconds of neither."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        watched = list(self._outputs)
        for descriptor in watched:
            loop.add_reader(descriptor, ready.set)
        end = _setting(ready)
        if seconds is None:
            self._ending.add_done_callback(end)
        try:
            async with asyncio.timeout(seconds):
                await ready.wait()
        except TimeoutError:
            return False
        finally:
            self._ending.remove_done_callback(end)
            for descriptor in self._descriptors.intersection(watched):
                loop.remove_reader(descriptor)
        return True

    async def _wait_writable(self) -> None:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        descriptor = self._input
        if descriptor is None:
            return
        loop.add_writer(descriptor, ready.set)
        end = _setting(ready)
        self._ending.add_done_callback(end)
        try:
            await ready.wait()
        finally:
            self._ending.remove_done_callback(end)
            if descriptor in self._descriptors:
                loop.remove_writer(descriptor)

    def _close(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(descriptor)
        loop.remove_writer(descriptor)
        os.close(descriptor)
        self._descriptors.discard(descriptor)
        self._outputs.pop(descriptor, None)
        if self._input == descriptor:
            self._input = None


def _setting(event: asyncio.Event) -> Callable[[object], None]:
    """Sets an event when a task is done."""
    return lambda _: event.set()


def _read(descriptor: int) -> bytes | None:
    """What there is; None for nothing yet, empty where nothing will come any more."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno == errno.EIO:  # nobody has the terminal open any more
            return b""
        raise

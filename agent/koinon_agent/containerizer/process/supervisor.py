"""Starting a command as a plain process that outlives the agent, and signalling all that it started.

Each command runs below a small ``sh``, its supervisor, which leads a session of its own and needs nothing of the agent:
the command's exit status would be lost with its parent otherwise. The supervisor

- waits for a word on its stdin before it begins, so that no command runs that the agent has not written down;
- has the command's process say on stderr that it is there: a signal sent before would be lost on the supervisor;
- has that process wait for another word where limits of the kernel are to be set on it first;
- writes down that the command begins: one that never got so far, as its agent was killed, has not run;
- writes the exit status to a file that the agent opened for it, outside of the sandbox;
- ends with SIGKILL to its process group, so that nothing the command left behind stays;
- lives through signals sent to the group, other than SIGKILL, and through an agent that no longer listens to it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from koinon_core.containers import CommandInfo

from ...sandboxes.layout import STDERR, STDOUT
from ..descendants import kill_descendants
from .identity import Identity
from .record import BEGUN, ProcessRecord, ProcessRecords, read_start_time

_SCRIPT = f"""\
trap : HUP INT QUIT ALRM TERM USR1 USR2
trap '' PIPE
read -r go || exit 125
(
echo begun >&2
[ "$go" = go ] || read -r go || exit 125
echo {BEGUN} || exit 125
trap - PIPE
exec "$@" </dev/null >>{STDOUT} 2>>{STDERR}
)
status=$?
echo "$status" || exit "$status"
kill -KILL 0
"""
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_POLL_SECONDS = 0.2
_BEGIN_SECONDS = 2.0
_BEGIN_POLL_SECONDS = 0.02


@frozen(kw_only=True)
class Command:
    """What to run, where, with which whole environment, as whom (None: as the agent)."""

    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    user: str | None = None


def with_path(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with a PATH if it has none."""
    return {"PATH": _DEFAULT_PATH, **environment}


def find_argv(command: CommandInfo, environment: Mapping[str, str]) -> Sequence[str]:
    """The words to execute (mesos-v1-api 4.3). Raises FileNotFoundError where PATH does not hold the program."""
    value = command.value or ""
    if command.shell:
        return ["/bin/sh", "-c", value]
    return [find_program(value, environment), *command.arguments[1:]]


def find_program(name: str, environment: Mapping[str, str]) -> str:
    """The program's path; one with a slash is taken as it is. Raises FileNotFoundError where PATH does not hold it.

    It is looked for here and now, as the shell that starts it would take ``exit`` or ``kill`` for its own.
    """
    place = name if "/" in name else shutil.which(name, path=environment.get("PATH"))
    if place is None:
        raise FileNotFoundError(errno.ENOENT, "no such program in PATH", name)
    return place


class Supervisor:
    """A started supervisor that still waits for the word to begin."""

    def __init__(self, command: Command, exit_descriptor: int) -> None:
        """Starts it. Raises OSError, KeyError for an unknown user, PermissionError for one we may not become."""
        identity = Identity.named(command.user).to_become() if command.user is not None else None
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "koinon-supervisor", *command.argv],
            stdin=subprocess.PIPE,
            stdout=exit_descriptor,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=command.folder,
            env=dict(command.environment),
            start_new_session=True,
            **(identity.as_popen_arguments() if identity is not None else {}),
        )

    @property
    def pid(self) -> int:
        """Also the id of its process group and session."""
        return self._process.pid

    async def begin(self, rlimits: Mapping[int, tuple[int, int]] | None = None) -> None:
        """Let the command start; resolves when signals reach it, or when all is over already.

        ``rlimits`` hold for the command and not for its supervisor, which must be able to tell the end. Raises OSError
        where they can't be had; then the command does not run.
        """
        if self._process.stdin is None or self._process.stderr is None:
            raise RuntimeError("begun already")
        try:
            self._say("wait" if rlimits else "go")
            await _wait_readable(self._process.stderr.fileno())
            if rlimits:
                _limit_children(self.pid, rlimits)
                self._say("go")
        finally:
            self._process.stdin.close()
            self._process.stderr.close()

    def _say(self, word: str) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # killed already: its end tells
                self._process.stdin.write(f"{word}\n".encode())

    def abandon(self) -> None:
        """Let it end without having started anything."""
        for end in (self._process.stdin, self._process.stderr):
            if end is not None:
                end.close()
        self._process.wait()

    def reap(self) -> int | None:
        """Take its remains away after its end; its own exit code, or minus the signal that ended it."""
        return self._process.poll()


def _limit_children(pid: int, rlimits: Mapping[int, tuple[int, int]]) -> None:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        for number, limits in rlimits.items():
            try:
                resource.prlimit(int(child), number, limits)
            except ValueError as error:
                raise OSError(errno.EINVAL, f"{error} (limit {number})") from error


async def wait_begun(record: ProcessRecord, records: ProcessRecords) -> bool:
    """Whether the command of a supervisor that an earlier agent left ran, or runs.

    One that waits for its word still hears at once that nobody will say it, or finds that it was said. One that does
    neither in a while is ended.
    """
    container_id, until = record.container_id, time.monotonic() + _BEGIN_SECONDS
    while not records.has_begun(container_id) and record.is_alive:
        if time.monotonic() > until:
            kill_descendants(record.pid)
        await asyncio.sleep(_BEGIN_POLL_SECONDS)
    return records.has_begun(container_id)


async def wait_gone(pid: int) -> None:
    """Resolve when the process has ended. The caller has made sure that the pid is not somebody else's."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    except OSError:  # a kernel older than 5.3
        return await _poll_gone(pid)
    try:
        await _wait_readable(descriptor)
    finally:
        os.close(descriptor)


async def _wait_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)


async def _poll_gone(pid: int) -> None:
    start_time = read_start_time(pid)
    while True:
        if start_time is None or read_start_time(pid) != start_time:
            return
        await asyncio.sleep(_POLL_SECONDS)

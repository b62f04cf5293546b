"""One plain process in the agent's memory, from its launch or recovery on: its signals, its end, what it leaves behind.

At its end nothing of it is left: not what it put into the background, and, where it has a group of the kernel, not what
left its session or lost its parents either.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping

import structlog

from koinon_core.ids import ContainerId

from ..cgroups.group import Group
from ..cgroups.oom import OomWatch
from ..descendants import kill_descendants, kill_session, signal_group_of
from ..errors import EngineUnavailable, UnknownContainer
from ..escalation import Escalation
from ..interface import ContainerRun, Ended
from .record import ProcessRecord, ProcessRecords
from .supervisor import Supervisor, wait_gone

_logger = structlog.get_logger(__name__)

_SIGNAL_BASE = 128
"""What a shell adds to the number of the signal that ended a command."""
_SIGNALS = frozenset(int(number) for number in signal.valid_signals())
_END_SECONDS = 5.0
"""How long the end of a process is held back for all that it left behind to be gone."""
_MEGABYTE = 1 << 20


class ProcessRun:
    """A process. Orphans are those of earlier lives that the agent does not remember."""

    def __init__(
        self,
        record: ProcessRecord,
        records: ProcessRecords,
        supervisor: Supervisor | None = None,
        *,
        is_orphan: bool = False,
    ) -> None:
        """``supervisor`` is there where this agent is its parent."""
        self.is_orphan = is_orphan
        self.group = Group(record.folders)
        self._record = record
        self._records = records
        self._supervisor = supervisor
        self._begun = asyncio.Event()
        if supervisor is None:
            self._begun.set()
        self._escalation = Escalation(self._signal)
        self._is_out_of_memory = False
        self._oom_watch = OomWatch(self.group, self._run_out_of_memory)
        self._ending = asyncio.create_task(self._watch())

    @property
    def pid(self) -> int:
        """Of the supervisor, which lives in what its command lives in."""
        return self._record.pid

    @property
    def has_ended(self) -> bool:
        """Whether its end is known."""
        return self._ending.done()

    async def begin(self, rlimits: Mapping[int, tuple[int, int]]) -> None:
        """Let the command start, within limits of the kernel; from then on signals reach it. Raises OSError."""
        try:
            if self._supervisor is not None:
                await self._supervisor.begin(rlimits)
        finally:
            self._begun.set()

    def as_started(self) -> ContainerRun:
        """What to tell of its start."""
        record = self._record
        return ContainerRun(container_id=record.container_id, started_at=record.started_at, pid=record.pid)

    async def wait(self) -> Ended:
        """How it ended. Raises UnknownContainer once it is let go."""
        try:
            return await asyncio.shield(self._ending)
        except asyncio.CancelledError:
            if self._ending.cancelled():
                raise UnknownContainer(self._record.container_id) from None
            raise

    def kill(self, grace_seconds: float) -> None:
        """See to its end."""
        if not self._ending.done():
            self._escalation.ask(grace_seconds)

    async def signal(self, number: int) -> None:
        """Pass it a signal, as soon as its command is there to get it."""
        await self._begun.wait()
        if not self._ending.done() and self._record.is_alive:
            signal_group_of(self._record.pid, number)

    async def clear(self) -> None:
        """Take the group away. Raises EngineUnavailable where something in it will not die; then ask again."""
        if not await self.group.destroy(_END_SECONDS):
            folder = next(iter(self.group.folders.values()))
            raise EngineUnavailable(str(folder), f"processes {sorted(self.group.members())} of it do not end")

    def let_go(self) -> None:
        """Do nothing about it any more."""
        self._escalation.stop()
        self._oom_watch.close()
        self._ending.cancel()

    async def _watch(self) -> Ended:
        if self._record.is_alive:
            await wait_gone(self._record.pid)
        self._escalation.stop()
        self._oom_watch.close()
        status = self._records.read_exit_status(self._record.container_id)
        if status is None and self._record.is_of_this_boot:
            kill_session(self._record.pid)
        # Only now: until then the remains keep the pid, and with it the session's number, from being used again.
        own = self._supervisor.reap() if self._supervisor is not None else None
        ended = self._ended(own if status is None else status)
        if not await self.group.destroy(_END_SECONDS):
            _logger.warning("process_left_something", container_id=self._record.container_id)
        return ended

    def _ended(self, status: int | None) -> Ended:
        ended = read_end(self._record.container_id, status)
        if ended.exit_code == 0 or not (self._is_out_of_memory or self.group.count_oom_kills()):
            return ended
        return Ended(
            container_id=ended.container_id,
            message=f"Memory limit exceeded{_megabytes(self.group.read_peak())}: {ended.message}",
            exit_code=ended.exit_code,
            signal=ended.signal,
            is_out_of_memory=True,
        )

    def _run_out_of_memory(self) -> None:
        """The kernel is about to end one of its processes: the rest go with it, as half a task is none."""
        self._is_out_of_memory = True
        self.kill(0)

    async def _signal(self, is_forced: bool) -> None:
        await self._begun.wait()
        if not self._record.is_alive:
            return
        if not is_forced:
            signal_group_of(self._record.pid, signal.SIGTERM)
        elif self.group.folders:
            await self.group.kill()
        else:
            kill_descendants(self._record.pid)


def _megabytes(peak: int | None) -> str:
    return "" if peak is None else f" (maximum used {peak // _MEGABYTE}MB)"


def read_end(container_id: ContainerId, status: int | None) -> Ended:
    """``status`` as a shell tells it; negative or None where the supervisor itself was killed."""
    if status is None or status < 0:
        number = -status if status is not None else int(signal.SIGKILL)
    elif status - _SIGNAL_BASE in _SIGNALS:
        number = status - _SIGNAL_BASE
    else:
        message = f"Command exited with status {status}"
        return Ended(container_id=container_id, message=message, exit_code=status)
    message = f"Command terminated with signal {signal.strsignal(number) or number}"
    return Ended(container_id=container_id, message=message, signal=number)

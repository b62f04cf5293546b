"""The process containerizer: commands without an image as plain processes, where there is no Docker or no need of it.

Owns the life of its processes from launch to removal, and finding them again after a restart of the agent. How a
process is started and signalled is ``supervisor.py``'s, what is written down ``record.py``'s. Nothing
here limits what a process may use.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from koinon_core.containers import ContainerType
from koinon_core.ids import AgentId, ContainerId
from koinon_core.statistics import ResourceStatistics

from ..errors import LaunchFailed, UnknownContainer
from ..escalation import Escalation
from ..interface import ContainerRun, Ended, KnownContainer, Launch, Orphan, Recovered, Workload
from ..session import Execution, Session
from ..usage.measure import measure
from .record import ProcessRecord, ProcessRecords, read_boot_id, read_start_time
from .sessions import start_session
from .supervisor import (
    Command,
    Supervisor,
    find_argv,
    kill_session,
    signal_group,
    wait_gone,
    with_path,
)
from .volumes import link_volumes

_logger = structlog.get_logger(__name__)

_SIGNAL_BASE = 128
"""What a shell adds to the number of the signal that ended a command."""


class ProcessContainerizer:
    """Runs tasks that have a command and no image, as the ``mesos`` containerizer does without isolation."""

    name = "process"

    def __init__(self, state_dir: Path) -> None:
        """``state_dir`` belongs to this agent alone and lies outside of all sandboxes."""
        self._records = ProcessRecords(state_dir)
        self._runs: dict[ContainerId, _ProcessRun] = {}
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Nothing needs getting ready."""

    async def stop(self) -> None:
        """Watch nothing any more; processes run on."""
        for run in self._runs.values():
            run.let_go()

    def supports(self, workload: Workload) -> str | None:
        """None, or all that speaks against it."""
        return "; ".join(_find_problems(workload)) or None

    async def launch(self, launch: Launch) -> ContainerRun:
        """Start the command below a supervisor. Raises LaunchFailed."""
        if problem := self.supports(launch.workload):
            raise LaunchFailed(launch.container_id, problem)
        async with self._starting:
            run = self._start_run(launch)
            # One start a turn of the event loop: a burst of launches must not keep the master's pings waiting.
            await asyncio.sleep(0)
        await run.begin()
        return run.as_started()

    def _start_run(self, launch: Launch) -> _ProcessRun:
        container_id = launch.container_id
        if container_id in self._runs:
            raise LaunchFailed(container_id, f"container {container_id} exists already")
        try:
            supervisor, record = self._start(launch)
        except (OSError, ValueError, KeyError) as error:
            # No such program, a full disk, no more processes; a NUL in a word; no such user.
            self._records.remove(container_id)
            reason = str(error.args[0]) if isinstance(error, KeyError) else str(error)
            raise LaunchFailed(container_id, reason) from error
        run = self._runs[container_id] = _ProcessRun(record, self._records, supervisor)
        return run

    async def wait(self, container_id: ContainerId) -> Ended:
        """The end of the command. Raises UnknownContainer."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        return await self._runs[container_id].wait()

    async def kill(self, container_id: ContainerId, grace_seconds: float) -> None:
        """SIGTERM to the whole process group, SIGKILL after the grace period."""
        if container_id in self._runs:
            self._runs[container_id].kill(grace_seconds)

    async def remove(self, container_id: ContainerId) -> None:
        """Forget the process; kills what still runs and waits for its end."""
        run = self._runs.get(container_id)
        if run is None:
            return
        run.kill(0)
        await run.wait()
        self._records.remove(container_id)
        self._runs.pop(container_id, None)

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """What the command and its children use. Raises UnknownContainer."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        return await asyncio.to_thread(measure, self._runs[container_id].as_started().pid)

    async def execute(self, container_id: ContainerId, execution: Execution) -> Session:
        """Start a command beside the process. Raises UnknownContainer and LaunchFailed."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        run = self._runs[container_id]
        if run.has_ended:
            raise LaunchFailed(container_id, f"container {container_id} does not run")
        return start_session(container_id, run.pid, execution)

    async def recover(self, known: Sequence[KnownContainer]) -> Recovered:
        """Find the known processes by what was written down of them. What ran before a reboot is gone."""
        live, ended, gone = [], [], []
        for item in known:
            record = self._records.read(item.container_id)
            has_status = self._records.read_exit_status(item.container_id) is not None
            if record is None or not (record.is_of_this_boot or has_status):
                gone.append(item.container_id)
                self._records.remove(item.container_id)
                continue
            run = self._runs[item.container_id] = _ProcessRun(record, self._records)
            if record.is_alive:
                live.append(run.as_started())
            else:
                ended.append(await run.wait())
        _logger.info("processes_recovered", live=len(live), ended=len(ended), gone=len(gone))
        return Recovered(tuple(live), tuple(ended), tuple(gone))

    async def orphans(self, agent_id: AgentId) -> Sequence[Orphan]:
        """Processes of this agent id that nobody launched or recovered."""
        found = []
        for record in self._records.read_all():
            if record.agent_id != agent_id:
                continue
            if record.container_id not in self._runs:
                self._runs[record.container_id] = _ProcessRun(record, self._records, is_orphan=True)
            if self._runs[record.container_id].is_orphan:
                found.append(_as_orphan(record))
        return found

    def _start(self, launch: Launch) -> tuple[Supervisor, ProcessRecord]:
        command = launch.workload.command
        if command is None:
            raise ValueError(f"container {launch.container_id} has no command")
        link_volumes(launch)
        environment = _environment(launch)
        wanted = Command(
            argv=find_argv(command, environment),
            folder=launch.sandbox,
            environment=environment,
            user=command.user or launch.user,
        )
        exit_descriptor = self._records.create(launch.container_id)
        try:
            supervisor = Supervisor(wanted, exit_descriptor)
        finally:
            os.close(exit_descriptor)
        try:
            record = _as_record(launch, supervisor.pid)
            self._records.write(record)
        except OSError:
            supervisor.abandon()
            raise
        return supervisor, record


class _ProcessRun:
    """A process in the agent's memory, from its launch or recovery on."""

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
        self._record = record
        self._records = records
        self._supervisor = supervisor
        self._begun = asyncio.Event()
        if supervisor is None:
            self._begun.set()
        self._escalation = Escalation(self._signal)
        self._ending = asyncio.create_task(self._watch())

    @property
    def pid(self) -> int:
        """Of the supervisor, which lives in what its command lives in."""
        return self._record.pid

    @property
    def has_ended(self) -> bool:
        return self._ending.done()

    async def begin(self) -> None:
        """Let the command start; from then on signals reach it."""
        if self._supervisor is not None:
            await self._supervisor.begin()
        self._begun.set()

    def as_started(self) -> ContainerRun:
        record = self._record
        return ContainerRun(container_id=record.container_id, started_at=record.started_at, pid=record.pid)

    async def wait(self) -> Ended:
        try:
            return await asyncio.shield(self._ending)
        except asyncio.CancelledError:
            if self._ending.cancelled():
                raise UnknownContainer(self._record.container_id) from None
            raise

    def kill(self, grace_seconds: float) -> None:
        if not self._ending.done():
            self._escalation.ask(grace_seconds)

    def let_go(self) -> None:
        self._escalation.stop()
        self._ending.cancel()

    async def _watch(self) -> Ended:
        if self._record.is_alive:
            await wait_gone(self._record.pid)
        self._escalation.stop()
        status = self._records.read_exit_status(self._record.container_id)
        if status is None and self._record.is_of_this_boot:
            kill_session(self._record.pid)
        # Only now: until then the remains keep the pid, and with it the session's number, from being used again.
        own = self._supervisor.reap() if self._supervisor is not None else None
        return _ended(self._record.container_id, own if status is None else status)

    async def _signal(self, is_forced: bool) -> None:
        await self._begun.wait()
        if self._record.is_alive:
            signal_group(self._record.pid, signal.SIGKILL if is_forced else signal.SIGTERM)


def _find_problems(workload: Workload) -> Iterator[str]:
    container = workload.container
    if workload.command is None or not workload.command.value:
        yield "command.value is missing"
    if workload.resources.scalar("gpus"):
        yield "gpus cannot be given to a plain process"
    if container is None:
        return
    if container.type is not ContainerType.MESOS:
        yield f"container.type is {container.type.name}"
    if container.mesos is not None and container.mesos.image is not None:
        yield "container.mesos.image cannot be run as a plain process"
    if container.volumes:
        yield "container.volumes cannot be shown to a plain process"
    if any(info.name for info in container.network_infos):
        yield "a plain process cannot join a network"


def _environment(launch: Launch) -> dict[str, str]:
    command = launch.workload.command
    own = command.environment.as_dict() if command and command.environment else {}
    sandbox = str(launch.sandbox)
    return with_path({**launch.environment, "MESOS_DIRECTORY": sandbox, "MESOS_SANDBOX": sandbox, **own})


def _as_record(launch: Launch, pid: int) -> ProcessRecord:
    return ProcessRecord(
        container_id=launch.container_id,
        framework_id=launch.framework_id,
        agent_id=launch.agent_id,
        executor_id=launch.executor_id,
        task_id=launch.task_id,
        pid=pid,
        start_time=read_start_time(pid) or 0,
        boot_id=read_boot_id(),
        started_at=time.time(),
    )


def _as_orphan(record: ProcessRecord) -> Orphan:
    return Orphan(
        container_id=record.container_id,
        framework_id=record.framework_id,
        executor_id=record.executor_id,
        task_id=record.task_id,
        is_running=record.is_alive,
    )


def _ended(container_id: ContainerId, status: int | None) -> Ended:
    """``status`` as a shell tells it; negative or None where the supervisor itself was killed."""
    if status is None or status < 0:
        number = -status if status is not None else int(signal.SIGKILL)
    elif status - _SIGNAL_BASE in {int(known) for known in signal.valid_signals()}:
        number = status - _SIGNAL_BASE
    else:
        message = f"Command exited with status {status}"
        return Ended(container_id=container_id, message=message, exit_code=status)
    message = f"Command terminated with signal {signal.strsignal(number) or number}"
    return Ended(container_id=container_id, message=message, signal=number)

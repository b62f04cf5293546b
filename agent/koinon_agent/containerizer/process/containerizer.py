"""The process containerizer: commands without an image as plain processes, where there is no Docker or no need of it.

Owns the life of its processes from launch to removal, and finding them again after a restart of the agent. How a
process is started is ``supervisor.py``'s, how it ends ``run.py``'s, what is written down ``record.py``'s, what it can
be given ``spec.py``'s, and how the kernel holds it ``cgroups/``'s.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from koinon_core.ids import AgentId, ContainerId
from koinon_core.statistics import ResourceStatistics

from ..cgroups.group import Group
from ..cgroups.options import CgroupOptions
from ..cgroups.tree import CgroupTree, open_tree
from ..errors import LaunchFailed, UnknownContainer
from ..interface import ContainerRun, Ended, KnownContainer, Launch, Orphan, Recovered, VolumeAddition, Workload
from ..log_limits import LogLimits
from ..log_rotation import LogWatch
from ..session import Execution, Session
from ..usage.measure import measure_group
from .record import ProcessRecord, ProcessRecords, read_boot_id, read_start_time
from .run import ProcessRun
from .sessions import start_session
from .spec import find_problems, plan_rlimits
from .supervisor import Command, Supervisor, find_argv, wait_begun, with_path
from .volumes import add_links, link_volumes

_logger = structlog.get_logger(__name__)

_SWEEP_SECONDS = 2.0


class ProcessContainerizer:
    """Runs tasks that have a command and no image, as the ``mesos`` containerizer does without isolation."""

    name = "process"

    def __init__(self, state_dir: Path, cgroups: CgroupOptions | None = None, logs: LogLimits | None = None) -> None:
        """``state_dir`` belongs to this agent alone and lies outside of all sandboxes.

        Without ``cgroups`` processes are held by their sessions alone.
        """
        self._options = cgroups
        self._tree: CgroupTree | None = None
        self._records = ProcessRecords(state_dir)
        self._runs: dict[ContainerId, ProcessRun] = {}
        self._starting = asyncio.Lock()
        self._log_watch = LogWatch(logs or LogLimits())

    async def start(self) -> None:
        """Find out which groups of the kernel there are."""
        if self._options is not None:
            self._tree = open_tree(self._options)

    async def stop(self) -> None:
        """Watch nothing any more; processes run on."""
        for run in self._runs.values():
            run.let_go()
        self._log_watch.stop()

    def supports(self, workload: Workload) -> str | None:
        """None, or all that speaks against it."""
        return "; ".join(find_problems(workload)) or None

    async def launch(self, launch: Launch) -> ContainerRun:
        """Start the command below a supervisor. Raises LaunchFailed."""
        if problem := self.supports(launch.workload):
            raise LaunchFailed(launch.container_id, problem)
        async with self._starting:
            run = await self._start_run(launch)
        try:
            await run.begin(plan_rlimits(launch.workload.container))
        except OSError as error:
            await self.remove(launch.container_id)
            raise LaunchFailed(launch.container_id, f"container.rlimit_info cannot be had: {error}") from error
        self._log_watch.add(launch.container_id, launch.sandbox)
        return run.as_started()

    async def _start_run(self, launch: Launch) -> ProcessRun:
        container_id = launch.container_id
        if container_id in self._runs:
            raise LaunchFailed(container_id, f"container {container_id} exists already")
        try:
            # In a thread: to fork, and the more to join the kernel's groups, takes milliseconds, and a burst of
            # launches must not keep the master's pings waiting.
            supervisor, record = await asyncio.to_thread(self._start, launch)
        except (OSError, ValueError, KeyError) as error:
            # No such program, a full disk, no more processes; a NUL in a word; no such user.
            self._records.remove(container_id)
            reason = str(error.args[0]) if isinstance(error, KeyError) else str(error)
            raise LaunchFailed(container_id, reason) from error
        run = self._runs[container_id] = ProcessRun(record, self._records, supervisor)
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

    async def signal(self, container_id: ContainerId, number: int) -> None:
        """Send a signal to the whole process group."""
        if container_id in self._runs:
            await self._runs[container_id].signal(number)

    async def remove(self, container_id: ContainerId) -> None:
        """Forget the process; kills what still runs and waits for its end."""
        run = self._runs.get(container_id)
        if run is None:
            return
        run.kill(0)
        await run.wait()
        await run.clear()
        self._records.remove(container_id)
        self._runs.pop(container_id, None)
        self._log_watch.discard(container_id)

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """What the command and its children use. Raises UnknownContainer."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        run = self._runs[container_id]
        return await measure_group(run.group, run.pid)

    async def update(self, container_id: ContainerId, workload: Workload) -> None:
        """Write the limits of its groups anew; a process without groups has none."""
        run = self._runs.get(container_id)
        if run is None or run.has_ended or self._tree is None:
            return
        try:
            self._tree.resize(run.group, self._tree.decide(workload))
        except FileNotFoundError:
            return  # it has ended just now
        except OSError as error:
            _logger.warning("container_not_updated", container_id=container_id, reason=str(error))

    async def add_volumes(self, addition: VolumeAddition) -> str | None:
        """Link them into its sandbox. Raises UnknownContainer."""
        if addition.container_id not in self._runs:
            raise UnknownContainer(addition.container_id)
        try:
            await asyncio.to_thread(add_links, addition)
        except (OSError, KeyError) as error:
            return str(error.args[0]) if isinstance(error, KeyError) else str(error)
        return None

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
            if record is None or not await self._is_known(record):
                gone.append(item.container_id)
                if record is not None:  # else there may be a group, which is found by the directory of the process
                    self._records.remove(item.container_id)
                continue
            run = self._runs[item.container_id] = ProcessRun(record, self._records)
            if record.is_alive:
                live.append(run.as_started())
                self._log_watch.add(item.container_id, item.sandbox)
            else:
                ended.append(await run.wait())
        await self._sweep()
        _logger.info("processes_recovered", live=len(live), ended=len(ended), gone=len(gone))
        return Recovered(tuple(live), tuple(ended), tuple(gone))

    async def _is_known(self, record: ProcessRecord) -> bool:
        """Whether the command ran, and it can be told what became of it."""
        container_id = record.container_id
        if await wait_begun(record, self._records):
            return record.is_of_this_boot or self._records.read_exit_status(container_id) is not None
        if not await Group(record.folders).destroy(_SWEEP_SECONDS):
            _logger.warning("process_left_something", container_id=container_id)
        return False

    async def orphans(self, agent_id: AgentId) -> Sequence[Orphan]:
        """Processes of this agent id that nobody launched or recovered."""
        found = []
        for record in self._records.read_all():
            if record.agent_id != agent_id:
                continue
            if record.container_id not in self._runs:
                self._runs[record.container_id] = ProcessRun(record, self._records, is_orphan=True)
            if self._runs[record.container_id].is_orphan:
                found.append(_as_orphan(record))
        return found

    async def _sweep(self) -> None:
        """Take away what a crash left between the making of a group and the writing of its record."""
        for container_id in self._records.names():
            if container_id not in self._runs and self._records.read(container_id) is None:
                if self._tree is not None:
                    await self._tree.find(container_id).destroy(_SWEEP_SECONDS)
                self._records.remove(container_id)

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
            # Without a user in the launch nobody is to be switched to (--no-switch_user).
            user=(command.user or launch.user) if launch.user is not None else None,
        )
        exit_descriptor = self._records.create(launch.container_id)
        try:
            group = self._make_group(launch)
            try:
                return self._start_in(group, launch, wanted, exit_descriptor)
            except BaseException:
                group.discard()
                raise
        finally:
            os.close(exit_descriptor)

    def _make_group(self, launch: Launch) -> Group:
        if self._tree is None:
            return Group({})
        return self._tree.make(launch.container_id, self._tree.decide(launch.workload))

    def _start_in(
        self, group: Group, launch: Launch, wanted: Command, exit_descriptor: int
    ) -> tuple[Supervisor, ProcessRecord]:
        """Nothing of the command runs before all of this is done: the supervisor waits for the word."""
        supervisor = Supervisor(wanted, exit_descriptor)
        try:
            group.join(supervisor.pid)
            record = _as_record(launch, supervisor.pid, group)
            self._records.write(record)
        except BaseException:
            supervisor.abandon()
            raise
        return supervisor, record


def _environment(launch: Launch) -> dict[str, str]:
    command = launch.workload.command
    own = command.environment.as_dict() if command and command.environment else {}
    sandbox = str(launch.sandbox)
    return with_path({**launch.environment, "MESOS_DIRECTORY": sandbox, "MESOS_SANDBOX": sandbox, **own})


def _as_record(launch: Launch, pid: int, group: Group) -> ProcessRecord:
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
        groups={key: str(folder) for key, folder in group.folders.items()},
    )


def _as_orphan(record: ProcessRecord) -> Orphan:
    return Orphan(
        container_id=record.container_id,
        framework_id=record.framework_id,
        executor_id=record.executor_id,
        task_id=record.task_id,
        is_running=record.is_alive,
    )

"""The Docker containerizer: one container a task, run by the agent itself through the Engine API.

Owns the life of its containers from launch to removal. What to create is decided in ``request/``, what must be there
before is got by ``preparation.py``; calls and streams are ``engine.py``'s, output is ``logs.py``'s, recovery after a
restart ``recovery.py``'s.

A launch costs three calls: create, start, inspect. An image is only looked for when create says that it is missing.
Ends come by the event stream. A kill sends the stop signal and, later, SIGKILL, as ``docker stop`` does, but from the
event loop, so that a grace period holds nothing of the engine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from functools import partial

import structlog

from koinon_core.ids import AgentId, ContainerId
from koinon_core.statistics import ResourceStatistics
from koinon_daemon.confined import find_beneath

from ..errors import EngineRefused, EngineUnavailable, LaunchFailed, UnknownContainer
from ..interface import ContainerRun, Ended, KnownContainer, Launch, Orphan, Recovered, VolumeAddition, Workload
from ..session import Execution, Session
from ..usage.measure import measure
from .engine import Engine
from .events import Died, EventStream
from .gpus import GpuBook
from .images.pulls import ImagePulls
from .inspection import Inspection
from .logs import Logs
from .options import DockerOptions
from .preparation import Preparation
from .recovery import find_ours, find_recoverable, read_log_start
from .request.limits import limit_settings, wanted_gpus
from .request.mounts import find_missing_mount
from .request.resizing import resize_settings
from .request.spec import GPUS_LABEL, ContainerSpec, container_name, find_problems, full_image_name, plan_container
from .run import DockerRun
from .sessions import end_unwanted, start_session
from .slots import Turn
from .sweeping import Sweeper

_logger = structlog.get_logger(__name__)

_KILL_SECONDS = 0.5
"""How long a launch may go on after its kill, so that it is not left half done without need."""
_END_SECONDS = 10.0
"""How long a removal waits for a container that it kills: to tell its end and to have its last output."""


class _Killed(Exception):
    """A launch met a kill on its way. ``is_given_up``: the engine may still be at it."""

    def __init__(self, *, is_given_up: bool = False) -> None:
        super().__init__()
        self.is_given_up = is_given_up


class DockerContainerizer:
    """Runs what has a container of type DOCKER, or of type MESOS with an image of type DOCKER."""

    name = "docker"

    def __init__(self, options: DockerOptions) -> None:
        self._options = options
        self._engine = Engine(options.url, options.calls, options.call_timeout)
        self._logs = Logs(self._engine, options.spec.logs)
        self._pulls = ImagePulls(self._engine, options.pulls, options.pull_timeout)
        self._events = EventStream(self._engine, self._check_all, self._handle_died)
        self._runs: dict[ContainerId, DockerRun] = {}
        self._gpus = GpuBook(options.gpus)
        self._background: set[asyncio.Task[None]] = set()
        self._sweeper = Sweeper(self._engine)

    async def start(self) -> None:
        """Connect to the engine and listen to its events. Raises EngineUnavailable."""
        await self._engine.start()
        self._in_background(self._events.run())

    async def stop(self) -> None:
        """Let go of the engine; containers run on."""
        for run in self._runs.values():
            run.let_go()
        await self._sweeper.stop()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._pulls.stop()
        await self._engine.stop()

    def supports(self, workload: Workload) -> str | None:
        """None, or all that speaks against it."""
        return "; ".join(find_problems(workload, self._options.spec)) or None

    async def launch(self, launch: Launch) -> ContainerRun:
        """Create and start the container, pulling its image where it is missing. Raises LaunchFailed."""
        container_id = launch.container_id
        if problem := self.supports(launch.workload):
            raise LaunchFailed(container_id, problem)
        if container_id in self._runs:
            raise LaunchFailed(container_id, f"container {container_id} exists already")
        run = self._runs[container_id] = DockerRun(container_id, self._logs, self._options.drain_timeout)
        is_unanswered = False
        try:
            return await self._start_unless_killed(run, launch)
        except _Killed as kill:
            is_unanswered = kill.is_given_up
            raise LaunchFailed(container_id, "killed before it started", is_killed=True) from None
        except (EngineRefused, EngineUnavailable, OSError) as error:
            is_unanswered = isinstance(error, EngineUnavailable)
            raise LaunchFailed(container_id, _explain(launch, error), is_temporary=is_unanswered) from error
        finally:
            if not run.has_begun:
                # A call to create it that was not answered may be carried out yet.
                self._discard(run, may_come_late=is_unanswered and run.engine_id is None)

    async def wait(self, container_id: ContainerId) -> Ended:
        """The end of the container, once its output is written. Raises UnknownContainer."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        return await self._runs[container_id].wait()

    async def kill(self, container_id: ContainerId, grace_seconds: float) -> None:
        """Send the container's stop signal, and SIGKILL after the grace period, again and again until it ends."""
        if container_id in self._runs:
            self._runs[container_id].kill(grace_seconds)

    async def signal(self, container_id: ContainerId, number: int) -> None:
        """Have the engine send it. Raises EngineUnavailable."""
        if container_id in self._runs:
            await self._runs[container_id].signal(str(number))

    async def remove(self, container_id: ContainerId) -> None:
        """Remove the container with its anonymous volumes. Raises EngineUnavailable."""
        run = self._runs.get(container_id)
        if run is None:
            return
        run.kill(0)
        await run.wait_briefly(_END_SECONDS)
        if run.engine_id is not None:
            await self._sweeper.remove(run.engine_id)
        run.let_go()
        self._runs.pop(container_id, None)
        self._gpus.give_back(container_id)

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """What the container uses, as the kernel tells it: the engine is not asked. Raises UnknownContainer."""
        if container_id not in self._runs:
            raise UnknownContainer(container_id)
        return await measure(self._runs[container_id].pid)

    async def update(self, container_id: ContainerId, workload: Workload) -> None:
        """Have the engine give the container other cpus and other memory. Raises EngineUnavailable."""
        run, spec = self._runs.get(container_id), self._options.spec
        if run is None or run.engine_id is None or not run.has_begun or run.has_ended:
            return
        wanted = limit_settings(workload, is_cpu_limited=spec.is_cpu_limited, total_memory=spec.total_memory)
        try:
            seen = await self._engine.call("GET", f"/containers/{run.engine_id}/json")
            if settings := resize_settings(wanted, seen["HostConfig"], spec.total_memory):
                await self._engine.call("POST", f"/containers/{run.engine_id}/update", body=settings)
        except EngineRefused as error:
            if not run.has_ended:
                _logger.warning("container_not_updated", container_id=container_id, reason=error.reason)

    async def add_volumes(self, addition: VolumeAddition) -> str | None:
        """Only those that it was started with are there. Raises UnknownContainer and EngineUnavailable."""
        run = self._runs.get(addition.container_id)
        if run is None or run.engine_id is None:
            raise UnknownContainer(addition.container_id)
        try:
            seen = await self._engine.call("GET", f"/containers/{run.engine_id}/json")
        except EngineRefused as error:
            return error.reason
        return find_missing_mount(addition, seen.get("Mounts") or (), self._options.spec.sandbox_mount)

    async def execute(self, container_id: ContainerId, execution: Execution) -> Session:
        """Start a command in the container. Raises UnknownContainer, LaunchFailed and EngineUnavailable."""
        run = self._runs.get(container_id)
        if run is None:
            raise UnknownContainer(container_id)
        if run.engine_id is None or not run.has_begun or run.has_ended:
            raise LaunchFailed(container_id, f"container {container_id} does not run")
        starting = asyncio.create_task(start_session(self._engine, container_id, run.engine_id, execution))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._in_background(end_unwanted(starting))
            raise

    async def prune_images(self, excluded: Collection[str]) -> None:
        """Delete the images that this life of the agent pulled and nothing uses. Raises EngineUnavailable."""
        await self._pulls.prune({full_image_name(name) for name in excluded})

    async def recover(self, known: Sequence[KnownContainer]) -> Recovered:
        """Find the known containers by their labels and follow them again. Raises EngineUnavailable."""
        found = await find_recoverable(self._engine, [item.container_id for item in known])
        live: list[DockerRun] = []
        ended: list[DockerRun] = []
        gone: list[ContainerId] = []
        for item in known:
            inspection = found.get(item.container_id)
            if inspection is None or not inspection.was_started:
                gone.append(item.container_id)
                if inspection is not None:
                    self._sweeper.sweep(inspection.engine_id)
                continue
            run = DockerRun(item.container_id, self._logs, self._options.drain_timeout)
            self._runs[item.container_id] = run
            self._gpus.note(item.container_id, inspection.labels.get(GPUS_LABEL, ""))
            run.begin(inspection, item.sandbox, read_log_start(inspection))
            (live if inspection.is_running else ended).append(run)
        ends = await asyncio.gather(*(run.wait() for run in ended))
        _logger.info("containers_recovered", live=len(live), ended=len(ended), gone=len(gone))
        return Recovered(tuple(run.as_started() for run in live), tuple(ends), tuple(gone))

    async def orphans(self, agent_id: AgentId) -> Sequence[Orphan]:
        """Containers labelled with this agent's id that nobody launched or recovered. Raises EngineUnavailable."""
        found = []
        for orphan, engine_id in await find_ours(self._engine, agent_id):
            run = self._runs.get(orphan.container_id)
            if run is None:
                run = self._runs[orphan.container_id] = DockerRun(
                    orphan.container_id, self._logs, self._options.drain_timeout
                )
                run.adopt(engine_id, is_running=orphan.is_running)
            if run.is_orphan:
                found.append(orphan)
        return found

    async def _start_unless_killed(self, run: DockerRun, launch: Launch) -> ContainerRun:
        """A launch that is killed has a moment to finish; an engine that hangs does not hold up the kill."""
        start = asyncio.create_task(self._start(run, launch))
        killed = asyncio.create_task(run.killed.wait())
        try:
            await asyncio.wait((start, killed), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((start,), timeout=_KILL_SECONDS)
            if not start.done():
                raise _Killed(is_given_up=True)
            return await start
        finally:
            start.cancel()
            killed.cancel()

    async def _start(self, run: DockerRun, launch: Launch) -> ContainerRun:
        gpus = self._gpus.take(run.container_id, wanted_gpus(launch.workload))
        if gpus is None:
            raise EngineRefused(400, f"gpus: not as many as {wanted_gpus(launch.workload)} are free on this agent")
        preparation = Preparation(self._engine, launch, self._options, partial(self._pull, run))
        found = await preparation.find_out(gpus)
        spec = plan_container(launch, self._options.spec, found)
        _make_directories(launch, spec)
        run.engine_id = await self._create(preparation, spec)
        _check_killed(run)
        engine_id = run.engine_id
        await self._engine.call("POST", f"/containers/{engine_id}/start")
        if spec.terminal is not None:
            await self._size_terminal(engine_id, spec.terminal)
        inspection = Inspection.of(await self._engine.call("GET", f"/containers/{engine_id}/json"))
        run.begin(inspection, launch.sandbox, found.log_start)
        return run.as_started()

    async def _create(self, preparation: Preparation, spec: ContainerSpec) -> str:
        try:
            return await self._create_once(spec)
        except EngineRefused as error:
            await preparation.pull_missing(error)
        return await self._create_once(spec)

    async def _size_terminal(self, engine_id: str, size: tuple[int, int]) -> None:
        """Engines before version 1.42 of the API give a new terminal no size."""
        rows, columns = size
        try:
            await self._engine.call("POST", f"/containers/{engine_id}/resize", {"h": str(rows), "w": str(columns)})
        except EngineRefused as error:
            _logger.info("terminal_not_sized", engine_id=engine_id[:12], reason=error.reason)

    async def _create_once(self, spec: ContainerSpec) -> str:
        name = {"name": spec.name}
        made = await self._engine.call("POST", "/containers/create", name, spec.body, Turn.BEGIN)
        return str(made["Id"])

    async def _pull(self, run: DockerRun, image: str, registry_auth: str) -> None:
        """Wait for the image, or for a kill, whichever comes first."""
        pull = asyncio.create_task(self._pulls.pull(image, registry_auth))
        killed = asyncio.create_task(run.killed.wait())
        try:
            await asyncio.wait((pull, killed), return_when=asyncio.FIRST_COMPLETED)
            _check_killed(run)
            await pull
        finally:
            pull.cancel()
            killed.cancel()

    def _handle_died(self, died: Died) -> None:
        if died.container_id in self._runs:
            self._runs[died.container_id].end(died.exit_code)

    async def _check_all(self) -> None:
        """After a connection of the event stream: find the ends that were missed."""
        if not any(run.has_begun and not run.has_ended for run in self._runs.values()):
            return
        running = {orphan.container_id for orphan, _ in await find_ours(self._engine) if orphan.is_running}
        for run in list(self._runs.values()):
            if run.has_begun and not run.has_ended and run.container_id not in running:
                run.end(None)

    def _discard(self, run: DockerRun, *, may_come_late: bool) -> None:
        """Forget a launch that failed, and see to it that nothing of it stays in the engine."""
        run.let_go()
        self._runs.pop(run.container_id, None)
        self._gpus.give_back(run.container_id)
        self._sweeper.sweep(run.engine_id or container_name(run.container_id), may_come_late=may_come_late)

    def _in_background(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._handle_done)
        return task

    def _handle_done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("containerizer_task_crashed", error=repr(error))


def _check_killed(run: DockerRun) -> None:
    if run.killed.is_set():
        raise _Killed


def _explain(launch: Launch, error: Exception) -> str:
    """The engine's words, after the field they are about where the engine does not say that itself."""
    reason = str(error)
    if wanted_gpus(launch.workload) and "device driver" in reason:
        return f"gpus: this agent's container engine has no driver for them ({reason})"
    return reason


def _make_directories(launch: Launch, spec: ContainerSpec) -> None:
    for directory in spec.directories:
        directory.mkdir(parents=True, exist_ok=True)
        if find_beneath(launch.sandbox, str(directory.relative_to(launch.sandbox))) is None:
            # A link among what was fetched, for instance: mounting it would open the host to the task.
            raise OSError(f"{directory} leads out of the sandbox")

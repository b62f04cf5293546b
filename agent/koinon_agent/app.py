"""Builds an agent from its flags: server, memory, containerizers, loop, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import SystemRandom

import structlog

from koinon_core.agents import AgentInfo
from koinon_core.ids import ContainerId
from koinon_core.resources import Resources
from koinon_core.statistics import ResourceStatistics
from koinon_daemon.clock import SystemClock
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import Listen
from koinon_daemon.metrics import Metrics
from koinon_daemon.own_address import find_reachable_ip
from koinon_daemon.server import HttpServer
from koinon_daemon.supervision import Stop, Supervisor
from koinon_daemon.system_metrics import add_system_gauges

from .agent import Agent
from .checkpoint.log import Checkpoint
from .checkpoint.reconfiguration import find_reconfiguration_problem
from .config import AgentConfig
from .container_work import ContainerWork
from .containerizer import Containerizer
from .containerizer.composing import ComposingContainerizer
from .containerizer.docker.containerizer import DockerContainerizer
from .containerizer.docker.flags import docker_options
from .containerizer.process.containerizer import ProcessContainerizer
from .containerizer.process.flags import cgroup_options
from .containerizer.usage.sampler import UsageSampler
from .containerizer.usage.watch import watch_usage
from .errors import IncompatibleAgent, WorkDirUnusable
from .events import ShutdownRequested, UsageMeasured
from .fetcher.fetcher import Fetcher
from .gauges import add_agent_gauges
from .http.application import make_agent_application
from .http.site import Site
from .loop import AgentLoop
from .nested.book import NestedContainers
from .registration.leader_watch import watch_leader
from .resources.detect import complete_resources, detect_machine
from .resources.disks import Disks
from .resources.volume_keeper import VolumeKeeper
from .sandboxes.keeper import SandboxKeeper
from .sandboxes.preparation import Preparation
from .settings import AgentSettings
from .standalone.book import StandaloneContainers
from .views.usage import list_containers

_logger = structlog.get_logger(__name__)


class AgentApp:
    """One agent in this process. ``run`` serves until the stop is requested."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._clock = SystemClock()
        self._work_dir = config.work_dir.absolute()
        self._loop: AgentLoop | None = None
        self._shutdown_reason: str | None = None
        self.site = Site(config, self._work_dir, Metrics(), self._clock.now())
        listen = Listen(
            host=config.ip,
            port=config.port,
            is_insecure=config.insecure,
            is_authenticated=not config.open_doors,
            open_doors=config.open_doors,
        )
        self.server = HttpServer(make_agent_application(self.site), listen)
        add_system_gauges(self.site.metrics)
        self.site.metrics.gauge("slave/uptime_secs", lambda: self._clock.now() - self.site.start_time)

    def shut_down(self, reason: str) -> None:
        """End all tasks, then the agent, for good (SIGUSR1)."""
        self._shutdown_reason = reason
        if self._loop is not None:
            self._loop.post(ShutdownRequested(reason))

    async def run(self, stop: Stop) -> None:
        """Serve. Raises AgentError and ListenError, which end the daemon with their exit code."""
        async with AsyncExitStack() as stack:
            make_work_dir(self._work_dir)
            address = await self.server.start()
            stack.push_async_callback(self.server.stop)
            checkpoint = Checkpoint(self._work_dir)
            stack.callback(checkpoint.close)
            image = await asyncio.to_thread(checkpoint.open)
            sandboxes = SandboxKeeper(self._work_dir)
            volumes = VolumeKeeper(self._work_dir, Disks.of(self._work_dir, self._config.given_resources()))
            volumes.check()
            fetcher = await self._open_fetcher(stack)
            settings = self._make_settings(address, sandboxes, volumes)
            problem = find_reconfiguration_problem(image, settings, self._config.reconfiguration_policy)
            if problem is not None:
                raise IncompatibleAgent(problem)
            agent = Agent(settings, SystemRandom(), image)
            containerizer = make_containerizer(self._config, self._work_dir)
            stack.push_async_callback(containerizer.stop)
            preparation = Preparation(sandboxes, fetcher)
            standalone = await self._open_standalone(stack, containerizer, preparation)
            self.site.containerizer, self.site.nested = containerizer, NestedContainers(containerizer)
            stack.push_async_callback(self.site.nested.stop)
            self.site.sampler = UsageSampler(containerizer.usage)
            stack.callback(self.site.sampler.close)
            loop = AgentLoop(
                agent,
                checkpoint,
                self._clock,
                lambda post: ContainerWork(containerizer, preparation, volumes, standalone, post),
                self._config.credential,
            )
            await self._serve(agent, loop, stop)

    async def _open_standalone(
        self, stack: AsyncExitStack, containerizer: Containerizer, preparation: Preparation
    ) -> StandaloneContainers:
        standalone = StandaloneContainers(containerizer, preparation, self._work_dir)
        await standalone.load()
        standalone.ends_all = self._config.recover == "cleanup"
        stack.push_async_callback(standalone.stop)
        self.site.standalone = standalone
        return standalone

    async def _open_fetcher(self, stack: AsyncExitStack) -> Fetcher:
        fetcher = Fetcher(self._config.fetch_options(self._work_dir))
        stack.callback(fetcher.close)
        await fetcher.open()
        self.site.metrics.group("fetcher", fetcher.figures)
        return fetcher

    async def _serve(self, agent: Agent, loop: AgentLoop, stop: Stop) -> None:
        add_agent_gauges(self.site.metrics, agent)
        self.site.metrics.gauge("slave/recovery_time_secs", lambda: loop.recovery_seconds)
        loop.streams, self.site.post = self.site.streams, loop.post
        self.site.agent, self._loop = agent, loop
        if self._config.recover == "cleanup":
            loop.post(ShutdownRequested("--recover=cleanup: what an earlier life left is ended"))
        if self._shutdown_reason is not None:
            loop.post(ShutdownRequested(self._shutdown_reason))
        config = self._config
        async with Supervisor(stop) as tasks:
            if self.site.sampler is not None:
                post = partial(_post_usage, loop)
                tasks.start("usage", watch_usage(self.site.sampler, self._find_sandboxes, post, SystemRandom()))
            tasks.start("detector", watch_leader(config.master, config.zk_session_timeout, loop.post))
            await loop.run(stop)

    def _find_sandboxes(self) -> Mapping[ContainerId, str] | None:
        """Those of all containers; None where the master does not want to know what they use."""
        agent, book = self.site.agent, self.site.standalone
        if agent is None or not agent.usage.hears:
            return None
        own = {key: sandbox for one in list_containers(agent) for key, sandbox in one.sandboxes.items()}
        ids = [] if book is None else [one.record.container_id for one in book if one.runs]
        return own | {key: str(book.sandbox(key)) for key in ids if book is not None}

    def _make_settings(self, address: HostPort, sandboxes: SandboxKeeper, volumes: VolumeKeeper) -> AgentSettings:
        config = self._config
        ip = config.advertise_ip or find_reachable_ip(config.ip)
        info = AgentInfo(
            hostname=config.hostname or ip,
            port=config.reached_port(address.port),
            resources=self._find_resources(),
            attributes=config.attributes,
            domain=config.domain,
        )
        _logger.info("agent_configured", hostname=info.hostname, ip=ip, resources=str(info.resources))
        return AgentSettings(
            info=info,
            ip=ip,
            find_sandbox=sandboxes.find,
            find_volume=volumes.find,
            shutdown_grace=config.executor_shutdown_grace_period,
            docker_stop_timeout=config.docker_stop_timeout,
            registration_backoff=config.registration_backoff_factor,
            gc_delay=config.gc_delay,
            gc_disk_headroom=config.gc_disk_headroom,
            disk_watch_interval=config.disk_watch_interval,
            max_completed_executors=config.max_completed_executors_per_framework,
            remove_delay=config.docker_remove_delay,
            kills_orphans=config.docker_kill_orphans,
            switches_user=config.switch_user,
            executor_environment=config.executor_environment_variables,
            executors=config.executor_terms(),
        )

    def _find_resources(self) -> Resources:
        config = self._config
        return complete_resources(config.given_resources(), detect_machine(self._work_dir), config.default_role)


def _post_usage(loop: AgentLoop, samples: Mapping[ContainerId, ResourceStatistics]) -> None:
    loop.post(UsageMeasured(samples))


def make_containerizer(config: AgentConfig, work_dir: Path) -> Containerizer:
    """The containerizers that the flags name, as one."""
    groups = cgroup_options(config, is_cpu_limited=config.cgroups_enable_cfs)
    makers: dict[str, Callable[[], Containerizer]] = {
        "docker": lambda: DockerContainerizer(docker_options(config, os.environ, detect_machine(work_dir).memory)),
        "process": lambda: ProcessContainerizer(work_dir / "meta" / "processes", groups, config.log_limits),
    }
    default = config.default_container_info
    parts = [makers[name]() for name in config.containerizers]
    return ComposingContainerizer(parts, default.info if default is not None else None)


def make_work_dir(path: Path) -> None:
    """Make the work directory. Raises WorkDirUnusable."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkDirUnusable(path, error.strerror or str(error)) from error

"""What an agent is and how it behaves: its flags, once they have become values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import Factory, field, frozen

from koinon_core import MESOS_VERSION
from koinon_core.agents import AgentInfo, DrainConfig
from koinon_core.containers import ContainerType
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId
from koinon_core.resources import Kind
from koinon_core.tasks import ExecutorInfo, KillPolicy, TaskInfo

FindSandbox = Callable[[AgentId, FrameworkId, ExecutorId, ContainerId], Path]
"""Where the sandbox of one run of an executor is, made or not (mesos-semantics 7.4)."""

FindVolume = Callable[[Kind], Path]
"""Where the data of a persistent volume are (mesos-semantics 5.5)."""

COMMAND_GRACE_SECONDS = 3.0
"""Between SIGTERM and SIGKILL of a command task that does not say otherwise (mesos-semantics 6.3)."""


@frozen(kw_only=True)
class ExecutorTerms:
    """What holds for frameworks' own executors, in seconds (mesos-semantics 7.1, 8): how long one may take from the
    start of its container to its subscription, how long one may take to come back after the agent's restart, and how
    long one is to wait for an agent that is away. ``secret`` signs their tokens; None: they need none.
    """

    registration_timeout: float = 60.0
    reregistration_timeout: float = 15.0
    recovery_timeout: float = 900.0
    secret: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class AgentSettings:
    """``info`` has no id yet. ``ip`` is where others reach the agent. All times in seconds."""

    info: AgentInfo
    ip: str
    find_sandbox: FindSandbox
    find_volume: FindVolume
    version: str = MESOS_VERSION
    shutdown_grace: float = 5.0
    docker_stop_timeout: float = 0.0
    registration_backoff: float = 1.0
    gc_delay: float = 604800.0
    gc_disk_headroom: float = 0.1
    disk_watch_interval: float = 60.0
    max_completed_executors: int = 150
    remove_delay: float = 0.0
    kills_orphans: bool = True
    switches_user: bool = True
    executor_environment: Mapping[str, str] = Factory(dict)
    executors: ExecutorTerms = Factory(ExecutorTerms)

    def executor_grace(self, executor: ExecutorInfo) -> float:
        """Seconds between asking an executor to end and ending its container (mesos-semantics 7.1)."""
        grace = executor.shutdown_grace_period
        return self.shutdown_grace if grace is None else grace.seconds

    def kill_grace(self, task: TaskInfo, asked: KillPolicy | None, drain: DrainConfig | None = None) -> float:
        """Seconds from asking a task to end to forcing it, no more than a drain allows (mesos-semantics 6.3, 10)."""
        grace = self._kill_grace(task, asked)
        if drain is None or drain.max_grace_period is None:
            return grace
        return min(grace, max(0.0, drain.max_grace_period.seconds))

    def _kill_grace(self, task: TaskInfo, asked: KillPolicy | None) -> float:
        for policy in (asked, task.kill_policy):
            if policy is not None and policy.grace_period is not None:
                return max(0.0, policy.grace_period.seconds)
        is_docker = task.container is not None and task.container.type is ContainerType.DOCKER
        return max(self.shutdown_grace, self.docker_stop_timeout) if is_docker else COMMAND_GRACE_SECONDS

"""One task on this agent, from its acceptance to its end, and what is reported of it (mesos-semantics 6, 7). Pure.

A task has one container. The machine says what to do with it and what to report; making updates of the reports and
seeing to it that they arrive belongs to ``status_updates.py``.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from attrs import evolve, frozen

from koinon_core.agents import DrainConfig
from koinon_core.containers import ContainerIdInfo, ContainerStatus, IpAddress, IpProtocol, NetworkInfo
from koinon_core.errors import InvalidTransition
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.tasks import (
    CheckStatusInfo,
    KillPolicy,
    TaskResourceLimitation,
    TaskState,
    TaskStatus,
    TaskStatusReason,
    TaskStatusSource,
)
from koinon_core.transitions import next_state

from ..checkpoint.image import TaskImage
from ..checkpoint.records import KillWanted, TaskAccepted
from ..checks.verdicts import CheckAnswered, HealthJudged, empty_status
from ..containerizer import ContainerRun, Ended, Launch
from ..events import ContainerEnded, ContainerGone, ContainerNotStarted, ContainerStarted
from ..instructions import Checkpoint, Instruction, KillContainer, LaunchContainer, WatchContainer
from ..timers import Moment, TaskKey, time_left
from .hosting import HostedEvent


class TaskPhase(Enum):
    """Where a task stands on its agent."""

    STAGING = "staging"
    """Accepted; nothing was done yet."""
    STARTING = "starting"
    """Its container is being started."""
    ABORTING = "aborting"
    """As STARTING, and it is to end."""
    RUNNING = "running"
    KILLING = "killing"
    """Running, and it is to end."""
    ENDED = "ended"


@frozen
class LaunchWanted:
    """Start the task."""

    launch: Launch


@frozen(kw_only=True)
class KillAsked:
    """End the task after ``grace`` seconds at the latest; ``is_overdue``: because it ran longer than it may;
    ``drain``: because the agent is emptied on these terms. ``policy`` is what an executor is told of the grace;
    ``unhealthy`` what its health check found.
    """

    grace: float
    is_overdue: bool = False
    drain: DrainConfig | None = None
    policy: KillPolicy | None = None
    unhealthy: str | None = None


TaskEvent = (
    LaunchWanted
    | KillAsked
    | HealthJudged
    | CheckAnswered
    | ContainerStarted
    | ContainerNotStarted
    | ContainerEnded
    | ContainerGone
    | HostedEvent
)

_P = TaskPhase
TRANSITIONS: dict[tuple[TaskPhase, type], TaskPhase] = {
    (_P.STAGING, LaunchWanted): _P.STARTING,
    (_P.STARTING, KillAsked): _P.ABORTING,
    (_P.STARTING, ContainerStarted): _P.RUNNING,
    (_P.STARTING, ContainerNotStarted): _P.ENDED,
    (_P.STARTING, ContainerEnded): _P.ENDED,
    (_P.STARTING, ContainerGone): _P.ENDED,
    (_P.ABORTING, KillAsked): _P.ABORTING,
    (_P.ABORTING, ContainerStarted): _P.ABORTING,
    (_P.ABORTING, ContainerNotStarted): _P.ENDED,
    (_P.ABORTING, ContainerEnded): _P.ENDED,
    (_P.ABORTING, ContainerGone): _P.ENDED,
    (_P.RUNNING, KillAsked): _P.KILLING,
    (_P.RUNNING, HealthJudged): _P.RUNNING,
    (_P.RUNNING, CheckAnswered): _P.RUNNING,
    (_P.RUNNING, ContainerStarted): _P.RUNNING,
    (_P.RUNNING, ContainerEnded): _P.ENDED,
    (_P.RUNNING, ContainerGone): _P.ENDED,
    (_P.KILLING, KillAsked): _P.KILLING,
    (_P.KILLING, ContainerStarted): _P.KILLING,
    (_P.KILLING, ContainerEnded): _P.ENDED,
    (_P.KILLING, ContainerGone): _P.ENDED,
    (_P.ENDED, KillAsked): _P.ENDED,
}
"""ContainerStarted comes again where an agent takes a container up after its own restart."""


@frozen(kw_only=True)
class Report:
    """What is to be told of the task: a TaskStatus without what makes it an update."""

    state: TaskState
    message: str | None = None
    source: TaskStatusSource = TaskStatusSource.SOURCE_EXECUTOR
    reason: TaskStatusReason | None = None
    data: bytes | None = None
    container_status: ContainerStatus | None = None
    limitation: TaskResourceLimitation | None = None
    healthy: bool | None = None
    check_status: CheckStatusInfo | None = None


ReportT = TypeVar("ReportT", Report, TaskStatus)


class TaskMachine:
    """One task. ``run`` is its container once started, in this life of the agent.

    ``around`` is told of the container of its pod, where it is in one: its addresses are the task's.
    """

    def __init__(self, framework: FrameworkInfo, accepted: TaskAccepted, agent_ip: str) -> None:
        """A task that has just been accepted. ``agent_ip`` is what a container without an own address is told by."""
        self.framework = framework
        self.accepted = accepted
        self.task = accepted.task
        self.container_id = accepted.container_id
        self.key = TaskKey(accepted.framework_id, accepted.task.task_id)
        self.phase = TaskPhase.STAGING
        self.run: ContainerRun | None = None
        self.kill: KillWanted | None = None
        self.healthy: bool | None = None
        self.check_status = empty_status(self.task.check) if self.task.check is not None else None
        self.around: ContainerStatus | None = None
        self._agent_ip = agent_ip

    @classmethod
    def restored(
        cls, framework: FrameworkInfo, image: TaskImage, latest: TaskStatus | None, agent_ip: str
    ) -> TaskMachine:
        """The task as its agent remembers it after a restart; ``latest`` is what it reported last."""
        machine = cls(framework, image.accepted, agent_ip)
        machine.kill = image.kill
        state = None if latest is None else latest.state
        if latest is not None:
            machine.healthy = latest.healthy
            machine.check_status = latest.check_status or machine.check_status
        if state is not None and state.is_terminal:
            machine.phase = TaskPhase.ENDED
        elif state in (TaskState.TASK_RUNNING, TaskState.TASK_KILLING):
            machine.phase = TaskPhase.RUNNING if image.kill is None else TaskPhase.KILLING
        else:
            machine.phase = TaskPhase.STARTING if image.kill is None else TaskPhase.ABORTING
        return machine

    @property
    def is_ended(self) -> bool:
        """Whether nothing runs of it any more."""
        return self.phase is TaskPhase.ENDED

    def handle(self, event: TaskEvent, now: Moment) -> list[Instruction | Report | TaskStatus]:
        """Take one event in. Raises InvalidTransition for one that the phase does not allow."""
        before = self.phase
        self.phase = next_state(TRANSITIONS, str(self.key), before, type(event))
        wanted = self._act(before, event, now)
        return [self._complete(item) if isinstance(item, Report) else item for item in wanted]

    def _act(self, before: TaskPhase, event: TaskEvent, now: Moment) -> list[Instruction | Report]:
        match event:
            case LaunchWanted(launch):
                return [
                    Checkpoint(self.accepted),
                    Report(state=TaskState.TASK_STARTING, container_status=self._container_status(launch=launch)),
                    LaunchContainer(launch),
                ]
            case KillAsked():
                return self._kill(before, event, now)
            case HealthJudged():
                self.healthy = event.is_healthy
                return [self._report_news(_R.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED, event.problem)]
            case CheckAnswered(status):
                is_news, self.check_status = status != self.check_status, status
                return [self._report_news(_R.REASON_TASK_CHECK_STATUS_UPDATED)] if is_news else []
            case ContainerStarted(run):
                return self._take_up(before, run, now)
            case ContainerNotStarted():
                return [self._report_not_started(before, event.reason)]
            case ContainerEnded(ended):
                return [self._report_end(before, ended)]
            case ContainerGone():
                return [self._report_gone(before)]
            case _:
                raise InvalidTransition(str(self.key), before.value, type(event).__name__)

    def _kill(self, before: TaskPhase, event: KillAsked, now: Moment) -> list[Instruction | Report]:
        deadline = now.wall + event.grace
        if before is TaskPhase.ENDED or (self.kill is not None and self.kill.deadline <= deadline):
            return []
        is_overdue = event.is_overdue if self.kill is None else self.kill.is_overdue
        key = self.key
        self.kill = KillWanted(
            framework_id=key.framework_id,
            task_id=key.task_id,
            deadline=deadline,
            grace=event.grace,
            is_overdue=is_overdue,
            drain=event.drain or (None if self.kill is None else self.kill.drain),
            unhealthy=event.unhealthy if self.kill is None else self.kill.unhealthy,
        )
        instructions: list[Instruction | Report] = [Checkpoint(self.kill)]
        knows_killing = self.framework.has(FrameworkCapabilityType.TASK_KILLING_STATE)
        if before is TaskPhase.RUNNING and knows_killing and not event.is_overdue:
            instructions.append(Report(state=TaskState.TASK_KILLING, container_status=self._container_status()))
        return [*instructions, KillContainer(self.container_id, event.grace)]

    def _take_up(self, before: TaskPhase, run: ContainerRun, now: Moment) -> list[Instruction | Report]:
        self.run = run
        instructions: list[Instruction | Report] = [WatchContainer(self.container_id)]
        if before is TaskPhase.STARTING:
            status = self._container_status()
            instructions.append(
                Report(state=TaskState.TASK_RUNNING, data=run.inspection, container_status=status),
            )
        if self.kill is not None:
            instructions.append(KillContainer(self.container_id, time_left(self.kill.deadline, self.kill.grace, now)))
        return instructions

    def _report_not_started(self, before: TaskPhase, reason: str) -> Report:
        if before is TaskPhase.ABORTING:
            return self._report_abort()
        docker = self.task.container.docker if self.task.container is not None else None
        hint = f" (image {docker.image})" if docker is not None and docker.image not in reason else ""
        message = f"Failed to launch container: {reason}{hint}"
        return self._report_by_agent(TaskState.TASK_FAILED, message, _R.REASON_CONTAINER_LAUNCH_FAILED)

    def _report_end(self, before: TaskPhase, ended: Ended) -> Report:
        if before is TaskPhase.ABORTING and not self._is_overdue:
            return self._report_abort()
        status = self._container_status()
        if self.kill is not None:
            if self._is_overdue:
                return Report(
                    state=TaskState.TASK_FAILED,
                    message=f"Ran longer than its max_completion_time: {ended.message}",
                    reason=_R.REASON_MAX_COMPLETION_TIME_REACHED,
                    container_status=status,
                )
            unhealthy = self.kill.unhealthy
            message = f"Health check failed ({unhealthy}): {ended.message}" if unhealthy else ended.message
            return Report(state=TaskState.TASK_KILLED, message=message, container_status=status)
        if ended.is_out_of_memory:
            return Report(
                state=TaskState.TASK_FAILED,
                message=ended.message,
                source=TaskStatusSource.SOURCE_AGENT,
                reason=_R.REASON_CONTAINER_LIMITATION_MEMORY,
                container_status=status,
                limitation=TaskResourceLimitation(self.task.resources.named("mem")),
            )
        if ended.exit_code is None and ended.signal is None:
            return self._report_by_agent(TaskState.TASK_FAILED, ended.message, _R.REASON_EXECUTOR_TERMINATED)
        state = TaskState.TASK_FINISHED if ended.is_success else TaskState.TASK_FAILED
        return Report(state=state, message=ended.message, container_status=status)

    def _report_gone(self, before: TaskPhase) -> Report:
        """What the agent's own restart may reveal: a container that never came to be, or was taken away meanwhile."""
        if before is TaskPhase.ABORTING:
            return self._report_abort()
        if before is TaskPhase.KILLING and not self._is_overdue:
            return Report(state=TaskState.TASK_KILLED, message="The container was gone when the agent came back")
        if before is TaskPhase.STARTING:
            return self._report_by_agent(
                lost_state(self.framework),
                "The agent restarted before the container had started",
                _R.REASON_AGENT_RESTARTED,
            )
        return self._report_by_agent(
            TaskState.TASK_FAILED,
            "The container was gone when the agent came back",
            _R.REASON_EXECUTOR_TERMINATED,
        )

    def _report_news(self, reason: TaskStatusReason, message: str | None = None) -> Report:
        """The task runs on, and something else is to be told of it."""
        status = self._container_status()
        return Report(state=TaskState.TASK_RUNNING, message=message, reason=reason, container_status=status)

    def _complete(self, report: Report) -> Report:
        """What checks found stands in every update of the task, and what a health check killed is not well
        (mesos-semantics 7.2).
        """
        report = name_drain(report, self.kill, self.framework)
        if report.source is not TaskStatusSource.SOURCE_EXECUTOR:
            return report
        is_unhealthy = self.kill is not None and self.kill.unhealthy is not None
        healthy = self.healthy if report.state is TaskState.TASK_RUNNING else False if is_unhealthy else None
        return evolve(report, healthy=healthy, check_status=self.check_status)

    def _report_abort(self) -> Report:
        return self._report_by_agent(
            TaskState.TASK_KILLED, "Killed before it had started", _R.REASON_TASK_KILLED_DURING_LAUNCH
        )

    def _report_by_agent(self, state: TaskState, message: str, reason: TaskStatusReason) -> Report:
        return Report(state=state, message=message, source=TaskStatusSource.SOURCE_AGENT, reason=reason)

    @property
    def _is_overdue(self) -> bool:
        return self.kill is not None and self.kill.is_overdue

    def _container_status(self, *, launch: Launch | None = None) -> ContainerStatus:
        """What is known of the container; before its start no address, as it may get one of its own."""
        if self.around is not None:
            own = ContainerIdInfo(value=self.container_id, parent=self.around.container_id)
            return evolve(self.around, container_id=own, executor_pid=self.run.pid if self.run is not None else None)
        addresses = () if launch is not None or self.run is None else self.run.ip_addresses or (self._agent_ip,)
        infos = (NetworkInfo(ip_addresses=tuple(ip_address(ip) for ip in addresses)),) if addresses else ()
        return ContainerStatus(
            container_id=ContainerIdInfo(value=self.container_id),
            network_infos=infos,
            executor_pid=self.run.pid if self.run is not None else None,
        )


_R = TaskStatusReason


def name_drain(report: ReportT, kill: KillWanted | None, framework: FrameworkInfo) -> ReportT:
    """A task that a drain ends says so; on an agent that goes for good it is gone, to those who know that state."""
    drain = None if kill is None else kill.drain
    if drain is None or report.state not in (TaskState.TASK_KILLING, TaskState.TASK_KILLED):
        return report
    is_gone = drain.mark_gone and framework.has(FrameworkCapabilityType.PARTITION_AWARE)
    is_gone = is_gone and report.state is TaskState.TASK_KILLED
    state = TaskState.TASK_GONE_BY_OPERATOR if is_gone else report.state
    return evolve(report, state=state, reason=_R.REASON_AGENT_DRAINING)


def lost_state(framework: FrameworkInfo | None) -> TaskState:
    """How a task that never ran is told: DROPPED to whom knows that state, LOST to all others (mesos-v1-api 4.5)."""
    is_aware = framework is not None and framework.has(FrameworkCapabilityType.PARTITION_AWARE)
    return TaskState.TASK_DROPPED if is_aware else TaskState.TASK_LOST


def ip_address(ip: str) -> IpAddress:
    """An address as statuses tell it."""
    return IpAddress(ip_address=ip, protocol=IpProtocol.IPv6 if ":" in ip else IpProtocol.IPv4)

"""A task that an executor of its framework's own runs: what the executor was told of it, and what it told
(mesos-semantics 6.3, 7.1). Pure.

It has no container of its own: ``container_id`` is its executor's. That one is ``executors/machine.py``; who says what
to whom is decided in ``executors/ledger.py``.
"""

from __future__ import annotations

from koinon_core.errors import InvalidTransition
from koinon_core.executor_api import Kill
from koinon_core.frameworks import FrameworkInfo
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource
from koinon_core.transitions import next_state

from ..checkpoint.image import AgentImage, TaskImage
from ..checkpoint.records import KillWanted
from ..executors.environment import executor_id_of
from ..instructions import Checkpoint, Instruction, TellExecutor
from ..timers import ExecutorKey, Moment
from .hosting import Delivered, EndHeard, GivenUp, UpdateHeard
from .machine import KillAsked, Report, TaskEvent, TaskMachine, TaskPhase, name_drain

_P = TaskPhase
TRANSITIONS: dict[tuple[TaskPhase, type], TaskPhase] = {
    (_P.STAGING, Delivered): _P.STARTING,
    (_P.STAGING, KillAsked): _P.ENDED,
    (_P.STAGING, GivenUp): _P.ENDED,
    (_P.STARTING, KillAsked): _P.ABORTING,
    (_P.STARTING, UpdateHeard): _P.RUNNING,
    (_P.STARTING, EndHeard): _P.ENDED,
    (_P.STARTING, GivenUp): _P.ENDED,
    (_P.ABORTING, KillAsked): _P.ABORTING,
    (_P.ABORTING, UpdateHeard): _P.KILLING,
    (_P.ABORTING, EndHeard): _P.ENDED,
    (_P.ABORTING, GivenUp): _P.ENDED,
    (_P.RUNNING, KillAsked): _P.KILLING,
    (_P.RUNNING, UpdateHeard): _P.RUNNING,
    (_P.RUNNING, EndHeard): _P.ENDED,
    (_P.RUNNING, GivenUp): _P.ENDED,
    (_P.KILLING, KillAsked): _P.KILLING,
    (_P.KILLING, UpdateHeard): _P.KILLING,
    (_P.KILLING, EndHeard): _P.ENDED,
    (_P.KILLING, GivenUp): _P.ENDED,
    (_P.ENDED, KillAsked): _P.ENDED,
}
"""STAGING: its executor does not listen yet. STARTING: it was said to the executor, which has told nothing of it."""


class HostedTask(TaskMachine):
    """One task. ``awaits_volumes``: it is not said to its executor before the container has been shown its volumes."""

    awaits_volumes = False

    @property
    def host(self) -> ExecutorKey:
        """Its executor."""
        return ExecutorKey(self.key.framework_id, executor_id_of(self.task))

    @property
    def delivery(self) -> str:
        """The same for all tasks that were handed over as a group, and are to be said as one."""
        return self.accepted.group or self.task.task_id

    @property
    def is_queued(self) -> bool:
        """Whether its executor does not know of it."""
        return self.phase is TaskPhase.STAGING

    @property
    def is_unheard_of(self) -> bool:
        """Whether its executor was told of it and has told nothing."""
        return self.phase in (TaskPhase.STARTING, TaskPhase.ABORTING)

    def handle(self, event: TaskEvent, now: Moment) -> list[Instruction | Report | TaskStatus]:
        """Take one event in. Raises InvalidTransition for one that the phase does not allow."""
        before = self.phase
        self.phase = next_state(TRANSITIONS, str(self.key), before, type(event))
        match event:
            case Delivered():
                # Durable before it is said: after a restart it may be known to the executor.
                return []
            case KillAsked():
                return self._note_kill(before, event, now)
            case UpdateHeard(status) | EndHeard(status):
                return [name_drain(status, self.kill, self.framework)]
            case GivenUp():
                report = Report(
                    state=event.state,
                    message=event.message,
                    source=TaskStatusSource.SOURCE_AGENT,
                    reason=event.reason,
                    limitation=event.limitation,
                )
                return [name_drain(report, self.kill, self.framework)]
            case _:
                raise InvalidTransition(str(self.key), before.value, type(event).__name__)

    def _note_kill(self, before: TaskPhase, event: KillAsked, now: Moment) -> list[Instruction | Report | TaskStatus]:
        """Remember the wish and tell its executor."""
        if before is TaskPhase.ENDED:
            return []
        former, deadline = self.kill, now.wall + event.grace
        self.kill = KillWanted(
            framework_id=self.key.framework_id,
            task_id=self.key.task_id,
            deadline=deadline if former is None else min(deadline, former.deadline),
            drain=event.drain or (None if former is None else former.drain),
        )
        remembered: list[Instruction | Report | TaskStatus] = [Checkpoint(self.kill)] if self.kill != former else []
        if before is not TaskPhase.STAGING:
            # Lost where it does not listen: it is told again when it comes back.
            kill = Kill(task_id=self.key.task_id, kill_policy=event.policy)
            return [*remembered, TellExecutor(self.host, kill)]
        killed = Report(
            state=TaskState.TASK_KILLED,
            message="Killed before its executor had subscribed",
            source=TaskStatusSource.SOURCE_AGENT,
            reason=TaskStatusReason.REASON_TASK_KILLED_DURING_LAUNCH,
        )
        return [*remembered, name_drain(killed, self.kill, self.framework)]


def hosts_tasks(executor: ExecutorInfo | None) -> bool:
    """Whether an executor is its framework's own: it speaks the executor API, and its tasks are ``HostedTask``."""
    return executor is not None and executor.type is not ExecutorType.DEFAULT


def restore_task(
    framework: FrameworkInfo, image: AgentImage, task: TaskImage, latest: TaskStatus | None, agent_ip: str
) -> TaskMachine:
    """A task as its agent remembers it after a restart, of whatever kind; ``latest`` is what was reported last."""
    accepted = task.accepted
    executor = accepted.task.executor
    if executor is None or not hosts_tasks(executor):
        return TaskMachine.restored(framework, task, latest, agent_ip)
    hosted = HostedTask(framework, accepted, agent_ip)
    hosted.kill = task.kill
    if latest is not None and latest.state.is_terminal:
        hosted.phase = TaskPhase.ENDED
    elif latest is not None:
        hosted.phase = TaskPhase.RUNNING if task.kill is None else TaskPhase.KILLING
    elif ExecutorKey(accepted.framework_id, executor.executor_id) in image.came:
        hosted.phase = TaskPhase.STARTING if task.kill is None else TaskPhase.ABORTING
    return hosted

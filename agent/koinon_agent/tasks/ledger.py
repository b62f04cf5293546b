"""All tasks of the agent: their machines, their updates, and what their ends leave behind. Pure.

Turns what a machine reports into updates that arrive. Which event reaches which task is decided in ``agent.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random
from uuid import UUID

from attrs import frozen

from koinon_core.agent_link import AgentTask
from koinon_core.errors import InvalidTransition
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ContainerId, FrameworkId, TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from ..checkpoint.image import AgentImage
from ..checkpoint.records import FrameworkSeen, TaskAccepted
from ..checks.machine import Checks
from ..checks.probes import ProbeDone
from ..checks.verdicts import HealthJudged
from ..events import ContainerStarted
from ..executors.environment import executor_id_of
from ..instructions import Checkpoint, Instruction, Note, RemoveContainer
from ..sandboxes.garbage import Garbage
from ..settings import AgentSettings
from ..timers import Moment, TaskKey, Timers
from .crowd import Crowd
from .history import CompletedTask, History
from .hosted import HostedTask, restore_task
from .machine import KillAsked, Report, TaskEvent, TaskMachine, TaskPhase
from .status_updates import StatusUpdates

MAX_WAITING_UPDATES = 10
"""From so many on, what checks find is not told but kept, the latest of each: nobody listens, and updates pile up."""


@frozen
class CompletionOverdue:
    """A task has run for its max_completion_time. Key of its timer."""

    key: TaskKey


@frozen
class RemovalDue:
    """An ended container was kept for ``--docker_remove_delay``. Key of its timer."""

    container_id: ContainerId


Follower = Callable[[TaskMachine, Moment], list[Instruction]]
"""Looks at a task that something has happened to, and says what is to follow from it elsewhere."""


class Tasks:
    """Every task that is not both ended and acknowledged, and the frameworks they belong to."""

    def __init__(self, settings: AgentSettings, timers: Timers, rng: Random, image: AgentImage) -> None:
        """``image`` is what an earlier life remembered."""
        self._settings = settings
        self._timers = timers
        self._rng = rng
        self._garbage = Garbage(timers, settings, image.abandoned)
        self.updates = StatusUpdates(timers, rng, image.streams)
        self.checks = Checks(timers, rng)
        self.frameworks: dict[FrameworkId, FrameworkInfo] = dict(image.frameworks)
        self.reported: Counter[TaskState] = Counter()
        self.launch_errors = 0
        self.completed = History(settings.max_completed_executors)
        self._machines: dict[TaskKey, TaskMachine] = {}
        self._by_container: dict[ContainerId, TaskMachine] = {}
        self._hosted: dict[ContainerId, Crowd] = {}
        self._followers: list[Follower] = []
        self.agent_id: AgentId | None = image.info.id if image.info is not None else None
        for key, task in image.tasks.items():
            latest = self.updates.latest(key)
            framework = self.frameworks[key.framework_id]
            self._add(restore_task(framework, image, task, latest, settings.ip))

    def __iter__(self) -> Iterator[TaskMachine]:
        return iter(self._machines.values())

    def __contains__(self, key: TaskKey) -> bool:
        """Whether anything is known of the task, if only an update that waits."""
        return key in self._machines or key in self.updates

    @property
    def garbage(self) -> Garbage:
        """The sandboxes that tasks left."""
        return self._garbage

    def live(self) -> list[TaskMachine]:
        """The tasks that have not ended."""
        return [machine for machine in self._machines.values() if not machine.is_ended]

    def get(self, key: TaskKey) -> TaskMachine | None:
        """The task of that name, ended or not."""
        return self._machines.get(key)

    def of_container(self, container_id: ContainerId) -> TaskMachine | None:
        """The task that runs in a container."""
        return self._by_container.get(container_id)

    def as_reported(self) -> tuple[AgentTask, ...]:
        """All tasks as the master is told of them at registration."""
        return tuple(
            AgentTask(framework_id=key.framework_id, task=machine.task, latest_status=self.updates.latest(key))
            for key, machine in self._machines.items()
        )

    def frameworks_at_work(self, others: Iterable[FrameworkId] = ()) -> tuple[FrameworkInfo, ...]:
        """The frameworks of these tasks, and ``others``."""
        wanted = {key.framework_id for key in self._machines}.union(others)
        return tuple(framework for fid, framework in self.frameworks.items() if fid in wanted)

    def resume(self, now: Moment) -> None:
        """Set the deadlines that an earlier life had set."""
        self._garbage.resume(now)

    def admit(self, framework: FrameworkInfo) -> list[Instruction]:
        """Remember a framework that has a task here."""
        if framework.id is None or self.frameworks.get(framework.id) == framework:
            return []
        self.frameworks[framework.id] = framework
        return [Checkpoint(FrameworkSeen(framework))]

    def describe(self, framework: FrameworkInfo) -> list[Instruction]:
        """A framework that has tasks here describes itself anew. One that has none is none of our business."""
        if framework.id not in self.frameworks:
            return []
        for machine in self._machines.values():
            if machine.key.framework_id == framework.id:
                machine.framework = framework
        return self.admit(framework)

    def accept(self, framework: FrameworkInfo, accepted: TaskAccepted) -> TaskMachine:
        """A new task, still to be launched."""
        machine = TaskMachine(framework, accepted, self._settings.ip)
        self._add(machine)
        return machine

    def follow(self, follower: Follower) -> None:
        """Have ``follower`` look at each task whenever it has taken an event in."""
        self._followers.append(follower)

    def host(self, framework: FrameworkInfo, accepted: TaskAccepted) -> HostedTask:
        """A new task of a framework's own executor, still to be delivered."""
        machine = HostedTask(framework, accepted, self._settings.ip)
        self._add(machine)
        return machine

    def crowd_in(self, container_id: ContainerId) -> Crowd:
        """The tasks that have not ended of the executor in a container, as they are now: it changes with them."""
        return self._hosted.get(container_id) or Crowd()

    def hosted_in(self, container_id: ContainerId) -> list[HostedTask]:
        """The tasks that have not ended of the executor in a container, oldest first."""
        return list(self.crowd_in(container_id))

    def _add(self, machine: TaskMachine) -> None:
        self._machines[machine.key] = machine
        if not isinstance(machine, HostedTask):
            self._by_container[machine.container_id] = machine
        elif not machine.is_ended:
            self._hosted.setdefault(machine.container_id, Crowd()).add(machine)

    def tell(self, machine: TaskMachine, event: TaskEvent, now: Moment) -> list[Instruction]:
        """Let a task take an event in. One it does not allow is a broken promise of ours: noted, and without effect."""
        was_ended = machine.is_ended
        try:
            wanted = machine.handle(event, now)
        except InvalidTransition as error:
            return [Note("event_refused", {"error": str(error)})]
        instructions: list[Instruction] = []
        for item in wanted:
            if isinstance(item, Report):
                instructions += self.report(machine.key, item, now)
            elif isinstance(item, TaskStatus):
                instructions += self._file(machine.key, item, now)
            else:
                instructions.append(item)
        instructions += self._attend(machine, event, now)
        if machine.is_ended and not was_ended:
            instructions += self._clean_up(machine, now)
        for look in self._followers:
            instructions += look(machine, now)
        return instructions

    def report(self, key: TaskKey, report: Report, now: Moment) -> list[Instruction]:
        """Make an update of a report and see to it that it arrives."""
        machine = self._machines.get(key)
        status = TaskStatus(
            task_id=key.task_id,
            state=report.state,
            message=report.message,
            source=report.source,
            reason=report.reason,
            data=report.data,
            agent_id=self.agent_id,
            executor_id=executor_id_of(machine.task) if machine is not None else None,
            timestamp=now.wall,
            uuid=Uuid(UUID(int=self._rng.getrandbits(128), version=4).bytes),
            container_status=report.container_status,
            limitation=report.limitation,
            healthy=report.healthy,
            check_status=report.check_status,
        )
        return self._file(key, status, now)

    def _file(self, key: TaskKey, status: TaskStatus, now: Moment) -> list[Instruction]:
        """See to it that an update arrives; one that its executor sent before changes nothing."""
        self.reported[status.state] += 1
        self.launch_errors += status.reason is TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED
        fields = {"task": str(key), "state": status.state.name}
        if status.reason is not None:
            fields["reason"] = status.reason.name
        if status.message is not None:
            fields["message"] = status.message
        return [*self.updates.append(key.framework_id, status, now), Note("task_update", fields)]

    def acknowledge(self, key: TaskKey, uuid: Uuid, now: Moment) -> list[Instruction]:
        """Take an acknowledgement in; that of a task's end lets the task be forgotten."""
        history = self.updates.history(key)
        status, instructions = self.updates.acknowledge(key, uuid, now)
        if status is not None and status.state.is_terminal:
            machine = self._machines.pop(key, None)
            if machine is not None:
                self._by_container.pop(machine.container_id, None)
                self.completed.add(
                    CompletedTask(framework=machine.framework, accepted=machine.accepted, statuses=history)
                )
        elif self.updates.waiting(key) < MAX_WAITING_UPDATES and (heard := self._machines.get(key)) is not None:
            for verdict in self.checks.take_untold(key):
                instructions += self.tell(heard, verdict, now)
        return instructions

    def unknown_of(self, framework_id: FrameworkId, task_ids: Iterable[TaskId]) -> list[TaskKey]:
        """Those tasks of which nothing is known here."""
        return [key for task_id in task_ids if (key := TaskKey(framework_id, task_id)) not in self]

    def heed(self, done: ProbeDone, now: Moment) -> list[Instruction]:
        """A task was asked: tell what is worth telling, and end it where it failed too often."""
        machine, verdict = self._machines.get(done.key.task), self.checks.take(done, now)
        if machine is None or verdict is None:
            return []
        is_fatal = isinstance(verdict, HealthJudged) and verdict.is_fatal
        if not is_fatal and self.updates.waiting(machine.key) >= MAX_WAITING_UPDATES:
            self.checks.keep_untold(done.key, verdict)
            return []
        self.checks.keep_untold(done.key, None)
        instructions = self.tell(machine, verdict, now)
        if isinstance(verdict, HealthJudged) and verdict.is_fatal:
            kill = KillAsked(grace=self._settings.kill_grace(machine.task, None), unhealthy=verdict.problem)
            instructions += self.tell(machine, kill, now)
        return instructions

    def _attend(self, machine: TaskMachine, event: TaskEvent, now: Moment) -> list[Instruction]:
        """A task that runs has its checks and its deadline, also after a restart; one that is to end has no checks."""
        if isinstance(machine, HostedTask):
            return []  # its executor sees to that
        if machine.phase is not TaskPhase.RUNNING:
            return [*self.checks.stop(machine.key)]
        if isinstance(event, ContainerStarted):
            self._limit_run(machine, now.steady - max(0.0, now.wall - event.run.started_at))
            self.checks.begin(machine, event.run, now)
        return []

    def _limit_run(self, machine: TaskMachine, started_at: float) -> None:
        limit = machine.task.max_completion_time
        if limit is not None:
            self._timers.set(CompletionOverdue(machine.key), started_at + limit.seconds)

    def _clean_up(self, machine: TaskMachine, now: Moment) -> list[Instruction]:
        self._timers.cancel(CompletionOverdue(machine.key))
        if isinstance(machine, HostedTask):
            # Container and sandbox are its executor's.
            crowd = self.crowd_in(machine.container_id)
            crowd.discard(machine)
            if not crowd:
                self._hosted.pop(machine.container_id, None)
            return []
        # A sandbox within an executor's goes with that one.
        is_alone = machine.task.executor is None
        return self.abandon(machine.container_id, machine.accepted.sandbox if is_alone else None, now)

    def abandon(self, container_id: ContainerId, sandbox: str | None, now: Moment) -> list[Instruction]:
        """A container has ended: give back what it held, and in time its sandbox, if that is nobody else's."""
        instructions = self._garbage.abandon(sandbox, now) if sandbox is not None else []
        if self._settings.remove_delay <= 0:
            return [*instructions, RemoveContainer(container_id)]
        self._timers.set(RemovalDue(container_id), now.steady + self._settings.remove_delay)
        return instructions

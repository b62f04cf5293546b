"""What the answers of an agent are made of: frameworks, their executors and tasks, as far as one may see. Pure.

A task that has a container of its own has an executor of its own, too, though no program runs for it (mesos-semantics
7): tools look for its sandbox there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from attrs import define, evolve, field, frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ContainerId, ExecutorId, FrameworkId
from koinon_core.resources import Resources
from koinon_core.tasks import ExecutorInfo, TaskState, TaskStatus
from koinon_core.visibility import ALL, Visibility, executor_user

from ..agent import Agent
from ..checkpoint.records import ExecutorAccepted, TaskAccepted
from ..executors.environment import executor_id_of
from ..executors.names import name_command_executor
from ..tasks.hosted import HostedTask

_RUNS = "runs"


@frozen(kw_only=True)
class TaskPart:
    """A task with its statuses, oldest first."""

    framework: FrameworkInfo
    accepted: TaskAccepted
    statuses: tuple[TaskStatus, ...]
    is_ended: bool
    is_acknowledged: bool = False
    """Ended, and whoever launched it knows."""
    is_launched: bool = False
    """Its executor was told of it."""

    @property
    def state(self) -> TaskState:
        """The latest that was told; TASK_STAGING before anything was."""
        return self.statuses[-1].state if self.statuses else TaskState.TASK_STAGING

    @property
    def user(self) -> str | None:
        """The user that it asks to run as."""
        task = self.accepted.task
        command = task.command or (task.executor.command if task.executor is not None else None)
        return command.user if command is not None else None


@define(kw_only=True)
class ExecutorPart:
    """An executor with its tasks. ``sandbox`` is an absolute path of this machine."""

    framework: FrameworkInfo
    executor: ExecutorInfo
    container_id: ContainerId
    sandbox: str
    is_completed: bool
    is_stand_in: bool = False
    """It stands for the container of its one task."""
    tasks: list[TaskPart] = field(factory=list)

    @property
    def role(self) -> str | None:
        """The role that its resources, or those of a task of it, were given to."""
        for resources in (self.executor.resources, *(task.accepted.task.resources for task in self.tasks)):
            for item in resources:
                if item.kind.allocation_role is not None:
                    return item.kind.allocation_role
        roles = self.framework.all_roles()
        return roles[0] if len(roles) == 1 else None


@define
class FrameworkPart:
    """A framework with its executors here."""

    framework: FrameworkInfo
    executors: list[ExecutorPart] = field(factory=list)
    completed: list[ExecutorPart] = field(factory=list)


def used_resources(agent: Agent) -> Resources:
    """What the tasks that have not ended hold, and what executors hold themselves."""
    tasks = (machine.task.resources for machine in agent.tasks.live())
    return sum_resources((*tasks, agent.pods.resources(), agent.executors.resources()))


def sum_resources(parts: Iterable[Resources]) -> Resources:
    """All together, whoever they were given to."""
    return Resources(tuple(item for part in parts for item in part.allocated_to(None)))


def own_executors(agent: Agent) -> Iterator[ExecutorAccepted]:
    """Those that are not of one task alone: of the frameworks' own, and pods."""
    for pod in agent.pods:
        yield pod.accepted
    for machine in agent.executors:
        yield machine.accepted


def gather(agent: Agent, sight: Visibility = ALL) -> dict[FrameworkId, FrameworkPart]:
    """Everything, by framework."""
    found: dict[tuple[FrameworkId, ContainerId], ExecutorPart] = {}
    for accepted in own_executors(agent):
        framework = agent.tasks.frameworks.get(accepted.framework_id)
        if framework is not None:
            found[accepted.framework_id, accepted.container_id] = _own_part(framework, accepted)
    for task in _all_tasks(agent):
        # By container, not by the executor's id: one that ran twice is shown twice.
        framework_id = task.accepted.framework_id
        part = found.get((framework_id, task.accepted.container_id))
        if part is None:
            container_id, _sandbox = _place_of(task.accepted)
            part = found.get((framework_id, container_id))
        if part is None or (part.is_completed and not task.is_acknowledged):
            part = _part_of(task)
            found[framework_id, part.container_id] = part
        if sight.shows_task(task.framework, task.accepted.task):
            part.tasks.append(task)
    return _by_framework(found.values(), sight)


def find_executor_user(agent: Agent, framework_id: FrameworkId, executor_id: ExecutorId) -> str | None:
    """The user that an executor runs or ran as; its framework's where it is not remembered, None where neither is."""
    part = gather(agent).get(framework_id)
    if part is None:
        framework = agent.tasks.frameworks.get(framework_id)
        return None if framework is None else framework.user
    for executor in (*part.executors, *part.completed):
        if executor.executor.executor_id == executor_id:
            return executor_user(part.framework, executor.executor)
    return part.framework.user


def all_tasks(parts: Iterable[FrameworkPart]) -> Iterator[TaskPart]:
    """The tasks of all executors."""
    for part in parts:
        for executor in (*part.executors, *part.completed):
            yield from executor.tasks


def _all_tasks(agent: Agent) -> Iterator[TaskPart]:
    """Those that are not acknowledged as ended come first."""
    for machine in agent.tasks:
        yield TaskPart(
            framework=machine.framework,
            accepted=machine.accepted,
            statuses=agent.tasks.updates.history(machine.key),
            is_ended=machine.is_ended,
            is_launched=isinstance(machine, HostedTask) and not machine.is_queued,
        )
    for task in agent.tasks.completed:
        yield TaskPart(
            framework=task.framework,
            accepted=task.accepted,
            statuses=task.statuses,
            is_ended=True,
            is_acknowledged=True,
        )


def _by_framework(parts: Iterable[ExecutorPart], sight: Visibility) -> dict[FrameworkId, FrameworkPart]:
    frameworks: dict[FrameworkId, FrameworkPart] = {}
    for part in parts:
        framework_id = part.framework.id
        if framework_id is None or not sight.shows_framework(part.framework):
            continue
        there = frameworks.setdefault(framework_id, FrameworkPart(part.framework))
        if sight.shows_executor(part.framework, part.executor):
            (there.completed if part.is_completed else there.executors).append(part)
    return frameworks


def _own_part(framework: FrameworkInfo, accepted: ExecutorAccepted) -> ExecutorPart:
    return ExecutorPart(
        framework=framework,
        executor=evolve(accepted.executor, framework_id=accepted.framework_id),
        container_id=accepted.container_id,
        sandbox=accepted.sandbox,
        is_completed=False,
    )


def _part_of(task: TaskPart) -> ExecutorPart:
    """The executor of a task of which nothing else is known any more, or never was."""
    accepted = task.accepted
    container_id, sandbox = _place_of(accepted)
    return ExecutorPart(
        framework=task.framework,
        executor=executor_of(accepted),
        container_id=container_id,
        sandbox=sandbox,
        is_completed=task.is_acknowledged,
        is_stand_in=accepted.task.executor is None,
    )


def executor_of(accepted: TaskAccepted) -> ExecutorInfo:
    """The task's executor, or the one that stands for its own container."""
    task = accepted.task
    if task.executor is not None:
        return evolve(task.executor, framework_id=accepted.framework_id)
    return ExecutorInfo(
        executor_id=executor_id_of(task),
        framework_id=accepted.framework_id,
        command=task.command,
        resources=task.resources,
        name=name_command_executor(task),
        source=task.task_id,
    )


def _place_of(accepted: TaskAccepted) -> tuple[ContainerId, str]:
    """The container and sandbox of a task's executor: its own lie beneath, or are the same (mesos-semantics 7.4)."""
    container_id, sandbox = accepted.container_id, accepted.sandbox
    if accepted.task.executor is None:
        return container_id, sandbox
    path = PurePosixPath(sandbox)
    for folder in (path, *path.parents):
        if folder.parent.name == _RUNS:
            return ContainerId(folder.name), str(folder)
    return container_id, sandbox

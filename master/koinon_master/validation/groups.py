"""What makes a task group invalid (mesos-v1-api 2.6); each of its tasks reads the text in its TASK_ERROR."""

from __future__ import annotations

from attrs import evolve, frozen

from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType
from koinon_core.ids import find_id_problem
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Scalar
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo

from ..entities import Agent, Framework
from .tasks import Launch, find_task_problem

MIN_EXECUTOR_CPUS = Scalar.of(0.01)
MIN_EXECUTOR_MEM = Scalar.of(32)


@frozen(kw_only=True)
class GroupLaunch:
    """Tasks that are to run together under one executor, and what is left of the offers they are launched on."""

    framework: Framework
    agent: Agent
    role: str
    available: Resources
    executor: ExecutorInfo
    tasks: tuple[TaskInfo, ...]

    @property
    def running_executor(self) -> ExecutorInfo | None:
        """The framework's executor of that id which the agent already has."""
        running = self.agent.executors.get((self.framework.id, self.executor.executor_id))
        return None if running is None else running.info

    @property
    def needed(self) -> Resources:
        """What the launch takes: all tasks' resources, and the executor's unless that runs already."""
        total = NOTHING if self.running_executor is not None else self.executor.resources.allocated_to(None)
        for task in self.tasks:
            total = total + task.resources.allocated_to(None)
        return total


def find_group_problem(launch: GroupLaunch) -> str | None:
    """The first thing that is wrong with a group, or None."""
    problem = _find_executor_problem(launch) or _find_size_problem(launch.executor)
    if problem is not None:
        return problem
    seen = set()
    for task in launch.tasks:
        problem = f"Task has duplicate ID: {task.task_id}" if task.task_id in seen else _find_task_problem(launch, task)
        if problem is not None:
            return f"Task '{task.task_id}' is invalid: {problem}"
        seen.add(task.task_id)
    if launch.needed not in launch.available:
        return (
            f"Total resources {launch.needed} required by task group and its executor is more than available "
            f"{launch.available}"
        )
    return None


def _find_executor_problem(launch: GroupLaunch) -> str | None:
    executor = launch.executor
    problem = find_id_problem(executor.executor_id)
    if problem is not None:
        return f"Executor ID '{executor.executor_id}' {problem}"
    if executor.framework_id not in (None, launch.framework.id):
        return (
            f"ExecutorInfo has an invalid FrameworkID (Actual: {executor.framework_id} vs Expected: "
            f"{launch.framework.id})"
        )
    grace = executor.shutdown_grace_period
    if grace is not None and grace.nanoseconds < 0:
        return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    running = launch.running_executor
    if running is not None and _bare(running) != _bare(executor):
        return f"ExecutorInfo of {executor.executor_id} is not compatible with the one that runs on the agent"
    return _find_program_problem(executor)


def _bare(executor: ExecutorInfo) -> ExecutorInfo:
    """An executor without what the master adds to it."""
    return evolve(executor, framework_id=None, resources=executor.resources.allocated_to(None))


def _find_program_problem(executor: ExecutorInfo) -> str | None:
    if executor.type is ExecutorType.CUSTOM:
        return None if executor.command is not None else "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
    if executor.type is not ExecutorType.DEFAULT:
        return "Unknown executor type"
    if executor.command is not None:
        return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
    container = executor.container
    if container is not None and container.type is not ContainerType.MESOS:
        return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
    if container is not None and container.mesos is not None and container.mesos.image is not None:
        return "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
    return None


def _find_size_problem(executor: ExecutorInfo) -> str | None:
    cpus, mem = executor.resources.scalar("cpus"), executor.resources.scalar("mem")
    who = f"Executor '{executor.executor_id}'"
    if cpus < MIN_EXECUTOR_CPUS:
        return f"{who} uses less CPUs ({cpus}) than the minimum required ({MIN_EXECUTOR_CPUS})"
    if mem < MIN_EXECUTOR_MEM:
        return f"{who} uses less memory ({mem}MB) than the minimum required ({MIN_EXECUTOR_MEM}MB)"
    return None if executor.resources.scalar("disk") else f"{who} uses no disk"


def _find_task_problem(launch: GroupLaunch, task: TaskInfo) -> str | None:
    if task.executor is not None:
        return "'TaskInfo.executor' must not be set"
    problem = None if task.container is None else _find_container_problem(task.container)
    if problem is not None:
        return problem
    # A task may leave its command to the group's executor; alone it would have to have one.
    info = task if task.command is not None else evolve(task, command=CommandInfo())
    return find_task_problem(
        Launch(framework=launch.framework, agent=launch.agent, role=launch.role, available=launch.available, info=info)
    )


def _find_container_problem(container: ContainerInfo) -> str | None:
    if container.type is ContainerType.DOCKER:
        return "Docker ContainerInfo is not supported on the task"
    if container.network_infos:
        return "NetworkInfos must not be set on the task"
    return None

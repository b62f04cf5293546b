"""What makes a task group invalid (mesos-v1-api 2.6); each of its tasks reads the text in its TASK_ERROR."""

from __future__ import annotations

from attrs import frozen

from koinon_core.containers import ContainerInfo, ContainerType
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Scalar
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo

from ..entities import Agent, Framework
from .executors import find_executor_problem
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
    is_root_allowed: bool = True

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
    seen = set()
    for task in launch.tasks:
        if task.executor not in (None, launch.executor):
            named = launch.executor.executor_id
            return f"The `ExecutorInfo` of task '{task.task_id}' is different from executor '{named}'"
        problem = f"Task has duplicate ID: {task.task_id}" if task.task_id in seen else _find_task_problem(launch, task)
        if problem is not None:
            return f"Task '{task.task_id}' is invalid: {problem}"
        seen.add(task.task_id)
    problem = _find_executor_problem(launch) or _find_size_problem(launch.executor)
    if problem is not None:
        return problem
    if launch.needed not in launch.available:
        needed, available = (each.allocated_to(launch.role) for each in (launch.needed, launch.available))
        return f"Total resources {needed} required by task group and its executor are more than available {available}"
    return None


def _find_executor_problem(launch: GroupLaunch) -> str | None:
    executor = launch.executor
    is_named = executor.framework_id is not None
    problem = find_executor_problem(executor, launch.framework.id, launch.running_executor, is_named=is_named)
    if problem is not None:
        return problem
    if executor.type is None:
        return "'ExecutorInfo.type' must be set"
    return None if executor.type in (ExecutorType.CUSTOM, ExecutorType.DEFAULT) else "Unknown executor type"


def _find_size_problem(executor: ExecutorInfo) -> str | None:
    cpus, mem = executor.resources.scalar("cpus"), executor.resources.scalar("mem")
    who = f"Executor '{executor.executor_id}'"
    if cpus < MIN_EXECUTOR_CPUS:
        return f"{who} uses less CPUs ({cpus}) than the minimum required ({MIN_EXECUTOR_CPUS})"
    if mem < MIN_EXECUTOR_MEM:
        return f"{who} uses less memory ({mem}MB) than the minimum required ({MIN_EXECUTOR_MEM}MB)"
    return None if executor.resources.scalar("disk") else f"{who} uses no disk"


def _find_task_problem(launch: GroupLaunch, task: TaskInfo) -> str | None:
    problem = None if task.container is None else _find_container_problem(task.container)
    if problem is not None:
        return problem
    return find_task_problem(
        Launch(
            framework=launch.framework,
            agent=launch.agent,
            role=launch.role,
            available=launch.available,
            info=task,
            is_in_group=True,
            is_root_allowed=launch.is_root_allowed,
        )
    )


def _find_container_problem(container: ContainerInfo) -> str | None:
    if container.type is ContainerType.DOCKER:
        return "Docker ContainerInfo is not supported on the task"
    if container.network_infos:
        return "NetworkInfos must not be set on the task"
    return None

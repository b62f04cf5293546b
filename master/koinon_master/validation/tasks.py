"""What makes a task invalid (mesos-v1-api 2.6); the text is what its framework reads in TASK_ERROR."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from koinon_core.containers import ContainerInfo, Volume
from koinon_core.ids import find_id_problem
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import ZERO, Scalar
from koinon_core.tasks import CheckType, ExecutorInfo, ExecutorType, HealthCheck, TaskInfo

from ..entities import Agent, Framework, executor_resources

_LIMITED = ("cpus", "mem")


@frozen(kw_only=True)
class Launch:
    """A task that is to run on an agent, and what is left there of the offers it is launched on."""

    framework: Framework
    agent: Agent
    role: str
    available: Resources
    info: TaskInfo

    @property
    def running_executor(self) -> ExecutorInfo | None:
        """The framework's executor of that id which the agent already has."""
        if self.info.executor is None:
            return None
        running = self.agent.executors.get((self.framework.id, self.info.executor.executor_id))
        return None if running is None else running.info

    @property
    def needed(self) -> Resources:
        """What the launch takes: the task's resources, and its executor's unless that runs already."""
        executor = NOTHING if self.running_executor is not None else executor_resources(self.info)
        return self.info.resources.allocated_to(None) + executor


def find_task_problem(launch: Launch) -> str | None:
    """The first thing that is wrong with a task, or None."""
    for find in _RULES:
        problem = find(launch)
        if problem is not None:
            return problem
    return None


def _find_id_problem(launch: Launch) -> str | None:
    task_id, framework = launch.info.task_id, launch.framework
    problem = find_id_problem(task_id)
    if problem is not None:
        return f"Task ID '{task_id}' {problem}"
    if task_id in framework.tasks or task_id in framework.unreachable_tasks:
        return f"Task has duplicate ID: {task_id}"
    if launch.info.agent_id != launch.agent.id:
        return f"Task uses invalid agent {launch.info.agent_id} while agent {launch.agent.id} is expected"
    return None


def _find_program_problem(launch: Launch) -> str | None:
    info = launch.info
    if (info.command is None) == (info.executor is None):
        return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
    if info.executor is None:
        return None
    return _find_executor_problem(launch, info.executor)


def _find_executor_problem(launch: Launch, executor: ExecutorInfo) -> str | None:
    problem = find_id_problem(executor.executor_id)
    if problem is not None:
        return f"Executor ID '{executor.executor_id}' {problem}"
    if executor.framework_id not in (None, launch.framework.id):
        return (
            f"ExecutorInfo has an invalid FrameworkID (Actual: {executor.framework_id} vs Expected: "
            f"{launch.framework.id})"
        )
    if executor.type is ExecutorType.DEFAULT:
        return "the DEFAULT executor runs task groups, which are not supported"
    if executor.command is None:
        return "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
    running = launch.running_executor
    if running is not None and _bare(running) != _bare(executor):
        return f"ExecutorInfo of {executor.executor_id} is not compatible with the one that runs on the agent"
    return None


def _bare(executor: ExecutorInfo) -> ExecutorInfo:
    """An executor without what the master adds to it."""
    return evolve(executor, framework_id=None, resources=executor.resources.allocated_to(None))


def _find_resources_problem(launch: Launch) -> str | None:
    info, role = launch.info, launch.role
    if not info.resources:
        return "Task uses no resources"
    for item in (*info.resources, *executor_resources(info)):
        if item.kind.allocation_role not in (None, role):
            return f"{item} is allocated to role {item.kind.allocation_role}, the offer to {role}"
    revocable = {item.name for item in info.resources if item.kind.revocable}
    if revocable & {item.name for item in info.resources if not item.kind.revocable}:
        return "Task mixes revocable and non-revocable resources of one name"
    if launch.needed not in launch.available:
        return (
            f"Total resources {launch.needed} required by task and its executor is more than available "
            f"{launch.available}"
        )
    return _find_limits_problem(info)


def _find_limits_problem(info: TaskInfo) -> str | None:
    for name, limit in (info.limits or {}).items():
        if name not in _LIMITED:
            return f"limits may be set for {' and '.join(_LIMITED)}, not for {name}"
        requested = info.resources.scalar(name)
        if isinstance(limit, Scalar) and limit < requested:
            return f"the limit of {name} ({limit}) is less than requested ({requested})"
    return None


def _find_time_problem(launch: Launch) -> str | None:
    info = launch.info
    grace = info.kill_policy.grace_period if info.kill_policy is not None else None
    if grace is not None and grace.nanoseconds < 0:
        return "Task's 'kill_policy.grace_period' must be non-negative"
    if info.max_completion_time is not None and info.max_completion_time.nanoseconds < 0:
        return "Task's 'max_completion_time' must be non-negative"
    shutdown = info.executor.shutdown_grace_period if info.executor is not None else None
    if shutdown is not None and shutdown.nanoseconds < 0:
        return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    return None


def _find_health_problem(launch: Launch) -> str | None:
    check = launch.info.health_check
    if check is None:
        return None
    problem = _find_check_problem(check)
    return None if problem is None else f"Task uses invalid health check: {problem}"


def _find_check_problem(check: HealthCheck) -> str | None:
    bodies = {CheckType.COMMAND: check.command, CheckType.HTTP: check.http, CheckType.TCP: check.tcp}
    if check.type is None and (check.command is None) == (check.http is None):
        return "its type is missing"
    if check.type is not None and bodies.get(check.type) is None:
        return f"expecting {check.type.name.lower()} to be set for a {check.type.name} check"
    numbers = (
        check.delay_seconds,
        check.interval_seconds,
        check.timeout_seconds,
        check.grace_period_seconds,
        check.consecutive_failures,
    )
    if any(number < 0 or number != number for number in numbers):
        return "its times and counts must be non-negative"
    if check.http is not None and check.http.scheme not in (None, "http", "https"):
        return f"unsupported HTTP scheme '{check.http.scheme}'"
    if check.http is not None and check.http.path is not None and not check.http.path.startswith("/"):
        return f"the path '{check.http.path}' of HTTP health check must start with '/'"
    return None


def _find_container_problem(launch: Launch) -> str | None:
    containers = [launch.info.container, launch.info.executor.container if launch.info.executor is not None else None]
    for container in containers:
        problem = None if container is None else _find_one_container_problem(container)
        if problem is not None:
            return f"Task uses invalid container: {problem}"
    return None


def _find_one_container_problem(container: ContainerInfo) -> str | None:
    parameters = container.docker.parameters if container.docker is not None else ()
    if any(parameter.key == "name" for parameter in parameters):
        return "Parameter in DockerInfo must not be 'name'"
    for volume in container.volumes:
        problem = _find_volume_problem(volume)
        if problem is not None:
            return problem
    return None


def _find_volume_problem(volume: Volume) -> str | None:
    if not volume.container_path:
        return "a volume must have a container_path"
    if (volume.host_path is None) == (volume.source is None):
        return f"the volume at {volume.container_path} needs exactly one of host_path and source"
    return None


def _find_quantity_problem(launch: Launch) -> str | None:
    for item in launch.info.resources:
        if isinstance(item.value, Scalar) and item.value < ZERO:
            return f"{item} is negative"
    return None


_RULES: tuple[Callable[[Launch], str | None], ...] = (
    _find_id_problem,
    _find_program_problem,
    _find_quantity_problem,
    _find_resources_problem,
    _find_time_problem,
    _find_health_problem,
    _find_container_problem,
)

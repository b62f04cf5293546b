"""What makes a task invalid (mesos-v1-api 2.6); the text, Mesos's own, is what its framework reads in TASK_ERROR.

Owns the order of the rules and those of the task itself; its parts are judged by the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from attrs import frozen

from koinon_core.agents import AgentCapabilityType
from koinon_core.ids import find_id_problem
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Unlimited
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo

from ..entities import Agent, Framework, executor_resources
from .checks import find_check_problem, find_health_check_problem
from .commands import find_command_problem
from .containers import find_container_problem
from .executors import find_executor_problem
from .resources import (
    find_duplicate_volume,
    find_items_problem,
    find_mix_problem,
    find_roles_problem,
    find_use_problem,
)

_LIMITED = {"cpus": ("cpu", "CPU"), "mem": ("memory", "memory")}
"""Which resources may be limited, and how they are called in the texts."""


@frozen(kw_only=True)
class Launch:
    """A task that is to run on an agent, and what is left there of the offers it is launched on.

    One ``is_in_group`` is run by the group's executor, which is judged elsewhere, as is what the group takes together.
    """

    framework: Framework
    agent: Agent
    role: str
    available: Resources
    info: TaskInfo
    is_in_group: bool = False
    is_root_allowed: bool = True

    @cached_property
    def running_executor(self) -> ExecutorInfo | None:
        """The framework's executor of that id which the agent already has."""
        if self.info.executor is None:
            return None
        running = self.agent.executors.get((self.framework.id, self.info.executor.executor_id))
        return None if running is None else running.info

    @cached_property
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
        return problem
    if task_id in framework.tasks or task_id in framework.unreachable_tasks:
        return f"Task has duplicate ID: {task_id}"
    if launch.info.agent_id != launch.agent.id:
        return f"Task uses invalid agent {launch.info.agent_id} while agent {launch.agent.id} is expected"
    return None


def _find_time_problem(launch: Launch) -> str | None:
    info = launch.info
    grace = info.kill_policy.grace_period if info.kill_policy is not None else None
    if grace is not None and grace.nanoseconds < 0:
        return "Task's 'kill_policy.grace_period' must be non-negative"
    if info.max_completion_time is not None and info.max_completion_time.nanoseconds < 0:
        return "Task's `max_completion_time` must be non-negative"
    return None


def _find_check_problem(launch: Launch) -> str | None:
    check, health_check = launch.info.check, launch.info.health_check
    problem = None if check is None else find_check_problem(check)
    if problem is not None:
        return f"Task uses invalid check: {problem}"
    problem = None if health_check is None else find_health_check_problem(health_check)
    return None if problem is None else f"Task uses invalid health check: {problem}"


def _find_items_problem(launch: Launch) -> str | None:
    return find_items_problem(launch.info.resources)


def _find_resources_problem(launch: Launch) -> str | None:
    resources = launch.info.resources
    if not resources:
        return "Task uses no resources"
    for find, words in (
        (find_use_problem, "Task uses invalid resources"),
        (find_roles_problem, "Invalid task resources"),
        (find_duplicate_volume, "Task uses duplicate persistence ID"),
        (find_mix_problem, "Task mixes revocable and non-revocable resources"),
    ):
        problem = find(resources)
        if problem is not None:
            return f"{words}: {problem}"
    return None


def _find_program_problem(launch: Launch) -> str | None:
    command, container = launch.info.command, launch.info.container
    problem = None if command is None else find_command_problem(command)
    if problem is not None:
        return f"Task's `CommandInfo` is invalid: {problem}"
    problem = None if container is None else find_container_problem(container)
    if problem is not None:
        return f"Task's `ContainerInfo` is invalid: {problem}"
    linux = None if container is None else container.linux_info
    if linux is not None and linux.share_cgroups is False and not launch.is_in_group:
        return "Only tasks in a task group may have 'share_cgroups' set to 'false'"
    return None


def _find_limits_problem(launch: Launch) -> str | None:
    info = launch.info
    for name in info.limits or {}:
        if name not in _LIMITED:
            return "Only cpus and mem may be included in a task's resource limits"
    for name, limit in (info.limits or {}).items():
        lower, upper = _LIMITED[name]
        requested = info.resources.scalar(name)
        if not requested:
            return f"When a {upper} limit is specified, a {upper} request must also be specified"
        if not isinstance(limit, Unlimited) and limit < requested:
            return f"The {lower} limit must be greater than or equal to the {lower} request"
    if info.limits and not _can_limit(launch.agent):
        return f"Agent {launch.agent.id} lacks the TASK_RESOURCE_LIMITS capability that the task's limits need"
    return None


def _can_limit(agent: Agent) -> bool:
    return any(capability.type is AgentCapabilityType.TASK_RESOURCE_LIMITS for capability in agent.capabilities)


def _find_user_problem(launch: Launch) -> str | None:
    info, framework = launch.info, launch.framework
    command = info.command if info.executor is None else info.executor.command
    user = (command.user if command is not None else None) or framework.info.user
    if user == "root" and not launch.is_root_allowed:
        return "User 'root' is not allowed to run tasks without --root_submissions set"
    return None


def _find_executor_problem(launch: Launch) -> str | None:
    executor = launch.info.executor
    if launch.is_in_group:
        return None if executor is None else "'TaskInfo.executor' must not be set"
    if (launch.info.command is None) == (executor is None):
        return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
    if executor is None:
        return None
    problem = find_executor_problem(executor, launch.framework.id, launch.running_executor)
    if problem is not None:
        return problem
    if executor.type not in (None, ExecutorType.CUSTOM):
        return "'ExecutorInfo.type' must be 'CUSTOM'"
    return None if executor.command is not None else "'ExecutorInfo.command' must be set"


def _find_sum_problem(launch: Launch) -> str | None:
    """The role is marked by the master; a framework that marks it itself must know which it was."""
    info = launch.info
    problem = find_mix_problem(info.resources + executor_resources(info))
    if problem is not None:
        return f"Task and its executor mix revocable and non-revocable resources: {problem}"
    items = (*info.resources, *(info.executor.resources if info.executor is not None else ()))
    roles = {item.kind.allocation_role or launch.role for item in items}
    if len(roles) > 1:
        named = " and ".join(f"'{role}'" for role in sorted(roles))
        return (
            f"Invalid task resources: The resources have multiple allocation roles ({named}) but only one allocation "
            "role is allowed"
        )
    for item in items:
        if item.kind.allocation_role not in (None, launch.role):
            return f"{item} is allocated to role {item.kind.allocation_role}, the offer to {launch.role}"
    if launch.needed not in launch.available and not launch.is_in_group:
        needed, available = (each.allocated_to(launch.role) for each in (launch.needed, launch.available))
        return f"Total resources {needed} required by task and its executor is more than available {available}"
    return None


_RULES: tuple[Callable[[Launch], str | None], ...] = (
    _find_items_problem,
    _find_id_problem,
    _find_time_problem,
    _find_check_problem,
    _find_resources_problem,
    _find_program_problem,
    _find_limits_problem,
    _find_user_problem,
    _find_executor_problem,
    _find_sum_problem,
)
"""In the order in which Mesos finds fault."""

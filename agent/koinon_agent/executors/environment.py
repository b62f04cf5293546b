"""The environment that the agent hands to every executor (mesos-v1-api 3.4). Pure.

The containerizer adds where the sandbox is and lays the command's own variables over these.
"""

from __future__ import annotations

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId
from koinon_core.resources import Resources
from koinon_core.tasks import TaskInfo
from koinon_daemon.flag_values import format_duration

from ..checkpoint.records import ExecutorAccepted
from ..settings import AgentSettings
from .tokens import Claims, make_token

SUBSCRIPTION_BACKOFF_MAX_SECONDS = 2.0


def executor_environment(
    settings: AgentSettings, agent_id: AgentId, framework: FrameworkInfo, task: TaskInfo
) -> dict[str, str]:
    """The variables of the executor of one task that has a container of its own."""
    variables = _common(settings, agent_id, framework, executor_id_of(task))
    variables["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"] = format_duration(settings.shutdown_grace)
    if (role := allocation_role(framework, task)) is not None:
        variables["MESOS_ALLOCATION_ROLE"] = role
    return variables | dict(settings.executor_environment)


def own_executor_environment(
    settings: AgentSettings, agent_id: AgentId, framework: FrameworkInfo, accepted: ExecutorAccepted
) -> dict[str, str]:
    """The variables of an executor of the framework's own; its token is among them where executors must show one."""
    executor = accepted.executor
    variables = _common(settings, agent_id, framework, executor.executor_id)
    variables["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"] = format_duration(settings.executor_grace(executor))
    variables["LIBPROCESS_IP"] = settings.ip
    if (role := _role_of(framework, executor.resources)) is not None:
        variables["MESOS_ALLOCATION_ROLE"] = role
    variables |= dict(settings.executor_environment)
    if settings.executors.secret is not None:
        claims = Claims(
            framework_id=accepted.framework_id,
            executor_id=executor.executor_id,
            container_id=accepted.container_id,
        )
        variables["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"] = make_token(settings.executors.secret, claims)
    return variables


def _common(
    settings: AgentSettings, agent_id: AgentId, framework: FrameworkInfo, executor_id: ExecutorId
) -> dict[str, str]:
    endpoint = f"{settings.ip}:{settings.info.port}"
    variables = {
        "MESOS_FRAMEWORK_ID": str(framework.id),
        "MESOS_EXECUTOR_ID": str(executor_id),
        "MESOS_SLAVE_ID": str(agent_id),
        "MESOS_SLAVE_PID": f"slave(1)@{endpoint}",
        "MESOS_AGENT_ENDPOINT": endpoint,
        "MESOS_CHECKPOINT": "1" if framework.checkpoint else "0",
        "MESOS_HTTP_COMMAND_EXECUTOR": "0",
        "LIBPROCESS_PORT": "0",
    }
    if framework.checkpoint:
        variables["MESOS_RECOVERY_TIMEOUT"] = format_duration(settings.executors.recovery_timeout)
        variables["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = format_duration(SUBSCRIPTION_BACKOFF_MAX_SECONDS)
    return variables


def executor_id_of(task: TaskInfo) -> ExecutorId:
    """Command and Docker tasks have an executor of their own, which is called as they are (mesos-semantics 7)."""
    return task.executor.executor_id if task.executor is not None else ExecutorId(task.task_id)


def allocation_role(framework: FrameworkInfo, task: TaskInfo) -> str | None:
    """The role that the task's resources were given to."""
    return _role_of(framework, task.resources)


def _role_of(framework: FrameworkInfo, resources: Resources) -> str | None:
    for resource in resources:
        if resource.kind.allocation_role is not None:
            return resource.kind.allocation_role
    roles = framework.all_roles()
    return roles[0] if len(roles) == 1 else None

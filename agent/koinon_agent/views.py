"""Read models of an agent's memory, in the shapes of its legacy endpoints (mesos-operator-api 3.1, 3.7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.resources import Resources
from koinon_core.tasks import TaskState, TaskStatus
from koinon_core.wire import plain_json
from koinon_core.wire.legacy import show_attributes, show_resources

from .agent import Agent
from .checkpoint.records import TaskAccepted
from .executors.environment import allocation_role, executor_id_of
from .tasks.ledger import Tasks

View = dict[str, Any]


def show_state(agent: Agent) -> View:
    """``/state`` without what the process knows: build, start time, flags."""
    info = agent.info
    allocated = used_resources(agent.tasks)
    return {
        "id": info.id or "",
        "hostname": info.hostname,
        "pid": f"slave(1)@{agent.settings.ip}:{info.port}",
        "capabilities": [],
        "attributes": show_attributes(info.attributes),
        "master_hostname": agent.registration.leader.host if agent.registration.leader is not None else "",
        **_show_totals(info.resources),
        **_show_allocated(allocated),
        "resource_providers": [],
        "frameworks": _show_frameworks(agent),
        "completed_frameworks": _show_completed_frameworks(agent),
    }


def used_resources(tasks: Tasks) -> Resources:
    """What the tasks that have not ended hold."""
    return Resources(tuple(item for machine in tasks.live() for item in machine.task.resources.allocated_to(None)))


def _by_role(resources: Resources) -> dict[str, Resources]:
    roles = sorted({item.kind.reserved_role for item in resources if item.kind.reservations})
    return {role: _reserved_for(resources, role) for role in roles}


def _reserved_for(resources: Resources, role: str) -> Resources:
    return resources.filter(lambda kind: bool(kind.reservations) and kind.reserved_role == role)


def _show_totals(total: Resources) -> View:
    by_role = _by_role(total)
    return {
        "resources": show_resources(total),
        "reserved_resources": {role: show_resources(part) for role, part in by_role.items()},
        "unreserved_resources": show_resources(total.unreserved()),
        "reserved_resources_full": {role: plain_json.to_plain(part) for role, part in by_role.items()},
        "unreserved_resources_full": plain_json.to_plain(total.unreserved()),
    }


def _show_allocated(allocated: Resources) -> View:
    return {
        "reserved_resources_allocated": {role: show_resources(part) for role, part in _by_role(allocated).items()},
        "unreserved_resources_allocated": show_resources(allocated.unreserved()),
    }


def _show_frameworks(agent: Agent) -> list[View]:
    executors: dict[FrameworkId, list[View]] = {}
    for machine in agent.tasks:
        statuses = agent.tasks.updates.history(machine.key)
        view = show_executor(machine.framework, machine.accepted, statuses, is_ended=machine.is_ended)
        executors.setdefault(machine.key.framework_id, []).append(view)
    completed = _completed_executors(agent)
    return [
        show_framework(agent.tasks.frameworks[fid], views, completed.get(fid, [])) for fid, views in executors.items()
    ]


def _show_completed_frameworks(agent: Agent) -> list[View]:
    active = {machine.key.framework_id for machine in agent.tasks}
    return [
        show_framework(agent.tasks.frameworks[fid], [], views)
        for fid, views in _completed_executors(agent).items()
        if fid not in active
    ]


def _completed_executors(agent: Agent) -> Mapping[FrameworkId, list[View]]:
    executors: dict[FrameworkId, list[View]] = {}
    for task in agent.tasks.completed:
        view = show_executor(task.framework, task.accepted, task.statuses, is_ended=True)
        executors.setdefault(task.accepted.framework_id, []).append(view)
    return executors


def show_framework(framework: FrameworkInfo, executors: list[View], completed: list[View]) -> View:
    """A framework with its executors here."""
    view = {
        "id": framework.id,
        "name": framework.name,
        "user": framework.user,
        "failover_timeout": framework.failover_timeout,
        "checkpoint": framework.checkpoint,
        "hostname": framework.hostname or "",
        "executors": executors,
        "completed_executors": completed,
    }
    if framework.principal is not None:
        view["principal"] = framework.principal
    is_multi = framework.has(FrameworkCapabilityType.MULTI_ROLE)
    roles = framework.all_roles()
    return view | ({"roles": list(roles)} if is_multi else {"role": roles[0]})


def show_executor(
    framework: FrameworkInfo, accepted: TaskAccepted, statuses: Sequence[TaskStatus], *, is_ended: bool
) -> View:
    """The executor of one task; ``directory`` is what log viewers go by."""
    task = accepted.task
    command = task.command.value if task.command is not None else None
    task_view = show_task(framework, accepted, statuses)
    return {
        "id": executor_id_of(task),
        "name": f"Command Executor (Task: {task.task_id}) (Command: {command or 'NO EXECUTABLE'})",
        "source": task.task_id,
        "container": accepted.container_id,
        "directory": accepted.sandbox,
        "resources": show_resources(task.resources),
        "role": allocation_role(framework, task) or "*",
        "tasks": [] if is_ended else [task_view],
        "queued_tasks": [],
        "completed_tasks": [task_view] if is_ended else [],
    }


def show_task(framework: FrameworkInfo, accepted: TaskAccepted, statuses: Sequence[TaskStatus]) -> View:
    """A task with its statuses, oldest first."""
    task = accepted.task
    agent_id: AgentId = task.agent_id
    view: View = {
        "id": task.task_id,
        "name": task.name,
        "framework_id": accepted.framework_id,
        "executor_id": "",
        "slave_id": agent_id,
        "state": statuses[-1].state.name if statuses else TaskState.TASK_STAGING.name,
        "resources": show_resources(task.resources),
        "role": allocation_role(framework, task) or "*",
        "statuses": [_show_status(status) for status in statuses],
    }
    for name in ("labels", "discovery", "container", "health_check"):
        value = getattr(task, name)
        if value is not None:
            plain = plain_json.to_plain(value)
            view[name] = plain.get("labels", []) if name == "labels" else plain
    return view


def _show_status(status: TaskStatus) -> View:
    view: View = {"state": status.state.name, "timestamp": status.timestamp or 0.0}
    if status.container_status is not None:
        view["container_status"] = plain_json.to_plain(status.container_status)
    if status.healthy is not None:
        view["healthy"] = status.healthy
    return view

"""An agent's memory in the shapes of its older endpoints (mesos-operator-api 3.1, 3.7). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.resources import Resources
from koinon_core.tasks import TaskStatus
from koinon_core.visibility import ALL, Visibility
from koinon_core.wire import endpoint_json, plain_json
from koinon_core.wire.legacy import show_attributes, show_limit, show_resources

from ..agent import CAPABILITIES, Agent
from ..executors.environment import allocation_role
from .parts import ExecutorPart, FrameworkPart, TaskPart, gather, sum_resources, used_resources

View = dict[str, Any]


def show_state(agent: Agent, sight: Visibility = ALL) -> View:
    """``/state`` without what the process knows: build, start time, flags."""
    info = agent.info
    parts = gather(agent, sight).values()
    leader = agent.registration.leader
    return {
        "id": info.id or "",
        "hostname": info.hostname,
        "pid": f"slave(1)@{agent.settings.ip}:{info.port}",
        "capabilities": [one.type.name for one in CAPABILITIES if one.type is not None],
        **({} if info.domain is None else {"domain": plain_json.to_plain(info.domain)}),
        **_show_drain(agent),
        "attributes": show_attributes(info.attributes),
        "master_hostname": leader.host if leader is not None else "",
        **_show_totals(info.resources, sight.shows_role),
        **_show_allocated(used_resources(agent), sight.shows_role),
        "resource_providers": [],
        "frameworks": [_show_framework(part) for part in parts if part.executors],
        "completed_frameworks": [_show_framework(part) for part in parts if not part.executors],
    }


def _show_drain(agent: Agent) -> View:
    draining = agent.draining
    if draining.config is None:
        return {}
    return {
        "drain_config": plain_json.to_plain(draining.config),
        "estimated_drain_start_time_seconds": draining.begun_at,
    }


def _by_role(resources: Resources, is_shown: Callable[[str], bool]) -> dict[str, Resources]:
    roles = sorted({item.kind.reserved_role for item in resources if item.kind.reservations})
    return {role: _reserved_for(resources, role) for role in roles if is_shown(role)}


def _reserved_for(resources: Resources, role: str) -> Resources:
    return resources.filter(lambda kind: bool(kind.reservations) and kind.reserved_role == role)


def _show_totals(total: Resources, is_shown: Callable[[str], bool]) -> View:
    by_role = _by_role(total, is_shown)
    return {
        "resources": show_resources(total),
        "reserved_resources": {role: show_resources(part) for role, part in by_role.items()},
        "unreserved_resources": show_resources(total.unreserved()),
        "reserved_resources_full": {role: endpoint_json.to_plain(part) for role, part in by_role.items()},
        "unreserved_resources_full": endpoint_json.to_plain(total.unreserved()),
    }


def _show_allocated(allocated: Resources, is_shown: Callable[[str], bool]) -> View:
    by_role = _by_role(allocated, is_shown)
    return {
        "reserved_resources_allocated": {role: show_resources(part) for role, part in by_role.items()},
        "unreserved_resources_allocated": show_resources(allocated.unreserved()),
    }


def _show_framework(part: FrameworkPart) -> View:
    framework = part.framework
    view = {
        "id": framework.id,
        "name": framework.name,
        "user": framework.user,
        "failover_timeout": framework.failover_timeout,
        "checkpoint": framework.checkpoint,
        "hostname": framework.hostname or "",
        "executors": [_show_executor(executor) for executor in part.executors],
        "completed_executors": [_show_executor(executor) for executor in part.completed],
    }
    if framework.principal is not None:
        view["principal"] = framework.principal
    is_multi = framework.has(FrameworkCapabilityType.MULTI_ROLE)
    roles = framework.all_roles()
    return view | ({"roles": list(roles)} if is_multi else {"role": roles[0]})


def _show_executor(part: ExecutorPart) -> View:
    """``directory`` is what log viewers go by."""
    executor = part.executor
    live = [task for task in part.tasks if not task.is_ended]
    held = executor.resources.allocated_to(None)
    if not part.is_stand_in:
        held = sum_resources([held, *(task.accepted.task.resources.allocated_to(None) for task in live)])
    view: View = {
        "id": executor.executor_id,
        "name": executor.name or "",
        "source": executor.source or "",
        "container": part.container_id,
        "directory": part.sandbox,
        "resources": show_resources(held),
        "role": part.role or "*",
        "tasks": [show_task(task) for task in live if task.statuses or task.is_launched],
        "queued_tasks": [show_task(task) for task in live if not (task.statuses or task.is_launched)],
        "completed_tasks": [show_task(task) for task in part.tasks if task.is_ended],
    }
    if executor.type is not None:
        view["type"] = executor.type.name
    if executor.labels is not None:
        view["labels"] = plain_json.to_plain(executor.labels).get("labels", [])
    return view


def show_task(part: TaskPart) -> View:
    """A task with its statuses, oldest first."""
    task = part.accepted.task
    view: View = {
        "id": task.task_id,
        "name": task.name,
        "framework_id": part.accepted.framework_id,
        "executor_id": task.executor.executor_id if task.executor is not None else "",
        "slave_id": task.agent_id,
        "state": part.state.name,
        "resources": show_resources(task.resources),
        "role": allocation_role(part.framework, task) or "*",
        "statuses": [_show_status(status) for status in part.statuses],
    }
    if task.limits:
        view["limits"] = {name: show_limit(limit) for name, limit in task.limits.items()}
    if (user := part.user) is not None:
        view["user"] = user
    for name in ("labels", "discovery", "container", "health_check"):
        value = getattr(task, name)
        if value is not None:
            plain = plain_json.to_plain(value)
            view[name] = plain.get("labels", []) if name == "labels" else plain
    return view


def _show_status(status: TaskStatus) -> View:
    view: View = {"state": status.state.name, "timestamp": status.timestamp or 0.0}
    if status.labels is not None:
        view["labels"] = plain_json.to_plain(status.labels).get("labels", [])
    if status.container_status is not None:
        view["container_status"] = plain_json.to_plain(evolve(status.container_status, executor_pid=None))
    if status.healthy is not None:
        view["healthy"] = status.healthy
    if status.check_status is not None:
        view["check_status"] = plain_json.to_plain(status.check_status)
    return view

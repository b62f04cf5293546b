"""The things of a master's memory in the shapes of the legacy endpoints (mesos-operator-api 3.1, 3.3, 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from orjson import Fragment

from koinon_core.containers import CommandInfo, ContainerStatus
from koinon_core.resources import Resource, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.tasks import TaskStatus
from koinon_core.wire import endpoint_json, refined_json
from koinon_core.wire.legacy import show_attributes, show_limit, show_resources

from ..entities import Agent, Executor, Framework, HeldOffer, Task
from ..frameworks.machine import FrameworkPhase
from ..state import ClusterState
from . import fragments
from .fragments import encode, encode_shared, extend, fragment, keep, version, versions
from .sums import Sums

View = dict[str, Any]


def present(**fields: Any) -> View:
    """Those that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:
    return None if value is None else refined_json.to_plain(value)


def show_shared(value: Any) -> Fragment | None:
    """A value that other tasks have alike."""
    return None if value is None else encode_shared(value)


def _labels(holder: Any) -> list[View] | None:
    labels = holder.labels
    if labels is None or not labels.labels:
        return None
    return [present(key=label.key, value=label.value) for label in labels.labels]


@lru_cache(maxsize=1024)
def _encode_container(container: ContainerStatus) -> Fragment:
    """Most statuses of a task have it alike."""
    plain = _plain(container)
    plain.pop("executor_pid", None)
    return Fragment(encode(plain))


def _show_status(status: TaskStatus) -> View:
    view: View = {"state": status.state.name, "timestamp": status.timestamp or 0.0}
    if status.labels is not None:
        view |= present(labels=_labels(status))
    if status.container_status is not None:
        view["container_status"] = _encode_container(status.container_status)
    if status.healthy is not None:
        view["healthy"] = status.healthy
    return view


def show_task(task: Task) -> View:
    """One task. Called for each task of a cluster, so what most of them lack costs a look and no call."""
    info, executor = task.info, task.info.executor
    view: View = {
        "id": info.task_id,
        "name": info.name,
        "framework_id": task.framework_id,
        "executor_id": "" if executor is None else executor.executor_id,
        "slave_id": info.agent_id,
        "state": task.state.name,
        "resources": show_resources(info.resources),
        "role": task.role,
        "statuses": [_show_status(status) for status in task.statuses],
    }
    command = info.command or (None if executor is None else executor.command)
    if command is not None and command.user is not None:
        view["user"] = command.user
    if info.labels is not None:
        view |= present(labels=_labels(info))
    if info.limits:
        view["limits"] = {name: show_limit(limit) for name, limit in info.limits.items()}
    parts = ("discovery", info.discovery), ("container", info.container), ("health_check", info.health_check)
    for name, part in parts:
        if part is not None:
            view[name] = encode_shared(part)
    return view


def encode_tasks(tasks: Mapping[Any, Task] | Iterable[Task]) -> list[Fragment]:
    """Tasks as they stand in every document."""
    return fragments.encode_tasks(tasks, "legacy_task", show_task)


def show_whole_task(task: Task) -> View:
    """One task that was asked for by its id: its statuses say why, which costs too much in lists of all tasks."""
    return show_task(task) | {"statuses": [_show_whole_status(status) for status in task.statuses]}


def _show_whole_status(status: TaskStatus) -> View:
    return _show_status(status) | present(
        message=status.message,
        reason=None if status.reason is None else status.reason.name,
        source=None if status.source is None else status.source.name,
    )


def encode_history(framework: Framework) -> list[Fragment]:
    """The completed tasks of a framework, as one fragment if there are any."""
    return fragments.encode_history(framework, "legacy_task", show_task)


def by_role(resources: Resources) -> Mapping[str, Resources]:
    """What is reserved, by the role that it is reserved for."""
    parts: dict[str, list[Resource]] = {}
    for item in resources:
        if item.kind.reservations:
            parts.setdefault(item.kind.reserved_role, []).append(item)
    return {role: Resources(tuple(items)) for role, items in parts.items()}


def _show_agent_itself(agent: Agent) -> View:
    info = agent.info
    view: View = {
        "id": agent.id,
        "hostname": info.hostname,
        "port": info.port,
        "attributes": show_attributes(info.attributes),
        "pid": agent.pid,
        "registered_time": agent.registered_time,
        "resources": show_resources(info.resources),
        "reserved_resources": {role: show_resources(part) for role, part in by_role(info.resources).items()},
        "unreserved_resources": show_resources(info.resources.unreserved()),
        "active": agent.is_connected and not agent.is_deactivated,
        "deactivated": agent.is_deactivated,
        "version": agent.version,
        "capabilities": [one.type.name for one in agent.capabilities if one.type is not None],
    }
    return view | present(
        domain=_plain(info.domain),
        reregistered_time=agent.reregistered_time,
        drain_info=_plain(agent.drain),
        estimated_drain_start_time_seconds=None if agent.drain_started is None else int(agent.drain_started),
    )


def _show_agent_in_full(agent: Agent) -> View:
    full = {role: endpoint_json.to_plain(part) for role, part in by_role(agent.info.resources).items()}
    return _show_agent_itself(agent) | {
        "reserved_resources_full": full,
        "unreserved_resources_full": endpoint_json.to_plain(agent.info.resources.unreserved()),
    }


def encode_agent(sums: Sums, agent: Agent, more: View | None = None) -> Fragment:
    """One agent, as in ``/state``, with more fields."""
    if sums.hides_roles:
        itself = encode(_cut(sums, _show_agent_itself(agent)))
    else:
        itself = keep(agent.kept, "legacy", lambda: encode(_show_agent_itself(agent)))
    return extend(itself, _show_held(sums, agent) | (more or {}))


def _encode_agent_in_full(sums: Sums, agent: Agent) -> Fragment:
    if sums.hides_roles:
        itself = encode(_cut(sums, _show_agent_in_full(agent)))
    else:
        itself = keep(agent.kept, "full", lambda: encode(_show_agent_in_full(agent)))
    full = {
        "used_resources_full": endpoint_json.to_plain(sums.visible(sums.used_of(agent))),
        "offered_resources_full": endpoint_json.to_plain(sums.visible(sums.offered(agent))),
    }
    return extend(itself, _show_held(sums, agent) | full)


def _cut(sums: Sums, itself: View) -> View:
    """An agent without the names of hidden roles; amounts are of everything."""
    return itself | {
        name: {role: part for role, part in itself[name].items() if sums.is_role_shown(role)}
        for name in ("reserved_resources", "reserved_resources_full")
        if name in itself
    }


def _show_held(sums: Sums, agent: Agent) -> View:
    return {
        "used_resources": show_resources(sums.used_of(agent)),
        "offered_resources": show_resources(sums.offered(agent)),
    }


def encode_agents(sums: Sums, agents: Iterable[Agent]) -> list[Fragment]:
    """Agents as they stand in ``/state``."""
    return sums.encode_agents(agents, "legacy", encode_agent)


def encode_agents_in_full(sums: Sums, agents: Iterable[Agent]) -> list[Fragment]:
    """Agents as they stand in ``/slaves``."""
    return sums.encode_agents(agents, "full", _encode_agent_in_full)


def show_recovered_agent(agent: Agent) -> View:
    """An agent that an earlier leader knew and that is not back yet."""
    info = agent.info
    return {
        "id": agent.id,
        "hostname": info.hostname,
        "port": info.port,
        "attributes": show_attributes(info.attributes),
    } | present(domain=_plain(info.domain))


def _show_command(command: CommandInfo) -> View:
    """Not quite the message: the arguments are called ``argv``, and lists are there when empty."""
    plain = _plain(command)
    return {
        "value": command.value or "",
        "argv": list(command.arguments),
        "uris": plain.get("uris", []),
    } | present(shell=None if command.shell else False, environment=plain.get("environment"))


def _show_executor(agent: Agent, executor: Executor) -> View:
    info = executor.info
    return {
        "executor_id": info.executor_id,
        "name": info.name or "",
        "framework_id": executor.grant.framework_id,
        "command": {"argv": [], "uris": []} if info.command is None else _show_command(info.command),
        "resources": show_resources(executor.grant.resources),
        "role": executor.grant.role,
        "slave_id": agent.id,
    } | present(labels=_labels(info), type=None if info.type is None else info.type.name)


def _encode_executor(agent: Agent, executor: Executor) -> Fragment:
    return fragment(executor.kept, "legacy", lambda: _show_executor(agent, executor))


def _show_offer(held: HeldOffer) -> View:
    offer, grant = held.offer, held.grant
    return {
        "id": offer.id,
        "framework_id": grant.framework_id,
        "allocation_info": {"role": grant.role},
        "slave_id": grant.agent_id,
        "resources": show_resources(grant.resources),
    }


def _encode_offer(held: HeldOffer) -> Fragment:
    return fragment(held.kept, "legacy", lambda: _show_offer(held))


def show_framework_head(sums: Sums, framework: Framework) -> View:
    """One framework without its tasks, as in ``/state-summary``."""
    info = framework.info
    return {
        "id": framework.id,
        "name": info.name,
        "used_resources": show_resources(sums.used_by(framework)),
        "offered_resources": show_resources(sums.offered(framework)),
        "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
        "hostname": info.hostname or "",
        "webui_url": info.webui_url or "",
        "active": framework.is_connected,
        "connected": framework.is_connected,
        "recovered": framework.phase is FrameworkPhase.RECOVERED,
    }


def show_framework(state: ClusterState, sums: Sums, framework: Framework) -> View:
    """One framework with its tasks, as in ``/state`` and ``/frameworks``."""
    info = framework.info
    roles: View = {"roles": list(info.roles)} if framework.is_multi_role else {"role": info.role or DEFAULT_ROLE}
    view = show_framework_head(sums, framework) | {
        "user": info.user,
        "failover_timeout": info.failover_timeout,
        "checkpoint": info.checkpoint,
        "registered_time": framework.registered_time,
        "unregistered_time": framework.unregistered_time,
        "resources": show_resources(sums.used_by(framework) + sums.offered(framework)),
        "tasks": encode_tasks(framework.tasks),
        "unreachable_tasks": encode_tasks(framework.unreachable_tasks),
        "completed_tasks": encode_history(framework),
        "offers": [_encode_offer(state.offers[offer_id]) for offer_id in sorted(framework.offers)],
        "executors": [_encode_executor(*where) for where in sums.executors.get(framework.id, ())],
        "offer_constraints": _plain(framework.offer_constraints) or {},
    }
    optional = present(principal=info.principal, reregistered_time=framework.reregistered_time, labels=_labels(info))
    return view | roles | optional


def encode_framework(state: ClusterState, sums: Sums, framework: Framework) -> View:
    """One framework, as it stands in every document: its tasks, which are the most of it, are encoded."""
    key = (
        sums.used_by(framework),
        *map(version, (framework.tasks, framework.unreachable_tasks, framework.offers)),
        versions(framework.completed_tasks),
        versions(executor for _, executor in sums.executors.get(framework.id, ())),
    )
    return keep(framework.kept, "legacy", lambda: show_framework(state, sums, framework), key)

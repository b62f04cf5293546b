"""Read models of a master's memory, in the shapes of the legacy endpoints (mesos-operator-api 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from koinon_core.resources import Resource, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.tasks import TaskState, TaskStatus
from koinon_core.wire import plain_json
from koinon_core.wire.legacy import show_attributes, show_resources

from .agent_machine import AgentPhase
from .entities import Agent, Executor, Framework, HeldOffer, Task
from .framework_machine import FrameworkPhase
from .state import ClusterState

_COUNTED = (
    "TASK_STAGING",
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_KILLING",
    "TASK_FINISHED",
    "TASK_KILLED",
    "TASK_FAILED",
    "TASK_LOST",
    "TASK_ERROR",
    "TASK_UNREACHABLE",
)

View = dict[str, Any]


def _present(**fields: Any) -> View:
    return {name: value for name, value in fields.items() if value is not None}


def _labels(holder: Any) -> list[View] | None:
    labels = holder.labels
    if labels is None or not labels.labels:
        return None
    return [_present(key=label.key, value=label.value) for label in labels.labels]


def _show_status(status: TaskStatus) -> View:
    return {"state": status.state.name, "timestamp": status.timestamp or 0.0} | _present(
        labels=_labels(status),
        container_status=None if status.container_status is None else plain_json.to_plain(status.container_status),
        healthy=status.healthy,
    )


def show_task(task: Task) -> View:
    """One task."""
    info = task.info
    command = info.command or (info.executor.command if info.executor is not None else None)
    view: View = {
        "id": task.id,
        "name": info.name,
        "framework_id": task.framework_id,
        "executor_id": info.executor.executor_id if info.executor is not None else "",
        "slave_id": task.agent_id,
        "state": task.state.name,
        "resources": show_resources(info.resources),
        "role": task.role,
        "statuses": [_show_status(status) for status in task.statuses],
    }
    return view | _present(
        limits=None if not info.limits else {name: float(limit) for name, limit in info.limits.items()},
        user=command.user if command is not None else None,
        labels=_labels(info),
        discovery=None if info.discovery is None else plain_json.to_plain(info.discovery),
        container=None if info.container is None else plain_json.to_plain(info.container),
        health_check=None if info.health_check is None else plain_json.to_plain(info.health_check),
    )


def _sum(parts: Iterable[Resources]) -> Resources:
    return Resources(tuple(item for part in parts for item in part))


def used_by_agent(agent: Agent) -> Resources:
    """What live tasks and executors hold on an agent."""
    tasks = (task.resources for task in agent.tasks.values() if task.is_live)
    return _sum([*tasks, *(executor.grant.resources for executor in agent.executors.values())])


def offered_of(state: ClusterState, holder: Agent | Framework) -> Resources:
    """What offers of an agent, or to a framework, hold."""
    return _sum(state.offers[offer_id].grant.resources for offer_id in holder.offers)


def used_by_framework(state: ClusterState, framework: Framework) -> Resources:
    """What the live tasks and executors of a framework hold."""
    return _sum(
        [
            *(task.resources for task in framework.tasks.values() if task.is_live),
            *(executor.grant.resources for _, executor in _executors_of(state, framework)),
        ]
    )


def _executors_of(state: ClusterState, framework: Framework) -> list[tuple[Agent, Executor]]:
    return [
        (agent, executor)
        for agent_id in framework.agent_ids
        if (agent := state.agents.get(agent_id)) is not None
        for (owner, _), executor in agent.executors.items()
        if owner == framework.id
    ]


def _by_role(resources: Resources) -> dict[str, Resources]:
    parts: dict[str, list[Resource]] = {}
    for item in resources:
        if item.kind.reservations:
            parts.setdefault(item.kind.reserved_role, []).append(item)
    return {role: Resources(tuple(items)) for role, items in parts.items()}


def show_agent(state: ClusterState, agent: Agent) -> View:
    """One agent, as in ``/state``."""
    info = agent.info
    view: View = {
        "id": agent.id,
        "hostname": info.hostname,
        "port": info.port,
        "attributes": show_attributes(info.attributes),
        "pid": agent.pid,
        "registered_time": agent.registered_time,
        "resources": show_resources(info.resources),
        "used_resources": show_resources(used_by_agent(agent)),
        "offered_resources": show_resources(offered_of(state, agent)),
        "reserved_resources": {role: show_resources(part) for role, part in _by_role(info.resources).items()},
        "unreserved_resources": show_resources(info.resources.unreserved()),
        "active": agent.is_connected,
        "deactivated": False,
        "version": agent.version,
        "capabilities": [],
    }
    return view | _present(
        domain=None if info.domain is None else plain_json.to_plain(info.domain),
        reregistered_time=agent.reregistered_time,
    )


def show_agent_in_full(state: ClusterState, agent: Agent) -> View:
    """One agent, as in ``/slaves``."""
    full = {role: plain_json.to_plain(part) for role, part in _by_role(agent.info.resources).items()}
    return show_agent(state, agent) | {
        "reserved_resources_full": full,
        "unreserved_resources_full": plain_json.to_plain(agent.info.resources.unreserved()),
        "used_resources_full": plain_json.to_plain(used_by_agent(agent)),
        "offered_resources_full": plain_json.to_plain(offered_of(state, agent)),
    }


def show_recovered_agent(agent: Agent) -> View:
    """An agent that an earlier leader knew and that is not back yet."""
    info = agent.info
    return {
        "id": agent.id,
        "hostname": info.hostname,
        "port": info.port,
        "attributes": show_attributes(info.attributes),
    } | _present(domain=None if info.domain is None else plain_json.to_plain(info.domain))


def _show_executor(agent: Agent, executor: Executor) -> View:
    info = executor.info
    return {
        "executor_id": info.executor_id,
        "name": info.name or "",
        "framework_id": executor.grant.framework_id,
        "command": {} if info.command is None else plain_json.to_plain(info.command),
        "resources": show_resources(executor.grant.resources),
        "role": executor.grant.role,
        "slave_id": agent.id,
    } | _present(labels=_labels(info), type=None if info.type is None else info.type.name)


def _show_offer(held: HeldOffer) -> View:
    offer, grant = held.offer, held.grant
    return {
        "id": offer.id,
        "framework_id": grant.framework_id,
        "allocation_info": {"role": grant.role},
        "slave_id": grant.agent_id,
        "resources": show_resources(grant.resources),
    }


def _show_framework_head(state: ClusterState, framework: Framework) -> View:
    info = framework.info
    return {
        "id": framework.id,
        "name": info.name,
        "used_resources": show_resources(used_by_framework(state, framework)),
        "offered_resources": show_resources(offered_of(state, framework)),
        "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
        "hostname": info.hostname or "",
        "webui_url": info.webui_url or "",
        "active": framework.is_connected,
        "connected": framework.is_connected,
        "recovered": framework.phase is FrameworkPhase.RECOVERED,
    }


def show_framework(state: ClusterState, framework: Framework) -> View:
    """One framework with its tasks, as in ``/state`` and ``/frameworks``."""
    info = framework.info
    roles: View = {"roles": list(info.roles)} if framework.is_multi_role else {"role": info.role or DEFAULT_ROLE}
    held = used_by_framework(state, framework) + offered_of(state, framework)
    view = _show_framework_head(state, framework) | {
        "user": info.user,
        "failover_timeout": info.failover_timeout,
        "checkpoint": info.checkpoint,
        "registered_time": framework.registered_time,
        "unregistered_time": framework.unregistered_time,
        "resources": show_resources(held),
        "tasks": [show_task(task) for task in framework.tasks.values()],
        "unreachable_tasks": [show_task(task) for task in framework.unreachable_tasks.values()],
        "completed_tasks": [show_task(task) for task in framework.completed_tasks],
        "offers": [_show_offer(state.offers[offer_id]) for offer_id in sorted(framework.offers)],
        "executors": [_show_executor(agent, executor) for agent, executor in _executors_of(state, framework)],
        "offer_constraints": {},
    }
    optional = _present(principal=info.principal, reregistered_time=framework.reregistered_time, labels=_labels(info))
    return view | roles | optional


def show_frameworks(state: ClusterState, framework_id: str | None = None) -> View:
    """``/frameworks``, all or one."""

    def show(frameworks: Mapping[Any, Framework]) -> list[View]:
        return [show_framework(state, one) for key, one in frameworks.items() if framework_id in (None, key)]

    return {
        "frameworks": show(state.frameworks),
        "completed_frameworks": show(state.completed),
        "unregistered_frameworks": [],
    }


def show_agents(state: ClusterState, agent_id: str | None = None) -> View:
    """``/slaves``, all or one."""
    chosen = [agent for agent in state.agents.values() if agent_id in (None, agent.id)]
    return {
        "slaves": [show_agent_in_full(state, one) for one in chosen if one.phase is not AgentPhase.RECOVERED],
        "recovered_slaves": [show_recovered_agent(one) for one in chosen if one.phase is AgentPhase.RECOVERED],
    }


def show_state(state: ClusterState) -> View:
    """What ``/state`` says of the cluster; the master's own affairs are the edge's to add."""
    members = [agent for agent in state.agents.values() if agent.phase is not AgentPhase.RECOVERED]
    active = sum(agent.is_connected for agent in members)
    return {
        "activated_slaves": active,
        "deactivated_slaves": len(members) - active,
        "unreachable_slaves": len(state.unreachable),
        "slaves": [show_agent(state, agent) for agent in members],
        "recovered_slaves": [show_recovered_agent(state.agents[agent_id]) for agent_id in sorted(state.recovering)],
        "frameworks": [show_framework(state, one) for one in state.frameworks.values()],
        "completed_frameworks": [show_framework(state, one) for one in state.completed.values()],
        "orphan_tasks": [],
        "unregistered_frameworks": [],
    }


def _count(tasks: Iterable[Task]) -> View:
    counts = Counter(task.state.name for task in tasks)
    return {name: counts[name] for name in _COUNTED}


def _tasks_of(framework: Framework) -> list[Task]:
    return [*framework.tasks.values(), *framework.unreachable_tasks.values(), *framework.completed_tasks]


def show_summary(state: ClusterState) -> View:
    """``/state-summary``: the same without tasks, in numbers."""
    by_agent: dict[str, list[Task]] = {}
    for framework in state.frameworks.values():
        for task in _tasks_of(framework):
            by_agent.setdefault(task.agent_id, []).append(task)
    agents = []
    for agent in state.agents.values():
        tasks = by_agent.get(agent.id, [])
        owners = sorted({task.framework_id for task in tasks})
        agents.append(show_agent(state, agent) | _count(tasks) | {"framework_ids": owners})
    frameworks = [
        _show_framework_head(state, one) | _count(_tasks_of(one)) | {"slave_ids": sorted(one.agent_ids)}
        for one in state.frameworks.values()
    ]
    return {"slaves": agents, "frameworks": frameworks}


def all_tasks(state: ClusterState) -> list[Task]:
    """Every task that is remembered, whatever became of it."""
    frameworks = [*state.frameworks.values(), *state.completed.values()]
    return [task for framework in frameworks for task in _tasks_of(framework)]


def first_timestamp(task: Task) -> float:
    """When a task was first heard of; the order of ``/tasks``."""
    return (task.statuses[0].timestamp or 0.0) if task.statuses else 0.0


def count_states(state: ClusterState) -> Counter[TaskState]:
    """How many tasks of the frameworks that are here stand where."""
    counts = Counter(task.state for task in state.live_tasks() if not task.state.is_terminal)
    counts[TaskState.TASK_UNREACHABLE] = sum(len(one.unreachable_tasks) for one in state.frameworks.values())
    return counts

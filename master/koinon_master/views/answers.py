"""The operator API's answers and events, put together of what ``operator`` shows (mesos-operator-api 1.1, 1.3).

Each function gives what lies under the answer's key. Lists that are the answer are there even when empty.
"""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.quota import QuotaConfig
from koinon_core.wire import endpoint_json, refined_json

from ..entities import Framework
from ..operator_events import (
    AgentAdded,
    AgentRemoved,
    FrameworkAdded,
    FrameworkRemoved,
    FrameworkUpdated,
    OperatorEvent,
    TaskAdded,
    TaskUpdated,
)
from ..state import ClusterState
from .legacy import View
from .operator import (
    encode_agents,
    encode_executor,
    encode_framework,
    encode_history,
    encode_tasks,
    show_agent,
    show_framework_in_event,
    show_framework_info,
    show_task,
)
from .roles import Roles
from .sums import Sums
from .visible import visible_operations


def _frameworks(state: ClusterState) -> Iterable[Framework]:
    yield from state.frameworks.values()
    yield from state.completed.values()


def answer_tasks(state: ClusterState) -> View:
    """GET_TASKS."""
    return {
        "tasks": [task for one in _frameworks(state) for task in encode_tasks(one.tasks)],
        "unreachable_tasks": [task for one in _frameworks(state) for task in encode_tasks(one.unreachable_tasks)],
        "completed_tasks": [task for one in _frameworks(state) for task in encode_history(one)],
    }


def answer_executors(state: ClusterState, sums: Sums | None = None) -> View:
    """GET_EXECUTORS."""
    found = (sums or Sums(state)).executors
    return {"executors": [encode_executor(*where) for held in found.values() for where in held]}


def answer_frameworks(state: ClusterState, sums: Sums | None = None) -> View:
    """GET_FRAMEWORKS."""
    sums = sums or Sums(state)
    return {
        "frameworks": [encode_framework(state, sums, one) for one in state.frameworks.values()],
        "completed_frameworks": [encode_framework(state, sums, one) for one in state.completed.values()],
    }


def answer_agents(state: ClusterState, sums: Sums | None = None) -> View:
    """GET_AGENTS."""
    sums = sums or Sums(state)
    return {
        "agents": encode_agents(sums, sums.members),
        "recovered_agents": [
            refined_json.to_plain(state.agents[agent_id].info) for agent_id in sorted(state.recovering)
        ],
    }


def answer_state(state: ClusterState) -> View:
    """GET_STATE."""
    sums = Sums(state)
    return {
        "get_tasks": answer_tasks(state),
        "get_executors": answer_executors(state, sums),
        "get_frameworks": answer_frameworks(state, sums),
        "get_agents": answer_agents(state, sums),
    }


def answer_operations(state: ClusterState) -> View:
    """GET_OPERATIONS."""
    operations = (operation for agent in state.agents.values() for operation in agent.operations.values())
    shown = operations if state.seen_by.is_total else visible_operations(state, operations)
    found = [refined_json.to_plain(operation) for operation in shown]
    return {"operations": found} if found else {}


def answer_roles(state: ClusterState) -> View:
    """GET_ROLES."""
    return {"roles": Roles(state).show_messages()}


def show_weights(state: ClusterState) -> list[View]:
    """The weights that were set, as GET_WEIGHTS and ``/weights`` have them."""
    return [
        {"weight": weight, "role": role}
        for role, weight in sorted(state.weights.items())
        if state.seen_by.shows_role(role)
    ]


def answer_weights(state: ClusterState) -> View | None:
    """GET_WEIGHTS; nothing at all where no weight was set, as with Mesos."""
    weights = show_weights(state)
    return {"weight_infos": weights} if weights else None


def answer_quota(state: ClusterState) -> View:
    """GET_QUOTA and ``/quota``: each role's quota twice, in the older words and in the newer; empty
    without any (mesos-operator-api 5).
    """
    configs = [config for _, config in sorted(state.quotas.items())]
    if not configs:
        return {}
    return {
        "infos": [{"role": config.role} | _show_guarantee(config) for config in configs],
        "configs": [endpoint_json.to_plain(config) for config in configs],
    }


def _show_guarantee(config: QuotaConfig) -> View:
    shown = [
        {"name": name, "type": "SCALAR", "scalar": {"value": float(amount)}}
        for name, amount in sorted(config.guarantees.items())
    ]
    return {"guarantee": shown} if shown else {}


def show_event(state: ClusterState, event: OperatorEvent) -> View:
    """An event of the stream, whole."""
    body: View
    match event:
        case TaskAdded(task):
            name, body = "TASK_ADDED", {"task": show_task(task)}
        case TaskUpdated():
            name = "TASK_UPDATED"
            body = {
                "framework_id": {"value": event.framework_id},
                "status": refined_json.to_plain(event.status),
                "state": event.state.name,
            }
        case AgentAdded(agent):
            name, body = "AGENT_ADDED", {"agent": show_agent(Sums(state), agent)}
        case AgentRemoved(agent_id):
            name, body = "AGENT_REMOVED", {"agent_id": {"value": agent_id}}
        case FrameworkAdded(framework):
            name, body = "FRAMEWORK_ADDED", {"framework": show_framework_in_event(state, framework)}
        case FrameworkUpdated(framework):
            name, body = "FRAMEWORK_UPDATED", {"framework": show_framework_in_event(state, framework)}
        case FrameworkRemoved(info):
            name, body = "FRAMEWORK_REMOVED", {"framework_info": show_framework_info(info)}
    return {"type": name, name.lower(): body}

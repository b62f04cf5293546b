"""An agent's memory as the messages of its operator API, in JSON's words (mesos-operator-api 1.4). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from koinon_core.agent_link import AgentOperation
from koinon_core.operations import OperationRecord, UuidValue
from koinon_core.visibility import ALL, Visibility
from koinon_core.wire import refined_json
from koinon_core.wire.legacy import show_limit

from ..agent import Agent
from ..executors.environment import allocation_role
from .parts import ExecutorPart, FrameworkPart, TaskPart, all_tasks, gather

View = dict[str, Any]
_NANOSECONDS = 1_000_000_000


def answer_state(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_STATE."""
    parts = gather(agent, sight).values()
    return {
        "get_tasks": _show_tasks(parts),
        "get_executors": _show_executors(parts),
        "get_frameworks": _show_frameworks(parts),
    }


def answer_tasks(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_TASKS."""
    return _show_tasks(gather(agent, sight).values())


def answer_executors(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_EXECUTORS."""
    return _show_executors(gather(agent, sight).values())


def answer_frameworks(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_FRAMEWORKS."""
    return _show_frameworks(gather(agent, sight).values())


def answer_operations(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_OPERATIONS: those whose outcome nobody acknowledged yet."""
    shown = [record for record in map(_as_record(agent), agent.operations.as_reported()) if _is_shown(record, sight)]
    return {"operations": [refined_json.to_plain(record) for record in shown]}


def _as_record(agent: Agent) -> Callable[[AgentOperation], OperationRecord]:
    return lambda known: OperationRecord(
        info=known.operation,
        latest_status=known.status,
        statuses=(known.status,),
        uuid=UuidValue(known.uuid),
        framework_id=known.framework_id,
        agent_id=agent.agent_id,
    )


def _is_shown(record: OperationRecord, sight: Visibility) -> bool:
    return all(sight.shows_role(item.kind.reserved_role) for item in record.latest_status.converted_resources)


def answer_agent(agent: Agent, sight: Visibility = ALL) -> View:
    """GET_AGENT."""
    resources = agent.info.resources.filter(lambda kind: not kind.reservations or sight.shows_role(kind.reserved_role))
    view: View = {"agent_info": refined_json.to_plain(evolve(agent.info, resources=resources))}
    draining = agent.draining
    if draining.config is not None:
        view["drain_config"] = refined_json.to_plain(draining.config)
        view["estimated_drain_start_time"] = {"nanoseconds": int((draining.begun_at or 0.0) * _NANOSECONDS)}
    return view


def _show_tasks(parts: Iterable[FrameworkPart]) -> View:
    """By where they stand: not started yet, told of, ended but not acknowledged, over."""
    lists: dict[str, list[View]] = {
        name: [] for name in ("pending_tasks", "queued_tasks", "launched_tasks", "terminated_tasks", "completed_tasks")
    }
    for task in all_tasks(parts):
        lists[_list_of(task)].append(_show_task(task))
    return lists


def _list_of(task: TaskPart) -> str:
    if task.is_acknowledged:
        return "completed_tasks"
    if task.is_ended:
        return "terminated_tasks"
    return "launched_tasks" if task.statuses or task.is_launched else "queued_tasks"


def _show_executors(parts: Iterable[FrameworkPart]) -> View:
    executors = [one for part in parts for one in part.executors]
    completed = [one for part in parts for one in part.completed]
    return {
        "executors": [_show_executor(one) for one in executors],
        "completed_executors": [_show_executor(one) for one in completed],
    }


def _show_executor(part: ExecutorPart) -> View:
    return {"executor_info": refined_json.to_plain(part.executor)}


def _show_frameworks(parts: Iterable[FrameworkPart]) -> View:
    lists: dict[str, list[View]] = {"frameworks": [], "completed_frameworks": []}
    for part in parts:
        name = "frameworks" if part.executors else "completed_frameworks"
        lists[name].append({"framework_info": refined_json.to_plain(part.framework)})
    return lists


def _show_task(part: TaskPart) -> View:
    """The message ``Task``."""
    task = part.accepted.task
    latest = part.statuses[-1] if part.statuses else None
    view: View = {
        "name": task.name,
        "task_id": {"value": task.task_id},
        "framework_id": {"value": part.accepted.framework_id},
        "agent_id": {"value": task.agent_id},
        "state": part.state.name,
        "resources": refined_json.to_plain(task.resources.allocated_to(allocation_role(part.framework, task))),
        # What a scheduler hides in its updates is between it and its executor.
        "statuses": [refined_json.to_plain(evolve(status, data=None)) for status in part.statuses],
    }
    if task.executor is not None:
        view["executor_id"] = {"value": task.executor.executor_id}
    if latest is not None:
        view["status_update_state"] = latest.state.name
        if latest.uuid is not None:
            view["status_update_uuid"] = refined_json.to_plain(latest)["uuid"]
    if part.user is not None:
        view["user"] = part.user
    if task.limits:
        view["limits"] = {name: {"value": show_limit(limit)} for name, limit in task.limits.items()}
    for name in ("labels", "discovery", "container", "health_check", "kill_policy"):
        value = getattr(task, name)
        if value is not None:
            view[name] = refined_json.to_plain(value)
    return view

"""Rows of agents: members, those of an earlier leader that are yet to come back, and those that were given up.

Everybody sees them with all that is used of them, but neither the names of hidden roles nor how many hidden tasks run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from koinon_core.agents import AgentInfo, DomainInfo, DrainInfo, Unavailability
from koinon_core.attributes import format_value
from koinon_core.permissions import Action
from koinon_core.visibility import Visibility

from ..entities import Agent
from ..registry.records import AgentRecord
from ..state import ClusterState
from ..views.agent_states import explain_state, find_state
from ..views.legacy import by_role
from ..views.sums import Sums
from .amounts import show_resources

MAX_UNREACHABLE = 1000
"""How many of the agents that were given up have a row, the last ones."""


def show_agent(sums: Sums, agent: Agent, memory: ClusterState, sight: Visibility) -> dict[str, Any]:
    """One agent that is a member as ``AgentRow``."""
    state, unavailable, used = find_state(agent), memory.unavailable.get(agent.id), memory.measured.get(agent.id)
    row = _show_info(agent.info, sight) | {
        "id": agent.id,
        "ip": agent.ip,
        "state": state,
        "version": agent.version,
        "allocated": show_resources(sums.used_of(agent)),
        "offered": show_resources(sums.offered(agent)),
        "tasks": _count_tasks(agent, memory, sight),
        "registered": agent.registered_time,
    }
    why = explain_state(state)
    if why is not None:
        row["why"] = f"{why[0].upper()}{why[1:]}"
    if agent.reregistered_time is not None:
        row["reregistered"] = agent.reregistered_time
    if used is not None:
        row["used"] = {"cpus": used.cpus, "mem": used.mem}
    if unavailable is not None:
        row["unavailable"] = _show_absence(unavailable)
    if agent.drain is not None:
        row["drain"] = _show_drain(agent.drain, agent.drain_started)
    return row


def _count_tasks(agent: Agent, memory: ClusterState, sight: Visibility) -> int:
    """Of live tasks that may be seen."""
    live = (task for task in agent.tasks.values() if task.is_live)
    if not sight.hides_some(Action.VIEW_TASKS) and not sight.hides_some(Action.VIEW_FRAMEWORKS):
        return sum(1 for _ in live)
    owned = ((memory.frameworks.get(task.framework_id), task) for task in live)
    return sum(
        owner is not None and sight.shows_framework(owner.info) and sight.shows_task(owner.info, task.info)
        for owner, task in owned
    )


def show_unreachable(agent_id: str, record: AgentRecord, sight: Visibility) -> dict[str, Any]:
    """One agent that was given up as ``AgentRow``: what it had is no part of the cluster now."""
    since = datetime.fromtimestamp(record.unreachable_since or 0.0, UTC)
    row = _show_info(record.info, sight) | {
        "id": agent_id,
        "ip": "",
        "state": "unreachable",
        "why": f"It was not heard of for too long, and given up at {since:%Y-%m-%d %H:%M:%S} UTC",
        "version": "",
        "allocated": {},
        "offered": {},
        "tasks": 0,
        "registered": 0.0,
    }
    if record.drain is not None:
        row["drain"] = _show_drain(record.drain, record.drain_started)
    return row


def _show_info(info: AgentInfo, sight: Visibility) -> dict[str, Any]:
    reserved = sorted(by_role(info.resources).items())
    row: dict[str, Any] = {
        "hostname": info.hostname,
        "port": info.port,
        "attributes": {one.name: format_value(one.value) for one in info.attributes},
        "total": show_resources(info.resources),
        "reserved": {role: show_resources(part) for role, part in reserved if sight.shows_role(role)},
    }
    domain = _show_domain(info.domain)
    return row if domain is None else row | {"domain": domain}


def _show_domain(domain: DomainInfo | None) -> dict[str, str] | None:
    found = None if domain is None else domain.fault_domain
    return None if found is None else {"region": found.region.name, "zone": found.zone.name}


def _show_absence(unavailable: Unavailability) -> dict[str, float]:
    begins = unavailable.start.seconds
    length = unavailable.duration
    return {"begins": begins} | ({} if length is None else {"ends": begins + length.seconds})


def _show_drain(drain: DrainInfo, began: float | None) -> dict[str, Any]:
    grace = drain.config.max_grace_period
    row: dict[str, Any] = {"gone": bool(drain.config.mark_gone)}
    if began is not None:
        row["began"] = began
    return row if grace is None else row | {"grace": grace.seconds}

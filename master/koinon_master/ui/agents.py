"""Rows of agents: members, those of an earlier leader that are yet to come back, and those that were given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from koinon_core.agent_link import UsageReport
from koinon_core.agents import AgentInfo, DomainInfo, DrainInfo, Unavailability
from koinon_core.attributes import format_value

from ..entities import Agent
from ..registry.records import AgentRecord
from ..views.agent_states import explain_state, find_state
from ..views.legacy import by_role
from ..views.sums import Sums
from .amounts import show_resources

MAX_UNREACHABLE = 1000
"""How many of the agents that were given up have a row, the last ones."""


def show_agent(
    sums: Sums, agent: Agent, unavailable: Unavailability | None, used: UsageReport | None
) -> dict[str, Any]:
    """One agent that is a member as ``AgentRow``; ``used`` as it measured last."""
    state = find_state(agent)
    row = _show_info(agent.info) | {
        "id": agent.id,
        "ip": agent.ip,
        "state": state,
        "version": agent.version,
        "allocated": show_resources(sums.used_of(agent)),
        "offered": show_resources(sums.offered(agent)),
        "tasks": sum(task.is_live for task in agent.tasks.values()),
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


def show_unreachable(agent_id: str, record: AgentRecord) -> dict[str, Any]:
    """One agent that was given up as ``AgentRow``: what it had is no part of the cluster now."""
    since = datetime.fromtimestamp(record.unreachable_since or 0.0, UTC)
    row = _show_info(record.info) | {
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


def _show_info(info: AgentInfo) -> dict[str, Any]:
    row: dict[str, Any] = {
        "hostname": info.hostname,
        "port": info.port,
        "attributes": {one.name: format_value(one.value) for one in info.attributes},
        "total": show_resources(info.resources),
        "reserved": {role: show_resources(part) for role, part in sorted(by_role(info.resources).items())},
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

"""Rows of agents: members, those of an earlier leader that are yet to come back, and those that were given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from koinon_core.agent_link import UsageReport
from koinon_core.agents import AgentInfo, DomainInfo, DrainInfo, DrainState, Unavailability
from koinon_core.attributes import format_value

from ..agents.machine import AgentPhase
from ..entities import Agent
from ..registry.records import AgentRecord
from ..views.legacy import by_role
from ..views.sums import Sums
from .amounts import show_resources

MAX_UNREACHABLE = 1000
"""How many of the agents that were given up have a row, the last ones."""
_WHY = {
    "recovering": "It belonged to the cluster under the leader before, and is not back yet",
    "disconnected": "Its link to the master is broken; it may come back",
    "draining": "It is being emptied: its tasks are ended, and nothing more of it is offered",
    "drained": "It was emptied, and nothing of it is offered until it is activated again",
    "deactivated": "Nothing of it is offered until it is activated again; its tasks go on",
}


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
    if state in _WHY:
        row["why"] = _WHY[state]
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


def find_state(agent: Agent) -> str:
    """The word that matters most: who does not answer can't be emptied either."""
    if agent.phase is AgentPhase.RECOVERED:
        return "recovering"
    if not agent.is_connected:
        return "disconnected"
    if agent.drain is not None:
        return "drained" if agent.drain.state is DrainState.DRAINED else "draining"
    return "deactivated" if agent.is_deactivated else "active"


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

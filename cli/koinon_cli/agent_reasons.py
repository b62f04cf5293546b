"""Why each agent has no place for what waits: the master's word, and Marathon's about what it was offered last.

The master knows why an agent is not offered; Marathon knows what the last offer of an agent lacked. Of both, one
sentence an agent is true now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

_SAYS_THAT_WE_REFUSED = frozenset({"refused", "suppressed"})
"""Filters of the master's that Marathon itself caused: it knows better why."""
_DELAYED = "its offers are not tried during the delay"


@frozen
class AgentReason:
    """One agent, by its host, and why it is no place."""

    agent_id: str
    hostname: str
    reason: str


def agent_reasons(
    item: Mapping[str, Any], refusals: Sequence[Mapping[str, Any]], agents: Sequence[Mapping[str, Any]]
) -> list[AgentReason]:
    """Of an item of the queue with explanations, the master's refusals for its role, and all agents that it knows."""
    offered = {each["offer"]["agentId"]: each for each in item.get("lastUnusedOffers", ())}
    refused = {each["agent_id"]: each for each in refusals}
    hosts = {each["id"]: str(each["hostname"]) for each in agents}
    hosts |= {key: str(each["offer"]["hostname"]) for key, each in offered.items() if key not in hosts}
    unasked = _DELAYED if not item.get("delay", {}).get("overdue", True) else None
    found = [
        AgentReason(key, host, _reason(offered.get(key), refused.get(key), unasked)) for key, host in hosts.items()
    ]
    return sorted(found, key=lambda each: (each.hostname, each.agent_id))


def _reason(offered: Mapping[str, Any] | None, refused: Mapping[str, Any] | None, unasked: str | None) -> str:
    if unasked is not None and (refused is None or refused["filter"] in _SAYS_THAT_WE_REFUSED):
        return unasked
    if refused is not None and (offered is None or refused["filter"] not in _SAYS_THAT_WE_REFUSED):
        return str(refused["reason"])
    if offered is not None:
        return "; ".join(offered.get("explanation") or offered["reason"])
    return "nothing stands in the way: what is free is about to be offered"

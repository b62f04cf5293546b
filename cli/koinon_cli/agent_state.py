"""Where an agent stands, in one word."""

from __future__ import annotations

from typing import Any


def agent_state(each: dict[str, Any]) -> str:
    """Of an agent as ``/slaves`` and ``/state-summary`` have it."""
    drain = each.get("drain_info")
    if drain is not None:
        return str(drain["state"]).lower()
    if each.get("deactivated"):
        return "deactivated"
    return "active" if each["active"] else "disconnected"

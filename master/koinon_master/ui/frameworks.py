"""Rows of frameworks, those that ended included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from koinon_core.tasks import TaskState
from koinon_core.visibility import Visibility

from ..entities import Framework
from ..frameworks.machine import FrameworkPhase
from ..views.sums import Sums
from .amounts import show_resources

_OUTCOMES = ("sent", "accepted", "declined", "rescinded")
_STATES = {
    FrameworkPhase.RECOVERED: "recovered",
    FrameworkPhase.CONNECTED: "active",
    FrameworkPhase.DISCONNECTED: "disconnected",
    FrameworkPhase.REMOVED: "completed",
}
_ENDS = {f"tasks/terminal/{state.name.lower()}": state.name for state in TaskState if state.is_terminal}


def find_state(framework: Framework, is_completed: bool) -> str:
    """Its word."""
    return "completed" if is_completed else _STATES[framework.phase]


def show_framework(
    sums: Sums, framework: Framework, tasks: Mapping[str, int], sight: Visibility, *, is_completed: bool
) -> dict[str, Any]:
    """One framework as ``FrameworkRow``, with so many ``tasks`` in each state. Hidden roles are not named."""
    info = framework.info
    row: dict[str, Any] = {
        "id": framework.id,
        "name": info.name,
        "state": find_state(framework, is_completed),
        "roles": sorted(filter(sight.shows_role, info.all_roles())),
        "suppressed": sorted(filter(sight.shows_role, framework.suppressed)),
        "user": info.user,
        "hostname": info.hostname or "",
        "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
        "registered": framework.registered_time,
        "failover_timeout": info.failover_timeout,
        "allocated": show_resources(sums.used_by(framework)),
        "offered": show_resources(sums.offered(framework)),
        "tasks": dict(tasks),
        "offers": {name: framework.tallies[f"offers/{name}"] for name in _OUTCOMES},
    }
    optional = (
        ("principal", framework.principal or info.principal),
        ("webui_url", info.webui_url or None),
        ("reregistered", framework.reregistered_time),
        ("ended", framework.unregistered_time if is_completed else None),
    )
    return row | {name: value for name, value in optional if value is not None}


def count_ends(framework: Framework) -> dict[str, int]:
    """Of each end, how often it happened under this leader, to tasks that are remembered or not."""
    return {name: count for key, name in _ENDS.items() if (count := framework.tallies.get(key, 0))}

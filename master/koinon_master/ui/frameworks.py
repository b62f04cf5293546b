"""Rows of frameworks, those that ended included."""

from __future__ import annotations

from collections import Counter
from typing import Any

from koinon_core.tasks import TaskState

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
    sums: Sums, framework: Framework, tasks: Counter[TaskState], *, is_completed: bool
) -> dict[str, Any]:
    """One framework as ``FrameworkRow``; ``tasks`` are those that are not at their end."""
    info = framework.info
    row: dict[str, Any] = {
        "id": framework.id,
        "name": info.name,
        "state": find_state(framework, is_completed),
        "roles": sorted(info.all_roles()),
        "suppressed": sorted(framework.suppressed),
        "user": info.user,
        "hostname": info.hostname or "",
        "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
        "registered": framework.registered_time,
        "failover_timeout": info.failover_timeout,
        "allocated": show_resources(sums.used_by(framework)),
        "offered": show_resources(sums.offered(framework)),
        "tasks": count_tasks(framework, tasks),
        "offers": {name: framework.tallies[f"offers/{name}"] for name in _OUTCOMES},
    }
    optional = (
        ("principal", framework.principal or info.principal),
        ("webui_url", info.webui_url or None),
        ("reregistered", framework.reregistered_time),
        ("ended", framework.unregistered_time if is_completed else None),
    )
    return row | {name: value for name, value in optional if value is not None}


def count_tasks(framework: Framework, tasks: Counter[TaskState]) -> dict[str, int]:
    """How many tasks are in each state; of the ends all that happened under this leader, remembered or not."""
    counts = {state.name: count for state, count in tasks.items() if count}
    return counts | {name: count for key, name in _ENDS.items() if (count := framework.tallies.get(key, 0))}

"""The tables of the whole cluster: its one row as it is now, and its use over time."""

from __future__ import annotations

from collections import Counter
from typing import Any

from koinon_core import __version__
from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..state import ClusterState
from ..views.agent_states import find_state as find_agent_state
from ..views.fragments import encode, keep
from .frameworks import find_state as find_framework_state
from .sheet import Look
from .sheets import TaskSheet
from .usage import show_totals

KEY = "cluster"


class ClusterSheet:
    """The table with the row of the cluster. What may not be seen is not counted; amounts are of everything."""

    def __init__(self, table: Table, sight: Visibility, tasks: TaskSheet, elected: float) -> None:
        self.table = table
        self._sight, self._tasks, self._elected = sight, tasks, elected

    def refresh(self, look: Look) -> None:
        """Write the row."""
        self.table.put(KEY, encode(self._show(look)))

    def _show(self, look: Look) -> dict[str, Any]:
        state = look.state
        groups = ((state.frameworks, False), (state.completed, True))
        visible = [(one, ended) for group, ended in groups for one in group.values() if self._sees(one.info)]
        counts: Counter[str] = Counter()
        for framework, _ in visible:
            counts.update(self._tasks.count(framework))
        leader = state.info.endpoint()
        return {
            "name": state.config.cluster or "",
            "version": __version__,
            "leader": f"{state.info.hostname or leader.ip}:{state.info.port}",
            "elected": self._elected,
            **show_totals(state),
            "agents": dict(count_agents(state)),
            "frameworks": dict(Counter(find_framework_state(one, ended) for one, ended in visible)),
            "tasks": dict(counts),
        }

    def _sees(self, info: Any) -> bool:
        return self._sight.shows_framework(info)


def count_agents(state: ClusterState) -> Counter[str]:
    """How many agents are in each state."""
    counts = Counter(keep(one.kept, "ui_state", lambda one=one: find_agent_state(one)) for one in state.agents.values())  # type: ignore[misc]
    if state.unreachable:
        counts["unreachable"] = len(state.unreachable)
    return counts


class UsageSheet:
    """The table of points, which is the same for everybody."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._count = 0

    def refresh(self, look: Look) -> None:
        """Write the new points, and drop those that went."""
        if self._count == look.usage.count:
            return
        self._count = look.usage.count
        for point in look.usage:
            self.table.put(point.key, point.encoded)
        self.table.retain(point.key for point in look.usage)

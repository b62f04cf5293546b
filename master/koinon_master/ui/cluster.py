"""The one row of the whole cluster, and its sums."""

from __future__ import annotations

from collections import Counter
from typing import Any

from koinon_core import __version__
from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..state import ClusterState
from ..views.fragments import encode, keep
from .agents import find_state as find_agent_state
from .amounts import add_up, show, show_quantities
from .frameworks import count_tasks
from .frameworks import find_state as find_framework_state
from .sheet import Look
from .sheets import TaskSheet

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
            counts.update(count_tasks(framework, self._tasks.counts_of(framework.id)))
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


def show_totals(state: ClusterState) -> dict[str, dict[str, float]]:
    """What there is, what tasks hold, and what offers hold."""
    offered = add_up(held.grant.resources.thousandths for held in state.offers.values())
    allocated = {name: amount.thousandths - offered.get(name, 0) for name, amount in state.allocator.granted()}
    return {
        "total": show_quantities(state.allocator.total()),
        "allocated": show(allocated),
        "offered": show(offered),
    }

"""Rows of roles: what each holds against what is its due, and why it gets nothing.

Shares are of what a role holds in tasks and in offers, with all beneath it, as the allocator's order counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..state import ClusterState
from ..views.fragments import encode
from ..views.roles import Roles
from ..views.visible import visible_part
from .amounts import show_quantities
from .sheet import Look, drop_others
from .starvation import Starvation, Wish, find_wishes

PAUSE_SECONDS = 2.0
"""The least between two looks: roles are added up over all agents."""
_Row = dict[str, Any]


class RoleSheet:
    """The table of roles."""

    def __init__(self, table: Table, sight: Visibility) -> None:
        self.table = table
        self._sight = sight
        self._starvation = Starvation()
        self._looked = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether it is time to look again."""
        return now - self._looked >= PAUSE_SECONDS

    def refresh(self, look: Look) -> None:
        """Write the rows anew."""
        self._looked = look.now
        state = visible_part(look.state, self._sight)
        wishes = [wish for wish in find_wishes(state) if self._sight.shows_role(wish[1])]
        self._starvation.look(state, wishes)
        rows = show_roles(state, wishes, self._starvation)
        for role, row in rows.items():
            self.table.put(role, encode(row))
        drop_others(self.table, rows, len(rows))


def show_roles(state: ClusterState, starving: list[Wish], starvation: Starvation) -> Mapping[str, _Row]:
    """All roles that are worth a row, by name."""
    wanting = _find_wanting(state)
    total = show_quantities(state.allocator.total())
    for name in state.config.fair_sharing_excluded_resource_names:
        total.pop(name, None)
    rows = {view["name"]: _show_role(view, total) for view in Roles(state).show_legacy()["roles"]}
    for role, row in rows.items():
        row["wants"] = any(one == role or one.startswith(f"{role}/") for one in wanting)
    shares = find_fair_shares(rows)
    for role, row in rows.items():
        row["fair_share"] = shares[role]
        causes = starvation.causes_of(wish for wish in starving if wish[1] == role)
        if causes:
            row["starves"] = [{"reason": one.reason, "agents": one.agents} for one in causes]
    return rows


def _find_wanting(state: ClusterState) -> set[str]:
    return {
        role
        for framework in state.frameworks.values()
        if framework.is_connected
        for role in set(framework.info.all_roles()) - framework.suppressed
    }


def _show_role(view: Mapping[str, Any], total: Mapping[str, float]) -> _Row:
    quota = view["quota"]
    dominant, share = find_dominant(view["resources"], total)
    row: _Row = {
        "role": view["name"],
        "weight": view["weight"],
        "frameworks": view["frameworks"],
        "guarantees": quota["guarantee"],
        "limits": quota["limit"],
        "consumed": quota["consumed"],
        "allocated": view["allocated"],
        "offered": view["offered"],
        "reserved": view["reserved"],
        "share": share,
    }
    return row if dominant is None else row | {"dominant": dominant}


def find_dominant(held: Mapping[str, float], total: Mapping[str, float]) -> tuple[str | None, float]:
    """The resource of which most is held, as a part of all there is, and that part; none where nothing is held."""
    parts = [(amount / total[name], name) for name, amount in sorted(held.items()) if name in total]
    share, dominant = max(parts, default=(0.0, None), key=lambda part: part[0])
    return (dominant, round(share, 6)) if share > 0 else (None, 0.0)


def find_fair_shares(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """What weights alone would give each role, level by level, among those that want something or hold something."""
    shares: dict[str, float] = {}
    for role in sorted(rows, key=lambda name: name.count("/")):
        parent = role.rpartition("/")[0]
        beside = [one for one in rows if one.rpartition("/")[0] == parent and (one == role or _takes_part(rows[one]))]
        weights = sum(rows[one]["weight"] for one in beside)
        if parent and rows.get(parent, {}).get("frameworks"):
            weights += 1.0  # those of the parent's own compete with its children, as one of weight 1
        shares[role] = round(shares.get(parent, 1.0) * rows[role]["weight"] / weights, 6)
    return shares


def _takes_part(row: Mapping[str, Any]) -> bool:
    return bool(row["wants"] or row["allocated"] or row["offered"])

"""Why agents are not offered, counted for people: the master says it for each framework, role and agent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from attrs import frozen

from .errors import NotFound

ALL_AGENTS = "*"
_MOST_REASONS = 3
"""So many sentences of one filter that differ, in their figures mostly; the rest is counted together."""


_SILENT_ON_LIMITS = ("refused", "too little")
"""Filters that look at what a limit leaves of an agent, and say no more than that this is refused, or too little."""


@frozen
class Refusals:
    """Those of ``/koinon/explain``."""

    refusals: Sequence[dict[str, Any]]

    @property
    def roles(self) -> frozenset[str]:
        """The roles that are held back by something that says nothing of limits."""
        return frozenset(each["role"] for each in self.refusals if each["filter"] in _SILENT_ON_LIMITS)

    def rows_by_reason(self) -> Sequence[tuple[str, ...]]:
        """Count, framework, role, filter and reason; the filter that holds back most agents of a framework first."""
        groups: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
        for each in self.refusals:
            key = (each["framework_id"], each["framework_name"], each["role"], each["filter"])
            groups[key][each["reason"]] += 1
        rows = []
        for (_, name, role, found), reasons in sorted(groups.items(), key=lambda group: (-group[1].total(), group[0])):
            shown = reasons.most_common(_MOST_REASONS)
            rows += [(str(count), name, role, found, reason) for reason, count in shown]
            left = reasons.total() - sum(count for _, count in shown)
            if left:
                rows.append((str(left), name, role, found, "the same with other figures: --agent lists them all"))
        return rows

    def rows_by_agent(self, agent: str) -> Sequence[tuple[str, ...]]:
        """Framework, role, host, filter and reason, of one agent or of all. Raises NotFound."""
        rows = [
            (each["framework_name"], each["role"], each["hostname"] or each["agent_id"], each["filter"], each["reason"])
            for each in self.refusals
            if agent in (ALL_AGENTS, each["agent_id"], each["hostname"]) or each["agent_id"].endswith(f"-{agent}")
        ]
        if not rows:
            raise NotFound(f"no agent that is held back is called {agent!r}")
        return rows


def limits_reached(roles: Sequence[dict[str, Any]], held_back: Collection[str]) -> list[str]:
    """A line a limit of quota that leaves nothing to those roles, as ``/roles`` has it.

    What is offered up to a limit may lack what a framework needs, which then refuses the rest: nothing in the sentence
    about the refusal tells of the limit. Quota is of the outermost role.
    """
    tops = {role.partition("/")[0] for role in held_back}
    lines = []
    for each in roles:
        quota = each["quota"]
        full = [name for name, limit in quota["limit"].items() if quota["consumed"].get(name, 0) >= limit]
        if each["name"] in tops and full:
            amounts = ", ".join(f"{name}:{quota['limit'][name]:g}" for name in full)
            lines.append(f"role {each['name']} has all that its quota allows of {amounts}: no more of that is offered")
    return lines

"""Why agents are not offered now, as the allocator says it: our own endpoint, unknown to Mesos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from koinon_core.ids import FrameworkId

from ..allocator.interface import Refusal
from ..allocator.standing import Rival
from ..state import ClusterState
from .agent_states import with_states
from .legacy import View

_PER_UNIT = 1000
MAX_ASKED = 20_000
"""How many pairs of a framework and an agent one question may be about: it is answered on the loop's own time."""


def find_question_problem(state: ClusterState, framework_id: str | None, role: str | None) -> str | None:
    """Why a question about so many at once is not answered, or None."""
    frameworks = [
        one
        for one in state.frameworks.values()
        if framework_id in (None, one.id) and (role is None or role in one.info.all_roles())
    ]
    pairs = len(frameworks) * len(state.agents)
    if framework_id is not None or pairs <= MAX_ASKED:
        return None
    return (
        f"this asks about {len(frameworks)} frameworks on {len(state.agents)} agents: name one by 'framework_id'"
        f"{'' if role else ', or few by role'}"
    )


def show_refusals(state: ClusterState, framework_id: str | None, role: str | None) -> View:
    """``/koinon/explain``: a line for each framework, role and agent, and how often each filter said no.

    Asked about one framework it says where that one stands in line as well, role by role.
    """
    offers = [held.grant for held in state.offers.values()]
    found = state.allocator.explain(None if framework_id is None else FrameworkId(framework_id), role, offers)
    seen = (one for one in found if one.framework_id in state.frameworks and state.seen_by.shows_role(one.role))
    refusals = list(with_states(seen, state.agents))
    counts = Counter(one.filter for one in refusals)
    return {
        "filters": [{"filter": name, "count": count} for name, count in counts.most_common()],
        "refusals": [_show(state, one) for one in refusals],
        "standings": [] if framework_id is None else _show_standings(state, FrameworkId(framework_id), role),
    }


def _show_standings(state: ClusterState, framework_id: FrameworkId, role: str | None) -> list[View]:
    """Where the framework stands in each role, or in this one; of its rivals those that the asker may see."""
    if framework_id not in state.frameworks:
        return []
    found = state.allocator.standings(framework_id)
    return [
        {
            "role": one.role,
            "suppressed": one.is_suppressed,
            "held": _amounts(one.held),
            "share": one.share,
            "fair_share": one.fair_share,
            "least": [_amounts(least) for least in one.least],
            "levels": [
                [_show_rival(state, rival) for rival in level if _is_seen(state, rival)] for level in one.levels
            ],
            "refused": [
                {
                    "agent_id": each.agent_id,
                    "resources": str(each.resources),
                    "amounts": _amounts(each.resources.thousandths),
                    "until": each.until,
                }
                for each in one.refused
            ],
        }
        for one in found
        if role in (None, one.role) and state.seen_by.shows_role(one.role)
    ]


def _is_seen(state: ClusterState, rival: Rival) -> bool:
    return rival.name in state.frameworks if rival.is_framework else state.seen_by.shows_role(rival.name)


def _show_rival(state: ClusterState, rival: Rival) -> View:
    name = state.frameworks[FrameworkId(rival.name)].info.name if rival.is_framework else rival.name
    return {
        "kind": "framework" if rival.is_framework else "role",
        "id": rival.name,
        "name": name,
        "share": rival.share,
        "weight": rival.weight,
        "rank": rival.rank,
        "wants_offers": rival.wants_offers,
        "is_own": rival.is_own,
    }


def _amounts(amounts: Mapping[str, int]) -> View:
    return {name: amount / _PER_UNIT for name, amount in amounts.items()}


def _show(state: ClusterState, refusal: Refusal) -> View:
    agent = state.agents.get(refusal.agent_id)
    return {
        "framework_id": refusal.framework_id,
        "framework_name": state.frameworks[refusal.framework_id].info.name,
        "role": refusal.role,
        "agent_id": refusal.agent_id,
        "hostname": "" if agent is None else agent.info.hostname,
        "filter": refusal.filter,
        "reason": refusal.reason,
        "free": _amounts(state.allocator.free(refusal.agent_id).thousandths),
    }

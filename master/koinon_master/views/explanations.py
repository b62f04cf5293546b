"""Why agents are not offered now, as the allocator says it: our own endpoint, unknown to Mesos."""

from __future__ import annotations

from collections import Counter

from koinon_core.ids import FrameworkId

from ..allocator.interface import Refusal
from ..state import ClusterState
from .legacy import View

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
    """``/koinon/explain``: a line for each framework, role and agent, and how often each filter said no."""
    offers = [held.grant for held in state.offers.values()]
    found = state.allocator.explain(None if framework_id is None else FrameworkId(framework_id), role, offers)
    refusals = [one for one in found if one.framework_id in state.frameworks and state.seen_by.shows_role(one.role)]
    counts = Counter(one.filter for one in refusals)
    return {
        "filters": [{"filter": name, "count": count} for name, count in counts.most_common()],
        "refusals": [_show(state, one) for one in refusals],
    }


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
    }

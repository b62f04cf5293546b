"""Every document that a master shows, as it is and as it would be if views kept nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from koinon_core.resources import NOTHING, Resources
from koinon_master import views
from koinon_master.entities import Agent, Framework
from koinon_master.kept import Kept
from koinon_master.state import ClusterState

DOCUMENTS = {
    "state": views.show_state,
    "state-summary": views.show_summary,
    "slaves": views.show_agents,
    "frameworks": views.show_frameworks,
    "roles": lambda state: views.Roles(state).show_legacy(),
    "GET_STATE": views.answer_state,
    "GET_ROLES": views.answer_roles,
}


def show_all(state: ClusterState) -> dict[str, Any]:
    """The documents as a client parses them."""
    return {name: orjson.loads(orjson.dumps(show(state))) for name, show in DOCUMENTS.items()}


def show_anew(state: ClusterState) -> dict[str, Any]:
    """The documents made of nothing that was kept; what was kept stays for what is shown next."""
    watched = list(_watched(state))
    kept = [dict(one) for one in watched]
    for one in watched:
        one.clear()
    shown = show_all(state)
    for one, before in zip(watched, kept, strict=True):
        one.clear()
        one.update(before)
    return shown


def _watched(state: ClusterState) -> Iterator[Kept]:
    """All that views keep things in."""
    things: list[Any] = list(state.offers.values())
    for agent in state.agents.values():
        things += (agent, agent.offers, *_inside(agent.tasks), *_inside(agent.executors))
    for framework in (*state.frameworks.values(), *state.completed.values()):
        things += (framework, framework.offers, *_inside(framework.tasks), *_inside(framework.unreachable_tasks))
        things += framework.completed_tasks
    yield from (state.kept, *(thing.kept for thing in things))


def _inside(things: Any) -> list[Any]:
    return [things, *things.chunks, *things.values()]


def used(state: ClusterState, holder: Agent | Framework) -> Resources:
    """What live tasks and executors hold, added up one by one without the marks of roles."""
    total = NOTHING
    for task in holder.tasks.values():
        total = total + (task.resources if task.is_live else NOTHING)
    for agent in state.agents.values():
        for (owner, _), executor in agent.executors.items():
            if holder in (agent, state.frameworks.get(owner)):
                total = total + executor.grant.resources.allocated_to(None)
    return total

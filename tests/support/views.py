"""Every document that a master shows, and how to make it forget what views kept."""

from __future__ import annotations

from typing import Any

import orjson

from koinon_core.resources import NOTHING, Resources
from koinon_master import views
from koinon_master.entities import Agent, Framework
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


def forget_views(state: ClusterState) -> None:
    """Drop all that was kept: whatever is shown next is made anew."""
    for agent in state.agents.values():
        _forget(agent, agent.tasks, agent.executors, agent.offers)
        _forget(*agent.tasks.values(), *agent.executors.values())
    for framework in (*state.frameworks.values(), *state.completed.values()):
        _forget(framework, framework.tasks, framework.unreachable_tasks, framework.offers)
        _forget(*framework.tasks.values(), *framework.unreachable_tasks.values(), *framework.completed_tasks)
    _forget(*state.offers.values())


def _forget(*things: Any) -> None:
    for thing in things:
        thing.kept.clear()


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

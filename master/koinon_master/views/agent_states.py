"""The one word for how an agent stands, and the sentence that goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from koinon_core.agents import DrainState
from koinon_core.ids import AgentId

from ..agents.machine import AgentPhase
from ..allocator.interface import Refusal
from ..entities import Agent

_WHY = {
    "recovering": "it belonged to the cluster under the leader before, and is not back yet",
    "disconnected": "its link to the master is broken; it may come back",
    "draining": "it is being emptied: its tasks are ended, and nothing more of it is offered",
    "drained": "it was emptied, and nothing of it is offered until it is activated again",
    "deactivated": "nothing of it is offered until it is activated again; its tasks go on",
}


def find_state(agent: Agent) -> str:
    """The word that matters most: who does not answer can't be emptied either. ``active`` if nothing is in the way."""
    if agent.phase is AgentPhase.RECOVERED:
        return "recovering"
    if not agent.is_connected:
        return "disconnected"
    if agent.drain is not None:
        return "drained" if agent.drain.state is DrainState.DRAINED else "draining"
    return "deactivated" if agent.is_deactivated else "active"


def explain_state(state: str) -> str | None:
    """Why nothing of an agent in this state is offered, about "it"; None where something may be."""
    return _WHY.get(state)


def with_states(refusals: Iterable[Refusal], agents: Mapping[AgentId, Agent]) -> Iterator[Refusal]:
    """Say of agents that are left out as a whole which state they are in: to the allocator these are one."""
    for refusal in refusals:
        agent = agents.get(refusal.agent_id)
        state = "active" if agent is None or refusal.filter != "agent" else find_state(agent)
        why = explain_state(state)
        yield refusal if why is None else evolve(refusal, reason=f"the agent is {state}: {why}")

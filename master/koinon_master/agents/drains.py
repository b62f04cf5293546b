"""Agents that are emptied, or only offered no more, until an operator wants them back (mesos-semantics 10).

What an operator wants of an agent is in the registry, so that it outlives masters and the agent's own absence. How
tasks end on a draining agent is the agent's; what becomes of an agent that is drained for good is ``loss``'s.
"""

from __future__ import annotations

from functools import partial

from attrs import evolve

from koinon_core.agent_link import Drain, Reactivate
from koinon_core.agents import DrainConfig, DrainInfo, DrainState
from koinon_core.containers import DurationInfo
from koinon_core.ids import AgentId
from koinon_core.operator_api import DeactivateAgent, DrainAgent, MarkAgentGone, ReactivateAgent

from ..entities import Agent
from ..events import OperatorCallReceived, RequestId
from ..registry import records as registry
from ..registry.records import AgentRecord
from ..state import ClusterState
from .loss import AgentLoss
from .machine import AgentPhase

UNKNOWN = "Unknown agent"
BEING_MARKED_GONE = "Agent is currently being marked gone"
REMOVED_MEANWHILE = "Agent removed while processing the call"
_SETTLED = (AgentPhase.CONNECTED, AgentPhase.DISCONNECTED)
"""Where all that runs on an agent is known."""


class Drains:
    """Operators' wishes about agents."""

    def __init__(self, state: ClusterState, loss: AgentLoss) -> None:
        self._state = state
        self._loss = loss

    # Draining

    def drain(self, event: OperatorCallReceived, call: DrainAgent, now: float) -> None:
        """Begin to empty an agent, known or unreachable; one that is being emptied is told the new terms."""
        grace = call.max_grace_period
        if grace is not None and grace.nanoseconds < 0:
            self._state.answer(event.request, 400, "drain_agent.max_grace_period must not be negative")
            return
        if not self._is_refused(event.request, call.agent_id):
            config = DrainConfig(
                max_grace_period=None if grace is None else DurationInfo(grace.nanoseconds), mark_gone=call.mark_gone
            )
            operation = registry.BeginDrain(agent_id=call.agent_id, config=config, started=now)
            self._state.store(operation, partial(self._begun, event.request, operation))

    def _begun(self, request: RequestId, operation: registry.BeginDrain, _: float) -> None:
        state, agent_id = self._state, operation.agent_id
        drain = DrainInfo(DrainState.DRAINING, operation.config)
        agent, record = state.agents.get(agent_id), state.unreachable.get(agent_id)
        if agent is not None:
            agent.is_deactivated, agent.drain, agent.drain_started = True, drain, operation.started
            self._loss.withdraw(agent)
            state.draining.add(agent_id)
            state.order(agent, Drain(operation.config))
        elif record is not None:
            state.unreachable[agent_id] = evolve(
                record, is_deactivated=True, drain=drain, drain_started=operation.started
            )
        state.note("agent_draining", agent_id=agent_id, mark_gone=operation.config.mark_gone)
        self._answer(request, is_known=agent is not None or record is not None)

    def settle(self) -> None:
        """Look which draining agents are empty now. What is not known to be on them counts as being there."""
        state = self._state
        for agent_id in tuple(state.draining):
            agent = state.agents.get(agent_id)
            if agent is None or agent.drain is None or agent.drain.state is not DrainState.DRAINING:
                state.draining.discard(agent_id)
            elif agent.phase in _SETTLED and not agent.tasks and not agent.operations:
                state.draining.discard(agent_id)
                state.store(registry.EndDrain(agent_id), partial(self._drained, agent))

    def _drained(self, agent: Agent, now: float) -> None:
        state = self._state
        if state.agents.get(agent.id) is not agent or agent.drain is None or agent.id in state.draining:
            return
        agent.drain = evolve(agent.drain, state=DrainState.DRAINED)
        state.note("agent_drained", agent_id=agent.id)
        if agent.drain.config.mark_gone and agent.id not in state.marking_gone:
            self._loss.mark_gone(agent.id, now, lambda: None)

    # Deactivated, reactivated

    def deactivate(self, event: OperatorCallReceived, call: DeactivateAgent, _: float) -> None:
        """Offer nothing more of an agent; what runs there runs on."""
        if not self._is_refused(event.request, call.agent_id):
            operation = registry.Deactivate(call.agent_id)
            self._state.store(operation, partial(self._deactivated, event.request, call.agent_id))

    def _deactivated(self, request: RequestId, agent_id: AgentId, _: float) -> None:
        state = self._state
        agent, record = state.agents.get(agent_id), state.unreachable.get(agent_id)
        if agent is not None:
            agent.is_deactivated = True
            self._loss.withdraw(agent)
        elif record is not None:
            state.unreachable[agent_id] = evolve(record, is_deactivated=True)
        state.note("agent_deactivated", agent_id=agent_id)
        self._answer(request, is_known=agent is not None or record is not None)

    def reactivate(self, event: OperatorCallReceived, call: ReactivateAgent, _: float) -> None:
        """Offer of an agent again, and let it take tasks again."""
        state, known = self._state, self._find(call.agent_id)
        if call.agent_id in state.marking_gone:
            state.answer(event.request, 409, BEING_MARKED_GONE)
        elif known is None or not known.is_deactivated:
            state.answer(event.request, 400, "Agent is not deactivated")
        elif known.drain is not None and known.drain.state is DrainState.DRAINING:
            state.answer(event.request, 400, "Agent is still in the DRAINING state")
        else:
            operation = registry.Reactivate(call.agent_id)
            state.store(operation, partial(self._reactivated, event.request, call.agent_id))

    def _reactivated(self, request: RequestId, agent_id: AgentId, _: float) -> None:
        state = self._state
        agent, record = state.agents.get(agent_id), state.unreachable.get(agent_id)
        if agent is not None:
            agent.is_deactivated, agent.drain, agent.drain_started = False, None, None
            state.draining.discard(agent_id)
            state.order(agent, Reactivate())
            if agent.is_connected:
                state.allocator.add_agent(agent_id, agent.info)
        elif record is not None:
            state.unreachable[agent_id] = evolve(record, is_deactivated=False, drain=None, drain_started=None)
        state.note("agent_reactivated", agent_id=agent_id)
        self._answer(request, is_known=agent is not None or record is not None)

    # Gone

    def mark_gone(self, event: OperatorCallReceived, call: MarkAgentGone, now: float) -> None:
        """Burn an agent's id (mesos-operator-api 1.1)."""
        state, agent_id = self._state, call.agent_id
        agent = state.agents.get(agent_id)
        if agent_id in state.gone:
            state.answer(event.request, 200)
        elif agent is None and agent_id not in state.unreachable:
            state.answer(event.request, 404, f"Agent '{agent_id}' not found")
        elif (problem := self._find_transition(agent_id)) is not None:
            state.answer(event.request, 503, f"Agent '{agent_id}' is currently being {problem}")
        else:
            self._loss.mark_gone(agent_id, now, partial(state.answer, event.request, 200))

    def _find_transition(self, agent_id: AgentId) -> str | None:
        """What is being done about an agent's membership, so that it can't be declared gone now."""
        state, agent = self._state, self._state.agents.get(agent_id)
        if agent_id in state.marking_gone:
            return "marked gone"
        if agent is not None and agent.phase is AgentPhase.LOSING:
            return "marked unreachable"
        if agent is not None and agent.phase is AgentPhase.REMOVING:
            return "removed"
        return "registered" if agent_id in state.admitting else None

    def _is_refused(self, request: RequestId, agent_id: AgentId) -> bool:
        """Answer for an agent that nothing can be wanted of."""
        if self._find(agent_id) is None:
            self._state.answer(request, 400, UNKNOWN)
            return True
        if agent_id in self._state.marking_gone:
            self._state.answer(request, 409, BEING_MARKED_GONE)
            return True
        return False

    def _find(self, agent_id: AgentId) -> Agent | AgentRecord | None:
        return self._state.agents.get(agent_id) or self._state.unreachable.get(agent_id)

    def _answer(self, request: RequestId, *, is_known: bool) -> None:
        if is_known:
            self._state.answer(request, 200)
        else:
            self._state.answer(request, 409, REMOVED_MEANWHILE)


def keep_wishes(state: ClusterState, agent: Agent, record: AgentRecord | None) -> None:
    """An agent that is back, and connected, stays what operators made of it; ``record`` tells of an unreachable one."""
    if record is not None:
        agent.is_deactivated, agent.drain, agent.drain_started = (
            record.is_deactivated,
            record.drain,
            record.drain_started,
        )
    if agent.is_deactivated:
        state.allocator.deactivate_agent(agent.id)
    if agent.drain is not None:
        state.order(agent, Drain(agent.drain.config))
        if agent.drain.state is DrainState.DRAINING:
            state.draining.add(agent.id)

"""What a new leader does about the agents of the one before: takes its registry over, and expects them back
(mesos-semantics 3.2, 5.3).

Where there is quota, nothing is offered until most agents are back: until then nobody can tell what is in use.
"""

from __future__ import annotations

from koinon_core.ids import AgentId

from ..entities import Agent
from ..errors import TooManyAgentsMissing
from ..instructions import GiveUp
from ..maintenance.schedule import Maintenance
from ..registry.records import AgentRecord, Registry, SetWeights
from ..registry.upkeep import RegistryUpkeep
from ..state import ClusterState, RecoveryPauseEnds, ReregistrationEnds
from .loss import AgentLoss
from .machine import AgentPhase

PAUSE_SECONDS = 600.0
"""For how long quota may keep offers back after the leader changed."""
ENOUGH = 0.8
"""The part of the agents that must be back before that."""


class Recovery:
    """From an earlier leader's registry to a cluster of one's own."""

    def __init__(self, state: ClusterState, loss: AgentLoss, maintenance: Maintenance, upkeep: RegistryUpkeep) -> None:
        self._state = state
        self._loss = loss
        self._maintenance = maintenance
        self._upkeep = upkeep
        self._expected = 0
        self._is_paused = False

    def recover(self, registry: Registry, now: float) -> None:
        """Take over what is stored; agents have until the re-registration timeout to come back."""
        state = self._state
        lost = []
        for agent_id, record in registry.agents.items():
            if record.gone_since is not None:
                state.gone[agent_id] = record.gone_since
            elif record.unreachable_since is not None:
                lost.append((record.unreachable_since, agent_id, record))
            else:
                self._expect(agent_id, record)
        for _, agent_id, record in sorted(lost, key=lambda one: one[0]):
            state.unreachable[agent_id] = record
        state.weights.update(registry.weights or self._first_weights())
        state.quotas.update(registry.quotas)
        state.allocator.set_weights(state.weights)
        state.allocator.set_quotas(state.quotas)
        self._maintenance.recover(registry.maintenance)
        self._expected = len(state.recovering)
        if state.recovering:
            state.timers.set(ReregistrationEnds(), now + state.config.agent_reregister_timeout)
            self._pause(now)
        self._upkeep.begin(now)
        state.note("registry_recovered", agents=len(state.agents), unreachable=len(lost), gone=len(state.gone))

    def _first_weights(self) -> dict[str, float]:
        """Those of the flag, which hold until somebody sets others and are stored like those."""
        weights = {one.role: one.weight for one in self._state.config.weights}
        if weights:
            self._state.store(SetWeights(weights), lambda _: None)
        return weights

    def _expect(self, agent_id: AgentId, record: AgentRecord) -> None:
        self._state.agents[agent_id] = Agent(
            id=agent_id,
            info=record.info,
            phase=AgentPhase.RECOVERED,
            is_deactivated=record.is_deactivated,
            drain=record.drain,
            drain_started=record.drain_started,
        )
        self._state.recovering.add(agent_id)

    def end_reregistration(self, now: float) -> None:
        """Agents that are not back are missing; if they are too many, something else is wrong: then give up."""
        state = self._state
        limit = state.config.recovery_agent_removal_limit
        missing = sorted(state.recovering)
        if 100.0 * len(missing) > limit.percent * self._expected:
            error = TooManyAgentsMissing(missing=len(missing), known=self._expected, limit=str(limit))
            state.emit(GiveUp(error))
            return
        for agent_id in missing:
            state.tallies["recovery_slave_removals"] += 1
            self._loss.miss(agent_id, now)

    def _pause(self, now: float) -> None:
        if self._state.quotas:
            self._is_paused = True
            self._state.timers.set(RecoveryPauseEnds(), now + PAUSE_SECONDS)
            self.settle()

    def settle(self) -> None:
        """Go on offering if enough agents are back; else say how many are missing."""
        if not self._is_paused:
            return
        back = self._expected - len(self._state.recovering)
        if back >= int(ENOUGH * self._expected):
            self.end_pause()
            return
        why = f"{back} of {self._expected} agents are back since the leader changed, and quota waits for more"
        self._state.allocator.pause(why)

    def end_pause(self) -> None:
        """Go on offering."""
        if self._is_paused:
            self._is_paused = False
            self._state.timers.cancel(RecoveryPauseEnds())
            self._state.allocator.pause(None)

"""Forgets agents that were unreachable or gone for too long, or are too many (mesos-semantics 1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from koinon_core.ids import AgentId

from ..state import ClusterState, RegistryUpkeepDue
from .records import ForgetAgents

_AT_ONCE = 100
"""How many entries one operation forgets: what one write of the store can hold is bounded."""


class RegistryUpkeep:
    """Keeps the registry from growing for ever."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def begin(self, now: float) -> None:
        """Look after the registry every now and then."""
        self._state.timers.set(RegistryUpkeepDue(), now + self._state.config.registry_gc_interval)

    def tend(self, now: float) -> None:
        """Forget what is too old and, of the rest, the oldest that are too many."""
        state = self._state
        lost = [(agent_id, record.unreachable_since or 0.0) for agent_id, record in state.unreachable.items()]
        surplus = (*self._surplus(lost, now), *self._surplus(state.gone.items(), now))
        for start in range(0, len(surplus), _AT_ONCE):
            operation = ForgetAgents(surplus[start : start + _AT_ONCE])
            state.store(operation, partial(self._forgotten, operation))
        self.begin(now)

    def _surplus(self, entries: Iterable[tuple[AgentId, float]], now: float) -> list[AgentId]:
        config, state = self._state.config, self._state
        oldest_first = sorted(
            ((since, agent_id) for agent_id, since in entries if agent_id not in state.marking_gone | state.admitting)
        )
        too_many = max(0, len(oldest_first) - config.registry_max_agent_count)
        too_old = now - config.registry_max_agent_age
        return [agent_id for place, (since, agent_id) in enumerate(oldest_first) if place < too_many or since < too_old]

    def _forgotten(self, operation: ForgetAgents, _: float) -> None:
        for agent_id in operation.agent_ids:
            self._state.unreachable.pop(agent_id, None)
            self._state.gone.pop(agent_id, None)
        self._state.note("registry_pruned", agents=len(operation.agent_ids))

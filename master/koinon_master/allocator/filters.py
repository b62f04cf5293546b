"""Refusals: what a framework does not want to see again for a while (mesos-semantics 5.2).

Owns their scope (framework, role, agent), their match and their end. Suppressed roles are the allocator's.
"""

from __future__ import annotations

from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offers import DEFAULT_REFUSE_SECONDS
from koinon_core.resources import Resources

from ..timers import Timers

MAX_REFUSE_SECONDS = 365 * 86400.0

_Scope = tuple[FrameworkId, str]
_Key = tuple[FrameworkId, str, AgentId]


def effective_refusal(refuse_seconds: float | None, allocation_interval: float) -> float:
    """For how many seconds a refusal holds.

    Nonsense counts as the default, more than a year as a year. 0 asks for no filter: there the resources come back with
    the next allocation, which is an ``allocation_interval`` away, so that no framework is asked in a tight loop.
    """
    seconds = DEFAULT_REFUSE_SECONDS if refuse_seconds is None else refuse_seconds
    if not seconds >= 0:  # true of NaN, too
        seconds = DEFAULT_REFUSE_SECONDS
    return max(allocation_interval, min(seconds, MAX_REFUSE_SECONDS))


class RefusalFilters:
    """All refusals that still hold."""

    def __init__(self) -> None:
        self._refused: dict[_Scope, dict[AgentId, list[tuple[Resources, float]]]] = {}
        self._timers: Timers[_Key] = Timers()

    def refuse(self, scope: tuple[FrameworkId, str], agent_id: AgentId, resources: Resources, until: float) -> None:
        """Hold back offers of that agent that hold no more than ``resources``, until then."""
        refusals = self._refused.setdefault(scope, {}).setdefault(agent_id, [])
        refusals[:] = [(held, end) for held, end in refusals if end > until or held not in resources]
        refusals.append((resources, until))
        self._timers.set((*scope, agent_id), min(end for _, end in refusals))

    def is_refused(self, scope: tuple[FrameworkId, str], agent_id: AgentId, offered: Resources) -> bool:
        """Whether the framework refused this much, or more, of the agent."""
        by_agent = self._refused.get(scope)
        if by_agent is None:
            return False
        return any(offered in held for held, _ in by_agent.get(agent_id, ()))

    def count(self, role: str) -> int:
        """How many refusals of a role hold."""
        return sum(
            len(refusals)
            for (_, refused_role), by_agent in self._refused.items()
            if refused_role == role
            for refusals in by_agent.values()
        )

    def clear(self, scope: tuple[FrameworkId, str]) -> list[AgentId]:
        """Forget what a framework refused in a role; returns the agents that it may be offered again."""
        agent_ids = list(self._refused.pop(scope, ()))
        for agent_id in agent_ids:
            self._timers.cancel((*scope, agent_id))
        return agent_ids

    def clear_agent(self, agent_id: AgentId) -> None:
        """Forget every refusal of an agent: it is gone, or has changed."""
        for scope, by_agent in self._refused.items():
            if by_agent.pop(agent_id, None) is not None:
                self._timers.cancel((*scope, agent_id))

    def expire(self, now: float) -> list[AgentId]:
        """Drop what has run out; returns the agents concerned."""
        concerned = []
        for key in self._timers.pop_due(now):
            framework_id, role, agent_id = key
            by_agent = self._refused[framework_id, role]
            left = [(held, end) for held, end in by_agent[agent_id] if end > now]
            if left:
                by_agent[agent_id] = left
                self._timers.set(key, min(end for _, end in left))
            else:
                del by_agent[agent_id]
            concerned.append(agent_id)
        return concerned

    def next_expiry(self) -> float | None:
        """When the next refusal runs out, or None."""
        return self._timers.next_deadline()

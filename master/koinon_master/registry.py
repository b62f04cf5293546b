"""The durable value of a master and the operations that change it (mesos-semantics 1.1).

Owns what is remembered of agents and under which key. Writing it down is ``registrar``'s. Frameworks, tasks and offers
are not in here: they come back with the agents and schedulers.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId


@frozen(kw_only=True)
class AgentRecord:
    """An agent as stored: admitted while ``unreachable_since`` is None, else lost since then (epoch seconds)."""

    info: AgentInfo
    unreachable_since: float | None = None


@frozen
class AdmitAgent:
    """The agent belongs to the cluster, now or again, as ``info`` describes it (its id is set)."""

    info: AgentInfo


@frozen(kw_only=True)
class MarkAgentUnreachable:
    """The agent was not heard of for too long; it may come back."""

    info: AgentInfo
    since: float


@frozen
class RemoveAgent:
    """The agent left for good, or was never told its id."""

    agent_id: AgentId


RegistryOperation = AdmitAgent | MarkAgentUnreachable | RemoveAgent


@frozen
class Registry:
    """What the master found stored."""

    agents: Mapping[AgentId, AgentRecord] = field(factory=dict)


def agent_id_of(operation: RegistryOperation) -> AgentId:
    """The agent that an operation is about. Raises ValueError for an info without an id."""
    agent_id = operation.agent_id if isinstance(operation, RemoveAgent) else operation.info.id
    if agent_id is None:
        raise ValueError("an agent without an id can't be registered")
    return agent_id


def record_of(operation: RegistryOperation) -> AgentRecord | None:
    """The record that the operation leaves behind, or None when it leaves none."""
    if isinstance(operation, AdmitAgent):
        return AgentRecord(info=operation.info)
    if isinstance(operation, MarkAgentUnreachable):
        return AgentRecord(info=operation.info, unreachable_since=operation.since)
    return None

"""The durable value of a master and the operations that change it (mesos-semantics 1.1).

Owns what is remembered, under which key, and what each operation makes of it. Writing it down is ``registrar``'s.
Frameworks, tasks and offers are not in here: they come back with the agents and schedulers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, evolve, field, frozen

from koinon_core.agents import AgentInfo, DrainConfig, DrainInfo, DrainState
from koinon_core.ids import AgentId
from koinon_core.maintenance import MachineId, Schedule
from koinon_core.quota import QuotaConfig

MAINTENANCE_KEY = "maintenance"


@frozen(kw_only=True)
class AgentRecord:
    """An agent as stored. Admitted while it is neither unreachable nor gone; all times in epoch seconds."""

    info: AgentInfo
    unreachable_since: float | None = None
    gone_since: float | None = None
    is_deactivated: bool = False
    drain: DrainInfo | None = None
    drain_started: float | None = None

    @property
    def is_admitted(self) -> bool:
        """Whether it is a member of the cluster."""
        return self.unreachable_since is None and self.gone_since is None


@frozen(kw_only=True)
class MaintenanceRecord:
    """The schedule, and the machines in it that are down."""

    schedule: Schedule = field(factory=Schedule)
    down: tuple[MachineId, ...] = ()


@frozen(kw_only=True)
class WeightRecord:
    """The weight of a role."""

    role: str
    weight: float


@frozen
class AdmitAgent:
    """The agent belongs to the cluster, now or again, as ``info`` describes it (its id is set)."""

    info: AgentInfo


@frozen(kw_only=True)
class MarkAgentUnreachable:
    """The agent was not heard of for too long; it may come back."""

    info: AgentInfo
    since: float


@frozen(kw_only=True)
class MarkAgentGone:
    """An operator says that the agent never comes back: its id is burnt."""

    agent_id: AgentId
    since: float


@frozen
class RemoveAgent:
    """The agent left for good, or was never told its id."""

    agent_id: AgentId


@frozen
class ForgetAgents:
    """These were unreachable or gone for so long, or are so many, that they are remembered no more."""

    agent_ids: tuple[AgentId, ...]


@frozen(kw_only=True)
class BeginDrain:
    """The agent is to be emptied, and stays deactivated until it is reactivated."""

    agent_id: AgentId
    config: DrainConfig
    started: float


@frozen
class EndDrain:
    """Nothing runs on the agent any more."""

    agent_id: AgentId


@frozen
class Deactivate:
    """Nothing more is offered of the agent."""

    agent_id: AgentId


@frozen
class Reactivate:
    """The agent is drained and deactivated no more."""

    agent_id: AgentId


@frozen
class SetWeights:
    """These roles have these weights; all others keep theirs."""

    weights: Mapping[str, float]


@frozen
class SetQuotas:
    """These roles have these quotas; one that says nothing takes a role's quota away."""

    configs: tuple[QuotaConfig, ...]


@frozen
class SetMaintenance:
    """What is scheduled and what is down, from now on."""

    record: MaintenanceRecord


RegistryOperation = (
    AdmitAgent
    | MarkAgentUnreachable
    | MarkAgentGone
    | RemoveAgent
    | ForgetAgents
    | BeginDrain
    | EndDrain
    | Deactivate
    | Reactivate
    | SetWeights
    | SetQuotas
    | SetMaintenance
)
Keys = list[str]
Value = AgentRecord | WeightRecord | QuotaConfig | MaintenanceRecord


@define
class Registry:
    """All that is stored, changed by operations alone."""

    agents: dict[AgentId, AgentRecord] = field(factory=dict)
    weights: dict[str, float] = field(factory=dict)
    quotas: dict[str, QuotaConfig] = field(factory=dict)
    maintenance: MaintenanceRecord = field(factory=MaintenanceRecord)

    def apply(self, operation: RegistryOperation) -> Keys:
        """Change by one operation; returns the keys whose records differ now, or are gone.

        An operation on an agent that is not in here changes nothing.
        """
        return _CHANGES[type(operation)](self, operation)

    def value(self, key: str) -> Value | None:
        """What is to be stored under a key; None: nothing."""
        if key == MAINTENANCE_KEY:
            return self.maintenance
        kind, _, name = key.partition("/")
        if kind == "agents":
            return self.agents.get(AgentId(name))
        if kind == "quota":
            return self.quotas.get(name)
        return WeightRecord(role=name, weight=self.weights[name]) if name in self.weights else None

    def load(self, key: str, value: Value) -> None:
        """Take in a record as it was read back."""
        match value:
            case AgentRecord():
                self.agents[AgentId(key.partition("/")[2])] = value
            case WeightRecord(role=role, weight=weight):
                self.weights[role] = weight
            case QuotaConfig(role=role):
                self.quotas[role] = value
            case MaintenanceRecord():
                self.maintenance = value


STORED: Final[dict[str, type[Value]]] = {
    "agents": AgentRecord,
    "weights": WeightRecord,
    "quota": QuotaConfig,
    MAINTENANCE_KEY: MaintenanceRecord,
}
"""Which kind of record stands beneath which first part of a key."""


def _admit(registry: Registry, operation: AdmitAgent) -> Keys:
    """An agent that comes back stays deactivated and drained."""
    info = operation.info
    if info.id is None:
        raise ValueError("an agent without an id can't be registered")
    known = registry.agents.get(info.id)
    record = AgentRecord(info=info) if known is None else evolve(known, info=info, unreachable_since=None)
    return _put(registry, info.id, record)


def _mark_unreachable(registry: Registry, operation: MarkAgentUnreachable) -> Keys:
    info = operation.info
    if info.id is None:
        raise ValueError("an agent without an id can't be unreachable")
    known = registry.agents.get(info.id, AgentRecord(info=info))
    return _put(registry, info.id, evolve(known, info=info, unreachable_since=operation.since))


def _mark_gone(registry: Registry, operation: MarkAgentGone) -> Keys:
    return _change(registry, operation.agent_id, gone_since=operation.since)


def _remove(registry: Registry, operation: RemoveAgent) -> Keys:
    return _forget(registry, ForgetAgents((operation.agent_id,)))


def _forget(registry: Registry, operation: ForgetAgents) -> Keys:
    return [_key(agent_id) for agent_id in operation.agent_ids if registry.agents.pop(agent_id, None) is not None]


def _begin_drain(registry: Registry, operation: BeginDrain) -> Keys:
    drain = DrainInfo(DrainState.DRAINING, operation.config)
    return _change(registry, operation.agent_id, drain=drain, drain_started=operation.started, is_deactivated=True)


def _end_drain(registry: Registry, operation: EndDrain) -> Keys:
    known = registry.agents.get(operation.agent_id)
    if known is None or known.drain is None:
        return []
    return _change(registry, operation.agent_id, drain=evolve(known.drain, state=DrainState.DRAINED))


def _deactivate(registry: Registry, operation: Deactivate) -> Keys:
    return _change(registry, operation.agent_id, is_deactivated=True)


def _reactivate(registry: Registry, operation: Reactivate) -> Keys:
    return _change(registry, operation.agent_id, is_deactivated=False, drain=None, drain_started=None)


def _set_weights(registry: Registry, operation: SetWeights) -> Keys:
    registry.weights.update(operation.weights)
    return [f"weights/{role}" for role in operation.weights]


def _set_quotas(registry: Registry, operation: SetQuotas) -> Keys:
    for config in operation.configs:
        if config.is_default:
            registry.quotas.pop(config.role, None)
        else:
            registry.quotas[config.role] = config
    return [f"quota/{config.role}" for config in operation.configs]


def _set_maintenance(registry: Registry, operation: SetMaintenance) -> Keys:
    registry.maintenance = operation.record
    return [MAINTENANCE_KEY]


def _change(registry: Registry, agent_id: AgentId, **changes: Any) -> Keys:
    known = registry.agents.get(agent_id)
    return [] if known is None else _put(registry, agent_id, evolve(known, **changes))


def _put(registry: Registry, agent_id: AgentId, record: AgentRecord) -> Keys:
    registry.agents[agent_id] = record
    return [_key(agent_id)]


def _key(agent_id: AgentId) -> str:
    return f"agents/{agent_id}"


_CHANGES: Final[dict[type, Callable[[Registry, Any], Keys]]] = {
    AdmitAgent: _admit,
    MarkAgentUnreachable: _mark_unreachable,
    MarkAgentGone: _mark_gone,
    RemoveAgent: _remove,
    ForgetAgents: _forget,
    BeginDrain: _begin_drain,
    EndDrain: _end_drain,
    Deactivate: _deactivate,
    Reactivate: _reactivate,
    SetWeights: _set_weights,
    SetQuotas: _set_quotas,
    SetMaintenance: _set_maintenance,
}

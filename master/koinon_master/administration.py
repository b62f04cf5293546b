"""Who belongs to the cluster and under which terms: agents, machines, roles. Puts those rules together.

Owns which of them an operator's call, or a deadline, goes to; the rules themselves are in the modules it names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from koinon_core.operator_api import (
    DeactivateAgent,
    DrainAgent,
    MarkAgentGone,
    ReactivateAgent,
    RemoveQuota,
    SetQuota,
    StartMaintenance,
    StopMaintenance,
    UpdateMaintenanceSchedule,
    UpdateQuota,
    UpdateWeights,
)

from .agents.admission import AgentAdmission
from .agents.drains import Drains
from .agents.loss import AgentLoss
from .agents.recovery import Recovery
from .maintenance.inverse_offers import InverseOffers
from .maintenance.schedule import Maintenance
from .offer_book import OfferBook
from .operator_calls import Rule
from .registry.upkeep import RegistryUpkeep
from .roles.shares import ClusterShares
from .state import (
    AgentMissed,
    ClusterState,
    InverseRefusalEnds,
    RecoveryPauseEnds,
    RegistryUpkeepDue,
    RemovalAllowed,
    ReregistrationEnds,
)
from .tasks.ledger import TaskLedger

DeadlineRule = Callable[[Any, float], None]
"""Given the deadline and the time."""


class Administration:
    """The rules, each with those that it needs."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: TaskLedger) -> None:
        self.loss = AgentLoss(state, offers, ledger)
        self.inverse = InverseOffers(state)
        self.maintenance = Maintenance(state, offers, self.loss, self.inverse)
        self.admission = AgentAdmission(state, ledger, self.loss, self.maintenance, self.inverse)
        self.drains = Drains(state, self.loss)
        self.shares = ClusterShares(state, offers)
        self._upkeep = RegistryUpkeep(state)
        self.recovery = Recovery(state, self.loss, self.maintenance, self._upkeep)

    def rules(self) -> dict[type, Rule]:
        """Which operator's call goes where."""
        return {
            UpdateWeights: self.shares.update_weights,
            UpdateQuota: self.shares.update_quota,
            SetQuota: self.shares.set_quota,
            RemoveQuota: self.shares.remove_quota,
            UpdateMaintenanceSchedule: self.maintenance.update_schedule,
            StartMaintenance: self.maintenance.start,
            StopMaintenance: self.maintenance.stop,
            DrainAgent: self.drains.drain,
            DeactivateAgent: self.drains.deactivate,
            ReactivateAgent: self.drains.reactivate,
            MarkAgentGone: self.drains.mark_gone,
        }

    def deadlines(self) -> dict[type, DeadlineRule]:
        """Which deadline goes where."""
        return {
            AgentMissed: lambda due, now: self.loss.miss(due.agent_id, now),
            RemovalAllowed: lambda _, now: self.loss.miss_next(now),
            ReregistrationEnds: lambda _, now: self.recovery.end_reregistration(now),
            RecoveryPauseEnds: lambda _, __: self.recovery.end_pause(),
            RegistryUpkeepDue: lambda _, now: self._upkeep.tend(now),
            InverseRefusalEnds: lambda due, _: self.inverse.make((due.agent_id,)),
        }

    def settle(self) -> None:
        """After each event: see what is complete by it. Costs nothing while nothing is under way."""
        self.drains.settle()
        self.recovery.settle()

"""An operator who drains and reactivates agents, and moves weights and quotas, while all else goes wrong."""

from __future__ import annotations

from itertools import count
from random import Random

from koinon_core.ids import AgentId
from koinon_core.operator_api import (
    DeactivateAgent,
    DrainAgent,
    OperatorWrite,
    ReactivateAgent,
    UpdateQuota,
    UpdateWeights,
)
from koinon_core.quota import QuotaConfig, WeightInfo
from koinon_core.scalars import Scalar
from koinon_master.events import OperatorCallReceived, RequestId

from .master_node import MasterNode
from .quorum import Quorum
from .wires import Wires


class OperatorNode:
    """Asks whoever leads; what is refused or lost, it leaves."""

    def __init__(self, wires: Wires, quorum: Quorum) -> None:
        self._wires, self._quorum = wires, quorum
        self._rng = Random(wires.rng.getrandbits(32))
        self._requests = count(1)

    def meddle(self) -> None:
        """Change something."""
        agents = self._agents()
        match self._rng.randrange(5):
            case 0 if agents:
                self._ask(DrainAgent(agent_id=self._rng.choice(agents)))
            case 1 if agents:
                self._ask(DeactivateAgent(self._rng.choice(agents)))
            case 2 if agents:
                self._ask(ReactivateAgent(self._rng.choice(agents)))
            case 3:
                self._ask(UpdateWeights((WeightInfo(self._rng.choice((0.5, 1.0, 3.0)), "aware"),)))
            case _:
                cpus = Scalar.of(self._rng.choice((1, 4, 100)))
                config = QuotaConfig(role="plain", limits={"cpus": cpus})
                self._ask(UpdateQuota(force=True, quota_configs=(config,)))

    def make_peace(self) -> None:
        """Take every restriction back."""
        for agent_id in self._agents():
            self._ask(ReactivateAgent(agent_id))
        self._ask(UpdateQuota(force=True, quota_configs=(QuotaConfig(role="plain"),)))

    def _agents(self) -> list[AgentId]:
        leader = self._quorum.leader
        machine = leader.machine if isinstance(leader, MasterNode) else None
        return [] if machine is None else sorted(machine.state.agents)

    def _ask(self, body: OperatorWrite) -> None:
        leader = self._quorum.leader
        if isinstance(leader, MasterNode):
            request = RequestId(next(self._requests))
            self._wires.agenda.tell("oper", f"asks {leader.name}: {body}")
            event = OperatorCallReceived(request=request, body=body)
            self._wires.post("oper", leader.name, lambda: leader.submit(event))

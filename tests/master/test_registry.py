"""What each operation makes of the registry, and under which keys it stands."""

from __future__ import annotations

import pytest
from attrs import evolve

from koinon_core.agents import AgentInfo, DrainConfig, DrainInfo, DrainState
from koinon_core.ids import AgentId
from koinon_core.maintenance import MachineId
from koinon_core.quota import QuotaConfig
from koinon_core.scalars import Scalar
from koinon_master.registry.records import (
    MAINTENANCE_KEY,
    AdmitAgent,
    AgentRecord,
    BeginDrain,
    Deactivate,
    EndDrain,
    ForgetAgents,
    MaintenanceRecord,
    MarkAgentGone,
    MarkAgentUnreachable,
    Reactivate,
    Registry,
    RegistryOperation,
    RemoveAgent,
    SetMaintenance,
    SetQuotas,
    SetWeights,
    WeightRecord,
)

ID = AgentId("a")
INFO = AgentInfo(id=ID, hostname="h")
KEY = "agents/a"
ABSENT = AgentId("absent")


def _after(*operations: RegistryOperation) -> Registry:
    registry = Registry()
    for operation in operations:
        registry.apply(operation)
    return registry


def test_returning_agent_stays_what_operators_made_of_it() -> None:
    """Unreachable and back, it is still deactivated and drained; its description is the new one."""
    drain = BeginDrain(agent_id=ID, config=DrainConfig(mark_gone=True), started=5.0)
    renamed = evolve(INFO, hostname="g")

    registry = _after(
        AdmitAgent(INFO), drain, EndDrain(ID), MarkAgentUnreachable(info=INFO, since=9.0), AdmitAgent(renamed)
    )

    assert (
        AgentRecord(
            info=renamed,
            is_deactivated=True,
            drain=DrainInfo(DrainState.DRAINED, DrainConfig(mark_gone=True)),
            drain_started=5.0,
        )
        == registry.agents[ID]
    )


def test_reactivation_ends_both() -> None:
    """Neither the drain nor the deactivation is left."""
    drain = BeginDrain(agent_id=ID, config=DrainConfig(), started=5.0)

    assert AgentRecord(info=INFO) == _after(AdmitAgent(INFO), drain, Reactivate(ID)).agents[ID]
    assert AgentRecord(info=INFO) == _after(AdmitAgent(INFO), Deactivate(ID), Reactivate(ID)).agents[ID]


def test_gone_agent_is_no_member_whatever_follows() -> None:
    """An admission that was under way does not bring it back."""
    registry = _after(AdmitAgent(INFO), MarkAgentGone(agent_id=ID, since=3.0), AdmitAgent(INFO))

    assert not registry.agents[ID].is_admitted
    assert 3.0 == registry.agents[ID].gone_since


@pytest.mark.parametrize(
    "operation",
    [
        RemoveAgent(ABSENT),
        ForgetAgents((ABSENT,)),
        MarkAgentGone(agent_id=ABSENT, since=1.0),
        BeginDrain(agent_id=ABSENT, config=DrainConfig(), started=1.0),
        EndDrain(ABSENT),
        EndDrain(ID),
        Deactivate(ABSENT),
        Reactivate(ABSENT),
    ],
)
def test_operation_on_an_absent_agent_or_drain_changes_nothing(operation: RegistryOperation) -> None:
    """So there is nothing to be written."""
    registry = _after(AdmitAgent(INFO))

    assert [] == registry.apply(operation)
    assert {ID: AgentRecord(info=INFO)} == registry.agents


def test_each_thing_has_its_key() -> None:
    """A role with slashes is a key of several parts; what was taken away has no value."""
    quota = QuotaConfig(role="a", limits={"cpus": Scalar.of(1)})
    record = MaintenanceRecord(down=(MachineId(hostname="h"),))
    registry = Registry()

    keys = [
        registry.apply(operation)
        for operation in (
            AdmitAgent(INFO),
            SetWeights({"eng/web": 2.0, "*": 3.0}),
            SetQuotas((quota, QuotaConfig(role="b"))),
            SetMaintenance(record),
            ForgetAgents((ID, ABSENT)),
        )
    ]

    assert [[KEY], ["weights/eng/web", "weights/*"], ["quota/a", "quota/b"], [MAINTENANCE_KEY], [KEY]] == keys
    assert WeightRecord(role="eng/web", weight=2.0) == registry.value("weights/eng/web")
    assert [quota, None, record, None] == [registry.value(key) for key in ("quota/a", "quota/b", MAINTENANCE_KEY, KEY)]


def test_agent_without_an_id_can_not_be_registered() -> None:
    """That would be a broken promise of the rules."""
    with pytest.raises(ValueError, match="without an id"):
        Registry().apply(AdmitAgent(evolve(INFO, id=None)))

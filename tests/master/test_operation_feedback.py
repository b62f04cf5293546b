"""What becomes of an operation after its dispatch: reports, acknowledgements, agents that leave and come back."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from fakes.volumes import reserve, reserved
from koinon_core.agent_link import (
    AcknowledgeOperation,
    AgentOperation,
    ApplyOperation,
    OperationUpdate,
)
from koinon_core.agent_link import ReconcileOperations as DropUnknown
from koinon_core.ids import AgentId, FrameworkId, OperationId, Uuid
from koinon_core.offers import OperationType
from koinon_core.operations import OperationState, OperationStatus, UuidValue
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import (
    Accept,
    AcknowledgeOperationStatus,
    ReconcileOperation,
    ReconcileOperations,
    Teardown,
    UpdateOperationStatus,
)

FINISHED, DROPPED = OperationState.OPERATION_FINISHED, OperationState.OPERATION_DROPPED
STATUS_UUID = Uuid(b"s" * 16)


class Scene:
    """A framework of role r reserves a cpu on an agent."""

    def __init__(self, operation_id: str | None = "o") -> None:
        self.bench = MasterBench()
        self.agent_id: AgentId = self.bench.add_agent("cpus:4;mem:4096")
        info = make_framework("f", "r", capabilities="RESERVATION_REFINEMENT", failover_timeout=100)
        self.framework_id: FrameworkId = self.bench.add_framework(info)
        offer_ids = tuple(offer.id for offer in self.bench.offers(self.framework_id))
        operation = reserve(reserved("cpus:1", "r"), operation_id)
        self.bench.call(self.framework_id, Accept(offer_ids=offer_ids, operations=(operation,)))
        self.order = self.bench.orders_for(self.agent_id, ApplyOperation)[0]

    def report(self, state: OperationState = FINISHED, *, needs_answer: bool = True) -> None:
        """The agent says what became of the operation."""
        uuid = UuidValue(STATUS_UUID) if needs_answer else None
        status = OperationStatus(state=state, operation_id=self.order.operation.id, uuid=uuid)
        self.bench.say(
            self.agent_id,
            OperationUpdate(uuid=self.order.uuid, status=status, framework_id=self.framework_id),
        )

    def acknowledge(self, uuid: Uuid = STATUS_UUID, agent_id: AgentId | None = None) -> None:
        """The framework has taken it in."""
        call = AcknowledgeOperationStatus(uuid=uuid, operation_id=OperationId("o"), agent_id=agent_id or self.agent_id)
        self.bench.call(self.framework_id, call)

    def reconcile(self, *names: ReconcileOperation) -> list[OperationStatus]:
        """What the framework is told when it asks."""
        before = len(self.heard())
        self.bench.call(self.framework_id, ReconcileOperations(names))
        return self.heard()[before:]

    def heard(self) -> list[OperationStatus]:
        """What the framework was told of operations."""
        stream_id = self.bench.stream_of(self.framework_id)
        return [event.status for event in self.bench.heard(stream_id, UpdateOperationStatus)]

    @property
    def known(self) -> list[OperationState]:
        """Where the operations stand that the master knows."""
        agent = self.bench.master.state.agents[self.agent_id]
        return [record.latest_status.state for record in agent.operations.values()]

    def tally(self, name: str) -> int:
        """What the master counted."""
        return self.bench.master.state.tallies[name]


@pytest.fixture
def scene() -> Scene:
    """With feedback."""
    return Scene()


def test_a_report_is_passed_on_and_its_acknowledgement_ends_the_operation(scene: Scene) -> None:
    """The agent hears the acknowledgement, and the master forgets the operation."""
    scene.report()
    scene.acknowledge()

    (status,) = scene.heard()
    assert (FINISHED, "o", UuidValue(STATUS_UUID)) == (status.state, status.operation_id, status.uuid)
    assert scene.agent_id == status.agent_id
    (told,) = scene.bench.orders_for(scene.agent_id, AcknowledgeOperation)
    assert (scene.order.uuid, STATUS_UUID) == (told.uuid, told.status_uuid)
    assert [] == scene.known
    assert 1 == scene.tally("valid_operation_status_update_acknowledgements")
    assert 1 == scene.bench.master.state.operation_tallies[OperationType.RESERVE, FINISHED]


def test_a_repeated_report_is_counted_once_as_an_end(scene: Scene) -> None:
    """Both reach the framework, as the first may not have."""
    scene.report()
    scene.report()

    assert [FINISHED, FINISHED] == [status.state for status in scene.heard()]
    assert 1 == scene.bench.master.state.operation_tallies[OperationType.RESERVE, FINISHED]


def test_a_report_that_was_acknowledged_already_is_acknowledged_by_the_master(scene: Scene) -> None:
    """The acknowledgement got lost on the way to the agent; the framework need not say it twice."""
    scene.report()
    scene.acknowledge()
    scene.report()

    assert 2 == len(scene.bench.orders_for(scene.agent_id, AcknowledgeOperation))
    assert 1 == len(scene.heard())
    assert 1 == scene.tally("invalid_operation_status_updates")


def test_a_wrong_acknowledgement_is_counted_and_dropped(scene: Scene) -> None:
    """One with another uuid ends nothing."""
    scene.report()
    scene.acknowledge(Uuid(b"x" * 16))

    assert [FINISHED] == scene.known
    assert 1 == scene.tally("invalid_operation_status_update_acknowledgements")


def test_an_operation_without_an_id_is_told_to_nobody() -> None:
    """The master forgets it when the agent has done it."""
    scene = Scene(operation_id=None)
    scene.report(needs_answer=False)

    assert [] == scene.heard()
    assert [] == scene.known


def test_a_report_for_a_removed_framework_is_acknowledged_by_the_master(scene: Scene) -> None:
    """Nobody else ever would."""
    scene.bench.call(scene.framework_id, Teardown())
    scene.report()

    assert 1 == len(scene.bench.orders_for(scene.agent_id, AcknowledgeOperation))
    assert [] == scene.known


def test_what_waits_for_an_acknowledgement_ends_with_its_framework(scene: Scene) -> None:
    """The agent need not repeat it for ever."""
    scene.report()
    scene.bench.call(scene.framework_id, Teardown())

    assert 1 == len(scene.bench.orders_for(scene.agent_id, AcknowledgeOperation))
    assert [] == scene.known


def test_a_failed_operation_makes_the_agent_say_what_it_has(scene: Scene) -> None:
    """The books had the reservation already; the link ends, and the agent's own word is what counts then."""
    link_id = scene.bench.link_of(scene.agent_id)
    scene.report(OperationState.OPERATION_ERROR)
    scene.bench.break_link(scene.agent_id)
    info = evolve(scene.bench.agent_info(scene.agent_id), resources=parse_resources("cpus:4;mem:4096"))
    scene.bench.return_agent(info)

    assert "an operation failed on the agent" in scene.bench.closed[link_id]
    assert parse_resources("cpus:4;mem:4096") == scene.bench.master.state.agents[scene.agent_id].info.resources


def test_a_returning_agent_drops_what_it_never_heard_of(scene: Scene) -> None:
    """It is asked about the operation, says that it was dropped, and so does the framework hear."""
    scene.bench.break_link(scene.agent_id)
    info = evolve(scene.bench.agent_info(scene.agent_id), resources=parse_resources("cpus:4;mem:4096"))
    told = scene.bench.return_agent(info)
    scene.report(DROPPED, needs_answer=False)

    assert DropUnknown((scene.order.uuid,)) in told
    assert [DROPPED] == [status.state for status in scene.heard()]
    assert [] == scene.known


def test_a_new_leader_learns_operations_from_their_agents(scene: Scene) -> None:
    """An operation that is not acknowledged yet is found by reconciliation, and can be acknowledged."""
    operation = AgentOperation(
        uuid=scene.order.uuid,
        operation=scene.order.operation,
        status=OperationStatus(state=FINISHED, operation_id=OperationId("o"), uuid=UuidValue(STATUS_UUID)),
        framework_id=scene.framework_id,
    )
    later = MasterBench()
    link_id = later.register(scene.bench.agent_info(scene.agent_id), operations=(operation,))
    later.add_framework(
        make_framework("f", "r", capabilities="RESERVATION_REFINEMENT", id=scene.framework_id, failover_timeout=100)
    )
    scene.bench = later

    assert [FINISHED] == [status.state for status in scene.reconcile()]
    scene.acknowledge()
    assert [scene.order.uuid] == [one.uuid for one in later.orders[link_id] if isinstance(one, AcknowledgeOperation)]


def test_operations_of_an_unreachable_agent_are_told(scene: Scene) -> None:
    """Who asked for feedback hears that the operation is out of reach, and the same when it asks."""
    scene.bench.break_link(scene.agent_id)
    scene.bench.pass_time(80)
    asked = scene.reconcile(ReconcileOperation(operation_id=OperationId("o"), agent_id=scene.agent_id))

    assert [OperationState.OPERATION_UNREACHABLE] * 2 == [status.state for status in scene.heard()]
    assert ["Reconciliation: Agent is unreachable"] == [status.message for status in asked]


@pytest.mark.parametrize(
    ("agent", "state", "message"),
    [
        (None, "UNKNOWN", "Reconciliation: Operation is unknown and no 'agent_id' was provided"),
        ("theirs", "UNKNOWN", "Reconciliation: Operation is unknown"),
        ("nope", "UNKNOWN", "Reconciliation: Both operation and agent are unknown"),
        ("gone", "GONE_BY_OPERATOR", "Reconciliation: Agent marked gone by operator"),
        ("expected", "RECOVERING", "Reconciliation: Agent is recovered but has not re-registered"),
    ],
)
def test_an_unknown_operation_is_judged_by_its_agent(scene: Scene, agent: str | None, state: str, message: str) -> None:
    """Each answer names what is known of the agent."""
    scene.bench.master.state.gone[AgentId("gone")] = 1.0
    scene.bench.master.state.recovering.add(AgentId("expected"))
    agent_id = scene.agent_id if agent == "theirs" else None if agent is None else AgentId(agent)
    (status,) = scene.reconcile(ReconcileOperation(operation_id=OperationId("x"), agent_id=agent_id))

    assert (OperationState[f"OPERATION_{state}"], message) == (status.state, status.message)
    assert (agent_id, None) == (status.agent_id, status.uuid)


def test_all_operations_are_told_when_none_is_named(scene: Scene) -> None:
    """Each with where it stands, and without a uuid."""
    (status,) = scene.reconcile()

    assert (OperationState.OPERATION_PENDING, "o", None) == (status.state, status.operation_id, status.uuid)

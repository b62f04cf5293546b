"""Operators reserve resources and make volumes on what is free, or can be taken back from offers."""

from __future__ import annotations

import pytest

from fakes.master_bench import MasterBench, make_framework
from fakes.volumes import reserved, volume
from koinon_core.agent_link import ApplyOperation
from koinon_core.ids import AgentId
from koinon_core.operator_api import (
    CreateVolumes,
    DestroyVolumes,
    GrowVolume,
    OperatorWrite,
    ReserveResources,
    ShrinkVolume,
    UnreserveResources,
)
from koinon_core.resources import Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Rescind

AGENT = "cpus:4;mem:4096;disk:1000"


@pytest.fixture
def bench() -> MasterBench:
    """A master with one agent."""
    bench = MasterBench()
    bench.add_agent(AGENT)
    return bench


@pytest.fixture
def agent_id(bench: MasterBench) -> AgentId:
    """That agent."""
    (agent_id,) = bench.master.state.agents
    return agent_id


def ask_all(bench: MasterBench, *calls: OperatorWrite) -> list[int]:
    """The statuses of the answers."""
    return [answer[0] for call in calls if (answer := bench.ask(call)) is not None]


def test_a_volume_is_made_resized_and_undone(bench: MasterBench, agent_id: AgentId) -> None:
    """Each call is answered 202 and reaches the agent; in the end all is as it was."""
    (addition,) = reserved("disk:50", "r")
    statuses = ask_all(
        bench,
        ReserveResources(agent_id=agent_id, resources=reserved("disk:200", "r")),
        CreateVolumes(agent_id=agent_id, volumes=Resources((volume(100),))),
        GrowVolume(agent_id=agent_id, volume=volume(100), addition=addition),
        ShrinkVolume(agent_id=agent_id, volume=volume(150), subtract=Scalar.of(30)),
        DestroyVolumes(agent_id=agent_id, volumes=Resources((volume(120),))),
        UnreserveResources(agent_id=agent_id, resources=reserved("disk:200", "r")),
    )

    assert [202] * 6 == statuses
    assert 6 == len(bench.orders_for(agent_id, ApplyOperation))
    assert parse_resources(AGENT) == bench.master.state.agents[agent_id].info.resources


def test_what_is_not_there_is_a_conflict(bench: MasterBench, agent_id: AgentId) -> None:
    """The answer says what there is and what was wanted."""
    answer = bench.ask(ReserveResources(agent_id=agent_id, resources=reserved("cpus:5", "r")))

    assert (409, "cpus:4; mem:4096; disk:1000 does not contain cpus:5") == answer


def test_what_tasks_use_is_a_conflict(bench: MasterBench, agent_id: AgentId) -> None:
    """Offers can be taken back, tasks cannot; where that would not suffice no offer is taken back."""
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t", resources="cpus:2;mem:100")
    other = bench.add_framework()
    held = bench.offers(other)
    answer = bench.ask(ReserveResources(agent_id=agent_id, resources=reserved("cpus:3", "r")))

    assert answer is not None
    assert 409 == answer[0]
    assert held == bench.offers(other)


def test_as_few_offers_as_will_do_are_taken_back(bench: MasterBench, agent_id: AgentId) -> None:
    """Of two offers of one agent only the one with the reserved disk has to go."""
    assert [202] == ask_all(bench, ReserveResources(agent_id=agent_id, resources=reserved("cpus:1;disk:200", "r")))
    general = bench.add_framework(make_framework("g", "g", capabilities="RESERVATION_REFINEMENT"))
    holder = bench.add_framework(make_framework("h", "r", capabilities="RESERVATION_REFINEMENT"))
    assert [202] == ask_all(bench, CreateVolumes(agent_id=agent_id, volumes=Resources((volume(100),))))

    assert [] == bench.heard(bench.stream_of(general), Rescind)
    assert 1 == len(bench.heard(bench.stream_of(holder), Rescind))


def test_free_resources_cost_nobody_an_offer(bench: MasterBench, agent_id: AgentId) -> None:
    """What nobody is offered is used first."""
    framework_id = bench.add_framework(make_framework("g", "g", capabilities="RESERVATION_REFINEMENT"))
    assert [202] == ask_all(bench, ReserveResources(agent_id=agent_id, resources=reserved("disk:200", "r")))
    rescinded = len(bench.heard(bench.stream_of(framework_id), Rescind))
    assert [202] == ask_all(bench, CreateVolumes(agent_id=agent_id, volumes=Resources((volume(100),))))

    assert rescinded == len(bench.heard(bench.stream_of(framework_id), Rescind))


def test_an_unknown_agent_is_named_so(bench: MasterBench) -> None:
    """As Mesos says it."""
    answer = bench.ask(UnreserveResources(agent_id=AgentId("nope"), resources=reserved("cpus:1", "r")))

    assert (400, "No agent found with specified ID") == answer


def test_an_invalid_operation_is_refused_in_words(bench: MasterBench, agent_id: AgentId) -> None:
    """The answer names the operation, the agent and the problem."""
    status, text = bench.ask(ReserveResources(agent_id=agent_id, resources=parse_resources("cpus:1"))) or (0, "")

    assert 400 == status
    assert text.startswith(f"Invalid RESERVE operation on agent {agent_id} at slave(1)@127.0.0.1:")
    assert text.endswith(": Resource cpus:1 is not dynamically reserved")


def test_a_reservation_can_change_hands(bench: MasterBench, agent_id: AgentId) -> None:
    """With its source named, what was reserved for one role is reserved for another; amounts must agree."""
    one, other = reserved("disk:100", "one"), reserved("disk:100", "other")
    statuses = ask_all(
        bench,
        ReserveResources(agent_id=agent_id, resources=one),
        ReserveResources(agent_id=agent_id, source=one, resources=other),
        ReserveResources(agent_id=agent_id, source=other, resources=reserved("disk:50", "one")),
    )

    assert [202, 202, 400] == statuses
    assert other in bench.master.state.agents[agent_id].info.resources

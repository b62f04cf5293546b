"""What became of offers: with how, when, until when and why."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, launch, make_framework, make_task
from fakes.ui_bench import UiBench
from koinon_core.ids import AgentId, FrameworkId, OfferId
from koinon_core.offers import Create, Filters, Operation, OperationType, Reserve
from koinon_core.operator_api import DeactivateAgent, MarkAgentGone, ReserveResources, UpdateWeights
from koinon_core.quota import WeightInfo
from koinon_core.resources import Reservation, ReservationType, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Accept, Decline, Teardown
from koinon_master.config import MasterConfig
from koinon_master.offer_history import EndedOffer, OfferHistory, OfferOutcome, describe_operation


def make_bench(**flags: Any) -> tuple[MasterBench, FrameworkId, AgentId]:
    """A framework that holds one offer of the only agent."""
    bench = MasterBench(MasterConfig(registry="in_memory", **flags))
    agent_id = bench.add_agent()
    return bench, bench.add_framework(make_framework("f", "web", failover_timeout=60.0)), agent_id


def ends(bench: MasterBench) -> list[tuple[str, str | None]]:
    """How offers ended and why, the oldest first."""
    return [(one.outcome.value, one.why) for one in bench.master.state.offer_history]


def test_a_declined_offer_says_until_when() -> None:
    """As long as the filter holds; made and ended are when it was made and answered."""
    bench, framework_id, _ = make_bench()
    (offer,) = bench.offers(framework_id)
    bench.now += 3
    bench.call(framework_id, Decline(offer_ids=(offer.id,), filters=Filters(600.0)))
    (found,) = bench.master.state.offer_history

    assert (offer.id, 1000.0, 1003.0) == (found.held.offer.id, found.held.made, found.ended)
    assert (OfferOutcome.DECLINED, 1603.0, None) == (found.outcome, found.refused_until, found.why)


def test_an_accepted_offer_says_what_was_done_with_it() -> None:
    """In words, and until when what was left is not offered again."""
    bench, framework_id, _ = make_bench()
    bench.launch(framework_id, "t1", "t2")
    (found,) = bench.master.state.offer_history

    assert (OfferOutcome.ACCEPTED, ("LAUNCH t1, t2",)) == (found.outcome, found.operations)
    assert 1000.0 + 365 * 86400 == found.refused_until


def test_an_offer_that_was_used_up_has_no_filter() -> None:
    """Nothing was left to be refused."""
    bench, framework_id, _ = make_bench()
    bench.launch(framework_id, "t1", resources="cpus:4;mem:4096;ports:[31000-31009]")

    assert [None] == [one.refused_until for one in bench.master.state.offer_history]


def test_offers_accepted_in_vain_say_why() -> None:
    """One of two was gone already: nothing is launched on the other."""
    bench, framework_id, agent_id = make_bench()
    (offer,) = bench.offers(framework_id)
    call = Accept(offer_ids=(offer.id, OfferId("nobody's")), operations=(launch(make_task("t1", agent_id)),))
    bench.call(framework_id, call)

    assert [("accepted", "Offer nobody's is no longer valid")] == ends(bench)


def test_offers_that_time_out_are_told_from_those_taken_back() -> None:
    """--offer_timeout is named."""
    bench, _, _ = make_bench(offer_timeout=30.0)
    bench.pass_time(31.0)

    assert [("expired", "it was not answered within --offer_timeout, 30 seconds")] == ends(bench)


def test_offers_go_with_their_agents() -> None:
    """Each way of going has its words."""
    causes = []
    for goes in ("break", "deactivate", "gone"):
        bench, _, agent_id = make_bench()
        if goes == "break":
            bench.break_link(agent_id)
        else:
            bench.ask(DeactivateAgent(agent_id) if goes == "deactivate" else MarkAgentGone(agent_id))
        causes += ends(bench)

    assert [
        ("withdrawn", "the agent's link broke"),
        ("withdrawn", "the agent was deactivated"),
        ("withdrawn", "an operator marks the agent gone"),
    ] == causes


def test_offers_go_with_their_frameworks() -> None:
    """It broke off, subscribed over a second stream, or ended."""
    causes = []
    for goes in ("break", "again", "end"):
        bench, framework_id, _ = make_bench()
        if goes == "break":
            bench.leave(framework_id)
        elif goes == "again":
            bench.subscribe(make_framework("f", "web", failover_timeout=60.0, id=framework_id))
        else:
            bench.call(framework_id, Teardown())
        causes += ends(bench)

    assert [
        ("withdrawn", "the framework's stream ended"),
        ("withdrawn", "the framework subscribed anew"),
        ("withdrawn", "the framework ended"),
    ] == causes


def test_offers_taken_back_by_operators_say_what_for() -> None:
    """Weights and reservations."""
    (kept,) = parse_resources("cpus(db):1")
    dynamic = evolve(kept.kind, reservations=(Reservation(role="db", type=ReservationType.DYNAMIC),))
    weighed, _, _ = make_bench()
    weighed.ask(UpdateWeights(weight_infos=(WeightInfo(role="web", weight=2.0),)))
    reserved, _, agent_id = make_bench()
    reserved.ask(ReserveResources(agent_id=agent_id, resources=Resources((Resource(dynamic, kept.value),))))

    assert [("rescinded", "weights changed: web")] == ends(weighed)
    assert [("rescinded", "an operator's RESERVE needed what it held")] == ends(reserved)


def test_the_history_is_a_ring() -> None:
    """It keeps the newest, and knows how many there ever were; who was away gets what is left of what he missed."""
    bench, _, _ = make_bench()
    (held,) = bench.master.state.offers.values()
    history = OfferHistory(3)
    for number in range(5):
        history.note(EndedOffer(held, float(number), OfferOutcome.DECLINED))

    assert ([2.0, 3.0, 4.0], 5) == ([one.ended for one in history], history.count)
    assert [4.0] == [one.ended for one in history.since(4)]
    assert [2.0, 3.0, 4.0] == [one.ended for one in history.since(0)]
    assert [] == history.since(5)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (launch(*(make_task(f"t{n}", AgentId("a")) for n in range(7))), "LAUNCH t0, t1, t2, t3, t4 and 2 more"),
        (
            Operation(type=OperationType.RESERVE, reserve=Reserve(resources=parse_resources("cpus(db):1;mem(db):64"))),
            "RESERVE cpus(db):1; mem(db):64",
        ),
        (
            Operation(type=OperationType.CREATE, create=Create(volumes=parse_resources("disk(db):5"))),
            "CREATE disk(db):5",
        ),
        (Operation(type=OperationType.LAUNCH), "LAUNCH"),
        (Operation(), "UNKNOWN"),
    ],
)
def test_operations_are_described_in_words(operation: Operation, words: str) -> None:
    """The name, and which tasks or how much; malformed ones as far as they go."""
    assert words == describe_operation(operation)


def test_rows_of_answers_follow_the_ring() -> None:
    """What is remembered no more has no row."""
    bench, framework_id, _ = make_bench()
    bench.master.state.offer_history.__init__(2)  # type: ignore[misc]
    ui = UiBench(bench)
    seen = []
    for _ in range(4):
        (offer,) = bench.offers(framework_id)
        bench.call(framework_id, Decline(offer_ids=(offer.id,), filters=Filters(0.0)))
        bench.pass_time(2.0)
        seen.append(sorted(ui.rows("answers")))

    assert [["m-O0"], ["m-O0", "m-O1"], ["m-O1", "m-O2"], ["m-O2", "m-O3"]] == seen

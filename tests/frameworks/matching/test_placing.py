"""Several tasks on several offers: which offer a strategy chooses, what is taken, why a task finds no place."""

from collections.abc import Sequence
from random import Random
from typing import Any

import attrs
import pytest

from koinon_core.agents import DomainInfo, FaultDomain, RegionInfo, Unavailability, ZoneInfo
from koinon_core.containers import TimeInfo
from koinon_core.errors import InvalidValue
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Resource, Resources, ranges, scalar
from koinon_core.scalars import Scalar
from koinon_core.tasks import ExecutorInfo
from koinon_frameworks.matching import (
    BestFit,
    Constraint,
    FirstFit,
    Operator,
    Placement,
    PlacementPlan,
    PlacingRules,
    RefusalReason,
    Room,
    Spread,
    Strategy,
    WantedTask,
    place,
)


def make_offer(name: str, *resources: Resource, zone: str = "z", **fields: Any) -> Offer:
    """An offer of an agent of the same name."""
    fault_domain = FaultDomain(region=RegionInfo("here"), zone=ZoneInfo(zone))
    return Offer(
        id=OfferId(name),
        framework_id=FrameworkId("F"),
        agent_id=AgentId(name),
        hostname=name,
        domain=DomainInfo(fault_domain),
        resources=Resources(resources),
        **fields,
    )


def sized(name: str, cpus: float, mem: float = 4000, **fields: Any) -> Offer:
    """An offer of so much."""
    return make_offer(name, scalar("cpus", cpus), scalar("mem", mem), **fields)


def want(name: str, count: int = 1, **needs: Any) -> list[WantedTask]:
    """Tasks of one group."""
    return [WantedTask(name=name, task_id=TaskId(f"{name}.{n}"), **{"mem": 1.0} | needs) for n in range(count)]


def landed(plan: PlacementPlan) -> dict[str, list[str]]:
    """Task ids by offer, without the offers that are not used."""
    return {each.offer.id: [task.task_id for task in each.tasks] for each in plan.offers if each.launches}


def by(strategy: Strategy) -> PlacingRules:
    return PlacingRules(strategy=strategy)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (FirstFit(), {"big": ["web.0", "web.1"]}),
        (BestFit(), {"snug": ["web.0"], "middle": ["web.1"]}),
        (Spread(), {"big": ["web.0"], "snug": ["web.1"]}),
    ],
)
def test_a_strategy_chooses_among_offers(strategy: Strategy, expected: dict[str, list[str]]) -> None:
    """The first that comes, the one of which least is left, or the agent where fewest of them run."""
    offers = (sized("big", 8), sized("snug", 1, 10), sized("middle", 2, 100))

    assert expected == landed(place(want("web", 2, cpus=1.0), offers, rules=by(strategy)))


def test_spread_over_zones_counts_what_runs_already() -> None:
    """The zone that holds fewest comes first, and within it the agent that does."""
    offers = tuple(sized(name, 8, zone=name[0]) for name in ("a1", "a2", "b1", "b2"))
    running = [Placement(hostname="b1", zone="b"), Placement(hostname="b1", zone="b")]
    plan = place(want("web", 4, cpus=1.0), offers, {"web": running}, by(Spread("@zone")))

    assert {"a1": ["web.0", "web.3"], "a2": ["web.1"], "b2": ["web.2"]} == landed(plan)


def test_a_strategy_of_ones_own_leaves_offers_out() -> None:
    """Whoever ranks may leave an offer out; that is a reason like any other."""

    class NoLaptops:
        def rank(self, _wanted: WantedTask, rooms: Sequence[Room], _placed: Sequence[Placement], /) -> Sequence[Room]:
            return [room for room in rooms if not room.offer.hostname.startswith("laptop")]

    plan = place(want("web", 2, cpus=1.0), (sized("laptop1", 8), sized("server1", 1)), rules=by(NoLaptops()))

    assert {"server1": ["web.0"]} == landed(plan)
    assert ["the strategy leaves this offer out"] == list(map(str, plan.unplaced[0].refusals[OfferId("laptop1")]))


def test_every_reason_of_every_offer_is_told_and_counted() -> None:
    """An offer counts under its first reason in the order of Marathon's funnel, and tells all the others."""
    offers = (sized("a", 1), sized("b", 1, 10), sized("c", 8, 10))
    unplaced = place(want("web", cpus=2.0, mem=100.0), offers).unplaced[0]

    assert [(RefusalReason.INSUFFICIENT_CPUS, 2), (RefusalReason.INSUFFICIENT_MEMORY, 1)] == unplaced.counts()
    assert ["cpus: 2 wanted, 1 offered", "mem: 100 MiB wanted, 10 MiB offered"] == [
        str(refusal) for refusal in unplaced.refusals[OfferId("b")]
    ]
    assert "2 of 3 offers: cpus: 2 wanted, 1 offered; 1 of 3 offers: mem: 100 MiB wanted, 10 MiB offered" == str(
        unplaced
    )


def test_without_offers_that_is_the_reason() -> None:
    """A plan of nothing says so."""
    assert "nothing is offered" == str(place(want("web"), ()).unplaced[0])


def test_who_fits_nowhere_keeps_nobody_waiting() -> None:
    """The one behind is placed; the offer that starts nothing is named, to be declined."""
    plan = place(want("big", cpus=9.0) + want("small", cpus=1.0), (sized("a", 1), sized("b", 1)))

    assert {"a": ["small.0"]} == landed(plan)
    assert ("b",) == plan.unused
    assert ["big.0"] == [each.wanted.task_id for each in plan.unplaced]


def test_constraints_count_those_that_run_and_those_of_the_plan() -> None:
    """UNIQUE keeps a third off the agent where one ran and off the one where the second was just put."""
    unique = (Constraint("hostname", Operator.UNIQUE),)
    placed = {"web": [Placement(hostname="a")]}
    plan = place(want("web", 2, cpus=1.0, constraints=unique), (sized("a", 8), sized("b", 8)), placed)

    assert {"b": ["web.0"]} == landed(plan)
    assert ["hostname UNIQUE: an instance already runs on b, a has 1, b has 1"] == list(
        map(str, plan.unplaced[0].refusals[OfferId("b")])
    )


def test_a_group_is_counted_together() -> None:
    """Tasks of different names are one group where they say so."""
    unique = (Constraint("hostname", Operator.UNIQUE),)
    tasks = want("red", constraints=unique, group="paint") + want("blue", constraints=unique, group="paint")
    plan = place(tasks, (sized("a", 8),))

    assert {"a": ["red.0"]} == landed(plan)


def test_named_ports_and_any_ports() -> None:
    """What is named is taken as it is and never given by chance; the launch says which it got, in order."""
    offer = make_offer("a", scalar("cpus", 8), scalar("mem", 100), ranges("ports", (31000, 31002)))
    plan = place(want("web", host_ports=(31000,), ports=1) + want("api", host_ports=(31000,)), (offer,))

    assert [(31000, 31001)] == [launch.ports for launch in plan.launches]
    assert ["host port 31000 is not offered"] == list(map(str, plan.unplaced[0].refusals[OfferId("a")]))


def test_dynamic_ports_are_spread_by_the_dice() -> None:
    """With an `rng` a task seldom gets the lowest; the same seed gives the same ports."""
    offer = make_offer("a", scalar("cpus", 8), scalar("mem", 100), ranges("ports", (31000, 31999)))
    one, other, same = (place(want("web", ports=3), (offer,), rng=Random(seed)).launches[0] for seed in (1, 2, 1))

    assert one.ports == same.ports
    assert one.ports != other.ports
    assert 3 == len(one.task.resources.ranges("ports"))


def test_only_of_the_roles_that_are_accepted() -> None:
    """What is reserved for others of the role's path, or free to all, stays where a task wants its own only."""
    mixed = make_offer("a", scalar("cpus", 4), scalar("mem", 64), scalar("cpus", 1, role="web"))
    own = want("own", cpus=1.0, mem=0.0, accepted_roles=frozenset({"web"}))
    plan = place(own + want("more", cpus=1.0, mem=0.0, accepted_roles=frozenset({"web"})), (mixed,))

    assert Resources((scalar("cpus", 1, role="web"),)) == plan.launches[0].task.resources
    assert ["nothing is offered for role web"] == list(map(str, plan.unplaced[0].refusals[OfferId("a")]))


def test_only_offers_to_its_role() -> None:
    """A framework of two roles keeps their tasks apart."""
    offers = (
        sized("a", 1, allocation_info=AllocationInfo("ops")),
        sized("b", 1, allocation_info=AllocationInfo("web")),
    )

    assert {"b": ["site.0"]} == landed(place(want("site", cpus=1.0, role="web"), offers))


def test_agents_that_are_to_be_away_and_agents_with_gpus_are_left_alone() -> None:
    """Where the rules say so; else neither keeps a task away."""
    away = sized("away", 1, unavailability=Unavailability(start=TimeInfo.of_seconds(1000)))
    rich = make_offer("rich", scalar("cpus", 1), scalar("mem", 10), scalar("gpus", 1))
    rules = PlacingRules(now=995.0, draining_seconds=10.0, keeps_gpus=True)
    strict = place(want("web", cpus=1.0), (away, rich), rules=rules).unplaced[0]

    assert [RefusalReason.AGENT_MAINTENANCE, RefusalReason.DECLINED_SCARCE_RESOURCES] == [
        each[0].reason for each in strict.refusals.values()
    ]
    assert {"away": ["web.0"], "rich": ["web.1"]} == landed(place(want("web", 2, cpus=1.0), (away, rich)))


def test_an_executor_takes_its_part_once_an_agent() -> None:
    """The first of its tasks on an agent pays for it, unless it runs there; one that finds no room is refused."""
    executor = ExecutorInfo(executor_id=ExecutorId("e"), resources=Resources((scalar("cpus", 0.5),)))
    tasks = want("map", 4, cpus=1.0, executor=executor)
    new, known = sized("new", 2.5), sized("known", 1, executor_ids=(ExecutorId("e"),))
    plan = place(tasks, (new, known))

    assert {"new": ["map.0", "map.1"], "known": ["map.2"]} == landed(plan)
    assert [Scalar(), Scalar()] == [each.leftover.scalar("cpus") for each in plan.offers]


def test_an_executor_that_finds_no_room_is_a_reason() -> None:
    """What it lacks is told beside what the task lacks once the executor has its part."""
    executor = ExecutorInfo(executor_id=ExecutorId("e"), resources=Resources((scalar("cpus", 0.5),)))
    unplaced = place(want("map", cpus=1.0, executor=executor), (sized("half", 1.25), sized("none", 0.25))).unplaced[0]

    assert {
        "half": ["cpus: 1 wanted, 0.75 offered"],
        "none": ["cpus: 1 wanted, 0 offered", "cpus:0.5 wanted for the executor, cpus:0.25 offered"],
    } == {offer_id: list(map(str, refusals)) for offer_id, refusals in unplaced.refusals.items()}


def test_resources_of_an_executor_are_of_the_role_they_are_offered_to() -> None:
    """An offer marks what it holds with its role; the executor's own is taken of that."""
    executor = ExecutorInfo(executor_id=ExecutorId("e"), resources=Resources((scalar("cpus", 0.5),)))
    offer = sized("a", 2, allocation_info=AllocationInfo("web"))
    marked = attrs.evolve(offer, resources=offer.resources.allocated_to("web"))
    plan = place(want("map", cpus=1.0, executor=executor), (marked,))

    assert Scalar.of(0.5) == plan.offers[0].leftover.scalar("cpus")


@pytest.mark.parametrize(
    ("field", "value"),
    [("cpus", -1.0), ("mem", float("nan")), ("ports", -1), ("host_ports", (0,)), ("host_ports", (80, 80))],
)
def test_what_can_be_no_task_is_refused_by_name(field: str, value: Any) -> None:
    """A task is valid from birth, and the error names the field."""
    with pytest.raises(InvalidValue) as refused:
        want("web", **{field: value})

    assert field in str(refused.value)

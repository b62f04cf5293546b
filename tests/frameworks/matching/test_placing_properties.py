"""What holds of every plan, whatever is offered and wanted: nothing is given twice, and every promise is kept."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_core.attributes import parse_attributes
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId
from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Resources, ranges, scalar
from koinon_frameworks.matching import (
    BestFit,
    Constraint,
    FirstFit,
    Operator,
    Placement,
    PlacementPlan,
    PlacingRules,
    Spread,
    Strategy,
    WantedTask,
    check,
    place,
    placement_of,
)

pytestmark = pytest.mark.slow

STRATEGIES: tuple[Strategy, ...] = (FirstFit(), BestFit(), Spread(), Spread("rack"))
CONSTRAINTS = (
    (),
    (Constraint("hostname", Operator.UNIQUE),),
    (Constraint("rack", Operator.MAX_PER, "2"),),
    (Constraint("rack", Operator.GROUP_BY, "2"),),
    (Constraint("rack", Operator.CLUSTER), Constraint("hostname", Operator.MAX_PER, "1")),
)
AMOUNTS = st.sampled_from((0.0, 0.1, 0.3, 0.5, 1.0, 1.25, 2.0))


@st.composite
def make_offer(draw: st.DrawFn, number: int) -> Offer:
    """An agent with something free, some of it reserved, and a few ports."""
    begin = draw(st.integers(31000, 31004))
    resources = (
        scalar("cpus", draw(AMOUNTS)),
        scalar("cpus", draw(AMOUNTS), role="web"),
        scalar("mem", draw(st.integers(0, 200))),
        ranges("ports", (begin, begin + draw(st.integers(0, 3)))),
    )
    return Offer(
        id=OfferId(f"o{number}"),
        framework_id=FrameworkId("F"),
        agent_id=AgentId(f"a{number}"),
        hostname=f"h{draw(st.integers(0, 3))}",
        attributes=parse_attributes(f"rack:r{draw(st.integers(1, 3))}"),
        resources=Resources(resources),
    )


@st.composite
def make_task(draw: st.DrawFn, number: int) -> WantedTask:
    """A small task of one of two groups."""
    return WantedTask(
        name=draw(st.sampled_from(("web", "db"))),
        task_id=TaskId(f"t{number}"),
        cpus=draw(AMOUNTS),
        mem=float(draw(st.integers(0, 100))),
        ports=draw(st.integers(0, 2)),
        host_ports=draw(st.sampled_from(((), (), (31001,), (31002, 31003)))),
        constraints=draw(st.sampled_from(CONSTRAINTS)),
        accepted_roles=draw(st.sampled_from((None, frozenset({"*"}), frozenset({"web"})))),
    )


OFFERS = st.integers(0, 5).flatmap(lambda count: st.tuples(*map(make_offer, range(count))))
TASKS = st.integers(0, 8).flatmap(lambda count: st.tuples(*map(make_task, range(count))))
RACKS = st.lists(st.sampled_from(("r1", "r2", "r3")), max_size=3)


def total(plan: PlacementPlan) -> Resources:
    """All that a plan takes."""
    return sum((task.resources for each in plan.offers for task in each.tasks), NOTHING)


@given(OFFERS, TASKS, st.sampled_from(STRATEGIES), st.none() | st.integers(0, 9))
def test_what_is_taken_and_what_is_left_is_what_was_offered(
    offers: tuple[Offer, ...], tasks: tuple[WantedTask, ...], strategy: Strategy, seed: int | None
) -> None:
    """Of each offer, to the thousandth and the port: so nothing is given twice, and never more than is there."""
    rng = None if seed is None else Random(seed)
    plan = place(tasks, offers, rules=PlacingRules(strategy=strategy), rng=rng)

    for offer, filled in zip(offers, plan.offers, strict=True):
        ports = [port for launch in filled.launches for port in launch.ports]
        taken = sum((task.resources for task in filled.tasks), NOTHING)
        assert offer.resources == taken + filled.leftover
        assert len(ports) == len(set(ports))
        assert set(ports) == set(taken.ranges("ports"))


@given(OFFERS, TASKS, st.sampled_from(STRATEGIES))
def test_each_task_is_placed_once_or_has_a_reason_for_each_offer(
    offers: tuple[Offer, ...], tasks: tuple[WantedTask, ...], strategy: Strategy
) -> None:
    """With all it asked for; nobody is forgotten."""
    plan = place(tasks, offers, rules=PlacingRules(strategy=strategy))
    launched = {launch.wanted.task_id: launch for launch in plan.launches}
    unplaced = {each.wanted.task_id: each for each in plan.unplaced}

    assert {task.task_id for task in tasks} == launched.keys() | unplaced.keys()
    assert set() == launched.keys() & unplaced.keys()
    for launch in launched.values():
        assert dict(launch.wanted.scalars()) == {
            name: amount / 1000 for name, amount in launch.task.resources.thousandths.items()
        }
        assert len(launch.wanted.host_ports) + launch.wanted.ports == len(launch.ports)
        assert launch.wanted.host_ports == launch.ports[: len(launch.wanted.host_ports)]
    for each in unplaced.values():
        assert [offer.id for offer in offers] == list(each.refusals)
        assert all(each.refusals.values())


@given(OFFERS, TASKS, st.sampled_from(STRATEGIES), RACKS)
def test_each_task_keeps_its_constraints_given_those_before(
    offers: tuple[Offer, ...], tasks: tuple[WantedTask, ...], strategy: Strategy, racks: list[str]
) -> None:
    """Judged anew in the order of the tasks, with what ran before the plan."""
    running = [Placement(hostname="h0", attributes=parse_attributes(f"rack:{rack}")) for rack in racks]
    plan = place(tasks, offers, {"web": running}, PlacingRules(strategy=strategy))
    agents = {launch.wanted.task_id: launch.task.agent_id for launch in plan.launches}
    places = {offer.agent_id: placement_of(offer) for offer in offers}
    before: dict[str, list[Placement]] = {"web": list(running), "db": []}

    for task in tasks:
        if task.task_id in agents:
            here = places[agents[task.task_id]]
            assert check(task.constraints, here, before[task.name]) is None
            before[task.name].append(here)


@settings(max_examples=40)
@given(OFFERS, TASKS)
def test_what_first_fit_places_alone_every_strategy_places(
    offers: tuple[Offer, ...], tasks: tuple[WantedTask, ...]
) -> None:
    """A single task that fits on some offer finds one, whoever chooses."""
    for task in tasks:
        alone = {
            offer.id for offer in offers if place((task,), (offer,), rules=PlacingRules(strategy=FirstFit())).launches
        }
        for strategy in STRATEGIES:
            plan = place((task,), offers, rules=PlacingRules(strategy=strategy))
            used = {each.offer.id for each in plan.offers if each.launches}
            assert bool(alone) == bool(used)
            assert used <= alone


@settings(max_examples=40)
@given(OFFERS, TASKS)
def test_best_fit_leaves_no_offer_fuller_than_need_be(offers: tuple[Offer, ...], tasks: tuple[WantedTask, ...]) -> None:
    """For each single task: no other offer that does would keep a smaller part of what is offered in all."""
    whole = sum((offer.resources for offer in offers), NOTHING).thousandths

    def kept(leftover: Resources) -> float:
        return max((amount / whole[name] for name, amount in leftover.thousandths.items()), default=0.0)

    for task in tasks:
        plan = place((task,), offers, rules=PlacingRules(strategy=BestFit()))
        others = [place((task,), (offer,)).offers[0] for offer in offers]
        for chosen in (each for each in plan.offers if each.launches):
            assert kept(chosen.leftover) <= min(kept(one.leftover) for one in others if one.launches) + 1e-9

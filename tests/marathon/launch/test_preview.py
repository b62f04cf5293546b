"""Where instances would land, before anything is launched."""

from random import Random

import pytest

from koinon_core.resources import Resources, scalar
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.refusals import RefusalReason
from koinon_marathon.launch import preview
from koinon_marathon.launch.preview import Landing, Preview
from support.marathon_world import World, make_app


def look(world: World, *wanted: tuple[object, int]) -> list[Landing]:
    """Place these on all that is free."""
    offers = [world.make_offer(machine) for machine in world.machines.values()]
    shared = Preview(world.marathon.state, offers, world.now, Random(1))
    return [shared.place(app, count) for app, count in wanted]  # type: ignore[arg-type]


def test_instances_spread_in_turns() -> None:
    """As they would when all agents are offered at once."""
    (landing,) = look(World(agents=2), (make_app(), 3))

    assert ({"a0": 2, "a1": 1}, {}) == (landing.agents, landing.refusals)


def test_what_one_app_takes_another_does_not_get() -> None:
    """And the one that is left out says why, agent by agent."""
    first, second = look(World(agents=1), (make_app("/a", cpus=3.0), 1), (make_app("/b", cpus=2.0), 1))

    assert {"a0": 1} == first.agents
    assert (0, {"a0": RefusalReason.INSUFFICIENT_CPUS}) == (
        second.placed,
        {agent: refusals[0].reason for agent, refusals in second.refusals.items()},
    )
    assert "cpus: 2 wanted, 1 offered" == second.refusals[next(iter(second.refusals))][0].message


def test_running_instances_count_for_constraints() -> None:
    """A third instance of a UNIQUE app finds both agents taken."""
    world = World(agents=2)
    world.post(make_app(instances=2, constraints=(Constraint("hostname", Operator.UNIQUE),)))
    world.work()

    (landing,) = look(world, (world.app(), 1))

    assert {RefusalReason.UNFULFILLED_CONSTRAINT} == {each[0].reason for each in landing.refusals.values()}


def test_looking_changes_nothing() -> None:
    """Nothing waits, nothing is stored or sent."""
    world = World(agents=1)
    world.effects.clear()

    look(world, (make_app(), 3))

    assert ([], []) == (world.effects, world.instances())


def test_look_ends_however_much_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it did not try all."""
    world = World(agents=1)
    next(iter(world.machines.values())).total = Resources((scalar("cpus", 1000), scalar("mem", 1_000_000)))
    monkeypatch.setattr(preview, "MATCHES_PER_PREVIEW", 10)

    (landing,) = look(world, (make_app(port_definitions=()), 50))

    assert (10, True) == (landing.placed, landing.is_cut)

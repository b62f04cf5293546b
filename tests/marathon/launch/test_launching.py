"""Which app launches on which offer, and what is said of those that don't (marathon-semantics 9, 10, 12)."""

from collections import Counter

import pytest

from koinon_core.resources import Resources, scalar
from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.refusals import RefusalReason
from koinon_marathon.definition.apps import UnreachableStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.events import AgentLost
from koinon_marathon.instructions import Revive, Suppress
from koinon_marathon.options import Options
from support.marathon_world import World, make_app

WEB = PathId("/web")


def racks(*names: str) -> World:
    """One agent a name, in the rack of that name."""
    world = World(agents=0)
    for number, name in enumerate(names):
        world.add_agent(f"r{number}", attributes=f"rack:{name}")
    return world


def spread(world: World) -> dict[str, int]:
    """How many instances of the app each rack holds."""
    placements = [one.task.placement for one in world.instances() if one.task is not None]
    return dict(Counter(str(place.text_of("rack")) for place in placements))


def test_app_too_big_for_any_agent_says_why_for_each() -> None:
    """What is wanted and what is offered, agent by agent."""
    world = World(agents=2)
    world.post(make_app(cpus=64.0, mem=9000.0))

    world.offer()

    figures = world.marathon.state.statistics.of(WEB)
    assert {"a0", "a1"} == set(figures.last_unused)
    assert ("cpus: 64 wanted, 4 offered", "mem: 9000 MiB wanted, 4096 MiB offered") == tuple(
        refusal.message for refusal in next(iter(figures.last_unused.values())).refusals
    )
    assert 2 == figures.refused_first[RefusalReason.INSUFFICIENT_CPUS]


def test_lost_agent_explains_nothing() -> None:
    """What it could not do is forgotten."""
    world = World(agents=1)
    world.post(make_app(cpus=64.0))
    world.offer()

    world.send(AgentLost(next(iter(world.machines))))

    assert {} == world.marathon.state.statistics.of(WEB).last_unused


def test_offer_is_filled_up_and_the_rest_waits() -> None:
    """Several apps share one offer; what does not fit waits for another."""
    world = World(agents=1)
    world.post(make_app("/a", cpus=1.0, instances=3), make_app("/b", cpus=1.0, instances=3))

    world.offer()

    launched = len(world.task_ids("/a")) + len(world.task_ids("/b"))
    assert 4 == launched
    assert {1, 2, 3} >= {len(world.task_ids("/a")), len(world.task_ids("/b"))}


def test_limit_of_launches_on_one_offer() -> None:
    """`--max_instances_per_offer` still means what it says."""
    world = World(agents=1, options=Options(max_instances_per_offer=5))
    world.post(make_app(instances=9, cpus=0.01))

    world.offer()

    assert 5 == len(world.task_ids())


def test_unique_takes_one_an_agent() -> None:
    """The third instance waits and says that both hosts are taken."""
    world = World(agents=2)
    world.post(make_app(instances=3, constraints=(Constraint("hostname", Operator.UNIQUE),)))

    world.work()

    assert 2 == len({one.task.placement.hostname for one in world.instances() if one.task})
    assert ["Running", "Running", "Scheduled"] == world.conditions()
    unused = world.marathon.state.statistics.of(WEB).last_unused.values()
    assert all("an instance already runs on" in str(each.refusals[0].message) for each in unused)


@pytest.mark.parametrize("order", [("r0", "r1", "r2"), ("r2", "r0", "r1")])
def test_group_by_evens_out_over_offers_of_one_event(order: tuple[str, ...]) -> None:
    """An offer that had to wait for the others' launches is used all the same."""
    world = racks("one", "two", "three")
    world.post(make_app(instances=7, constraints=(Constraint("rack", Operator.GROUP_BY, "3"),)))

    world.offer(*order)

    assert [2, 2, 3] == sorted(spread(world).values())


def test_group_by_revives_for_what_had_to_wait() -> None:
    """Offers that come one by one: each launch asks for those that were refused again."""
    world = racks("one", "two")
    world.post(make_app(instances=4, constraints=(Constraint("rack", Operator.GROUP_BY, "2"),)))

    for _ in range(4):
        world.effects.clear()
        world.offer("r0")
        world.sleep(1)
        world.offer("r1")
        world.sleep(1)

    assert {"one": 2, "two": 2} == spread(world)


def test_freed_place_is_used() -> None:
    """UNIQUE on one agent: the waiting instance launches once the other is over."""
    world = World(agents=1)
    world.post(make_app(instances=2, constraints=(Constraint("hostname", Operator.UNIQUE),)))
    world.work()
    world.effects.clear()

    world.update("/web", instances=1, force=True)
    world.work()

    assert ["Running"] == world.conditions()


def test_max_per_and_cluster() -> None:
    """At most two an agent; all on the rack of the first."""
    world = racks("one", "two")
    world.post(
        make_app(instances=6, constraints=(Constraint("rack", Operator.MAX_PER, "2"),)),
        make_app("/db", instances=3, constraints=(Constraint("rack", Operator.CLUSTER),)),
    )

    world.work()

    assert {"one": 2, "two": 2} == spread(world)
    assert 1 == len({one.task.placement.text_of("rack") for one in world.instances("/db") if one.task})


def test_host_ports_do_not_collide() -> None:
    """Every task on an agent has its own."""
    world = World(agents=1)
    world.post(make_app(instances=20, cpus=0.1))
    world.offer()

    ports = [port for one in world.instances() if one.task for port in one.task.host_ports]

    assert len(ports) == len(set(ports))


def test_instance_out_of_reach_is_replaced_then_forgotten() -> None:
    """Inactive after a: a replacement starts. Expunged after b. Both to the second, without being told again."""
    strategy = UnreachableStrategy(inactive_after_seconds=60, expunge_after_seconds=120)
    world = World()
    world.post(make_app(unreachable_strategy=strategy))
    world.work()
    world.report(world.task_ids()[0], TaskState.TASK_UNREACHABLE)

    world.sleep(59)
    assert ["Unreachable"] == world.conditions()
    world.sleep(1)
    assert ["Scheduled", "UnreachableInactive"] == world.conditions()
    world.sleep(60)
    assert ["Scheduled"] == world.conditions()


def test_instance_that_returns_makes_one_too_many() -> None:
    """Back before it is expunged: it runs again, and the youngest goes."""
    strategy = UnreachableStrategy(inactive_after_seconds=60, expunge_after_seconds=600)
    world = World()
    world.post(make_app(unreachable_strategy=strategy))
    world.work()
    old = world.task_ids()[0]
    world.report(old, TaskState.TASK_UNREACHABLE)
    world.sleep(60)
    world.work()

    world.report(old, TaskState.TASK_RUNNING)
    world.work()

    assert [old] == world.task_ids()


def test_overdue_launch_is_killed_and_tried_again() -> None:
    """A task that stays in staging for `--task_launch_timeout` is given up."""
    world = World()
    world.post(make_app())
    world.offer()
    stuck = world.task_ids()[0]
    world.report(stuck, TaskState.TASK_STAGING)

    world.sleep(300)
    assert [stuck] == world.kills
    world.work()

    assert ["Running"] == world.conditions()
    assert [stuck] != world.task_ids()


def test_kills_are_asked_for_again_in_a_new_session() -> None:
    """What was sent to the old one may be lost."""
    world = World()
    world.post(make_app())
    world.work()
    world.delete("/web")
    world.kills.clear()

    world.reconnect()

    assert 1 == len(world.kills)


def test_revives_are_apart_and_none_is_lost() -> None:
    """A second one within `--min_revive_offers_interval` goes out at its end."""
    world = World(options=Options(min_revive_offers_interval=5.0))
    world.post(make_app("/a"))
    world.effects.clear()

    world.post(make_app("/b"))
    assert not any(isinstance(effect, Revive) for effect in world.effects)

    world.sleep(5)
    assert any(isinstance(effect, Revive) for effect in world.effects)


def test_reasons_are_news_once() -> None:
    """Who asks for it hears why an app waits, and again when other reasons come, but not with every offer."""
    world = World(agents=2)
    world.post(make_app(cpus=64.0))

    for _ in range(3):
        world.offer()
        world.sleep(6)
    told = world.published.count("launch_refused_event")
    world.add_agent("small", cpus=64.0).total = Resources((scalar("cpus", 64), scalar("mem", 1)))
    world.offer()

    assert (1, 2) == (told, world.published.count("launch_refused_event"))


@pytest.mark.parametrize("suppresses", [True, False])
def test_offers_are_suppressed_unless_they_are_wanted_always(suppresses: bool) -> None:
    """`--disable_suppress_offers` lets them come; what waits later still asks for those that were refused."""
    world = World(options=Options(suppress_offers=suppresses))
    suppressed = [effect for effect in world.effects if isinstance(effect, Suppress)]
    world.sleep(1)
    world.post(make_app())

    assert suppresses is bool(suppressed)
    assert Revive(("*",)) in world.effects

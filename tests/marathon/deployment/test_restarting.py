"""What a rolling restart orders, situation by situation (marathon-semantics 4)."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from koinon_core.ids import AgentId, TaskId
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.changes.versions import restarted
from koinon_marathon.definition.apps import App, UpgradeStrategy
from koinon_marathon.deployment.orders import DONE, WAIT, Orders, SpecView
from koinon_marathon.deployment.restarting import RestartRun
from koinon_marathon.instance.instances import Condition, Goal, Instance, InstanceId, Task
from support.marathon_world import LONG_AGO, make_app

OLD = make_app()
NEW = restarted(OLD, LONG_AGO + timedelta(days=1))
"""`o` runs the old configuration, `n` the new one, `w` waits; capital letters are well, `x` is known to be unwell,
`g` shall go and still runs, `u` is an old one out of reach."""
_KINDS: dict[str, tuple[App, Condition]] = {
    "o": (OLD, Condition.RUNNING),
    "x": (OLD, Condition.RUNNING),
    "u": (OLD, Condition.UNREACHABLE),
    "g": (OLD, Condition.RUNNING),
    "n": (NEW, Condition.RUNNING),
    "w": (OLD, Condition.SCHEDULED),
}


def make_instance(name: str, letter: str) -> Instance:
    """One instance as a letter says."""
    app, condition = _KINDS[letter.lower()]
    task = Task(id=TaskId(f"{name}.task"), agent_id=AgentId("a"), placement=Placement(hostname="host"), staged_at=1.0)
    return Instance(
        id=InstanceId(name),
        spec_id=app.id,
        version=app.version,
        config_version=app.version_info.last_config_change_at,
        role="*",
        goal=Goal.DECOMMISSIONED if letter == "g" else Goal.RUNNING,
        condition=condition,
        since=1.0,
        tasks=() if condition is Condition.SCHEDULED else (task,),
    )


def see(letters: str, wanted: int, health: float, over: float) -> SpecView:
    """Instances named by letter and place, `o0`, `N1`, ..., of a spec with these shares."""
    strategy = UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over)
    spec = attrs.evolve(NEW, instances=wanted, upgrade_strategy=strategy)
    instances = [make_instance(f"{letter}{place}", letter) for place, letter in enumerate(letters)]
    return SpecView(
        spec=spec,
        instances={one.id: one for one in instances},
        counted=sum(one.is_counted for one in instances),
        going=sum(one.is_going for one in instances),
        since=LONG_AGO,
        is_ready=lambda one: one.id[0].isupper(),
        is_healthy=lambda one: one.id[0].isupper(),
        is_unwell=lambda one: one.id[0] in "xu",
    )


def decide(letters: str, wanted: int, health: float, over: float) -> Orders:
    """What is ordered."""
    return RestartRun().decide(see(letters, wanted, health, over))


def orders(*ids: str, start: int = 0) -> Orders:
    """These go, so many start."""
    return Orders(decommission=tuple(map(InstanceId, ids)), start=start)


@pytest.mark.parametrize(
    ("letters", "wanted", "shares", "expected"),
    [
        # The default: all new ones start beside the old ones, and each that is ready lets an old one go.
        ("OOOO", 4, (1, 1), orders(start=4)),
        ("OOOOnnnn", 4, (1, 1), WAIT),
        ("OOOONnnn", 4, (1, 1), orders("O0")),
        ("OOONNnng", 4, (1, 1), orders("O0")),
        ("NNNN", 4, (1, 1), DONE),
        # What was killed holds its place until it has ended.
        ("OOgg", 4, (0.5, 0), WAIT),
        ("OO", 4, (0.5, 0), orders(start=2)),
        ("OONN", 4, (0.5, 0), orders("O0", "O1")),
        # Nothing could move: one more than allowed.
        ("O", 1, (1, 0), orders(start=1)),
        ("ON", 1, (1, 0), orders("O0")),
        ("gN", 1, (1, 0), WAIT),
        # The unhealthy go first, and what waits is launched as new.
        ("oOOO", 4, (0.5, 0), orders("o0")),
        ("OOw", 3, (1, 0), WAIT),
        # Downscaled on the way: the surplus goes first.
        ("OOOOOOOOOO", 6, (1, 0.5), orders("O0", "O1", "O2", "O3")),
        ("oooooooooo", 6, (1, 0.5), orders("o0", "o1", "o2", "o3")),
        ("NNnO", 2, (1, 0), orders("O3", "n2")),
        # A new one that died after an old one had made way for it: the healthy ones left are all that may be.
        ("OOOnnnN", 4, (1, 1), WAIT),
        # Nobody knows yet how the old ones are, as after a change of leaders: they stay.
        ("ooo", 3, (1, 0), WAIT),
        # What is known to be unwell gives its place where nothing else can move, as many as may be missing.
        ("xxx", 3, (1, 0), orders("x0")),
        ("xxxx", 4, (0.5, 0), orders("x0", "x1")),
        ("OOu", 3, (1, 0), orders("u2")),
        ("xxx", 3, (0, 0), orders("x0", "x1", "x2")),
        # ... but not while a new one may still come up.
        ("xnO", 3, (1, 0), WAIT),
    ],
)
def test_orders(letters: str, wanted: int, shares: tuple[float, float], expected: Orders) -> None:
    """Kills leave the minimum healthy, launches stay below the maximum."""
    assert expected == decide(letters, wanted, *shares)


def test_a_change_of_one_costs_no_look_at_the_others() -> None:
    """After the first look at all only those that changed are looked at, and the orders are those of a fresh look."""
    looks: list[str] = []
    view = see("OOOOnnnn", 4, 1, 1)

    def is_ready(one: Instance) -> bool:
        looks.append(one.id)
        return one.id in ("n4", "n5")

    run = RestartRun()
    assert WAIT == run.decide(view)
    view = attrs.evolve(view, is_ready=is_ready)
    for name in ("n4", "n5"):
        changed = view.instances[InstanceId(name)]
        run.note(changed, changed, is_ready=True)
    told = run.decide(view)

    assert ["n4", "n5"] == looks
    assert orders("O0", "O1") == told == RestartRun().decide(view)


def test_who_left_or_is_old_all_at_once_counts_no_more() -> None:
    """An instance that went, and a definition that is another, are seen at the next decision."""
    view, run = see("OONN", 4, 0.5, 0), RestartRun()
    assert orders("O0", "O1") == run.decide(view)
    gone = view.instances[InstanceId("O0")]
    run.note(gone, None, is_ready=False)
    rest = attrs.evolve(view, instances={path: one for path, one in view.instances.items() if one is not gone})
    assert RestartRun().decide(rest) == run.decide(rest)
    assert rest.spec is not None
    newer = attrs.evolve(rest, spec=restarted(rest.spec, LONG_AGO + timedelta(days=2)))

    assert RestartRun().decide(newer) == run.decide(newer)
    assert orders("O1", start=1) == run.decide(newer)

"""What was encoded once is shared, and never stale."""

from collections.abc import Callable
from random import Random

import attrs
import orjson
import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.codec import encode_app
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.http.encoded_apps import EncodedApps
from koinon_marathon.queries import APP_EMBEDS, LIST_EMBEDS, Embeds, all_tasks, app_object, app_tasks
from koinon_marathon.state import State
from support.marathon_world import World, make_app

PATHS = (PathId("/a"), PathId("/b"), PathId("/c"))
ALL_EMBEDS = (Embeds.NOTHING, LIST_EMBEDS, APP_EMBEDS, LIST_EMBEDS | Embeds.TASKS, ~Embeds.NOTHING)
STATES = (TaskState.TASK_STARTING, TaskState.TASK_RUNNING, TaskState.TASK_RUNNING, TaskState.TASK_FAILED)
AT = 2e9


def encoded_list(fragments: list[orjson.Fragment]) -> bytes:
    """A list of them, its elements in an order of their own."""
    return orjson.dumps(sorted(orjson.loads(orjson.dumps(fragments)), key=lambda task: str(task["id"])))


def check_against_plain(encoded: EncodedApps, state: State) -> None:
    """Every app and its tasks are what they would be without anything kept."""
    for app in state.apps().values():
        for embeds in ALL_EMBEDS:
            assert orjson.dumps(app_object(state, app, embeds, AT)) == orjson.dumps(
                encoded.show(state, app, embeds, AT)
            )
        assert orjson.dumps(app_tasks(state, app.id)) == orjson.dumps(encoded.tasks.of_spec(state, app.id))
    known = state.apps()
    shown = [
        fragment
        for path in state.instances.specs()
        for fragment in encoded.tasks.of_spec(state, path, known[path].service_ports if path in known else ())
    ]
    plain = sorted(all_tasks(state, frozenset()), key=lambda task: str(task["id"]))
    assert orjson.dumps(plain) == encoded_list(shown)


def change_at_random(world: World, rng: Random) -> None:
    """Something happens to the apps or to their tasks."""
    path = rng.choice(PATHS)
    app = world.marathon.state.find_app(path)
    what = rng.randrange(8)
    if app is None:
        check = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
        world.post(
            make_app(path, instances=rng.randrange(4), health_checks=(check,) if rng.random() < 0.7 else ()), force=True
        )
    elif what == 0:
        world.delete(path)
    elif what == 1:
        world.update(path, force=True, instances=rng.randrange(5))
    elif what == 2:
        world.update(path, force=True, cmd=f"sleep {rng.randrange(9)}")
    elif what == 3:
        world.work(rounds=2)
    elif what == 4:
        world.sleep(rng.choice((1.0, 60.0)))
    else:
        tasks = world.task_ids(path)
        if tasks:
            world.report(rng.choice(tasks), rng.choice(STATES), healthy=rng.choice((True, False, None)))


@pytest.mark.slow
def test_after_any_change_all_is_as_if_nothing_were_kept() -> None:
    """Apps with whatever is embedded, and tasks with and without service ports, over long random lives."""
    for seed in range(4):
        rng, world, encoded = Random(seed), World(agents=2, seed=seed), EncodedApps()
        for _ in range(60):
            change_at_random(world, rng)
            check_against_plain(encoded, world.marathon.state)


def test_what_did_not_change_is_the_same_object() -> None:
    """An app is encoded again when one of its instances changes, and another one is not."""
    world, encoded = World(), EncodedApps()
    world.post(make_app("/a", instances=2), make_app("/b", instances=1))
    world.work()
    state = world.marathon.state
    a, b = state.apps()[PathId("/a")], state.apps()[PathId("/b")]
    before = [encoded.show(state, app, APP_EMBEDS, AT) for app in (a, b)]

    assert all(encoded.show(state, app, APP_EMBEDS, AT) is known for app, known in zip((a, b), before, strict=True))
    world.report(world.task_ids("/a")[0], TaskState.TASK_FAILED)
    assert encoded.show(state, a, APP_EMBEDS, AT) is not before[0]
    assert encoded.show(state, b, APP_EMBEDS, AT) is before[1]


def test_a_first_look_is_taken_in_steps() -> None:
    """Many tasks are encoded some at a time; what happens between two steps is seen."""
    world, encoded = World(agents=0), EncodedApps()
    world.add_agent("large", cpus=64.0)
    world.post(make_app("/a", instances=120, cpus=0.01, mem=0.1))
    world.work(rounds=2)
    state = world.marathon.state
    steps = encoded.tasks.steps(state, {PathId("/a"): ()})
    next(steps)
    world.report(world.task_ids("/a")[0], TaskState.TASK_FAILED)

    assert 1 == len(list(steps))
    assert orjson.dumps(app_tasks(state, PathId("/a"))) == orjson.dumps(encoded.tasks.of_spec(state, PathId("/a")))
    assert [] == list(encoded.tasks.steps(state, {PathId("/a"): ()}))


def test_removed_apps_are_forgotten_in_time(make_app: Callable[..., App]) -> None:
    """Memory follows the apps that are there."""
    state, encoded = World().marathon.state, EncodedApps()
    for number in range(1100):
        encoded.show(state, make_app(f"/gone-{number}"), Embeds.NOTHING, AT)
    gone = encoded.show(state, make_app("/gone-1099"), Embeds.NOTHING, AT)
    encoded.trim(live=1)
    app = make_app("/gone-1099")

    assert encoded.show(state, app, Embeds.NOTHING, AT) is not gone
    assert encode_app(app) == orjson.loads(orjson.dumps(encoded.show(state, app, Embeds.NOTHING, AT)))
    assert orjson.dumps(encode_app(attrs.evolve(app, mem=64))) == orjson.dumps(
        encoded.show(state, attrs.evolve(app, mem=64), Embeds.NOTHING, AT)
    )

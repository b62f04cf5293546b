"""How many launches may be under way at once (marathon-semantics 9)."""

import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.instructions import Decline, Revive
from koinon_marathon.launch import launching
from koinon_marathon.launch.launch_tokens import LaunchTokens
from koinon_marathon.options import Options
from support.marathon_world import World, make_app


def waiting_world(tokens: int = 2) -> World:
    """Five small instances, room for all, and few tokens."""
    world = World(agents=1, options=Options(launch_tokens=tokens, launch_token_refresh_interval=30.0))
    world.post(make_app(instances=5, cpus=0.01))
    world.offer()
    return world


def test_bucket_is_full_again_after_its_interval() -> None:
    """However many launches came to nothing."""
    tokens = LaunchTokens(2, 30.0)
    left = [tokens.left(100.0)]
    tokens.spend()
    tokens.spend()
    left += [tokens.left(129.9), tokens.left(130.0)]

    assert [2, 0, 2] == left


def test_bucket_holds_no_more_than_its_capacity() -> None:
    """Tasks that come back without a launch don't allow for a storm later."""
    tokens = LaunchTokens(2, 30.0)
    tokens.give_back()

    assert 2 == tokens.left(0.0)


def test_launches_end_with_the_tokens() -> None:
    """What is left of the offer is soon seen again."""
    world = waiting_world()

    world.offer()

    assert ["Provisioned"] * 2 + ["Scheduled"] * 3 == world.conditions()
    assert launching.SEEN_AGAIN == _declines(world)[-1].filters


def test_running_task_lets_the_next_one_launch() -> None:
    """Its token comes back, and offers are asked for at once."""
    world = waiting_world()
    world.sleep(1)
    world.effects.clear()

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)
    world.offer()

    assert Revive(("*",)) in world.effects
    assert 3 == len(world.task_ids())


def test_unwell_task_gives_nothing_back() -> None:
    """It may be about to be killed and launched anew."""
    world = waiting_world()

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING, healthy=False)
    world.offer()

    assert 2 == len(world.task_ids())


def test_offers_are_asked_for_when_the_bucket_is_full_again() -> None:
    """Though no task ever ran."""
    world = waiting_world()
    world.effects.clear()

    world.sleep(31)
    world.offer()

    assert Revive(("*",)) in world.effects
    assert 4 == len(world.task_ids())


def test_turn_ends_however_many_apps_fit_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not looked at by everybody is wanted again soon; the rest for as long as ever is not."""
    world = World(agents=4)
    world.post(*(make_app(f"/{number}", cpus=64.0) for number in range(10)))
    world.effects.clear()

    monkeypatch.setattr(launching, "MATCHES_PER_TURN", 15)
    world.offer()

    declines = {effect.filters.refuse_seconds: len(effect.offer_ids) for effect in _declines(world)}
    assert {120.0: 1, 5.0: 3} == declines


def _declines(world: World) -> list[Decline]:
    return [effect for effect in world.effects if isinstance(effect, Decline)]

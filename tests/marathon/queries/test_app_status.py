"""The one word for how an app is, and why."""

from __future__ import annotations

import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.queries.app_status import PATIENCE, AppStatus, Situation, StatusWord, app_status, status_word
from koinon_marathon.queries.task_statistics import Counts
from support.marathon_world import World, make_app


@pytest.fixture
def world() -> World:
    """Two agents, no app."""
    return World()


def status(world: World, path: str = "/web") -> AppStatus:
    """How an app is now."""
    state, path_id = world.marathon.state, PathId(path)
    counts = Counts.of(state, state.instances.of_spec(path_id).values())
    return app_status(state, state.specs[path_id], counts, world.now)


@pytest.mark.parametrize(
    ("word", "situation"),
    [
        ("Running", Situation(wanted=2, running=2)),
        ("Running", Situation(wanted=2, running=0)),
        ("Suspended", Situation(wanted=0, running=0)),
        ("Running", Situation(wanted=0, running=1)),
        ("Deploying", Situation(wanted=0, running=0, is_deployed=True)),
        ("Deploying", Situation(wanted=2, running=1, is_deployed=True)),
        ("Waiting", Situation(wanted=2, running=1, is_waiting=True)),
        ("Waiting", Situation(wanted=2, running=1, is_waiting=True, is_deployed=True)),
        ("Delayed", Situation(wanted=2, running=1, is_delayed=True)),
        ("Delayed", Situation(wanted=2, running=0, is_delayed=True, is_waiting=True, is_deployed=True)),
    ],
)
def test_precedence(word: str, situation: Situation) -> None:
    """Delayed before Waiting before Deploying before Suspended before Running."""
    assert word == status_word(situation).value


def test_app_that_runs_needs_no_reason(world: World) -> None:
    """All that is wanted runs, nothing is under way."""
    world.post(make_app("/web"))
    world.work(4)

    assert AppStatus(word=StatusWord.RUNNING) == status(world)


def test_new_app_deploys_before_it_is_said_to_wait(world: World) -> None:
    """Offers come within a moment: only after that, or when one was refused, an app waits."""
    world.post(make_app("/web", cpus=99))
    world.sleep(0.1)

    assert (StatusWord.DEPLOYING, world.now - 0.1 + PATIENCE) == (status(world).word, status(world).changes_at)

    world.sleep(PATIENCE)

    assert AppStatus(word=StatusWord.WAITING, why="no offer for role * has come since it began to wait") == status(
        world
    )


def test_refused_app_waits_at_once_with_the_commonest_reason(world: World) -> None:
    """Both agents are too small: the sentence counts them and names what is too little."""
    world.post(make_app("/web", cpus=99))
    world.offer()

    found = status(world)

    assert StatusWord.WAITING is found.word
    assert "2 of 2 offered agents can't take one: cpus: 99 wanted, 4 offered" == found.why


def test_app_that_fails_is_delayed_until_its_next_try(world: World) -> None:
    """The sentence says how often and how it failed; the time stands beside it, so that it need not change."""
    world.post(make_app("/web", backoff_seconds=30))
    world.offer("a0")
    world.report(world.task_ids()[0], TaskState.TASK_FAILED, message="exit 3")

    assert AppStatus(
        word=StatusWord.DELAYED,
        why="ended once, last: TASK_FAILED on host-a0: exit 3",
        until=world.now + 30,
        changes_at=world.now + 30,
    ) == status(world)


def test_suspended_app(world: World) -> None:
    """Scaled to none, and none left."""
    world.post(make_app("/web", instances=0))
    world.work(2)

    assert AppStatus(word=StatusWord.SUSPENDED, why="0 instances are wanted") == status(world)


def test_app_of_a_later_step_says_where_its_deployment_is(world: World) -> None:
    """It depends on another one that does not come up."""
    world.post(make_app("/db", cpus=99), make_app("/web", dependencies=(PathId("/db"),), instances=1))

    found = status(world)

    assert StatusWord.DEPLOYING is found.word
    assert found.why is not None
    assert "which deals with others first" in found.why


def test_app_waits_while_there_is_no_master(world: World) -> None:
    """Nobody offers anything to a Marathon that is not connected, and that is why."""
    world.post(make_app("/web", cpus=99))
    world.reconnect()
    world.marathon.state.is_connected = False

    assert "Marathon is not connected to a master, so nothing is offered to it" == status(world).why

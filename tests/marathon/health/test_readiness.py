"""Readiness checks of new instances during a deployment (marathon-semantics 21)."""

from __future__ import annotations

from typing import Any

from koinon_core.tasks import TaskState
from koinon_marathon.health.probes import Failed, Outcome, ProbeAnswered, ProbeKind, Responded, TimedOut
from koinon_marathon.queries import Embeds, app_object, deployments_list
from support.marathon_world import World, make_app
from support.probed_world import ONE_PORT, WELL, answer, asked, http_check, readiness_check, rounds

READINESS = ProbeKind.READINESS


def _world(**fields: Any) -> World:
    """An app that is deployed, its instances running."""
    world = World()
    known: dict[str, Any] = {"readiness_checks": (readiness_check(),), "port_definitions": ONE_PORT, **fields}
    world.post(make_app(**known))
    _run(world)
    return world


def _run(world: World) -> None:
    world.offer()
    for one in world.instances():
        if one.task is not None and one.task.started_at is None:
            world.report(one.task.id, TaskState.TASK_RUNNING)


def _results(world: World) -> object:
    """Of the deployment and of the app, which say the same."""
    deployments: list[Any] = deployments_list(world.marathon.state)
    shown = app_object(world.marathon.state, world.app(), Embeds.READINESS, world.now)
    ((action,),) = [each["currentActions"] for each in deployments]
    assert action["readinessCheckResults"] == shown["readinessCheckResults"]
    return shown["readinessCheckResults"]


def test_a_new_instance_is_asked_at_once_and_then_at_the_interval() -> None:
    """Until it says yes; afterwards never again."""
    world = _world()

    assert 1 == answer(world, Responded(503), READINESS)
    world.sleep(29.9)
    assert [] == asked(world, READINESS)
    world.sleep(0.1)
    assert world.is_deploying
    assert 1 == answer(world, WELL, READINESS)

    assert not world.is_deploying
    world.sleep(300)
    assert [] == asked(world, READINESS)


def test_only_the_listed_codes_are_ready() -> None:
    """202 where that is wanted, and then not 200."""
    world = _world(readiness_checks=(readiness_check(http_status_codes_for_ready=(202, 204)),))

    answer(world, Responded(200), READINESS)
    assert world.is_deploying
    world.sleep(30)
    answer(world, Responded(204), READINESS)

    assert not world.is_deploying


def test_health_and_readiness_must_both_pass() -> None:
    """In either order."""
    world = _world(health_checks=(http_check(),))
    rounds(world, WELL, seconds=5)
    assert world.is_deploying
    answer(world, WELL, READINESS)
    assert not world.is_deploying

    other = _world(health_checks=(http_check(),))
    answer(other, WELL, READINESS)
    assert other.is_deploying
    rounds(other, WELL, seconds=5)
    assert not other.is_deploying


def test_an_upgrade_asks_new_instances_alone() -> None:
    """The old one serves until the new one is ready."""
    world = _world()
    answer(world, WELL, READINESS)
    (old,) = world.task_ids()

    world.update("/web", cmd="sleep 200")
    _run(world)
    (probe,) = asked(world, READINESS)
    assert probe.key.task_id not in {old}
    assert [] == world.kills
    world.sleep(30)
    answer(world, WELL, READINESS)
    world.end_killed()

    assert not world.is_deploying
    assert [probe.key.task_id] == world.task_ids()


def test_scaling_up_does_not_ask_those_that_served_before() -> None:
    """They are ready: only the new one is waited for."""
    world = _world()
    answer(world, WELL, READINESS)
    (old,) = world.task_ids()

    world.update("/web", instances=2)
    _run(world)

    (probe,) = asked(world, READINESS)
    assert old != probe.key.task_id
    assert world.is_deploying


def test_a_new_leader_asks_again() -> None:
    """What was answered is not stored; the deployment goes on waiting."""
    world = _world()
    answer(world, Responded(503), READINESS)

    world.fail_over()
    assert world.is_deploying
    assert 1 == answer(world, WELL, READINESS)

    assert not world.is_deploying


def test_out_of_a_deployment_nobody_is_asked() -> None:
    """A replacement is ready when it is well."""
    world = _world()
    answer(world, WELL, READINESS)

    world.report(world.task_ids()[0], TaskState.TASK_FAILED)
    world.sleep(5)
    _run(world)

    assert [] == asked(world, READINESS)
    assert world.marathon.state.is_ready(world.instances()[0])


def test_results_are_shown_while_the_deployment_runs() -> None:
    """From the first question on; `lastResponse` only where it is to be kept, and 504 where none came."""
    world = _world()
    (task_id,) = world.task_ids()
    plain = {"name": "readinessCheck", "taskId": task_id, "ready": False}

    assert [plain] == _results(world)
    answer(world, TimedOut(10.0), READINESS)
    assert [plain] == _results(world)

    kept = _world(readiness_checks=(readiness_check(preserve_last_response=True),))
    (task_id,) = kept.task_ids()
    plain["taskId"] = task_id
    told: list[tuple[Outcome, tuple[int, str, str]]] = [
        (Responded(503, "No", "application/json", '{"warm":0.5}'), (503, "application/json", '{"warm":0.5}')),
        (TimedOut(10.0), (504, "text/plain", "timed out after 10 s")),
        (Failed("connection refused"), (504, "text/plain", "connection refused")),
    ]
    for outcome, (status, content_type, body) in told:
        answer(kept, outcome, READINESS)
        response = {"status": status, "contentType": content_type, "body": body}
        assert [{**plain, "lastResponse": response}] == _results(kept)
        kept.sleep(30)
    answer(kept, WELL, READINESS)

    shown = app_object(kept.marathon.state, kept.app(), Embeds.READINESS, kept.now)
    assert [] == shown["readinessCheckResults"]


def test_a_forced_change_keeps_waiting_for_who_was_not_ready() -> None:
    """Scaled during its first deployment: the first instance is asked again at once, and waited for."""
    world = _world()
    answer(world, Responded(503), READINESS)
    (first,) = world.task_ids()

    world.update("/web", instances=2, force=True)
    _run(world)
    probes = {probe.key.task_id: probe for probe in asked(world, READINESS)}
    assert sorted(world.task_ids()) == sorted(probes)
    world.send(ProbeAnswered(probes.pop(first).key, Responded(503)))
    (second,) = probes.values()
    world.send(ProbeAnswered(second.key, WELL))
    assert world.is_deploying
    world.sleep(30)
    (again,) = asked(world, READINESS)
    world.send(ProbeAnswered(again.key, WELL))

    assert first == again.key.task_id
    assert not world.is_deploying

"""Checks that Marathon runs over real instances: schedule, kills, events, what is shown (marathon-semantics 20)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from koinon_core.tasks import (
    CheckStatusCommand,
    CheckStatusHttp,
    CheckStatusInfo,
    CheckStatusTcp,
    CheckType,
    TaskState,
)
from koinon_marathon.definition.apps import UnreachableStrategy
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.events import Tick
from koinon_marathon.health import rounds as rounds_of_checks
from koinon_marathon.health.probes import ProbeAnswered, StopProbing
from koinon_marathon.queries import APP_EMBEDS, app_object, app_tasks
from support.marathon_world import START, World, make_app
from support.probed_world import ILL, ONE_PORT, WELL, answer, asked, http_check, published, rounds

WEB = PathId("/web")
COMMAND = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))


def _world(*checks: HealthCheck, **fields: Any) -> World:
    """Instances of an app that run; its first round is due 5 s after the start."""
    world = World()
    world.post(make_app(health_checks=checks, port_definitions=ONE_PORT, **fields))
    world.offer()
    for task_id in world.task_ids():
        world.report(task_id, TaskState.TASK_RUNNING)
    return world


def _counts(world: World) -> list[object]:
    shown = app_object(world.marathon.state, world.app(), APP_EMBEDS, world.now)
    return [shown[name] for name in ("tasksRunning", "tasksHealthy", "tasksUnhealthy")]


def test_rounds_come_at_the_interval_and_ask_all_that_run() -> None:
    """First after min(interval, 5 s), then every interval; one timer however many instances there are."""
    world = _world(http_check(interval_seconds=10, timeout_seconds=7), instances=3)
    begun = len(world.marathon.state.timers._times)

    world.sleep(4.9)
    assert [] == asked(world)
    world.sleep(0.1)
    first = asked(world)
    assert [7.0] * 3 == [probe.timeout for probe in first]
    assert sorted(world.task_ids()) == sorted(probe.key.task_id for probe in first)
    world.sleep(9.9)
    assert [] == asked(world)
    world.sleep(0.1)
    assert 3 == len(asked(world))
    assert begun == len(world.marathon.state.timers._times)


def test_a_short_interval_is_also_the_first_wait() -> None:
    """Two seconds, not five."""
    world = _world(http_check(interval_seconds=2))

    world.sleep(2)

    assert 1 == len(asked(world))


def test_an_unhealthy_instance_is_killed_and_replaced() -> None:
    """At failure max+1, once; the failure is shown, the instance stays wanted and its successor begins anew."""
    world = _world(http_check(max_consecutive_failures=2))
    (sick,) = world.task_ids()
    rounds(world, WELL, ILL, ILL)
    assert [] == world.kills

    rounds(world, ILL, ILL)
    assert [sick] == world.kills
    assert 1 == len(published(world, "unhealthy_instance_kill_event"))
    world.end_killed()
    world.offer()
    world.run_all()

    assert [sick.removesuffix("1") + "2"] == world.task_ids()
    (task,) = app_tasks(world.marathon.state, WEB)
    assert [] == task["healthCheckResults"]
    failure = world.marathon.state.failures[WEB]
    assert TaskState.TASK_KILLED is failure.state
    assert "Task was killed since health check failed. Reason: 503 Service Unavailable" == failure.message
    assert failure in world.store.values()
    assert not world.marathon.state.backoff.deadline(world.app(), world.now)


def test_an_instance_out_of_reach_is_not_killed() -> None:
    """What it answers is still heard, but nobody could kill it; it is not asked either."""
    patient = UnreachableStrategy(inactive_after_seconds=900, expunge_after_seconds=1000)
    world = _world(http_check(max_consecutive_failures=1), unreachable_strategy=patient)
    (task_id,) = world.task_ids()
    rounds(world, WELL, ILL)
    world.sleep(10)
    (late,) = asked(world)

    world.report(task_id, TaskState.TASK_UNREACHABLE)
    world.send(ProbeAnswered(late.key, ILL))
    world.sleep(20)

    assert [] == world.kills
    assert 2 == world.marathon.state.health.find(task_id, 0).consecutive_failures
    assert [] == asked(world)


def test_answers_of_a_task_that_is_over_say_nothing() -> None:
    """Nor is it asked any longer: what is under way is given up."""
    world = _world(http_check())
    world.sleep(5)
    (probe,) = asked(world)

    world.report(probe.key.task_id, TaskState.TASK_FAILED)
    world.send(ProbeAnswered(probe.key, ILL))

    assert StopProbing(probe.key.task_id) in world.effects
    assert {} == dict(world.marathon.state.health.of_task(probe.key.task_id))
    assert [] == published(world, "failed_health_check_event")


def test_health_is_shown_as_it_was_found() -> None:
    """Counts by what was heard; results with times and causes, only those that were there."""
    world = _world(http_check(), instances=2)
    assert [2, 0, 0] == _counts(world)
    world.sleep(5)
    first, second = asked(world)
    world.send(ProbeAnswered(first.key, WELL))
    world.send(ProbeAnswered(second.key, ILL))

    assert [2, 1, 1] == _counts(world)
    well, ill = app_tasks(world.marathon.state, WEB)
    at = "2023-11-14T22:13:25.000Z"
    assert START + 5 == world.now
    instances = [one.id for one in world.instances()]
    shown = {"alive": True, "consecutiveFailures": 0, "firstSuccess": at, "lastSuccess": at}
    assert [{**shown, "instanceId": instances[0]}] == well["healthCheckResults"]
    cause = "503 Service Unavailable"
    shown = {"alive": False, "consecutiveFailures": 1, "lastFailure": at, "lastFailureCause": cause}
    assert [{**shown, "instanceId": instances[1]}] == ill["healthCheckResults"]


def test_an_instance_is_as_well_as_all_its_checks() -> None:
    """Null until every check has spoken, true if all are good, else false; the agent's check is one of them."""
    world = _world(http_check(), COMMAND)
    (task_id,) = world.task_ids()

    rounds(world, WELL, seconds=5)
    world.report(task_id, TaskState.TASK_RUNNING, healthy=True)
    world.report(task_id, TaskState.TASK_RUNNING, healthy=False, message="exit 1")
    world.report(task_id, TaskState.TASK_RUNNING, healthy=True)
    rounds(world, ILL)

    heard = [event["healthy"] for event in published(world, "instance_health_changed_event")]
    assert [True, False, True, False] == heard
    flips = [event["alive"] for event in published(world, "health_status_changed_event")]
    assert [True, True, False, True, False] == flips


def test_only_the_first_check_of_the_agent_counts() -> None:
    """It runs no other, so nobody must wait for one."""
    world = _world(COMMAND, attrs.evolve(COMMAND, command=HealthCheckCommand("false")))

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING, healthy=True)

    assert world.marathon.state.is_ready(world.instances()[0])


def test_a_deployment_waits_for_health() -> None:
    """A running instance is not enough."""
    world = _world(http_check())
    assert world.is_deploying

    rounds(world, ILL, seconds=5)
    assert world.is_deploying
    rounds(world, WELL)

    assert not world.is_deploying


def test_each_version_has_its_own_checks() -> None:
    """An upgrade activates the new ones before it begins; old instances keep theirs as long as there are any."""
    world = _world(http_check(path="/old"))
    rounds(world, WELL, seconds=5)

    world.update("/web", cmd="sleep 200", health_checks=(http_check(path="/new"),))
    world.offer()
    world.run_all()
    world.sleep(10)
    probes = asked(world)
    assert {"/old", "/new"} == {getattr(probe.target, "path", None) for probe in probes}
    for probe in probes:
        world.send(ProbeAnswered(probe.key, WELL))
    world.end_killed()
    rounds(world, WELL)

    assert not world.is_deploying
    assert 1 == len(world.marathon.state.health.active_of(WEB))
    added = [event["healthCheck"] for event in published(world, "add_health_check_event")]
    assert ["/old", "/new"] == [check["path"] for check in added if isinstance(check, dict)]
    assert 1 == len(published(world, "remove_health_check_event"))


def test_a_removed_app_is_asked_nothing() -> None:
    """Its checks end before its instances do."""
    world = _world(http_check())
    rounds(world, WELL, seconds=5)

    world.delete("/web")
    world.sleep(60)

    assert [] == asked(world)
    assert () == world.marathon.state.health.active_of(WEB)
    assert [{"appId": "/web"}] == published(world, "remove_health_check_event")


def test_a_new_leader_asks_anew() -> None:
    """Nothing of what Marathon found is stored; what the agent found is."""
    world = _world(http_check(), COMMAND, instances=2)
    for task_id in world.task_ids():
        world.report(task_id, TaskState.TASK_RUNNING, healthy=True)
    rounds(world, WELL, seconds=5)
    assert [True, True] == [world.marathon.state.health_of(one) for one in world.instances()]

    world.fail_over()
    assert [None, None] == [world.marathon.state.health_of(one) for one in world.instances()]
    world.sleep(5)

    assert 2 == answer(world, WELL)
    assert [True, True] == [world.marathon.state.health_of(one) for one in world.instances()]


def test_health_events_have_the_fields_of_the_api() -> None:
    """As marathon-v2-api 11 lists them."""
    world = _world(http_check(max_consecutive_failures=1))
    rounds(world, WELL, ILL, ILL)

    names = {
        "add_health_check_event": {"appId", "version", "healthCheck"},
        "failed_health_check_event": {"appId", "taskId", "healthCheck"},
        "health_status_changed_event": {"appId", "instanceId", "version", "alive"},
        "instance_health_changed_event": {"instanceId", "runSpecId", "healthy", "runSpecVersion"},
        "unhealthy_instance_kill_event": {"appId", "taskId", "instanceId", "version", "reason", "host", "slaveId"},
    }
    assert names == {name: set(published(world, name)[0]) for name in names}
    (kill,) = published(world, "unhealthy_instance_kill_event")
    assert "503 Service Unavailable" == kill["reason"]
    assert kill["host"] in {"host-a0", "host-a1"}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (CheckStatusInfo(type=CheckType.COMMAND, command=CheckStatusCommand(3)), {"command": {"exitCode": 3}}),
        (CheckStatusInfo(type=CheckType.HTTP, http=CheckStatusHttp(500)), {"http": {"statusCode": 500}}),
        (CheckStatusInfo(type=CheckType.TCP, tcp=CheckStatusTcp(False)), {"tcp": {"succeeded": False}}),
        (CheckStatusInfo(type=CheckType.TCP, tcp=CheckStatusTcp()), {"tcp": {}}),
    ],
)
def test_the_result_of_a_check_is_shown_and_changes_nothing(status: CheckStatusInfo, shown: object) -> None:
    """It is stored, so a new leader knows it, and nobody dies of it (marathon-semantics 20.3)."""
    world = _world()

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING, check_status=status)
    world.fail_over()

    assert [shown] == [task["checkResult"] for task in app_tasks(world.marathon.state, WEB)]
    assert world.marathon.state.is_ready(world.instances()[0])
    assert [] == world.kills


def test_a_round_of_many_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn looks at so many instances of whichever checks; all are asked, once, and again at the interval."""
    monkeypatch.setattr(rounds_of_checks, "LOOKS_PER_TURN", 10)
    world, names = World(), ("/many-a", "/many-b", "/many-c")
    fields = {"health_checks": (http_check(),), "port_definitions": ONE_PORT}
    world.post(*(make_app(name, instances=6, **fields) for name in names))
    world.offer()
    world.offer()
    world.run_all()
    world.now += 5
    turns = []
    while (deadline := world.marathon.next_deadline()) is not None and deadline <= world.now:
        world.send(Tick())
        turns.append([probe.key.task_id for probe in asked(world)])
    world.sleep(9.9)
    too_soon = asked(world)
    world.sleep(0.1)

    assert [10, 8] == [len(turn) for turn in turns]
    tasks = {task_id for name in names for task_id in world.task_ids(name)}
    assert tasks == {task_id for turn in turns for task_id in turn}
    assert [] == too_soon
    assert 18 == len(tasks) == len(asked(world))
    assert {} == world.marathon.state.health.rounds


def test_who_goes_while_a_round_is_under_way_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does anybody ask an app that was removed in the middle of it."""
    monkeypatch.setattr(rounds_of_checks, "LOOKS_PER_TURN", 1)
    world = _world(http_check(), instances=3)
    world.now += 5
    world.send(Tick())
    (first,) = asked(world)
    gone = next(task_id for task_id in world.task_ids() if task_id != first.key.task_id)
    world.report(gone, TaskState.TASK_FAILED)
    world.sleep(1)
    (second,) = asked(world)
    world.sleep(9)
    world.send(Tick())
    world.delete("/web")
    world.effects.clear()
    world.sleep(60)

    assert second.key.task_id not in (first.key.task_id, gone)
    assert [] == asked(world)
    assert {} == world.marathon.state.health.rounds

"""What a deployment that does not go on says of itself."""

from __future__ import annotations

from typing import Any

from koinon_core.tasks import TaskState
from koinon_marathon.definition.apps import UpgradeStrategy
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.queries import deployments_list, why_waits
from support.marathon_world import World, make_app

CHECK = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
ONE_MORE = UpgradeStrategy(minimum_health_capacity=1.0, maximum_over_capacity=0.5)


def explain(world: World) -> list[str]:
    """The sentences of the only deployment."""
    (deployment,) = world.marathon.state.deployments.values()
    return why_waits(world.marathon.state, deployment, world.now)


def running(**fields: Any) -> World:
    """A world with two instances that run and are well."""
    world = World()
    world.post(make_app(instances=2, upgrade_strategy=ONE_MORE, **fields))
    world.work(3)
    return world


def test_unhealthy_new_version() -> None:
    """How many are ready, what the check said, who stays meanwhile and why."""
    world = running(health_checks=(CHECK,))
    world.update("/web", cmd="broken")
    world.offer()
    world.report(world.task_ids()[-1], TaskState.TASK_RUNNING, healthy=False, message="exit 1")

    told = explain(world)

    assert told[0] == "RestartApplication /web: 0 of 2 new instances are ready"
    assert told[1].startswith("RestartApplication /web: 1 runs and is not healthy, last: ")
    assert told[-1] == (
        "RestartApplication /web: 2 instances of the old version stay, 2 of them healthy, until new ones are ready "
        "(minimumHealthCapacity 1, maximumOverCapacity 0.5)"
    )


def test_crash_looping_new_version() -> None:
    """The delay and how the last one ended, which is told once."""
    world = running(backoff_seconds=20)
    world.update("/web", cmd="broken")
    world.offer()
    world.report(world.task_ids()[-1], TaskState.TASK_FAILED, message="exited with 7")

    told = "\n".join(explain(world))

    assert "RestartApplication /web: 1 waits to be launched" in told
    assert "next try in 20 s" in told
    assert "last: TASK_FAILED on host-a0: exited with 7; next try" in told
    assert 1 == told.count("exited with 7")


def test_no_agent_has_room() -> None:
    """The commonest refusal with its numbers."""
    world = World()
    world.post(make_app(instances=2, cpus=64))
    world.offer()

    told = explain(world)

    assert told[0] == "ScaleApplication /web: 0 of 2 instances are ready"
    assert any("2 of 2 offered agents can't take one: cpus: " in each for each in told)


def test_instances_that_do_not_end() -> None:
    """A deployment that waits for kills says so."""
    world = running()
    world.delete("/web")

    assert ["StopApplication /web: 2 instances are told to end and still run"] == explain(world)


def test_only_those_who_ask_are_told() -> None:
    """Marathon's clients see Marathon's keys."""
    world = World()
    world.post(make_app())

    (plain,), (asked,) = deployments_list(world.marathon.state), deployments_list(world.marathon.state, world.now)

    assert {"explanation"} == asked.keys() - plain.keys()

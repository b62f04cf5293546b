"""Apps with persistent volumes between store, master and agents (marathon-semantics 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from koinon_core.ids import AgentId
from koinon_core.offers import Operation, OperationType
from koinon_core.resources import NOTHING
from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_marathon.definition.app_container import Container, ContainerType
from koinon_marathon.definition.apps import App, UnreachableDisabled, UpgradeStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.volumes import PersistentInfo, PersistentVolume
from koinon_marathon.events import AgentLost, KillInstances, RequestId
from koinon_marathon.instance.instances import Goal
from koinon_marathon.instance.reservations import ReservationState
from koinon_marathon.instructions import Accept, Revive
from koinon_marathon.options import Options
from koinon_marathon.queries import app_tasks, find_instances
from koinon_marathon.queries.task_statistics import Counts
from support.marathon_world import World, make_app

VOLUME = PersistentVolume("data", PersistentInfo(size=64))


@pytest.fixture
def world() -> World:
    """Two agents with disks, whose offers go to the role."""
    world = World(agents=0, options=Options(principal="marathon"))
    world.role = "store"
    for name in ("x", "y"):
        world.add_agent(name, disk=1000)
    return world


def resident(**fields: Any) -> App:
    """A small app with a volume."""
    container = Container(type=ContainerType.MESOS, volumes=(VOLUME,))
    return make_app(
        role="store",
        container=container,
        upgrade_strategy=UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0),
        unreachable_strategy=UnreachableDisabled.DISABLED,
        **fields,
    )


def operations(world: World) -> Iterator[Operation]:
    """All that was ever asked to be done to offers."""
    return (one for effect in world.effects if isinstance(effect, Accept) for one in effect.operations)


def types(world: World) -> list[OperationType | None]:
    """Their types, in order."""
    return [one.type for one in operations(world)]


def reserved(world: World) -> dict[str, bool]:
    """Which agents hold something for somebody."""
    return {machine.id: any(item.kind.reservations for item in machine.total) for machine in world.machines.values()}


def test_a_launch_is_two_steps(world: World) -> None:
    """First resources are set aside and the volume is made, labelled; the offer that carries them launches."""
    world.post(resident())
    world.offer("x")
    (waiting,) = world.instances()
    reserve, create = operations(world)
    world.offer("x")
    world.run_all()
    (running,) = world.instances()

    assert waiting.reservation is not None
    assert ("Scheduled", ReservationState.NEW) == (waiting.condition.value, waiting.reservation.state)
    assert world.now + 20 == waiting.reservation.deadline
    assert reserve.reserve is not None
    assert create.create is not None
    kinds = [item.kind.reservations[-1] for item in reserve.reserve.resources]
    assert {("store", "marathon")} == {(kind.role, kind.principal) for kind in kinds}
    labels = [{label.key: label.value for label in kind.labels.labels} for kind in kinds if kind.labels]
    assert [{"marathon_framework_id": "marathon-0000", "marathon_task_id": waiting.id}] * 3 == labels
    (volume,) = create.create.volumes
    assert volume.kind.disk is not None
    assert volume.kind.disk.persistence is not None
    assert volume.kind.disk.persistence.id == waiting.reservation.volumes[0].persistence_id
    assert [OperationType.RESERVE, OperationType.CREATE, OperationType.LAUNCH] == types(world)
    assert running.reservation is not None
    assert ("Running", ReservationState.LAUNCHED) == (running.condition.value, running.reservation.state)


def test_it_comes_back_to_its_own_agent_alone(world: World) -> None:
    """A task that ends leaves its reservation; other agents are refused with the host's name."""
    world.post(resident())
    world.work(3)
    (running,) = world.instances()
    assert running.task is not None
    home = running.task.agent_id
    (other,) = set(world.machines) - {home}
    world.report(running.task.id, TaskState.TASK_FAILED)
    world.sleep(2)
    world.offer(other)
    refusals = world.marathon.state.statistics.of(running.spec_id).last_unused[other].refusals
    world.offer(home)
    world.run_all()
    (again,) = world.instances()

    assert [f"the instance's volumes are on host-{home}, and it launches nowhere else"] == [
        refusal.message for refusal in refusals
    ]
    assert again.task is not None
    assert (running.id, home, 2) == (again.id, again.task.agent_id, again.attempt)
    assert running.reservation == again.reservation


def test_scaled_down_it_stops_and_scaled_up_it_resumes(world: World) -> None:
    """What is stopped keeps its volume and is wanted again before anything new is made."""
    world.post(resident(instances=2))
    world.work(4)
    before = {one.id for one in world.instances()}
    world.update("/web", instances=0)
    world.work(3)
    stopped = world.instances()
    world.update("/web", instances=2)
    world.work(4)

    assert [Goal.STOPPED] * 2 == [one.goal for one in stopped]
    assert not any(one.tasks for one in stopped)
    assert before == {one.id for one in world.instances()}
    assert ["Running"] * 2 == world.conditions()
    assert 2 == types(world).count(OperationType.RESERVE)


def test_deleted_it_is_given_back_when_it_is_offered(world: World) -> None:
    """The deployment ends with the task; offers are wanted until the volume is destroyed and all is unreserved."""
    world.post(resident())
    world.work(3)
    world.delete("/web")
    world.end_killed()
    world.sleep(1)
    was_deploying, wanted, kept = world.is_deploying, world.is_reviving, world.instances()
    world.offer()

    assert (False, True) == (was_deploying, wanted)
    assert [Goal.DECOMMISSIONED] == [one.goal for one in kept]
    assert [OperationType.DESTROY, OperationType.UNRESERVE] == types(world)[-2:]
    assert [] == world.instances()
    assert {"x": False, "y": False} == reserved(world)
    assert not world.is_reviving


def test_wiped_it_begins_anew_without_its_data(world: World) -> None:
    """A kill with wipe gives the volume back; the app's next instance makes one of its own."""
    world.post(resident())
    world.work(3)
    (old,) = world.instances()
    world.send(KillInstances(request_id=RequestId(1), ids=(old.id,), wipe=True))
    world.work(5)

    (new,) = world.instances()
    assert old.id != new.id
    assert "Running" == new.condition.value
    assert 1 == types(world).count(OperationType.DESTROY)


def test_a_reservation_that_no_offer_carries_is_given_up(world: World) -> None:
    """After the deadline another instance is tried; what was set aside after all is given back as nobody's."""
    world.post(resident())
    world.offer("x")
    (first,) = world.instances()
    world.sleep(21)
    world.offer("x")
    (second,) = world.instances()

    assert first.id != second.id
    assert second.reservation is not None
    done = [OperationType.DESTROY, OperationType.UNRESERVE, OperationType.RESERVE, OperationType.CREATE]
    assert done == types(world)[2:]


def test_a_new_leader_knows_whose_volumes_are_whose(world: World) -> None:
    """Stored before the master is asked, a reservation is taken up by the next leader; a lost call is given up."""
    world.post(resident(instances=2))
    world.work(4)
    before = world.instances()
    world.fail_over()
    for one in before:
        assert one.task is not None
        world.report(one.task.id, TaskState.TASK_KILLED)
    world.work(4)

    assert [one.reservation for one in before] == [one.reservation for one in world.instances()]
    assert ["Running"] * 2 == world.conditions()


def test_gone_for_good_its_reservation_is_abandoned(world: World) -> None:
    """An agent that the operator declares gone takes the volume with it: the instance begins anew elsewhere."""
    world.post(resident())
    world.work(3)
    (running,) = world.instances()
    assert running.task is not None
    home = running.task.agent_id
    world.machines[home].total = NOTHING
    world.report(running.task.id, TaskState.TASK_GONE_BY_OPERATOR)
    world.sleep(2)
    world.work(4)

    (again,) = world.instances()
    assert again.id == running.id
    assert again.task is not None
    assert home != again.task.agent_id


def test_an_unreachable_one_is_waited_for(world: World) -> None:
    """Out of reach it is neither replaced nor given up by a kill; only wipe ends it."""
    world.post(resident())
    world.work(3)
    (running,) = world.instances()
    assert running.task is not None
    world.report(running.task.id, TaskState.TASK_UNREACHABLE)
    world.send(KillInstances(request_id=RequestId(1), ids=(running.id,)))
    world.sleep(500)
    waited = world.conditions()
    world.send(KillInstances(request_id=RequestId(1), ids=(running.id,), wipe=True))
    (kept, new) = world.instances()
    world.send(AgentLost(AgentId(running.task.agent_id)))

    assert ["Unreachable"] == waited
    assert kept.is_to_be_freed
    assert [new.id] == [one.id for one in world.instances()]


def test_no_two_share_a_place_that_is_to_be_unique(world: World) -> None:
    """One that waits for its reservation counts for UNIQUE, and is not in its own way."""
    world.post(resident(instances=2, constraints=(Constraint("hostname", Operator.UNIQUE),)))
    world.offer("x")
    world.offer("x")
    held = [one.reservation for one in world.instances()]
    world.work(4)

    assert 1 == sum(one is not None for one in held)
    assert ["Running"] * 2 == world.conditions()
    assert {"x": True, "y": True} == reserved(world)


def test_upgraded_it_keeps_its_volumes(world: World) -> None:
    """A new version takes over the instances one after the other, on the volumes of the old ones."""
    world.post(resident(instances=2))
    world.work(4)
    before = {one.id: one.reservation for one in world.instances()}
    world.update("/web", cmd="sleep 2")
    world.work(10)

    assert before == {one.id: one.reservation for one in world.instances()}
    assert {world.app().version} == {one.version for one in world.instances()}
    assert not world.is_deploying


def test_with_another_role_it_keeps_what_it_has(world: World) -> None:
    """Forced into another role, instances come back under the one that their volumes are reserved for; new ones not."""
    world.post(resident())
    world.work(4)
    (before,) = world.instances()
    world.update("/web", role="other", instances=2, force=True)
    for _ in range(4):
        for role in ("store", "other"):
            world.role = role
            world.work(2)
    (again, new) = world.instances()

    assert (before.id, before.reservation, "store") == (again.id, again.reservation, again.role)
    assert "other" == new.role
    assert ["Running"] * 2 == world.conditions()
    assert not world.is_deploying
    assert not world.is_reviving


@pytest.mark.parametrize("change", ["delete", "role"])
def test_a_new_leader_wants_offers_of_roles_that_no_app_has_any_more(world: World, change: str) -> None:
    """What is to be given back, or to be launched on, was set aside for the role that the app had then."""
    world.post(resident())
    world.work(4)
    (running,) = world.instances()
    assert running.task is not None
    if change == "delete":
        world.delete("/web")
    else:
        world.update("/web", role="other", force=True)
    world.end_killed()
    world.sleep(5)
    world.effects.clear()
    world.fail_over()
    world.sleep(10)

    revived = {role for effect in world.effects if isinstance(effect, Revive) for role in effect.roles}
    assert "store" in revived


def test_others_keep_away_from_what_is_set_aside(world: World) -> None:
    """Resources of one instance are nobody else's, not even of the same role."""
    world.add_agent("z", cpus=0.3, disk=100)
    world.post(resident(cpus=0.3))
    world.offer("z")
    world.post(make_app("/other", role="store", cpus=0.1))
    world.offer("z")

    assert ["Provisioned"] == world.conditions()
    assert ["Scheduled"] == world.conditions("/other")


def test_what_is_kept_is_listed_by_its_last_task(world: World) -> None:
    """A stopped instance, and one that waits for its agent, can be seen, and named for a wipe; a freed one is gone."""
    world.post(resident(instances=2))
    world.work()
    ids = world.task_ids()
    world.update("/web", instances=1)
    world.end_killed()
    (waiting,) = (one for one in world.instances() if one.task is not None)
    assert waiting.task is not None
    world.report(waiting.task.id, TaskState.TASK_FAILED)
    state = world.marathon.state
    shown = {str(task["id"]): task for task in app_tasks(state, PathId("/web"))}

    assert set(ids) == set(shown)
    assert {"TASK_KILLED", "TASK_STAGING"} == {task["state"] for task in shown.values()}
    assert all(task["localVolumes"] and task["host"] and "version" not in task for task in shown.values())
    assert () == find_instances(state, PathId("/web"))
    assert Counts(staged=1, running=0, healthy=0, unhealthy=0) == Counts.of(state, world.instances())

    kept = find_instances(state, PathId("/web"), with_kept=True)
    assert 2 == len(kept)
    world.send(KillInstances(request_id=RequestId(1), ids=kept, wipe=True))
    assert not [task for task in app_tasks(state, PathId("/web")) if task["id"] in ids]

"""Whatever befalls an app with volumes: in the end it runs as it should, and deleted it leaves nothing set aside."""

from __future__ import annotations

from random import Random

import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.definition.app_container import Container, ContainerType
from koinon_marathon.definition.apps import App, UnreachableDisabled, UpgradeStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.volumes import PersistentInfo, PersistentVolume
from koinon_marathon.events import KillInstances, RequestId
from koinon_marathon.options import Options
from support.marathon_world import World, make_app

pytestmark = pytest.mark.slow
STEPS = 60
WEB = PathId("/web")
ENDS = (TaskState.TASK_FAILED, TaskState.TASK_KILLED, TaskState.TASK_UNREACHABLE, TaskState.TASK_LOST)


def resident(instances: int) -> App:
    """A small app with a volume."""
    volume = PersistentVolume("data", PersistentInfo(size=64))
    return make_app(
        WEB,
        instances=instances,
        role="store",
        container=Container(type=ContainerType.MESOS, volumes=(volume,)),
        upgrade_strategy=UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0),
        unreachable_strategy=UnreachableDisabled.DISABLED,
    )


def befall(world: World, rng: Random) -> None:
    """One thing that may happen."""
    exists, tasks = WEB in world.marathon.state.specs, world.task_ids()
    what = rng.randrange(10)
    if what == 0:
        world.post(resident(rng.randint(0, 4)), force=True)
    elif what == 1 and exists:
        world.update(WEB, cmd=f"sleep {rng.randint(1, 5)}", force=True)
    elif what == 2 and exists:
        world.delete(WEB)
    elif what == 3 and tasks:
        world.report(rng.choice(tasks), rng.choice(ENDS))
    elif what == 4 and world.instances():
        world.send(
            KillInstances(request_id=RequestId(1), ids=(rng.choice(world.instances()).id,), wipe=rng.random() < 0.5)
        )
    elif what == 5:
        world.fail_over()
    elif what == 6:
        world.sleep(rng.choice((1, 5, 30)))
    elif what == 7:
        world.end_killed()
    else:
        world.offer(rng.choice("xyz"))
        world.run_all()


@pytest.mark.parametrize("seed", range(4))
def test_it_converges_and_leaves_nothing_behind(seed: int) -> None:
    """After all that the cluster comes to rest: so many run as are wanted, and a deleted app frees every agent."""
    world, rng = World(agents=0, options=Options(principal="marathon"), seed=seed), Random(seed)
    world.role = "store"
    for name in "xyz":
        world.add_agent(name, disk=1000)
    for _ in range(STEPS):
        befall(world, rng)
    world.post(resident(3), force=True)
    for _ in range(4):
        world.reconnect()
        world.work(20)
        world.sleep(700)
    conditions, is_deploying = world.conditions(), world.is_deploying
    running = [one for one in conditions if one == "Running"]
    world.delete(WEB)
    world.work(20)
    world.sleep(100)
    world.work(5)

    assert (3, False) == (len(running), is_deploying)
    assert [] == world.instances()
    assert not any(item.kind.reservations for machine in world.machines.values() for item in machine.total)

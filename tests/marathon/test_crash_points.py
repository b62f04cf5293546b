"""A leader that dies between any two of its writes and calls: the next one carries on, and nobody notices.

Each scenario is played once and every point at which the leader could have died is kept: after each write to the store
and after each call or answer that followed it. From each of them another leader begins with what was stored and what
really runs; some of these die as well, in the middle of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs
import pytest

from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import TaskInfo, TaskState
from koinon_marathon.definition.apps import UpgradeStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.events import CancelDeployment, Event, KillInstances, RequestId
from koinon_marathon.instance.instances import Instance
from koinon_marathon.instructions import (
    Accept,
    AcknowledgeStatus,
    Answer,
    ChangeAccepted,
    Effect,
    Instruction,
    KillTask,
    Persist,
    Record,
    RecordKey,
)
from support.marathon_world import World, make_app

Scenario = Callable[[World], None]
_SEEN_OUTSIDE = (Accept, AcknowledgeStatus, Answer, KillTask)
_ROUNDS = 40
HALF_AT_A_TIME = UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0)
HALF_MORE = UpgradeStrategy(minimum_health_capacity=1.0, maximum_over_capacity=0.5)


@attrs.frozen(kw_only=True)
class CrashPoint:
    """What is left when the leader dies: the store, the tasks, and what people were promised."""

    store: Mapping[RecordKey, Record]
    tasks: Mapping[AgentId, Mapping[TaskId, TaskInfo]]
    states: Mapping[AgentId, Mapping[TaskId, TaskState]]
    promised: datetime | None
    kills: frozenset[TaskId]
    now: float


class RecordedWorld(World):
    """A world that keeps every point at which its leader could die."""

    def __init__(self, **settings: Any) -> None:
        self.points: list[CrashPoint] = []
        self.killed: set[TaskId] = set()
        super().__init__(**settings)

    def send(self, event: Event, *, is_lost: bool = False) -> list[Instruction]:
        """The leader may die before it hears of the event, too."""
        self._keep_point()
        return super().send(event, is_lost=is_lost)

    def _write(self, persist: Persist) -> None:
        super()._write(persist)
        self._keep_point()

    def _carry_out(self, effect: Effect) -> None:
        super()._carry_out(effect)
        if isinstance(effect, KillTask):
            self.killed.add(effect.task_id)
        if isinstance(effect, _SEEN_OUTSIDE):
            self._keep_point()

    def _keep_point(self) -> None:
        accepted = [answer.version for answer in self.answers if isinstance(answer, ChangeAccepted)]
        point = CrashPoint(
            store=dict(self.store),
            tasks={machine.id: dict(machine.tasks) for machine in self.machines.values()},
            states={machine.id: dict(machine.states) for machine in self.machines.values()},
            promised=max(accepted, default=None),
            kills=frozenset(self.killed),
            now=self.now,
        )
        self.points.append(point)


def take_over(point: CrashPoint) -> World:
    """Another leader, with the cluster as it is."""
    world = World(agents=len(point.tasks))
    for machine in world.machines.values():
        machine.tasks.update(point.tasks[machine.id])
        machine.states.update(point.states[machine.id])
    world.store = dict(point.store)
    world.now = point.now
    world.fail_over()
    return world


def settle(world: World) -> None:
    """Let the cluster work until it is done."""
    for _ in range(_ROUNDS):
        world.work(1)
        instances = world.marathon.state.instances.all().values()
        if not world.is_deploying and not world.kills and all(one.condition.value == "Running" for one in instances):
            return


def deployed(instances: int, **fields: Any) -> RecordedWorld:
    """A world in which `/web` runs; its points begin here."""
    world = RecordedWorld(agents=2)
    world.post(make_app(instances=instances, **fields))
    settle(world)
    world.points.clear()
    return world


def launch(world: World) -> None:
    """A new app."""
    world.post(make_app("/new", instances=3))
    settle(world)


def scale_up(world: World) -> None:
    """More."""
    world.update("/web", instances=5)
    settle(world)


def scale_down(world: World) -> None:
    """Fewer."""
    world.update("/web", instances=1)
    settle(world)


def upgrade(world: World) -> None:
    """All of them anew."""
    world.update("/web", cmd="other")
    settle(world)


def upgrade_in_place(world: World) -> None:
    """Half of them at a time, without room to spare."""
    world.update("/web", cmd="other", upgrade_strategy=HALF_AT_A_TIME)
    settle(world)


def roll_back(world: World) -> None:
    """An upgrade that is undone half way."""
    world.update("/web", cmd="other", upgrade_strategy=HALF_MORE)
    world.offer()
    world.run_all()
    deployment = next(iter(world.marathon.state.deployments))
    world.send(CancelDeployment(request_id=RequestId(2), id=deployment))
    settle(world)


def several_steps(world: World) -> None:
    """Two apps, the second of which waits for the first, while a third goes."""
    world.post(make_app("/db"), make_app("/shop", instances=2, dependencies=(PathId("/db"),)))
    settle(world)
    world.change(
        lambda root, _at: attrs.evolve(
            root,
            apps={path: attrs.evolve(app, cmd="more") for path, app in root.apps.items() if path != "/web"},
        )
    )
    settle(world)


def kill(world: World) -> None:
    """One is killed and replaced."""
    world.send(KillInstances(request_id=RequestId(2), ids=(world.instances()[0].id,)))
    settle(world)


def kill_and_scale(world: World) -> None:
    """One is killed and not replaced."""
    world.send(KillInstances(request_id=RequestId(2), ids=(world.instances()[0].id,), scale=True))
    settle(world)


def fail(world: World) -> None:
    """One dies by itself and is replaced."""
    world.report(world.task_ids()[0], TaskState.TASK_FAILED)
    settle(world)


def delete(world: World) -> None:
    """The app goes."""
    world.delete("/web")
    settle(world)


SCENARIOS: tuple[Scenario, ...] = (
    launch,
    scale_up,
    scale_down,
    upgrade,
    upgrade_in_place,
    roll_back,
    several_steps,
    kill,
    kill_and_scale,
    fail,
    delete,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_next_leader_carries_on(scenario: Scenario) -> None:
    """Nothing promised is lost, nothing is left over, nothing is restarted that could have stayed."""
    recorded = deployed(3)

    scenario(recorded)

    assert not recorded.is_deploying
    assert recorded.points
    for number, point in enumerate(recorded.points):
        check_takeover(point, again=number % 3 == 0)


def check_takeover(point: CrashPoint, *, again: bool) -> None:
    """Let another leader carry on from there, and another `again` after a while."""
    world = take_over(point)
    state = world.marathon.state
    specs = dict(state.specs)
    stay = {path: could_stay(point, path, spec.version_info.last_config_change_at) for path, spec in specs.items()}
    if again:
        world.work(1)
        world.fail_over()

    settle(world)

    assert point.promised is None or point.promised <= state.root.version
    assert not world.is_deploying
    for path, spec in specs.items():
        assert ["Running"] * spec.instances == world.conditions(path)
        assert {spec.version_info.last_config_change_at} >= {one.config_version for one in world.instances(path)}
        assert len(stay[path] & set(world.task_ids(path))) >= min(spec.instances, len(stay[path]))
    running = {task for machine in world.machines.values() for task in machine.tasks}
    assert running == {task for path in specs for task in world.task_ids(path)}
    assert sum(spec.instances for spec in specs.values()) == sum(
        isinstance(one, Instance) for one in world.store.values()
    )


def could_stay(point: CrashPoint, path: PathId, config: datetime) -> frozenset[TaskId]:
    """The tasks of an app that run what is wanted, and that nobody has asked to end."""
    running = {task for tasks in point.tasks.values() for task in tasks}
    return frozenset(
        task.id
        for one in point.store.values()
        if isinstance(one, Instance) and one.spec_id == path and one.is_wanted and one.config_version == config
        for task in one.tasks
        if task.id in running and task.id not in point.kills
    )

"""A leader that dies between any two of its writes and calls: the next one carries on, and nobody notices.

Each scenario is played once and every point at which the leader could have died is kept: after each write to the store
and after each call or answer that followed it. From each of them another leader begins with what was stored and what
really runs; some of these die as well, in the middle of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import attrs
import pytest

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState
from koinon_marathon.definition.app_container import Container, ContainerType
from koinon_marathon.definition.apps import App, UnreachableDisabled, UpgradeStrategy
from koinon_marathon.definition.groups import Group, all_specs, put_spec, remove_spec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.run_specs import RunSpec
from koinon_marathon.definition.volumes import PersistentInfo, PersistentVolume
from koinon_marathon.events import CancelDeployment, Event, KillInstances, RequestId
from koinon_marathon.instance.instances import Goal, Instance
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
from koinon_marathon.options import Options
from koinon_marathon.store.repository import split_change
from support.marathon_world import Machine, World, make_app, make_pod

Scenario = Callable[[World], None]
_SEEN_OUTSIDE = (Accept, AcknowledgeStatus, Answer, KillTask)
_ROUNDS = 40
OPTIONS = Options(principal="marathon")
HALF_AT_A_TIME = UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0)
HALF_MORE = UpgradeStrategy(minimum_health_capacity=1.0, maximum_over_capacity=0.5)


@attrs.frozen(kw_only=True)
class CrashPoint:
    """What is left when the leader dies: the store, the tasks, and what people were promised."""

    store: Mapping[RecordKey, Record]
    machines: tuple[Machine, ...]
    role: str
    promised: datetime | None
    kills: frozenset[TaskId]
    now: float


class RecordedWorld(World):
    """A world that keeps every point at which its leader could die."""

    def __init__(self, *, at_once: int = 1000, **settings: Any) -> None:
        """`at_once` is how many records its store takes in one write."""
        self.at_once = at_once
        self.points: list[CrashPoint] = []
        self.killed: set[TaskId] = set()
        super().__init__(**settings)

    def send(self, event: Event, *, is_lost: bool = False) -> list[Instruction]:
        """The leader may die before it hears of the event, too."""
        self._keep_point()
        return super().send(event, is_lost=is_lost)

    def _write(self, persist: Persist) -> None:
        for part in split_change(persist.puts, persist.deletes, self.at_once):
            puts = tuple(each for each in part if not isinstance(each, RecordKey))
            deletes = tuple(each for each in part if isinstance(each, RecordKey))
            super()._write(Persist(puts=puts, deletes=deletes))
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
            machines=tuple(map(copy_machine, self.machines.values())),
            role=self.role,
            promised=max(accepted, default=None),
            kills=frozenset(self.killed),
            now=self.now,
        )
        self.points.append(point)


def copy_machine(machine: Machine) -> Machine:
    """The agent as it is now."""
    return attrs.evolve(machine, tasks=dict(machine.tasks), groups=list(machine.groups), states=dict(machine.states))


def take_over(point: CrashPoint) -> World:
    """Another leader, with the cluster as it is."""
    world = World(agents=0, options=OPTIONS)
    world.machines = {machine.id: copy_machine(machine) for machine in point.machines}
    world.role = point.role
    world.store = dict(point.store)
    world.now = point.now
    world.fail_over()
    return world


def settle(world: World) -> None:
    """Let the cluster work until it is done, and until what never reached an agent is given up."""
    for _ in range(_ROUNDS):
        world.work(1)
        wanted = [one for one in world.marathon.state.instances.all().values() if one.goal is Goal.RUNNING]
        if not world.is_deploying and not world.kills and all(one.condition.value == "Running" for one in wanted):
            return
        world.sleep(1)


def deployed(spec: RunSpec, role: str = "*", at_once: int = 1000) -> RecordedWorld:
    """A world in which `/web` runs; its points begin here."""
    world = RecordedWorld(agents=0, options=OPTIONS, at_once=at_once)
    world.role = role
    for name in ("a0", "a1"):
        world.add_agent(name, disk=1000)
    world.post(spec)
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
    """Two apps, the second of which waits for the first, and then both anew while a third goes."""
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


def change_group(world: World) -> None:
    """A group with apps that wait for one another comes, changes one, drops one and gets one, and goes."""

    def member(name: str, cmd: str, *needs: str) -> App:
        return make_app(f"/shop/{name}", cmd=cmd, dependencies=tuple(PathId(f"/shop/{need}") for need in needs))

    for members in (
        (member("db", "one"), member("api", "one", "db"), member("old", "one", "api")),
        (member("db", "two"), member("api", "one", "db"), member("new", "one", "api")),
        (),
    ):
        world.change(partial(_replace_group, members=members))
        settle(world)


def _replace_group(root: Group, _at: datetime, *, members: tuple[App, ...]) -> Group:
    for path in all_specs(root):
        root = remove_spec(root, path) if path.startswith("/shop/") else root
    for app in members:
        root = put_spec(root, app)
    return root


def launch_pod(world: World) -> None:
    """A new pod."""
    world.post(make_pod("/new", instances=2))
    settle(world)


def upgrade_pod(world: World) -> None:
    """All instances of a pod anew, with both containers each."""
    world.update("/web", labels={"release": "two"})
    settle(world)


def lose_container(world: World) -> None:
    """One container of a pod fails, which ends the other and has the instance replaced."""
    one, *others = world.instances()[0].tasks
    world.report(one.id, TaskState.TASK_FAILED)
    for other in others:
        world.report(other.id, TaskState.TASK_KILLED)
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
    change_group,
)
POD_SCENARIOS: tuple[Scenario, ...] = (launch_pod, scale_up, scale_down, upgrade_pod, lose_container, delete)
RESIDENT_SCENARIOS: tuple[Scenario, ...] = (scale_up, scale_down, upgrade, kill, fail, delete)


def _named(scenario: Scenario) -> str:
    return scenario.__name__


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_named)
def test_next_leader_carries_on(scenario: Scenario) -> None:
    """Nothing promised is lost, nothing is left over, nothing is restarted that could have stayed."""
    play(scenario, deployed(make_app(instances=3)))


@pytest.mark.parametrize("scenario", [launch, upgrade, roll_back, change_group, delete], ids=_named)
def test_a_change_too_large_for_one_write_may_break_off(scenario: Scenario) -> None:
    """Wherever it does: a tree is never found without the deployment that brings it about."""
    play(scenario, deployed(make_app(instances=2), at_once=1))


@pytest.mark.parametrize("scenario", POD_SCENARIOS, ids=_named)
def test_next_leader_carries_pods_on(scenario: Scenario) -> None:
    """The same, container for container."""
    play(scenario, deployed(make_pod("/web", instances=2)))


@pytest.mark.parametrize("scenario", RESIDENT_SCENARIOS, ids=_named)
def test_next_leader_carries_residents_on(scenario: Scenario) -> None:
    """The same, and no agent keeps what nobody needs any more."""
    container = Container(type=ContainerType.MESOS, volumes=(PersistentVolume("data", PersistentInfo(size=64)),))
    fields: dict[str, Any] = {"container": container, "upgrade_strategy": HALF_AT_A_TIME}
    unreachable = UnreachableDisabled.DISABLED
    app = make_app(instances=2, role="store", unreachable_strategy=unreachable, **fields)
    play(scenario, deployed(app, role="store"))


def play(scenario: Scenario, recorded: RecordedWorld) -> None:
    """Let it happen, and then let the leader die at each of its points."""
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
    world.offer()  # what is set aside for nobody is given back

    assert point.promised is None or point.promised <= state.root.version
    assert not world.is_deploying
    for path, spec in specs.items():
        wanted = [one for one in world.instances(path) if one.goal is Goal.RUNNING]
        assert ["Running"] * spec.instances == [one.condition.value for one in wanted]
        assert {spec.version_info.last_config_change_at} >= {one.config_version for one in wanted}
        assert len(stay[path] & tasks_of(world.instances(path))) >= min(spec.instances, len(stay[path]))
    running = {task for machine in world.machines.values() for task in machine.tasks}
    assert running == {task for path in specs for tasks in tasks_of(world.instances(path)) for task in tasks}
    assert reserved_instances(world) <= {one.id for path in specs for one in world.instances(path)}
    stored = [one for one in world.store.values() if isinstance(one, Instance)]
    assert {one.id for path in specs for one in world.instances(path)} == {one.id for one in stored}
    assert all(one.reservation for one in stored if one.goal is not Goal.RUNNING)


def tasks_of(instances: Iterable[Instance]) -> set[frozenset[TaskId]]:
    """The tasks of each."""
    return {frozenset(task.id for task in one.tasks) for one in instances}


def could_stay(point: CrashPoint, path: PathId, config: datetime) -> set[frozenset[TaskId]]:
    """The tasks of those instances that run what is wanted, and that nobody has asked to end."""
    stored = [one for one in point.store.values() if isinstance(one, Instance) and one.spec_id == path]
    alive = {task for machine in point.machines for task in machine.tasks} - point.kills
    wanted = tasks_of(one for one in stored if one.is_wanted and one.config_version == config)
    return {tasks for tasks in wanted if tasks and tasks <= alive}


def reserved_instances(world: World) -> set[str]:
    """For whom something is set aside on any agent."""
    kinds = [kind for machine in world.machines.values() for item in machine.total for kind in item.kind.reservations]
    labels = [label for kind in kinds if kind.labels is not None for label in kind.labels.labels]
    return {str(label.value) for label in labels if label.key == "marathon_task_id"}

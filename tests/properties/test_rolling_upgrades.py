"""Deployments keep their promises whatever happens meanwhile: never too few healthy, never too many, and an end."""

from __future__ import annotations

from collections.abc import Set
from math import ceil, floor
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck as HypothesisCheck
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_marathon.definition.apps import App, KillSelection, UpgradeStrategy
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.deployment.plan import ActionType
from koinon_marathon.events import CancelDeployment, Event, KillInstances, RequestId, Restored, StatusReceived
from koinon_marathon.instance.instances import Condition, Instance, InstanceId, instance_of
from koinon_marathon.instructions import Instruction, Publish
from koinon_marathon.marathon import Marathon
from support.marathon_world import World, make_app

A, B = PathId("/a"), PathId("/b")
CHECK = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
CONSTRAINTS: tuple[tuple[Constraint, ...], ...] = (
    (),
    (Constraint("hostname", Operator.MAX_PER, "8"),),
    (Constraint("rack", Operator.GROUP_BY, "2"),),
)
ENDS = (TaskState.TASK_FAILED, TaskState.TASK_FINISHED, TaskState.TASK_GONE, TaskState.TASK_KILLED)
SHARES = st.sampled_from((0.0, 0.25, 0.34, 0.5, 0.7, 1.0))


class WatchedMarathon(Marathon):
    """Marathon under the eyes of somebody who counts after every event."""

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Count what was well before and what is there after it."""
        paths = self._rolling()
        before = {path: dict(self.state.instances.of_spec(path)) for path in self.state.specs}
        well = {path: self.healthy_of(path) for path in before}
        instructions = super().handle(event, now)
        for path in paths | self._rolling():
            if path in self.state.specs:
                self._check_minimum(path, well.get(path, set()) - _subjects(event))
        for path, spec in self.state.specs.items() if not isinstance(event, Restored) else ():
            if self.state.instances.of_spec(path).keys() - before.get(path, {}).keys():
                self._check_maximum(path, spec if path in self._rolling() else None)
        return instructions

    def healthy_of(self, path: PathId) -> set[InstanceId]:
        """Instances that are wanted and work, and that nobody is killing."""
        return {
            one.id
            for one in self.state.instances.of_spec(path).values()
            if one.is_wanted and one.condition is Condition.RUNNING and self._is_well(one)
        }

    def _is_well(self, instance: Instance) -> bool:
        definition = self.state.definition_of(instance)
        is_checked = isinstance(definition, App) and bool(definition.health_checks)
        is_killed = any(task.id in self.state.kills for task in instance.tasks)
        return (instance.healthy is True or not is_checked) and not is_killed

    def _rolling(self) -> set[PathId]:
        running = self.state.deployments.values()
        actions = (action for deployment in running for action in deployment.current_actions)
        return {action.spec_id for action in actions if action.type is ActionType.RESTART}

    def _check_minimum(self, path: PathId, well_before: Set[InstanceId]) -> None:
        """Whoever lets a healthy instance go leaves as many healthy ones as were promised."""
        spec, members = self.state.specs[path], self.state.instances.of_spec(path)
        given_up = {one for one in well_before if one not in members or not members[one].is_wanted}
        if given_up:
            promised = ceil(spec.instances * spec.upgrade_strategy.minimum_health_capacity - 1e-9)
            assert len(self.healthy_of(path)) >= promised, (path, given_up)

    def _check_maximum(self, path: PathId, rolling: object) -> None:
        """Whoever adds an instance stays below what is allowed, those that still end included."""
        spec, instances = self.state.specs[path], self.state.instances
        if rolling is None:
            assert instances.counted(path) <= spec.instances
            return
        least = ceil(spec.instances * spec.upgrade_strategy.minimum_health_capacity - 1e-9)
        most = floor(spec.instances * (1 + spec.upgrade_strategy.maximum_over_capacity) + 1e-9)
        assert instances.counted(path) + instances.going(path) <= most + (least == most)


def _subjects(event: Event) -> set[InstanceId]:
    """Whom somebody else than a deployment lets go."""
    match event:
        case StatusReceived(status):
            found = instance_of(status.task_id)
            return {found} if found else set()
        case KillInstances():
            return set(event.ids)
    return set()


class WatchedWorld(World):
    """A world whose leaders are watched."""

    def make_marathon(self) -> Marathon:
        """A watched one."""
        return WatchedMarathon(self.options, self.rng)


class RollingUpgrades(RuleBasedStateMachine):
    """Four agents in two racks, an app under constant change, another beside it, and all that can befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World = WatchedWorld(agents=0)

    @initialize(
        seed=st.integers(0, 1000),
        instances=st.integers(0, 12),
        checked=st.booleans(),
        constraints=st.sampled_from(CONSTRAINTS),
        health=SHARES,
        over=SHARES,
        selection=st.sampled_from(KillSelection),
    )
    def begin(
        self,
        *,
        seed: int,
        instances: int,
        checked: bool,
        constraints: tuple[Constraint, ...],
        health: float,
        over: float,
        selection: KillSelection,
    ) -> None:
        """The app runs."""
        self.world = WatchedWorld(agents=0, seed=seed)
        for number in range(4):
            self.world.add_agent(f"a{number}", attributes=f"rack:r{number % 2}")
        app = make_app(
            A,
            instances=instances,
            constraints=constraints,
            kill_selection=selection,
            upgrade_strategy=UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over),
            health_checks=(CHECK,) if checked else (),
        )
        self.world.post(app, make_app(B, dependencies=(A,)))
        self.world.work(6)

    @rule(command=st.integers(0, 3), instances=st.none() | st.integers(0, 12), is_forced=st.booleans())
    def upgrade(self, command: int, instances: int | None, *, is_forced: bool) -> None:
        """Another version, perhaps of another size."""
        size = {} if instances is None else {"instances": instances}
        self.world.update(A, cmd=f"sleep {command}", force=is_forced, **size)

    @rule(health=SHARES, over=SHARES, is_forced=st.booleans())
    def change_strategy(self, health: float, over: float, *, is_forced: bool) -> None:
        """Other promises, which are a new version as well."""
        strategy = UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over)
        self.world.update(A, upgrade_strategy=strategy, force=is_forced)

    @rule(instances=st.integers(0, 12), is_forced=st.booleans())
    def scale(self, instances: int, *, is_forced: bool) -> None:
        """More or fewer."""
        self.world.update(A, instances=instances, force=is_forced)

    @rule(command=st.integers(0, 3), is_forced=st.booleans())
    def upgrade_both(self, command: int, *, is_forced: bool) -> None:
        """A deployment of several steps."""
        self.world.change(
            lambda root, _at: attrs.evolve(
                root, apps={path: attrs.evolve(app, cmd=f"more {command}") for path, app in root.apps.items()}
            ),
            force=is_forced,
        )

    @precondition(lambda self: self.world.marathon.state.deployments)
    @rule(is_forced=st.booleans())
    def cancel(self, *, is_forced: bool) -> None:
        """A deployment is undone, or stopped."""
        deployment = next(iter(self.world.marathon.state.deployments))
        self.world.send(CancelDeployment(request_id=RequestId(1), id=deployment, force=is_forced))

    @rule(name=st.sampled_from(("a0", "a1", "a2", "a3")))
    def offer_one(self, name: str) -> None:
        """What one agent has."""
        self.world.offer(name)

    @rule()
    def work(self) -> None:
        """All goes well for a moment."""
        self.world.work(1)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), healthy=st.sampled_from((None, True, True, False)), is_lost=st.booleans())
    def run(self, data: st.DataObject, healthy: bool | None, *, is_lost: bool) -> None:
        """A task runs, and may be well; sometimes the leader dies after storing it and before anything else."""
        task = data.draw(st.sampled_from(self.tasks))
        self.world.report(task, TaskState.TASK_RUNNING, healthy=healthy, is_lost=is_lost)
        if is_lost:
            self.world.fail_over()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), state=st.sampled_from((*ENDS, TaskState.TASK_UNREACHABLE)))
    def suffer(self, data: st.DataObject, state: TaskState) -> None:
        """A task ends, or goes out of reach."""
        self.world.report(data.draw(st.sampled_from(self.tasks)), state)

    @rule(name=st.sampled_from(("a0", "a1", "a2", "a3")))
    def lose_agent(self, name: str) -> None:
        """All of an agent's tasks are gone with it; it comes back empty."""
        for task in list(self.world.machines[AgentId(name)].tasks):
            self.world.report(task, TaskState.TASK_GONE)

    @precondition(lambda self: len(self.world.marathon.state.instances) > 0)
    @rule(data=st.data(), how=st.sampled_from(("", "scale", "wipe")))
    def kill(self, data: st.DataObject, how: str) -> None:
        """Somebody kills an instance."""
        victim = data.draw(st.sampled_from(list(self.world.marathon.state.instances.all())))
        event = KillInstances(
            request_id=RequestId(1), ids=(victim,), scale=how == "scale", wipe=how == "wipe", force=True
        )
        self.world.send(event)

    @rule()
    def end_killed(self) -> None:
        """Tasks that were told to end, end."""
        self.world.end_killed()

    @rule(seconds=st.sampled_from((1, 40)))
    def sleep(self, seconds: int) -> None:
        """Time passes."""
        self.world.sleep(seconds)

    @rule()
    def fail_over(self) -> None:
        """Another leader."""
        self.world.fail_over()

    def teardown(self) -> None:
        """Left in peace, every deployment comes to its end, with as many of the last version as were asked for."""
        for _ in range(4):
            self.world.work(10)
            for task in self.tasks:
                self.world.report(task, TaskState.TASK_RUNNING, healthy=True)
            self.world.sleep(400)
        self.world.work(30)
        state = self.world.marathon.state
        assert not state.deployments, [each.current_actions for each in state.deployments.values()]
        for path, spec in state.specs.items():
            assert ["Running"] * spec.instances == self.world.conditions(path)
            if path not in self.stopped:
                versions = {one.config_version for one in self.world.instances(path)}
                assert {spec.version_info.last_config_change_at} >= versions
        assert set(self.tasks) == {task for path in state.specs for task in self.world.task_ids(path)}

    @property
    def stopped(self) -> set[str]:
        """The apps whose last deployment was stopped where it was, by force."""
        last: dict[str, str] = {}
        for effect in self.world.effects:
            if isinstance(effect, Publish) and effect.event.type in ("deployment_success", "deployment_failed"):
                plan: Any = effect.event.fields["plan"]
                last |= {action["app"]: effect.event.type for step in plan["steps"] for action in step["actions"]}
        return {path for path, ended in last.items() if ended == "deployment_failed"}

    @property
    def tasks(self) -> list[TaskId]:
        """All that run."""
        return [task for machine in self.world.machines.values() for task in machine.tasks]


TestRollingUpgrades = pytest.mark.slow(RollingUpgrades.TestCase)
TestRollingUpgrades.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HypothesisCheck.too_slow],
)

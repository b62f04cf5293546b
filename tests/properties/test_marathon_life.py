"""What is true of Marathon whatever statuses, offers, changes and new leaders come, and in what order."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState
from koinon_marathon.definition.apps import UnreachableStrategy, UpgradeStrategy
from koinon_marathon.definition.constraints import Constraint, Operator
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.events import CancelDeployment, KillInstances, RequestId
from koinon_marathon.instructions import InstanceKey
from support.marathon_world import World, make_app

IDS = (PathId("/a"), PathId("/b/c"))
CONSTRAINTS: tuple[tuple[Constraint, ...], ...] = (
    (),
    (Constraint("hostname", Operator.MAX_PER, "2"),),
    (Constraint("rack", Operator.GROUP_BY, "2"),),
    (Constraint("hostname", Operator.UNIQUE),),
)
ENDS = (TaskState.TASK_FAILED, TaskState.TASK_KILLED, TaskState.TASK_FINISHED, TaskState.TASK_GONE)
REPORTS = (TaskState.TASK_STAGING, TaskState.TASK_STARTING, TaskState.TASK_RUNNING, TaskState.TASK_UNREACHABLE)


class MarathonLife(RuleBasedStateMachine):
    """Three agents in two racks, two apps, and all that can befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(agents=0)

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        """An empty cluster."""
        self.world = World(agents=0, seed=seed)
        for name, rack in (("x", "one"), ("y", "one"), ("z", "two")):
            self.world.add_agent(name, attributes=f"rack:{rack}")

    @rule(
        id_=st.sampled_from(IDS),
        instances=st.integers(0, 4),
        constraints=st.sampled_from(CONSTRAINTS),
        health=st.sampled_from((0.0, 0.5, 1.0)),
        inactive=st.sampled_from((0, 20)),
    )
    def post(
        self, id_: PathId, instances: int, constraints: tuple[Constraint, ...], health: float, inactive: int
    ) -> None:
        """A new app, or another definition of a known one, whatever is under way."""
        patience = UnreachableStrategy(inactive_after_seconds=inactive, expunge_after_seconds=2 * inactive)
        app = make_app(
            id_,
            instances=instances,
            constraints=constraints,
            upgrade_strategy=UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=0.5),
            unreachable_strategy=patience,
            cmd=f"sleep {self.world.rng.randrange(3)}",
        )
        self.world.post(app, force=True)

    @precondition(lambda self: self.world.marathon.state.apps())
    @rule(data=st.data(), instances=st.integers(0, 4), is_forced=st.booleans())
    def scale(self, data: st.DataObject, instances: int, *, is_forced: bool) -> None:
        """More or fewer; refused where a deployment is at work."""
        self.world.update(self._app(data), instances=instances, force=is_forced)

    @precondition(lambda self: self.world.marathon.state.apps())
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        """All of them anew."""
        self.world.change(lambda root, _at: root, force=True, restarts=[self._app(data)])

    @precondition(lambda self: self.world.marathon.state.apps())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """The app goes."""
        self.world.delete(self._app(data))

    @precondition(lambda self: self.world.marathon.state.deployments)
    @rule(is_forced=st.booleans())
    def cancel(self, *, is_forced: bool) -> None:
        """A deployment is stopped or undone."""
        deployment = next(iter(self.world.marathon.state.deployments))
        self.world.send(CancelDeployment(request_id=RequestId(1), id=deployment, force=is_forced))

    @rule()
    def offer(self) -> None:
        """All that is free."""
        self.world.offer()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), state=st.sampled_from(REPORTS + ENDS), is_lost=st.booleans())
    def report(self, data: st.DataObject, state: TaskState, *, is_lost: bool) -> None:
        """A status; sometimes the leader dies after storing it and before anything else."""
        self.world.report(data.draw(st.sampled_from(self.tasks)), state, is_lost=is_lost)
        if is_lost:
            self.world.fail_over()

    @precondition(lambda self: len(self.world.marathon.state.instances) > 0)
    @rule(data=st.data(), how=st.sampled_from(("", "scale", "wipe")))
    def kill(self, data: st.DataObject, how: str) -> None:
        """One instance, in each of the three ways."""
        victim = data.draw(st.sampled_from(list(self.world.marathon.state.instances.all())))
        event = KillInstances(
            request_id=RequestId(1), ids=(victim,), scale=how == "scale", wipe=how == "wipe", force=True
        )
        self.world.send(event)

    @rule()
    def end_killed(self) -> None:
        """Tasks that were told to end, end."""
        self.world.end_killed()

    @rule(seconds=st.sampled_from((1, 15, 100)))
    def sleep(self, seconds: int) -> None:
        """Time passes."""
        self.world.sleep(seconds)

    @rule()
    def fail_over(self) -> None:
        """Another leader."""
        self.world.fail_over()

    @rule()
    def reconnect(self) -> None:
        """Another session."""
        self.world.reconnect()

    @invariant()
    def agents_are_never_overcommitted(self) -> None:
        """What tasks hold is there."""
        for machine in self.world.machines.values():
            assert machine.taken in machine.total

    @invariant()
    def store_and_memory_agree(self) -> None:
        """What a new leader would read is what this one knows."""
        stored = {key.id for key in self.world.store if isinstance(key, InstanceKey)}

        assert set(self.world.marathon.state.instances.all()) == stored

    def teardown(self) -> None:
        """Left in peace, every app comes to what is wanted of it, as far as its constraints let it, and no more."""
        self.world.work(60)
        self.world.sleep(700)
        self.world.work(60)
        state = self.world.marathon.state
        for app in state.apps().values():
            # What can't be placed holds its deployment up for ever; all the rest comes to its end.
            if app.constraints in CONSTRAINTS[:2]:
                assert app.id not in state.locks
                assert app.instances == state.instances.counted(app.id)
                running = [one for one in self.world.instances(app.id) if one.condition.value == "Running"]
                assert app.instances == len(running)
        known = {task for id_ in IDS for task in self.world.task_ids(id_)}
        assert known == set(self.tasks)

    @property
    def tasks(self) -> list[TaskId]:
        """All that run."""
        return [task for machine in self.world.machines.values() for task in machine.tasks]

    def _app(self, data: st.DataObject) -> PathId:
        return data.draw(st.sampled_from(sorted(self.world.marathon.state.apps())))


TestMarathonLife = pytest.mark.slow(MarathonLife.TestCase)
TestMarathonLife.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

"""What is true of Marathon whatever statuses, offers, changes and new leaders come, and in what order."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_marathon.definition.app_container import Container, ContainerType
from koinon_marathon.definition.apps import UnreachableDisabled, UnreachableStrategy, UpgradeStrategy
from koinon_marathon.definition.groups import Group, find_group, put_specs, replace_group
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.run_specs import RunSpec
from koinon_marathon.definition.volumes import PersistentInfo, PersistentVolume
from koinon_marathon.deployment.plan import DeploymentPlan
from koinon_marathon.events import AgentLost, CancelDeployment, KillInstances, OffersReceived, RequestId
from koinon_marathon.health.probes import Probe, ProbeAnswered
from koinon_marathon.instance.instances import Instance
from koinon_marathon.options import Options
from koinon_marathon.timers import TimerKind
from support.marathon_world import World, make_app, make_pod
from support.probed_world import ILL, ONE_PORT, WELL, http_check, readiness_check

EXAMPLES = int(os.environ.get("KOINON_LIFE_EXAMPLES", "30"))
"""How many lives. For a thousand, which take some minutes, say `--timeout=0` as well."""
A, B, POD, DATABASE = PathId("/a"), PathId("/b/c"), PathId("/b/pod"), PathId("/db")
AGENTS = {"x": "one", "y": "one", "z": "two"}
ROLES = ("*", "store", "other")
PLACEABLE: tuple[tuple[Constraint, ...], ...] = ((), (Constraint("hostname", Operator.MAX_PER, "2"),))
CONSTRAINTS = (
    *PLACEABLE,
    (Constraint("rack", Operator.GROUP_BY, "2"),),
    (Constraint("hostname", Operator.UNIQUE),),
)
ENDS = (TaskState.TASK_FAILED, TaskState.TASK_KILLED, TaskState.TASK_FINISHED, TaskState.TASK_GONE)
REPORTS = (TaskState.TASK_STAGING, TaskState.TASK_STARTING, TaskState.TASK_RUNNING, TaskState.TASK_UNREACHABLE)
ALWAYS_SET = {TimerKind.RECONCILE, TimerKind.SCALE_CHECK}

apps = st.fixed_dictionaries(
    {
        "cmd": st.sampled_from(("sleep 1", "sleep 2", "sleep 3")),
        "constraints": st.sampled_from(CONSTRAINTS),
        "health_checks": st.sampled_from(((), (http_check(),))),
        "readiness_checks": st.sampled_from(((), (readiness_check(),))),
        "upgrade_strategy": st.sampled_from((0.0, 0.5, 1.0)).map(
            lambda share: UpgradeStrategy(minimum_health_capacity=share, maximum_over_capacity=0.5)
        ),
        "unreachable_strategy": st.sampled_from((0, 20)).map(
            lambda wait: UnreachableStrategy(inactive_after_seconds=wait, expunge_after_seconds=2 * wait)
        ),
    }
)


def make_database(instances: int, command: str, role: str) -> RunSpec:
    """An app with a volume."""
    return make_app(
        DATABASE,
        instances=instances,
        cmd=command,
        role=role,
        container=Container(type=ContainerType.MESOS, volumes=(PersistentVolume("data", PersistentInfo(size=64)),)),
        upgrade_strategy=UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0),
        unreachable_strategy=UnreachableDisabled.DISABLED,
    )


class MarathonLife(RuleBasedStateMachine):
    """Three agents in two racks, two apps, a pod, an app with a volume, and all that can befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(agents=0)

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        """An empty cluster."""
        self.world = World(agents=0, options=Options(principal="marathon"), seed=seed)
        for name, rack in AGENTS.items():
            self.world.add_agent(name, disk=1000, attributes=f"rack:{rack}")

    @rule(id_=st.sampled_from((A, B)), instances=st.integers(0, 4), fields=apps, depends=st.booleans())
    def post(self, id_: PathId, instances: int, fields: dict[str, Any], *, depends: bool) -> None:
        """A new app, or another definition of a known one, whatever is under way."""
        needed = (A,) if depends and id_ == B and A in self.world.marathon.state.specs else ()
        app = make_app(id_, instances=instances, dependencies=needed, port_definitions=ONE_PORT, **fields)
        self.world.post(app, force=True)

    @rule(instances=st.integers(0, 3), color=st.sampled_from(("red", "green")))
    def post_pod(self, instances: int, color: str) -> None:
        """A pod of two containers."""
        self.world.post(make_pod(POD, instances=instances, labels={"color": color}), force=True)

    @rule(instances=st.integers(0, 3), command=st.sampled_from(("sleep 1", "sleep 2")), role=st.sampled_from(ROLES[1:]))
    def post_database(self, instances: int, command: str, role: str) -> None:
        """An app with a volume, perhaps of another role than that of the volumes it has."""
        self.world.post(make_database(instances, command, role), force=True)

    @precondition(lambda self: self.specs)
    @rule(data=st.data(), instances=st.integers(0, 4), is_forced=st.booleans())
    def scale(self, data: st.DataObject, instances: int, *, is_forced: bool) -> None:
        """More or fewer; refused where a deployment is at work."""
        self.world.update(self._spec(data), instances=instances, force=is_forced)

    @precondition(lambda self: self.specs)
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        """All of them anew."""
        self.world.change(lambda root, _at: root, force=True, restarts=[self._spec(data)])

    @precondition(lambda self: self.specs)
    @rule(label=st.sampled_from(("1", "2")), is_forced=st.booleans(), depends=st.booleans())
    def change_all(self, label: str, *, is_forced: bool, depends: bool) -> None:
        """Every definition in one deployment, those of one group after the app of another if that is there."""

        def transition(root: Group, _at: object) -> Group:
            root = put_specs(root, (attrs.evolve(spec, labels={"change": label}) for spec in self.specs.values()))
            group = find_group(root, PathId("/b"))
            needed = (A,) if depends and A in self.specs else ()
            return root if group is None else replace_group(root, attrs.evolve(group, dependencies=needed))

        self.world.change(transition, force=is_forced)

    @precondition(lambda self: self.specs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """The app goes."""
        self.world.delete(self._spec(data))

    @precondition(lambda self: self.world.is_deploying)
    @rule(data=st.data(), is_forced=st.booleans())
    def cancel(self, data: st.DataObject, *, is_forced: bool) -> None:
        """A deployment is stopped or undone."""
        deployment = data.draw(st.sampled_from(list(self.world.marathon.state.deployments)))
        self.world.send(CancelDeployment(request_id=RequestId(1), id=deployment, force=is_forced))

    @rule(role=st.sampled_from(ROLES), is_lost=st.booleans())
    def offer(self, role: str, *, is_lost: bool) -> None:
        """All that is free; sometimes the leader dies after storing what it wants to do with it."""
        self.world.role = role
        if not is_lost:
            self.world.offer()
            return
        offers = tuple(map(self.world.make_offer, self.world.machines.values()))
        self.world.send(OffersReceived(offers), is_lost=True)
        self.world.fail_over()

    @rule()
    def run_all(self) -> None:
        """What was launched comes up."""
        self.world.run_all()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), state=st.sampled_from(REPORTS + ENDS), is_lost=st.booleans())
    def report(self, data: st.DataObject, state: TaskState, *, is_lost: bool) -> None:
        """A status; sometimes the leader dies after storing it and before anything else."""
        self.world.report(data.draw(st.sampled_from(self.tasks)), state, is_lost=is_lost)
        if is_lost:
            self.world.fail_over()

    @rule(name=st.sampled_from(sorted(AGENTS)))
    def lose_agent(self, name: str) -> None:
        """An agent goes out of reach with all that runs there, and is given up."""
        for task in list(self.world.machines[AgentId(name)].tasks):
            self.world.report(task, TaskState.TASK_UNREACHABLE)
        self.world.send(AgentLost(AgentId(name)))

    @rule(outcomes=st.lists(st.sampled_from((WELL, ILL)), min_size=1, max_size=3))
    def answer(self, outcomes: list[Any]) -> None:
        """Those who were asked how they are say so."""
        for number, probe in enumerate(self._take_probes()):
            self.world.send(ProbeAnswered(probe.key, outcomes[number % len(outcomes)]))

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
        state, stored = self.world.marathon.state, list(self.world.store.values())

        assert dict(state.instances.all()) == {one.id: one for one in stored if isinstance(one, Instance)}
        assert set(state.deployments) == {one.id for one in stored if isinstance(one, DeploymentPlan)}

    def teardown(self) -> None:
        """Left in peace, all comes to what is wanted, as far as constraints let it; deleted it leaves nothing."""
        self._rest()
        state = self.world.marathon.state
        if all(spec.constraints in PLACEABLE for spec in self.specs.values()):
            # What can't be placed holds its deployment up for ever; all the rest comes to its end.
            assert not state.deployments, [each.current_actions for each in state.deployments.values()]
        for path, spec in self.specs.items():
            if path not in state.locks and spec.constraints in PLACEABLE:
                running = [one for one in self.world.instances(path) if one.condition.value == "Running"]
                assert spec.instances == state.instances.counted(path) == len(running)
        assert set(self.tasks) == {task.id for one in state.instances.all().values() for task in one.live_tasks}
        self._leave()

    def _leave(self) -> None:
        state = self.world.marathon.state
        for path in list(self.specs):
            self.world.delete(path)
        self._rest()
        assert not self.tasks
        assert not len(state.instances)
        assert not state.deployments
        assert not any(item.kind.reservations for machine in self.world.machines.values() for item in machine.total)
        assert {timer.kind for timer in state.timers.all()} <= ALWAYS_SET
        assert ((), {}, ()) == (state.kills.in_flight, state.locks, state.queue.specs())
        assert not self.world.is_reviving

    def _rest(self) -> None:
        """Everything works, and everybody who is out of reach comes back."""
        for seconds in (3, 3, 3, 6, 30, 30, 700, 3, 3, 30, 30):
            self.world.reconnect()
            for _ in range(3):
                for role in ROLES:
                    self.world.role = role
                    self.world.offer()
                self._all_well()
            self._sleep(seconds, self._all_well)

    def _sleep(self, seconds: float, act: Callable[[], None]) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.world.sleep(min(10.0, end - self.world.now) if seconds < 100 else seconds)
            act()

    def _all_well(self) -> None:
        self.world.run_all()
        self.world.end_killed()
        self.answer([WELL])

    def _take_probes(self) -> list[Probe]:
        """What was asked since the last time, of each the last question."""
        found = {effect.key: effect for effect in self.world.effects if isinstance(effect, Probe)}
        self.world.effects.clear()
        return list(found.values())

    @property
    def specs(self) -> dict[PathId, RunSpec]:
        """All that is defined."""
        return self.world.marathon.state.specs

    @property
    def tasks(self) -> list[TaskId]:
        """All that run."""
        return [task for machine in self.world.machines.values() for task in machine.tasks]

    def _spec(self, data: st.DataObject) -> PathId:
        return data.draw(st.sampled_from(sorted(self.specs)))


TestMarathonLife = pytest.mark.slow(MarathonLife.TestCase)
TestMarathonLife.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

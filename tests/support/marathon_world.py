"""A world for Marathon's pure machine: a store, a master and agents that do exactly what the machine says.

Nothing happens by itself: a test lets the master offer, tasks change and time pass, and looks at what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

import attrs

from koinon_core.attributes import parse_attributes
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import AllocationInfo, LaunchGroup, Offer
from koinon_core.resources import NOTHING, Resources, ranges, scalar
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_marathon.changes.root_versions import RootRecord, replay
from koinon_marathon.definition.apps import App, VersionInfo
from koinon_marathon.definition.groups import Group, find_app, find_pod, put_spec, remove_spec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.pod_containers import ContainerResources, PodContainer
from koinon_marathon.definition.pods import Pod
from koinon_marathon.definition.run_specs import RunSpec
from koinon_marathon.deployment.plan import DeploymentPlan, DeploymentProgress
from koinon_marathon.events import (
    ChangeTree,
    Disconnected,
    Event,
    OffersReceived,
    RequestId,
    Restored,
    StatusReceived,
    Subscribed,
    Tick,
    Transition,
)
from koinon_marathon.instance.instances import Condition, Instance, TaskFailure
from koinon_marathon.instructions import (
    Accept,
    AcknowledgeStatus,
    Answer,
    Decline,
    Effect,
    FrameworkRecord,
    Instruction,
    KillTask,
    Persist,
    Publish,
    Reconcile,
    Record,
    RecordKey,
    Result,
    Revive,
    Suppress,
    record_key,
)
from koinon_marathon.marathon import Marathon
from koinon_marathon.options import Options
from koinon_marathon.stream_events import StreamEvent
from support.volume_operations import after_operation

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
START = 1_700_000_000.0
FRAMEWORK = FrameworkId("marathon-0000")


def make_pod(id_: str = "/pod", *names: str, **fields: Any) -> Pod:
    """A small pod with containers of these names, `web` and `side` unless some are said."""
    small = ContainerResources(cpus=0.1, mem=32.0)
    containers = tuple(PodContainer(name=name, resources=small) for name in names or ("web", "side"))
    known: dict[str, Any] = {"containers": containers, **fields}
    return Pod(id=PathId(id_), version=LONG_AGO, version_info=VersionInfo(LONG_AGO, LONG_AGO), **known)


def make_app(id_: str = "/web", **fields: Any) -> App:
    """A small app; the machine gives it its versions."""
    known: dict[str, Any] = {"cmd": "sleep 100", "cpus": 0.1, "mem": 32.0, **fields}
    return App(
        id=PathId(id_),
        version=LONG_AGO,
        version_info=VersionInfo(LONG_AGO, LONG_AGO),
        **known,
    )


@attrs.define(kw_only=True)
class Machine:
    """An agent: what it has, and what runs there."""

    id: AgentId
    hostname: str
    total: Resources
    attributes: str = ""
    tasks: dict[TaskId, TaskInfo] = attrs.field(factory=dict)
    groups: list[LaunchGroup] = attrs.field(factory=list)
    states: dict[TaskId, TaskState] = attrs.field(factory=dict)

    @property
    def taken(self) -> Resources:
        """What tasks hold, and the executors of pods that run."""
        executors = [group.executor.resources for group in self.groups if self._is_live(group)]
        return sum((*(task.resources for task in self.tasks.values()), *executors), NOTHING)

    def _is_live(self, group: LaunchGroup) -> bool:
        return any(task.task_id in self.tasks for task in group.task_group.tasks)

    @property
    def free(self) -> Resources:
        """What no task holds."""
        return self.total - self.taken


class World:
    """Marathon between a store and a cluster. Every event is followed by a check of the machine's invariants."""

    def __init__(self, agents: int = 2, *, options: Options | None = None, seed: int = 1) -> None:
        self.options = options or Options()
        self.rng = Random(seed)
        self.now = START
        self.marathon = self.make_marathon()
        self.store: dict[RecordKey, Record] = {}
        self.machines: dict[AgentId, Machine] = {}
        self.answers: list[Result] = []
        self.effects: list[Effect] = []
        self.kills: list[TaskId] = []
        self.published: list[str] = []
        self.told: list[StreamEvent] = []
        self.is_reviving = False
        self.role = "*"
        """Whom offers go to."""
        self._offers = 0
        for number in range(agents):
            self.add_agent(f"a{number}")
        self.send(Restored())
        self.send(Subscribed(framework_id=FRAMEWORK))

    def make_marathon(self) -> Marathon:
        """The machine of one term of leadership."""
        return Marathon(self.options, self.rng)

    def add_agent(self, name: str, *, cpus: float = 4.0, disk: float = 0.0, attributes: str = "") -> Machine:
        """A machine with 4 GB and a thousand ports."""
        amounts = (scalar("cpus", cpus), scalar("mem", 4096), scalar("disk", disk))
        total = Resources((*amounts, ranges("ports", (31000, 31999))))
        machine = Machine(id=AgentId(name), hostname=f"host-{name}", total=total, attributes=attributes)
        self.machines[machine.id] = machine
        return machine

    def send(self, event: Event, *, is_lost: bool = False) -> list[Instruction]:
        """Let the machine handle an event and carry out what it says; `is_lost` stops after the store."""
        instructions = self.marathon.handle(event, self.now)
        self.marathon.check()
        for instruction in instructions:
            if isinstance(instruction, Persist):
                self._write(instruction)
                for effect in () if is_lost else instruction.then:
                    self._carry_out(effect)
            elif not is_lost:
                self._carry_out(instruction)
        return instructions

    def post(self, *apps: RunSpec, force: bool = False) -> Result:
        """Put apps and pods into the tree, as POST or PUT would."""

        def transition(root: Group, _at: datetime) -> Group:
            for app in apps:
                root = put_spec(root, app)
            return root

        return self.change(transition, force=force)

    def update(self, id_: str, *, force: bool = False, **fields: Any) -> Result:
        """Change fields of an app."""

        def transition(root: Group, _at: datetime) -> Group:
            spec = find_app(root, PathId(id_)) or find_pod(root, PathId(id_))
            assert spec is not None
            return put_spec(root, attrs.evolve(spec, **fields))

        return self.change(transition, force=force)

    def delete(self, id_: str, *, force: bool = True) -> Result:
        """Remove an app."""
        return self.change(lambda root, _at: remove_spec(root, PathId(id_)), force=force)

    def change(
        self,
        transition: Transition,
        *,
        force: bool = False,
        restarts: Iterable[str] = (),
    ) -> Result:
        """Change the tree and return the answer."""
        names = frozenset(PathId(name) for name in restarts)
        self.send(ChangeTree(request_id=RequestId(1), transition=transition, force=force, restarts=names))
        return self.answers[-1]

    def offer(self, *names: str) -> None:
        """Offer what is free, on all agents or on those named, all in one event."""
        machines = [self.machines[AgentId(name)] for name in names] if names else list(self.machines.values())
        self.send(OffersReceived(tuple(self.make_offer(machine) for machine in machines if machine.free)))

    def make_offer(self, machine: Machine) -> Offer:
        """The machine's free resources, but for those that are reserved for other roles."""
        self._offers += 1
        return Offer(
            id=OfferId(f"{machine.id}:{self._offers}"),
            framework_id=FRAMEWORK,
            agent_id=machine.id,
            hostname=machine.hostname,
            resources=machine.free.filter(lambda kind: kind.reserved_role in (DEFAULT_ROLE, self.role)),
            attributes=parse_attributes(machine.attributes),
            allocation_info=AllocationInfo(self.role),
        )

    def report(self, task_id: TaskId, state: TaskState, *, is_lost: bool = False, **fields: Any) -> None:
        """A status of a task; a terminal one frees its resources."""
        machine = self.machine_of(task_id)
        if machine is not None and state.is_terminal:
            del machine.tasks[task_id]
        if machine is not None:
            machine.states[task_id] = state
        told: dict[str, Any] = {"timestamp": self.now, "uuid": Uuid(b"0123456789abcdef"), **fields}
        status = TaskStatus(
            task_id=task_id,
            state=state,
            agent_id=machine.id if machine else None,
            **told,
        )
        self.send(StatusReceived(status), is_lost=is_lost)

    def run_all(self) -> None:
        """Every task that was launched and does not run yet, runs and is well."""
        for instance in list(self.marathon.state.instances.all().values()):
            if instance.condition in _COMING:
                for task in instance.live_tasks:
                    self.report(task.id, TaskState.TASK_RUNNING, healthy=True)

    def end_killed(self) -> None:
        """Every task that was asked to end, ends."""
        for task_id in list(dict.fromkeys(self.kills)):
            self.kills.remove(task_id)
            if self.machine_of(task_id) is not None:
                self.report(task_id, TaskState.TASK_KILLED)
            else:
                self.report(task_id, TaskState.TASK_LOST, uuid=None, message="Task is unknown", **_RECONCILED)

    def work(self, rounds: int = 30) -> None:
        """Offer, run and kill until nothing changes: the cluster at its best."""
        for _ in range(rounds):
            self.offer()
            self.run_all()
            self.end_killed()
            deadline = self.marathon.next_deadline()
            if deadline is not None and deadline <= self.now + 2:
                self.sleep(2)

    def sleep(self, seconds: float) -> None:
        """Let time pass, with a tick at every deadline."""
        end = self.now + seconds
        while (deadline := self.marathon.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.send(Tick())
        self.now = end

    def fail_over(self) -> None:
        """A new leader takes over from what is stored; the cluster lives on."""
        records = list(self.store.values())
        self.marathon = self.make_marathon()
        self.kills.clear()
        self.is_reviving = False
        versions: dict[PathId, list[RunSpec]] = {}
        for record in records:
            if isinstance(record, App | Pod):
                versions.setdefault(record.id, []).append(record)
        bodies = {(spec.id, spec.version): spec for specs in versions.values() for spec in specs}
        roots = [record for record in records if isinstance(record, RootRecord)]
        framework = [record.framework_id for record in records if isinstance(record, FrameworkRecord)]
        restored = Restored(
            history=replay(roots, lambda path, version: bodies[path, version]),
            versions={path: tuple(apps) for path, apps in versions.items()},
            instances=tuple(record for record in records if isinstance(record, Instance)),
            deployments=tuple(record for record in records if isinstance(record, DeploymentPlan)),
            progress=tuple(record for record in records if isinstance(record, DeploymentProgress)),
            failures=tuple(record for record in records if isinstance(record, TaskFailure)),
            framework_id=framework[0] if framework else None,
        )
        self.send(restored)
        self.send(Subscribed(framework_id=FRAMEWORK))

    def reconnect(self) -> None:
        """The session ends and another begins."""
        self.send(Disconnected())
        self.is_reviving = False
        self.send(Subscribed(framework_id=FRAMEWORK))

    def machine_of(self, task_id: TaskId) -> Machine | None:
        """Where a task is."""
        return next((machine for machine in self.machines.values() if task_id in machine.tasks), None)

    def instances(self, id_: str = "/web") -> list[Instance]:
        """The app's instances, the oldest first."""
        return list(self.marathon.state.instances.of_spec(PathId(id_)).values())

    def conditions(self, id_: str = "/web") -> list[str]:
        """Their conditions in alphabetical order."""
        return sorted(one.condition.value for one in self.instances(id_))

    def app(self, id_: str = "/web") -> App:
        """The app as it is defined now."""
        return self.marathon.state.apps()[PathId(id_)]

    def task_ids(self, id_: str = "/web") -> list[TaskId]:
        """The app's tasks, the oldest instance's first."""
        return [one.task.id for one in self.instances(id_) if one.task is not None]

    @property
    def is_deploying(self) -> bool:
        """Whether any deployment is under way."""
        return bool(self.marathon.state.deployments)

    def _write(self, persist: Persist) -> None:
        for key in persist.deletes:
            self.store.pop(key, None)
        for record in persist.puts:
            self.store[record_key(record)] = record

    def _carry_out(self, effect: Effect) -> None:
        self.effects.append(effect)
        match effect:
            case Accept(offer_ids=(offer_id,), operations=operations):
                machine = self.machines[AgentId(offer_id.partition(":")[0])]
                for operation in operations:
                    machine.total = after_operation(machine.total, operation)
                groups = [each.launch_group for each in operations if each.launch_group]
                machine.groups += groups
                infos = [info for each in operations if each.launch for info in each.launch.task_infos]
                infos += [info for group in groups for info in group.task_group.tasks]
                machine.tasks |= {info.task_id: info for info in infos}
                assert machine.taken in machine.total
            case KillTask(task_id=task_id):
                self.kills.append(task_id)
            case Answer(result=result):
                self.answers.append(result)
            case Publish(event=event):
                self.published.append(event.type)
                self.told.append(event)
            case Reconcile(tasks=tasks):
                living = [task_id for machine in self.machines.values() for task_id in machine.tasks]
                for task_id in [asked.task_id for asked in tasks] or living:
                    self._reconcile(task_id)
            case Revive() | Suppress():
                self.is_reviving = isinstance(effect, Revive)
            case Accept() | Decline() | AcknowledgeStatus():
                pass

    def _reconcile(self, task_id: TaskId) -> None:
        """The master's answer: how the task is, on an agent that is back if it was away."""
        machine = self.machine_of(task_id)
        state = TaskState.TASK_UNKNOWN if machine is None else machine.states.get(task_id, TaskState.TASK_STAGING)
        if state is TaskState.TASK_UNREACHABLE:
            state = TaskState.TASK_RUNNING
        self.report(task_id, state, uuid=None, **_RECONCILED)


_COMING = frozenset({Condition.PROVISIONED, Condition.STAGING, Condition.STARTING})
_RECONCILED: dict[str, Any] = {"reason": TaskStatusReason.REASON_RECONCILIATION}

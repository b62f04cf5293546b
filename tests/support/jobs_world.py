"""The jobs machine between a store and a cluster, on a clock of its own: what runs, for how long, and how it ends.

Tasks run on agents that outlive the machine, and repeat what became of them until it is acknowledged, as real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import attrs

from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Resources, scalar
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_jobs.events import (
    Disconnected,
    Event,
    KillRuns,
    MarkSucceeded,
    OffersReceived,
    PauseJob,
    PutJob,
    RemoveJob,
    RequestId,
    Restored,
    RunNow,
    StatusReceived,
    Subscribed,
    Tick,
)
from koinon_jobs.instructions import (
    AcknowledgeStatus,
    Answer,
    AskMaster,
    DeclineOffers,
    Effect,
    Instruction,
    KillTask,
    Launch,
    Persist,
    Result,
    ReviveOffers,
    SuppressOffers,
)
from koinon_jobs.job import Job
from koinon_jobs.jobs import Jobs
from koinon_jobs.options import Options
from koinon_jobs.records import Doomed, Record, RecordKey, record_key
from koinon_jobs.runs import Run, RunId
from koinon_jobs.schedule import JobName, Schedule
from koinon_jobs.views import Progress

FRAMEWORK = FrameworkId("jobs-0000")
_OFFER_AGAIN = 5.0
_RECONCILED: dict[str, Any] = {"reason": TaskStatusReason.REASON_RECONCILIATION}


def make_job(name: str, schedule: Schedule, **fields: Any) -> Job:
    """A small job."""
    known: dict[str, Any] = {"command": "work", "cpus": 0.5, "mem": 32.0, **fields}
    return Job(name=JobName(name), schedule=schedule, **known)


@attrs.frozen
class Fate:
    """What becomes of a task: how long it runs, and how it ends."""

    seconds: float
    state: TaskState = TaskState.TASK_FINISHED


def always(seconds: float, state: TaskState = TaskState.TASK_FINISHED) -> Callable[[TaskInfo], Fate]:
    """The same for every task."""
    fate = Fate(seconds, state)

    def choose(_info: TaskInfo) -> Fate:
        return fate

    return choose


@attrs.frozen(kw_only=True)
class Working:
    """A task on an agent."""

    info: TaskInfo
    ends: float
    state: TaskState

    @property
    def run(self) -> RunId:
        """The run it says it belongs to."""
        return RunId(variable(self.info, "KOINON_RUN"))

    def later(self, seconds: float) -> Working:
        """The same, by a clock that was set forward so much."""
        return attrs.evolve(self, ends=self.ends + seconds)


@attrs.define(kw_only=True)
class Cluster:
    """What outlives the machine."""

    store: dict[RecordKey, Record] = attrs.field(factory=dict)
    seen: dict[RunId, Run] = attrs.field(factory=dict)
    """Every run that was ever stored, as it was last; also those that are forgotten."""
    tasks: dict[TaskId, Working] = attrs.field(factory=dict)
    unacknowledged: dict[TaskId, TaskStatus] = attrs.field(factory=dict)
    started: dict[RunId, tuple[TaskId, ...]] = attrs.field(factory=dict)
    cut_off: set[AgentId] = attrs.field(factory=set)

    def copy(self) -> Cluster:
        """As it is now."""
        return Cluster(
            store=dict(self.store),
            seen=dict(self.seen),
            tasks=dict(self.tasks),
            unacknowledged=dict(self.unacknowledged),
            started=dict(self.started),
            cut_off=set(self.cut_off),
        )


def variable(info: TaskInfo, name: str) -> str:
    """An environment variable of a task."""
    assert info.command is not None
    assert info.command.environment is not None
    return info.command.environment.as_dict()[name]


class JobsWorld:
    """A scheduler's machine, its store and its cluster, and the only clock they have."""

    def __init__(
        self,
        now: float,
        fate: Callable[[TaskInfo], Fate] | None = None,
        *,
        agents: Iterable[str] = ("a0", "a1"),
        cpus: float = 4.0,
        cluster: Cluster | None = None,
        options: Options | None = None,
        is_checked: bool = True,
    ) -> None:
        """``is_checked``: whether the machine's invariants are looked at after every event, at some cost."""
        self.now = now
        self.is_checked = is_checked
        self.fate = fate or always(10.0)
        self.cpus = cpus
        self.agents = tuple(map(AgentId, agents))
        self.cluster = cluster or Cluster()
        self.options = options or Options()
        self.answers: list[Result] = []
        self.effects: list[Effect] = []
        self.offers_at: float | None = now
        self._offers = 0
        self._told: list[TaskStatus] = []
        self.start()

    def start(self) -> None:
        """A scheduler begins with what is stored, and subscribes."""
        self.jobs = Jobs(self.options, Random(1))
        records = list(self.cluster.store.values())
        restored = Restored(
            jobs=tuple(each for each in records if isinstance(each, Job)),
            progress=tuple(each for each in records if isinstance(each, Progress)),
            runs=tuple(each for each in records if isinstance(each, Run)),
            doomed=tuple(each for each in records if isinstance(each, Doomed)),
        )
        self._told = list(self.cluster.unacknowledged.values())
        self.offers_at = self.now
        self.send(restored)
        self.send(Subscribed())
        self.deliver()

    def send(self, event: Event) -> list[Instruction]:
        """Let the machine handle an event and carry out what it says, in order."""
        instructions = self.jobs.handle(event, self.now)
        if self.is_checked:
            self.jobs.check()
        for instruction in instructions:
            if isinstance(instruction, Persist):
                self.write(instruction)
                for effect in instruction.then:
                    self.carry_out(effect)
            else:
                self.carry_out(instruction)
        return instructions

    # What people ask

    def put(self, job: Job, *, only_new: bool = False) -> Result:
        """Create or replace a job."""
        return self.ask(PutJob(request_id=RequestId(1), job=job, only_new=only_new))

    def remove(self, name: str) -> Result:
        """Remove a job."""
        return self.ask(RemoveJob(request_id=RequestId(1), name=JobName(name)))

    def pause(self, name: str, *, enabled: bool = False) -> Result:
        """Pause a job, or let it go on."""
        return self.ask(PauseJob(request_id=RequestId(1), name=JobName(name), enabled=enabled))

    def run_now(self, name: str, *arguments: str) -> Result:
        """A run by hand."""
        return self.ask(RunNow(request_id=RequestId(1), name=JobName(name), arguments=arguments or None))

    def kill(self, name: str, run: RunId | None = None) -> Result:
        """End runs."""
        return self.ask(KillRuns(request_id=RequestId(1), name=JobName(name), run=run))

    def mark_succeeded(self, name: str) -> Result:
        """Take it that a job succeeded."""
        return self.ask(MarkSucceeded(request_id=RequestId(1), name=JobName(name)))

    def ask(self, event: Event) -> Result:
        """Send a request and what follows it; gives its answer."""
        self.send(event)
        answer = self.answers[-1]
        self.deliver()
        return answer

    # Time

    def sleep(self, seconds: float) -> None:
        """Let time pass, with everything that happens meanwhile."""
        self.sleep_until(self.now + seconds)

    def sleep_until(self, end: float) -> None:
        """Let time pass until then."""
        while True:
            self.deliver()
            deadline = self.jobs.next_deadline()
            ends = [task.ends for task in self.cluster.tasks.values() if self._is_reachable(task)]
            moments = [each for each in (deadline, self.offers_at, *ends) if each is not None]
            moment = min(moments, default=end)
            if moment > end:
                break
            self.now = max(self.now, moment)
            self._end_tasks()
            self.deliver()
            if self.offers_at is not None and self.offers_at <= self.now:
                self.offer()
            if deadline is not None and deadline <= self.now:
                self.send(Tick())
        self.now = max(self.now, end)

    def deliver(self) -> None:
        """Updates on their way arrive, and offers that are asked for."""
        while self._told:
            self.send(StatusReceived(self._told.pop(0)))

    def offer(self) -> None:
        """Offer what is free, to all but those cut off."""
        self.offers_at = None
        offers = tuple(self._make_offer(agent) for agent in self.agents if agent not in self.cluster.cut_off)
        if offers:
            self.send(OffersReceived(offers))

    def reconnect(self) -> None:
        """The session ends and another begins."""
        self.send(Disconnected())
        self._told = list(self.cluster.unacknowledged.values())
        self.send(Subscribed())
        self.offers_at = self.now
        self.deliver()

    # What is seen

    def runs(self, name: str) -> list[Run]:
        """Every run of a job there ever was, in the order of their times."""
        found = (run for run in self.cluster.seen.values() if run.job == name)
        return sorted(found, key=lambda run: run.scheduled_for)

    def states(self, name: str) -> list[str]:
        """Their states."""
        return [run.state.value for run in self.runs(name)]

    # The cluster's side

    def write(self, persist: Persist) -> None:
        """One change of the store."""
        for key in persist.deletes:
            self.cluster.store.pop(key, None)
        for record in persist.puts:
            self.cluster.store[record_key(record)] = record
            if isinstance(record, Run):
                self.cluster.seen[record.id] = record

    def carry_out(self, effect: Effect) -> None:
        """What a master and its agents make of it."""
        self.effects.append(effect)
        match effect:
            case Launch(tasks=tasks):
                for info in tasks:
                    self._begin(info)
                self.offers_at = self.now + max(effect.refuse_seconds, 0.001)
            case DeclineOffers():
                self.offers_at = self.now + max(effect.refuse_seconds, 0.001)
            case KillTask(task_id=task_id):
                self._kill(task_id)
            case AcknowledgeStatus(status):
                self.cluster.unacknowledged.pop(status.task_id, None)
            case AskMaster(reconcile):
                for task_id in [each.task_id for each in reconcile.tasks] or list(self.cluster.tasks):
                    self._told.append(self._answer(task_id))
            case ReviveOffers():
                self.offers_at = self.now
            case SuppressOffers():
                self.offers_at = None
            case Answer(result=result):
                self.answers.append(result)

    def tell(self, task_id: TaskId, state: TaskState, **fields: Any) -> None:
        """An update that an agent repeats until it is acknowledged."""
        status = TaskStatus(
            task_id=task_id, state=state, agent_id=AgentId("a0"), uuid=Uuid(b"0123456789abcdef"), **fields
        )
        self.cluster.unacknowledged[task_id] = status
        self._told.append(status)

    def cut_off(self, agent: str) -> None:
        """Nobody reaches an agent any more; its tasks run on."""
        self.cluster.cut_off.add(AgentId(agent))
        for task_id, task in self.cluster.tasks.items():
            if task.info.agent_id == agent:
                self._told.append(TaskStatus(task_id=task_id, state=TaskState.TASK_UNREACHABLE))
        self.deliver()

    def come_back(self, agent: str) -> None:
        """It is reached again, and tells what it has."""
        self.cluster.cut_off.discard(AgentId(agent))
        if not self.jobs.state.is_suppressed:
            self.offers_at = self.now
        for task_id, task in self.cluster.tasks.items():
            if task.info.agent_id == agent:
                self._told.append(TaskStatus(task_id=task_id, state=task.state, agent_id=task.info.agent_id))
        self.deliver()

    def _begin(self, info: TaskInfo) -> None:
        run = RunId(variable(info, "KOINON_RUN"))
        alive = [
            task_id for task_id, task in self.cluster.tasks.items() if task.run == run and self._is_reachable(task)
        ]
        assert not alive, f"{info.task_id} begins while {alive} runs"
        assert info.task_id not in self.cluster.started.get(run, ()), f"{info.task_id} begins twice"
        fate = self.fate(info)
        self.cluster.started[run] = (*self.cluster.started.get(run, ()), info.task_id)
        self.cluster.tasks[info.task_id] = Working(
            info=attrs.evolve(info), ends=self.now + fate.seconds, state=TaskState.TASK_RUNNING
        )
        self.tell(info.task_id, TaskState.TASK_RUNNING)

    def _end_tasks(self) -> None:
        for task_id, task in list(self.cluster.tasks.items()):
            if task.ends <= self.now and self._is_reachable(task):
                del self.cluster.tasks[task_id]
                self.tell(task_id, self.fate(task.info).state, message="")

    def _kill(self, task_id: TaskId) -> None:
        task = self.cluster.tasks.get(task_id)
        if task is None:
            self._told.append(self._answer(task_id))
        elif self._is_reachable(task):
            del self.cluster.tasks[task_id]
            self.tell(task_id, TaskState.TASK_KILLED)

    def _answer(self, task_id: TaskId) -> TaskStatus:
        """The master's word on a task: its latest, or that its agent is there and knows nothing of it."""
        task = self.cluster.tasks.get(task_id)
        if task_id in self.cluster.unacknowledged:
            return attrs.evolve(self.cluster.unacknowledged[task_id], uuid=None, **_RECONCILED)
        if task is None:
            return TaskStatus(task_id=task_id, state=TaskState.TASK_GONE, **_RECONCILED)
        state = task.state if self._is_reachable(task) else TaskState.TASK_UNREACHABLE
        return TaskStatus(task_id=task_id, state=state, agent_id=task.info.agent_id, **_RECONCILED)

    def _is_reachable(self, task: Working) -> bool:
        return task.info.agent_id not in self.cluster.cut_off

    def _make_offer(self, agent: AgentId) -> Offer:
        self._offers += 1
        taken = sum(
            float(task.info.resources.scalar("cpus"))
            for task in self.cluster.tasks.values()
            if task.info.agent_id == agent
        )
        return Offer(
            id=OfferId(f"{agent}:{self._offers}"),
            framework_id=FRAMEWORK,
            agent_id=agent,
            hostname=f"host-{agent}",
            resources=Resources((scalar("cpus", round(self.cpus - taken, 3)), scalar("mem", 8192))),
            allocation_info=AllocationInfo("*"),
        )

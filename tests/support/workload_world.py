"""A master with agents as a workload's machine sees it, in memory and without time of its own.

It keeps to what the API promises: launches fit their offers, updates come again until they are acknowledged, questions
about tasks are answered as mesos-semantics 6.2 says. What it is asked that no master would take it refuses loudly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from uuid import UUID

from attrs import Factory, define, evolve, field

from koinon_core.attributes import Attribute
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Resources, ranges, scalar
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_frameworks import CallFailure, CallFailureKind
from koinon_frameworks.workload.events import Event, LaunchAnswered, OffersReceived, StatusReceived, Subscribed, Tick
from koinon_frameworks.workload.instructions import (
    Acknowledge,
    AskAbout,
    Decline,
    Instruction,
    KillTask,
    Launch,
    Persist,
    TellChange,
    TellDone,
    WantOffers,
)
from koinon_frameworks.workload.machine import WorkloadMachine
from koinon_frameworks.workload.options import WorkloadOptions
from koinon_frameworks.workload.records import decode, encode_changes
from koinon_frameworks.workload.report import Report, TaskReport
from koinon_frameworks.workload.slot import SlotState
from koinon_frameworks.workload.spec import TaskSpec

Fate = Callable[[str, int], TaskState | None]
"""How the n-th task of a slot (``name.index``, from 1) ends; None: not by itself."""


def finish(_slot: str, _run: int) -> TaskState | None:
    """All goes well."""
    return TaskState.TASK_FINISHED


@define(eq=False)
class Task:
    """A task on an agent."""

    info: TaskInfo
    state: TaskState = TaskState.TASK_STAGING
    unheard: list[TaskStatus] = Factory(list)
    """Updates that are not acknowledged."""

    @property
    def slot(self) -> str:
        return slot_of(self.info.task_id)


@define(eq=False)
class Agent:
    """An agent with its tasks, those that are over too."""

    id: AgentId
    total: Resources
    attributes: tuple[Attribute, ...] = ()
    tasks: dict[TaskId, Task] = Factory(dict)
    is_away: bool = False

    @property
    def free(self) -> Resources:
        used = sum((task.info.resources for task in self.tasks.values() if not task.state.is_terminal), NOTHING)
        return self.total - used


def slot_of(task_id: TaskId) -> str:
    """``web.0`` of ``web.0.3-abc``."""
    return task_id.rpartition("-")[0].rpartition(".")[0]


@define(eq=False, kw_only=True)
class World:
    """The machine, what is outside of it, and what it stored."""

    specs: tuple[TaskSpec, ...]
    fate: Fate = finish
    options: WorkloadOptions = Factory(WorkloadOptions)
    agents: dict[AgentId, Agent] = Factory(dict)
    store: dict[str, bytes] = Factory(dict)
    now: float = 1000.0
    answer: CallFailureKind | None = None
    """How the next ACCEPT fails; an UNANSWERED one has its effect all the same."""
    wants_offers: bool = True
    is_dead: bool = False
    offers: dict[OfferId, Offer] = Factory(dict)
    launched: set[TaskId] = Factory(set)
    runs: Counter[str] = Factory(Counter)
    ends: Counter[tuple[str, TaskState]] = Factory(Counter)
    told: list[tuple[TaskReport, SlotState, SlotState]] = Factory(list)
    done: list[Report] = Factory(list)
    kills: list[TaskId] = Factory(list)
    declined: list[OfferId] = Factory(list)
    point: Callable[[], None] | None = None
    """Called wherever the process could die."""
    rng: Random = field(factory=lambda: Random(7))
    machine: WorkloadMachine = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.start()

    def add_agent(self, name: str, cpus: float = 1.0, **attributes: str) -> Agent:
        """One more."""
        total = Resources((scalar("cpus", cpus), scalar("mem", 10_000), ranges("ports", (31000, 31009))))
        named = tuple(Attribute(key, value) for key, value in attributes.items())
        agent = self.agents[AgentId(name)] = Agent(AgentId(name), total, named)
        return agent

    def start(self) -> None:
        """A process that reads what was stored, if anything."""
        self.offers.clear()
        self.machine = WorkloadMachine(
            "w", self.specs, Random(self.rng.random()), self.now, options=self.options, restored=decode(self.store)
        )
        self.machine.check()

    def fail_over(self) -> None:
        """The process dies, another begins and subscribes."""
        self.start()
        self.subscribe()

    def subscribe(self) -> None:
        """A new stream: offers are void, the driver asks about what is known, agents repeat themselves."""
        self.offers.clear()
        self.send(Subscribed())
        self.reconcile(self.machine.known_tasks())

    def send(self, event: Event) -> list[Instruction]:
        """One event and all that comes of it."""
        instructions = self.machine.handle(event, self.now)
        self.machine.check()
        for number, instruction in enumerate(instructions):
            assert not isinstance(instruction, Persist) or number == 0, "stored after it was told"
            self._carry_out(instruction)
            if self.point is not None:
                self.point()
        return instructions

    def offer(self) -> None:
        """All that is free, if it is wanted."""
        made = [self._make_offer(agent) for agent in self.agents.values() if agent.free and not agent.is_away]
        if self.wants_offers and made:
            self.offers.update({offer.id: offer for offer in made})
            self.send(OffersReceived(tuple(made)))

    def deliver(self, tasks: Iterable[Task] | None = None) -> None:
        """Each agent sends the oldest update of each task that is not acknowledged."""
        for task in list(self.tasks() if tasks is None else tasks):
            if task.unheard and not self.agents[task.info.agent_id].is_away:
                self.send(StatusReceived(task.unheard[0]))

    def step(self) -> None:
        """Every task on an agent that is there goes on by one state, as far as its fate lets it."""
        for task in list(self.tasks()):
            following = self._following(task)
            if following is not None and not self.agents[task.info.agent_id].is_away:
                self.report(task, following)

    def wait(self, seconds: float) -> None:
        """Time goes by, and the machine is woken whenever it wants to be."""
        end = self.now + seconds
        while (deadline := self.machine.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.send(Tick())
        self.now = end

    def settle(self, rounds: int = 60) -> None:
        """Let all go on until all has ended, or nothing more happens."""
        for _ in range(rounds):
            if self.machine.is_done:
                return
            self.offer()
            self.step()
            self.deliver()
            self.deliver()
            self.wait(5.0)

    def report(self, task: Task, state: TaskState, message: str = "") -> None:
        """A task of an agent is in a new state, of which the agent will tell."""
        task.state = state
        if state.is_terminal:
            self.ends[task.slot, state] += 1
        task.unheard.append(self._status(task.info.task_id, task.info.agent_id, state, message=message, uuid=True))

    def lose(self, agent: Agent) -> None:
        """The master gives an agent up; it may come back."""
        agent.is_away = True
        for task in agent.tasks.values():
            if not task.state.is_terminal:
                state = TaskState.TASK_UNREACHABLE
                self.send(StatusReceived(self._status(task.info.task_id, agent.id, state)))

    def come_back(self, agent: Agent) -> None:
        """With all its tasks, of which the master tells what it has learnt."""
        agent.is_away = False
        for task in list(agent.tasks.values()):
            if not task.state.is_terminal and task.state is not TaskState.TASK_STAGING:
                self.report(task, task.state)

    def reconcile(self, questions: Iterable[ReconcileTask]) -> None:
        """Explicit questions and their answers."""
        for question in questions:
            status = self._answer(question)
            self.send(StatusReceived(evolve(status, reason=TaskStatusReason.REASON_RECONCILIATION)))

    def tasks(self) -> list[Task]:
        """All that agents know."""
        return [task for agent in self.agents.values() for task in agent.tasks.values()]

    def live(self) -> Counter[str]:
        """How many tasks of each slot are not over, on agents that are there."""
        return Counter(
            task.slot
            for task in self.tasks()
            if not task.state.is_terminal and not self.agents[task.info.agent_id].is_away
        )

    def state_of(self, title: str) -> SlotState:
        """Where the task of that title stands."""
        return self.task(title).state

    def task(self, title: str) -> TaskReport:
        """The report about it."""
        return next(task for task in self.machine.report(self.now).tasks if task.title == title)

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Persist():
                self._store(instruction)
            case Launch():
                self._launch(instruction)
            case Decline(offer_ids, _):
                for offer_id in offer_ids:
                    del self.offers[offer_id]  # KeyError: it was used already, or never made
                    self.declined.append(offer_id)
            case KillTask(task_id, agent_id):
                self._kill(task_id, agent_id)
            case Acknowledge(status):
                self._acknowledge(status)
            case AskAbout(tasks):
                self.reconcile(tasks)
            case WantOffers(wanted):
                self.wants_offers = wanted
            case TellChange(task, before, after):
                self.told.append((task, before, after))
            case TellDone(report):
                self.done.append(report)

    def _store(self, persist: Persist) -> None:
        for name, value in encode_changes(persist).items():
            self.store.pop(name, None)
            if value is not None:
                self.store[name] = value

    def _acknowledge(self, status: TaskStatus) -> None:
        task = self._find(status.task_id)
        if task is not None and task.unheard and task.unheard[0].uuid == status.uuid:
            del task.unheard[0]

    def _launch(self, launch: Launch) -> None:
        offer = self.offers.pop(launch.offer_id)
        kind, self.answer = self.answer, None
        taken = sum((task.resources for task in launch.tasks), NOTHING)
        assert taken in offer.resources, f"{taken} of {offer.resources}"
        for task in launch.tasks:
            assert task.task_id not in self.launched, f"{task.task_id} is launched twice"
            self.launched.add(task.task_id)
        if kind in (None, CallFailureKind.UNANSWERED):
            agent = self.agents[offer.agent_id]
            agent.tasks.update({task.task_id: Task(task) for task in launch.tasks})
            self.runs.update(slot_of(task.task_id) for task in launch.tasks)
        failure = None if kind is None else CallFailure(call="ACCEPT", kind=kind, why="so it was decided")
        if self.point is not None:
            self.point()
        self.send(LaunchAnswered(task_ids=tuple(task.task_id for task in launch.tasks), failure=failure))

    def _kill(self, task_id: TaskId, agent_id: AgentId | None) -> None:
        self.kills.append(task_id)
        task = self._find(task_id)
        if task is None:
            self.send(StatusReceived(self._answer(ReconcileTask(task_id=task_id, agent_id=agent_id))))
        elif not task.state.is_terminal and not self.agents[task.info.agent_id].is_away:
            self.report(task, TaskState.TASK_KILLED)

    def _following(self, task: Task) -> TaskState | None:
        if task.state in (TaskState.TASK_STAGING, TaskState.TASK_STARTING):
            return TaskState.TASK_RUNNING
        if task.state is not TaskState.TASK_RUNNING:
            return None
        number = int(task.info.task_id.rpartition("-")[0].rpartition(".")[2])
        return self.fate(task.slot, number)

    def _answer(self, question: ReconcileTask) -> TaskStatus:
        task, agent = self._find(question.task_id), self.agents.get(question.agent_id or AgentId(""))
        if agent is not None and agent.is_away:
            return self._status(question.task_id, agent.id, TaskState.TASK_UNREACHABLE)
        if task is not None:
            return self._status(question.task_id, task.info.agent_id, task.state)
        state = TaskState.TASK_UNKNOWN if agent is None else TaskState.TASK_GONE
        return evolve(
            self._status(question.task_id, question.agent_id, state), reason=TaskStatusReason.REASON_RECONCILIATION
        )

    def _status(
        self,
        task_id: TaskId,
        agent_id: AgentId | None,
        state: TaskState,
        *,
        message: str = "",
        uuid: bool = False,
    ) -> TaskStatus:
        return TaskStatus(
            task_id=task_id,
            agent_id=agent_id,
            state=state,
            message=message or None,
            timestamp=self.now,
            uuid=Uuid(UUID(int=self.rng.getrandbits(128)).bytes) if uuid else None,
        )

    def _find(self, task_id: TaskId) -> Task | None:
        return next((agent.tasks[task_id] for agent in self.agents.values() if task_id in agent.tasks), None)

    def _make_offer(self, agent: Agent) -> Offer:
        return Offer(
            id=OfferId(f"O{self.rng.getrandbits(48)}"),
            framework_id=FrameworkId("F"),
            agent_id=agent.id,
            hostname=agent.id,
            resources=agent.free,
            attributes=agent.attributes,
        )

"""What a fake master knows: agents, tasks, its one framework, what it has to say. Pure; rules are the neighbours'."""

from __future__ import annotations

from collections import deque
from random import Random
from uuid import UUID

from attrs import define, field, frozen

from koinon_core.attributes import Attribute
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, StreamId, TaskId, Uuid
from koinon_core.resources import NOTHING, Resources
from koinon_core.scheduler_api import EventBody
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource

from .agenda import Agenda, Appointment
from .plots import Plot


class FakeMasterError(RuntimeError):
    """The test asks for what the fake master can't do; the text says what it should do instead."""


@frozen
class Say:
    """Send an event down a stream."""

    stream_id: StreamId
    event: EventBody


@frozen
class Close:
    """End a stream."""

    stream_id: StreamId


Instruction = Say | Close


@define(eq=False, kw_only=True)
class FakeAgent:
    """An agent of which the master thinks that it is there, unless ``is_away``: then it has given it up."""

    id: AgentId
    hostname: str
    resources: Resources
    attributes: tuple[Attribute, ...] = ()
    executors: dict[ExecutorId, Resources] = field(factory=dict)
    """Of the framework, with what they take besides their tasks."""
    used: Resources = NOTHING
    offered: Resources = NOTHING
    is_away: bool = False
    is_gone: bool = False
    is_expected: bool = False
    """The master has just come to lead and waits for it."""

    @property
    def is_there(self) -> bool:
        """Whether the master can offer it and reach its tasks."""
        return not (self.is_away or self.is_gone or self.is_expected)

    @property
    def free(self) -> Resources:
        """What is neither used nor offered."""
        return self.resources.without(self.used).without(self.offered)


@define(eq=False, kw_only=True)
class FakeTask:
    """A task, as its agent has it and as the framework was told of it."""

    info: TaskInfo
    role: str
    plot: Plot
    together: tuple[TaskId, ...] = ()
    """The others of its group."""
    state: TaskState = TaskState.TASK_STAGING
    """On the agent."""
    told: TaskState = TaskState.TASK_STAGING
    latest: TaskStatus | None = None
    updates: deque[TaskStatus] = field(factory=deque)
    """Of the agent, the first of which is out and not acknowledged."""
    beats: list[Appointment] = field(factory=list)
    resending: Appointment | None = None
    is_known: bool = True
    """Whether the master has it on its list, in spite of what it thinks of the agent."""
    is_dying: bool = False

    @property
    def id(self) -> TaskId:
        """Its id."""
        return self.info.task_id


@define(eq=False, kw_only=True)
class FakeFramework:
    """The framework under test as the master knows it."""

    id: FrameworkId
    info: FrameworkInfo
    stream_id: StreamId | None = None
    suppressed: set[str] = field(factory=set)
    ending: Appointment | None = None

    def has(self, capability: FrameworkCapabilityType) -> bool:
        """Whether it named this capability."""
        return self.info.has(capability)

    def loss_state(self, state: TaskState) -> TaskState:
        """The state in which it hears of a loss (mesos-v1-api 2.8)."""
        return state if self.has(FrameworkCapabilityType.PARTITION_AWARE) else TaskState.TASK_LOST


class World:
    """Everything, in one place."""

    def __init__(self, rng: Random) -> None:
        """``rng`` makes the uuids of updates."""
        self.agenda = Agenda()
        self.agents: dict[AgentId, FakeAgent] = {}
        self.tasks: dict[TaskId, FakeTask] = {}
        self.framework: FakeFramework | None = None
        self.burnt: set[FrameworkId] = set()
        self.instructions: list[Instruction] = []
        self.refused: list[tuple[TaskInfo, str]] = []
        """Tasks that were not launched, and why."""
        self.dropped: list[EventBody] = []
        """Events that nobody was there to hear."""
        self.epoch = 0.0
        """Seconds since 1970 at the time 0 of the agenda."""
        self.terms = 0
        self._rng = rng
        self._numbers: dict[str, int] = {}

    @property
    def master_id(self) -> str:
        """The leader's id; another one after each failover."""
        return f"fake{self.terms or ''}"

    def next_number(self, of: str) -> int:
        """Counts things of a kind, from 0."""
        number = self._numbers.get(of, 0)
        self._numbers[of] = number + 1
        return number

    def make_uuid(self) -> Uuid:
        """Of an update."""
        return Uuid(UUID(int=self._rng.getrandbits(128), version=4).bytes)

    def tell(self, event: EventBody) -> bool:
        """Say something to the framework; False when it is not there to hear."""
        if self.framework is None or self.framework.stream_id is None:
            self.dropped.append(event)
            return False
        self.instructions.append(Say(self.framework.stream_id, event))
        return True

    def agent(self, agent_id: AgentId) -> FakeAgent:
        """The agent of that id. Raises FakeMasterError."""
        if agent_id not in self.agents:
            known = ", ".join(self.agents) or "none"
            raise FakeMasterError(f"there is no agent {agent_id}; there are: {known}")
        return self.agents[agent_id]

    def task(self, task_id: TaskId) -> FakeTask:
        """The task of that id. Raises FakeMasterError."""
        if task_id not in self.tasks:
            known = ", ".join(self.tasks) or "none"
            raise FakeMasterError(f"no task {task_id} was launched; launched were: {known}")
        return self.tasks[task_id]

    def own_status(
        self, task: FakeTask, state: TaskState, reason: TaskStatusReason, message: str, now: float
    ) -> TaskStatus:
        """A report that the master makes itself: without a uuid, sent once (mesos-semantics 6.1)."""
        executor = task.info.executor
        return TaskStatus(
            task_id=task.id,
            state=state,
            message=message,
            source=TaskStatusSource.SOURCE_MASTER,
            reason=reason,
            agent_id=task.info.agent_id,
            executor_id=None if executor is None else executor.executor_id,
            timestamp=self.epoch + now,
        )

"""The things a master keeps account of: frameworks, agents, tasks, executors, offers. Changed by the rules alone."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque

from attrs import define, evolve, field, frozen

from koinon_core.agents import Address, AgentCapability, AgentInfo, DrainInfo, Url
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, StreamId, TaskId, Uuid
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.offers import Offer
from koinon_core.operations import OperationRecord
from koinon_core.resources import NOTHING, Resources
from koinon_core.scheduler_api import Kill
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatus
from koinon_core.transitions import next_state

from .agents.machine import TRANSITIONS as AGENT_TRANSITIONS
from .agents.machine import AgentHappening, AgentPhase
from .allocator.interface import Grant
from .events import LinkId
from .frameworks.machine import TRANSITIONS as FRAMEWORK_TRANSITIONS
from .frameworks.machine import FrameworkHappening, FrameworkPhase
from .kept import Kept, held_dict, held_set, holders_field, kept_field, renew, renew_with_holders

TaskKey = tuple[FrameworkId, TaskId]
ExecutorKey = tuple[FrameworkId, ExecutorId]
_HOLDING_NOTHING = frozenset(state for state in TaskState if state.is_terminal or state is TaskState.TASK_UNREACHABLE)


@define(kw_only=True, eq=False, on_setattr=renew_with_holders)
class Task:
    """A task from its launch until its terminal update is acknowledged; then it is history.

    ``state`` is where it stands, ``status_update_state`` what its framework was told last, by the update
    ``status_update_uuid``. ``resources`` are what it takes of its agent, without its executor and without the mark of
    its role. ``launched`` is when it was; None under another leader than now. ``entered`` is when its newest status
    came to be in that state, in seconds since 1970: news of its health does not begin it anew.
    """

    framework_id: FrameworkId
    info: TaskInfo
    role: str
    resources: Resources = field(init=False)
    state: TaskState = TaskState.TASK_STAGING
    statuses: tuple[TaskStatus, ...] = ()
    kill: Kill | None = None
    status_update_state: TaskState | None = None
    status_update_uuid: Uuid | None = None
    launched: float | None = None
    entered: float | None = None
    holders: tuple[object, ...] = holders_field()
    kept: Kept = kept_field()

    @resources.default
    def _unmark(self) -> Resources:
        return self.info.resources.allocated_to(None)

    @property
    def id(self) -> TaskId:
        """The framework's name for it."""
        return self.info.task_id

    @property
    def agent_id(self) -> AgentId:
        """Where it runs."""
        return self.info.agent_id

    @property
    def key(self) -> TaskKey:
        """What tells it from all others."""
        return self.framework_id, self.info.task_id

    @property
    def executor_key(self) -> ExecutorKey | None:
        """Its own program's key, or None when the agent's own programs run it."""
        executor = self.info.executor
        return None if executor is None else (self.framework_id, executor.executor_id)

    @property
    def is_live(self) -> bool:
        """Whether it holds resources."""
        return self.state not in _HOLDING_NOTHING

    @property
    def latest_status(self) -> TaskStatus | None:
        """The newest report, or None while none came."""
        return self.statuses[-1] if self.statuses else None

    def note(self, status: TaskStatus, state: TaskState | None = None) -> None:
        """Take a report in. Reports that repeat a state replace the one before (mesos-operator-api 3.1).

        ``state`` is where the task stands, if that is not what is reported.
        """
        self.state = state or status.state
        self.status_update_state, self.status_update_uuid = status.state, status.uuid
        if self.statuses and self.statuses[-1].state.is_terminal and not status.state.is_terminal:
            # An agent that returned told the end first and now repeats what came before it.
            return
        slim = evolve(status, data=None) if status.data else status
        is_repeated = bool(self.statuses) and self.statuses[-1].state is status.state
        if not is_repeated:
            self.entered = status.timestamp
        self.statuses = (*(self.statuses[:-1] if is_repeated else self.statuses), slim)


@define(kw_only=True, eq=False, on_setattr=renew_with_holders)
class Executor:
    """A framework's own program on an agent, counted until its agent tells of its end; ``task_ids`` live in it."""

    info: ExecutorInfo
    grant: Grant
    task_ids: set[TaskId] = field(factory=set)
    holders: tuple[object, ...] = holders_field()
    kept: Kept = kept_field()


@define(kw_only=True, eq=False, on_setattr=renew)
class Agent:
    """A member of the cluster."""

    id: AgentId
    info: AgentInfo
    phase: AgentPhase
    ip: str = ""
    version: str = ""
    link_id: LinkId | None = None
    newest_link: int = 0
    registered_time: float = 0.0
    reregistered_time: float | None = None
    tasks: dict[TaskKey, Task] = held_dict()
    executors: dict[ExecutorKey, Executor] = held_dict()
    offers: set[OfferId] = held_set()
    operations: dict[Uuid, OperationRecord] = field(factory=dict)
    capabilities: tuple[AgentCapability, ...] = ()
    is_deactivated: bool = False
    drain: DrainInfo | None = None
    drain_started: float | None = None
    kept: Kept = kept_field()

    @property
    def address(self) -> tuple[str, int]:
        """Where its HTTP server listens."""
        return self.ip, self.info.port

    @property
    def pid(self) -> str:
        """The name that Mesos's tools know it by."""
        return f"slave(1)@{self.ip}:{self.info.port}"

    @property
    def url(self) -> Url:
        """Where offers send people who want to see it (mesos-v1-api 2.7)."""
        address = Address(hostname=self.info.hostname, ip=self.ip, port=self.info.port)
        return Url(scheme="http", address=address, path="/slave(1)")

    @property
    def title(self) -> str:
        """Its names together, as refusals show them."""
        return f"{self.id} at {self.pid} ({self.info.hostname})"

    @property
    def is_connected(self) -> bool:
        """Whether messages reach it."""
        return self.phase is AgentPhase.CONNECTED

    def move(self, happening: AgentHappening) -> None:
        """Go to the phase that follows. Raises InvalidTransition, and then nothing has changed."""
        self.phase = next_state(AGENT_TRANSITIONS, self.id, self.phase, happening)


@define(kw_only=True, eq=False, on_setattr=renew)
class Framework:
    """A framework from its first subscription, or its first task on a returning agent, to its removal."""

    id: FrameworkId
    info: FrameworkInfo
    completed_tasks: deque[Task]
    phase: FrameworkPhase = FrameworkPhase.RECOVERED
    stream_id: StreamId | None = None
    registered_time: float = 0.0
    reregistered_time: float | None = None
    unregistered_time: float = 0.0
    tasks: dict[TaskId, Task] = held_dict()
    unreachable_tasks: OrderedDict[TaskId, Task] = held_dict()
    offers: set[OfferId] = held_set()
    inverse_offers: dict[AgentId, OfferId] = field(factory=dict)
    agent_ids: set[AgentId] = field(factory=set)
    suppressed: frozenset[str] = frozenset()
    offer_constraints: OfferConstraints | None = None
    principal: str | None = None
    tallies: Counter[str] = field(factory=Counter)
    kept: Kept = kept_field()

    @property
    def is_connected(self) -> bool:
        """Whether events reach it."""
        return self.phase is FrameworkPhase.CONNECTED

    @property
    def is_partition_aware(self) -> bool:
        """Whether it is told more than TASK_LOST (mesos-v1-api 2.8)."""
        return self.info.has(FrameworkCapabilityType.PARTITION_AWARE)

    @property
    def is_multi_role(self) -> bool:
        """Whether it sees to which role resources were allocated (mesos-v1-api 2.8)."""
        return self.info.has(FrameworkCapabilityType.MULTI_ROLE)

    def move(self, happening: FrameworkHappening) -> None:
        """Go to the phase that follows. Raises InvalidTransition, and then nothing has changed."""
        self.phase = next_state(FRAMEWORK_TRANSITIONS, self.id, self.phase, happening)

    def loss_state(self, state: TaskState) -> TaskState:
        """The state in which this framework hears of a loss."""
        return state if self.is_partition_aware else TaskState.TASK_LOST


@frozen(kw_only=True)
class HeldOffer:
    """An offer that its framework has not answered yet, the grant it stands for, and since when it is out."""

    offer: Offer
    grant: Grant
    made: float = 0.0
    kept: Kept = kept_field()


def executor_resources(task: TaskInfo) -> Resources:
    """What a task's own program takes, without the mark of a role."""
    return NOTHING if task.executor is None else task.executor.resources.allocated_to(None)

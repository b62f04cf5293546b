"""All that a master holds in memory, and the small verbs that every rule needs: emit, tell, count.

The rules (``offer_book`` and the rooms ``agents``, ``frameworks``, ``maintenance``, ``operations``, ``roles``,
``tasks``) change it, the views read it. Nothing else does either.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator

from attrs import field, frozen

from koinon_core.agent_link import MasterMessage, UsageReport
from koinon_core.agents import MasterInfo, Unavailability
from koinon_core.errors import InvalidTransition
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, StreamId
from koinon_core.maintenance import InverseOfferStatus, Schedule
from koinon_core.offers import InverseOffer, OperationType
from koinon_core.operations import OperationState
from koinon_core.permissions import EVERYTHING_ALLOWED, Acls
from koinon_core.quota import QuotaConfig
from koinon_core.scheduler_api import EventBody, Update
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason, TaskStatusSource
from koinon_core.visibility import ALL, Visibility

from .allocator.hierarchical import HierarchicalAllocator
from .allocator.interface import Allocator
from .config import MasterConfig
from .entities import Agent, Framework, HeldOffer, Task
from .events import LinkId, RequestId
from .instructions import Answer, Instruction, Note, Publish, SendEvent, SendToAgent, StoreOperation
from .kept import Kept
from .maintenance.machines import Machines
from .offer_history import OfferHistory
from .operator_events import FrameworkAdded, OperatorEvent
from .registry.records import AgentRecord, RegistryOperation
from .tallies import count_event
from .timers import Timers


@frozen
class FailoverEnds:
    """The framework was away for as long as it may be."""

    framework_id: FrameworkId


@frozen
class AgentMissed:
    """The agent was away for as long as it may be."""

    agent_id: AgentId


@frozen
class OfferEnds:
    """The offer was held for as long as it may be."""

    offer_id: OfferId


@frozen
class HeartbeatDue:
    """The stream must hear that it is alive."""

    stream_id: StreamId


@frozen
class RemovalAllowed:
    """The next of the agents that wait to be marked unreachable may be (--agent_removal_rate_limit)."""


@frozen
class ReregistrationEnds:
    """Agents of an earlier leader that are not back by now are missing."""


@frozen
class RecoveryPauseEnds:
    """Offers are made, however many agents are back."""


@frozen
class RegistryUpkeepDue:
    """Entries of the registry may be too old, or too many."""


@frozen(kw_only=True)
class InverseRefusalEnds:
    """The framework may be asked again to leave the agent."""

    agent_id: AgentId
    framework_id: FrameworkId


Deadline = (
    FailoverEnds
    | AgentMissed
    | OfferEnds
    | HeartbeatDue
    | RemovalAllowed
    | ReregistrationEnds
    | RecoveryPauseEnds
    | RegistryUpkeepDue
    | InverseRefusalEnds
)
MAX_REMOVED_AGENTS = 100_000
"""How many ids of removed agents are remembered (mesos-semantics 3.2)."""


@frozen
class Step:
    """What is to be done once an operation is durable, given the time."""

    operation: RegistryOperation
    then: Callable[[float], None]


@frozen(eq=False)
class ClusterState:
    """One master's memory."""

    info: MasterInfo
    config: MasterConfig
    allocator: Allocator
    permissions: Acls = EVERYTHING_ALLOWED
    seen_by: Visibility = ALL
    """Whose eyes views look through (``views.visible``); rules never ask."""
    frameworks: dict[FrameworkId, Framework] = field(factory=dict)
    completed: OrderedDict[FrameworkId, Framework] = field(factory=OrderedDict)
    agents: dict[AgentId, Agent] = field(factory=dict)
    recovering: set[AgentId] = field(factory=set)
    unreachable: OrderedDict[AgentId, AgentRecord] = field(factory=OrderedDict)
    gone: OrderedDict[AgentId, float] = field(factory=OrderedDict)
    removed: OrderedDict[AgentId, float] = field(factory=OrderedDict)
    marking_gone: set[AgentId] = field(factory=set)
    admitting: set[AgentId] = field(factory=set)
    draining: set[AgentId] = field(factory=set)
    machines: Machines = field(factory=Machines)
    measured: dict[AgentId, UsageReport] = field(factory=dict)
    """What the containers of connected agents use, as these said last; of those that don't say there is nothing."""
    unavailable: dict[AgentId, Unavailability] = field(factory=dict)
    inverse_offers: dict[OfferId, InverseOffer] = field(factory=dict)
    inverse_answers: dict[AgentId, dict[FrameworkId, InverseOfferStatus]] = field(factory=dict)
    steps: deque[Step] = field(factory=deque)
    weights: dict[str, float] = field(factory=dict)
    quotas: dict[str, QuotaConfig] = field(factory=dict)
    addresses: dict[tuple[str, int], AgentId] = field(factory=dict)
    offers: dict[OfferId, HeldOffer] = field(factory=dict)
    offer_history: OfferHistory = field(factory=OfferHistory)
    streams: dict[StreamId, FrameworkId] = field(factory=dict)
    links: dict[LinkId, AgentId | None] = field(factory=dict)
    timers: Timers[Deadline] = field(factory=Timers)
    tallies: Counter[str] = field(factory=Counter)
    task_tallies: Counter[TaskState] = field(factory=Counter)
    operation_tallies: Counter[tuple[OperationType, OperationState]] = field(factory=Counter)
    serials: Counter[str] = field(factory=Counter)
    outbox: list[Instruction] = field(factory=list)
    kept: Kept = field(factory=Kept)
    """What views made of the whole, whoever looks; rules never ask."""

    @classmethod
    def of(cls, info: MasterInfo, config: MasterConfig, allocator: Allocator | None = None) -> ClusterState:
        """The memory of a master that has just begun to lead; with the hierarchical allocator unless told otherwise."""
        return cls(
            info, config, allocator or HierarchicalAllocator(config), permissions=config.acls or EVERYTHING_ALLOWED
        )

    def next_number(self, what: str) -> int:
        """0, 1, 2, ... for each kind of thing that this master numbers."""
        self.serials[what] += 1
        return self.serials[what] - 1

    @property
    def schedule(self) -> Schedule:
        """Which machines are to be away, and when."""
        return self.machines.schedule

    def store(self, operation: RegistryOperation, then: Callable[[float], None]) -> None:
        """Make an operation durable, after those before it, and go on only then."""
        self.steps.append(Step(operation, then))
        self.outbox.append(StoreOperation(operation))

    def stored(self, operation: RegistryOperation, now: float) -> None:
        """An operation is durable. Raises InvalidTransition for one that does not come in its turn."""
        if not self.steps or self.steps[0].operation != operation:
            raise InvalidTransition("registry", f"{len(self.steps)} operations wait", type(operation).__name__)
        self.steps.popleft().then(now)

    def remember_removed(self, agent_id: AgentId, now: float) -> None:
        """Know of an agent that it was a member; of the last ones only."""
        self.removed[agent_id] = now
        self.removed.move_to_end(agent_id)
        while len(self.removed) > MAX_REMOVED_AGENTS:
            self.removed.popitem(last=False)

    def emit(self, instruction: Instruction) -> None:
        """Want something done."""
        self.outbox.append(instruction)

    def note(self, event: str, **about: object) -> None:
        """Want a line in the log."""
        self.outbox.append(Note(event, about))

    def answer(self, request: RequestId, status: int, text: str = "") -> None:
        """Answer who waits for it."""
        self.outbox.append(Answer(request=request, status=status, text=text))

    def publish(self, event: OperatorEvent) -> None:
        """Tell the subscribers of the operator's stream."""
        self.outbox.append(Publish(event))

    def tell(self, framework: Framework, event: EventBody) -> bool:
        """Send a framework an event, if it is there to hear it."""
        if framework.stream_id is None:
            return False
        count_event(framework, event)
        self.outbox.append(SendEvent(stream_id=framework.stream_id, event=event))
        return True

    def order(self, agent: Agent, message: MasterMessage) -> bool:
        """Send an agent a message, if it is there to hear it."""
        if agent.link_id is None:
            return False
        self.outbox.append(SendToAgent(link_id=agent.link_id, message=message))
        return True

    def report(self, framework: Framework, status: TaskStatus) -> None:
        """Tell a framework what the master itself has to say of a task; there is no second try."""
        self.tell(framework, Update(status))

    def new_framework(self, framework_id: FrameworkId, info: FrameworkInfo, now: float) -> Framework:
        """Begin to know a framework."""
        history: deque[Task] = deque(maxlen=self.config.max_completed_tasks_per_framework)
        framework = Framework(id=framework_id, info=info, completed_tasks=history, registered_time=now)
        self.frameworks[framework_id] = framework
        self.publish(FrameworkAdded(framework))
        return framework

    def agent_on(self, link_id: LinkId) -> Agent | None:
        """The agent that is registered over a link, or None."""
        agent_id = self.links.get(link_id)
        agent = None if agent_id is None else self.agents.get(agent_id)
        return agent if agent is not None and agent.link_id == link_id else None

    def forget_address(self, agent: Agent) -> None:
        """Have no agent take the place of this one for coming from where it was."""
        if self.addresses.get(agent.address) == agent.id:
            del self.addresses[agent.address]

    def live_tasks(self) -> Iterator[Task]:
        """Every task that is not history yet."""
        for framework in self.frameworks.values():
            yield from framework.tasks.values()


def make_status(task: Task, state: TaskState, reason: TaskStatusReason, message: str, now: float) -> TaskStatus:
    """A report about a known task that the master makes itself: without a uuid, so never to be acknowledged."""
    executor_id: ExecutorId | None = task.info.executor.executor_id if task.info.executor is not None else None
    return TaskStatus(
        task_id=task.id,
        state=state,
        message=message,
        source=TaskStatusSource.SOURCE_MASTER,
        reason=reason,
        agent_id=task.agent_id,
        executor_id=executor_id,
        timestamp=now,
    )

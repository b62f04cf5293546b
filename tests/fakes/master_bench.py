"""A master's pure machine on a bench: a clock that the test turns, and everything it says sorted by who hears it."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeVar

from attrs import evolve

from koinon_core.agent_link import (
    LINK_VERSION,
    AgentExecutor,
    AgentMessage,
    AgentOperation,
    AgentTask,
    MasterMessage,
    Register,
    StatusUpdate,
)
from koinon_core.agents import AgentCapability, AgentCapabilityType, AgentInfo
from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, StreamId, TaskId, Uuid
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType
from koinon_core.operator_api import OperatorWrite
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Accept, CallBody, EventBody, Offers, Subscribed, Update, UpdateFramework
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.errors import DaemonError
from koinon_daemon.flag_values import HostPort
from koinon_master.config import MasterConfig
from koinon_master.events import (
    AgentMessageReceived,
    AllocationDue,
    CallReceived,
    Event,
    LinkClosed,
    LinkId,
    OperationStored,
    OperatorCallReceived,
    RegisterReceived,
    RequestId,
    StreamClosed,
    StreamDrained,
    SubscribeReceived,
    TimePassed,
)
from koinon_master.identity import make_master_info
from koinon_master.instructions import (
    Answer,
    AwaitDrained,
    CloseLink,
    CloseStream,
    GiveUp,
    Publish,
    SendEvent,
    SendToAgent,
    StoreOperation,
)
from koinon_master.master import Master
from koinon_master.operator_events import OperatorEvent
from koinon_master.registry.records import RegistryOperation

T = TypeVar("T")


def make_task(task_id: str, agent_id: AgentId, resources: str = "cpus:1;mem:128") -> TaskInfo:
    """A valid command task."""
    return TaskInfo(
        name=task_id,
        task_id=TaskId(task_id),
        agent_id=agent_id,
        resources=parse_resources(resources),
        command=CommandInfo(value="sleep 1"),
    )


def make_framework(
    name: str = "f", *roles: str, capabilities: str = "", failover_timeout: float = 0.0, id: str | None = None
) -> FrameworkInfo:
    """A framework; with ``roles`` a MULTI_ROLE one. ``capabilities`` are names with spaces between."""
    names = [*capabilities.split(), *(["MULTI_ROLE"] if roles else [])]
    return FrameworkInfo(
        user="nobody",
        name=name,
        id=None if id is None else FrameworkId(id),
        roles=roles,
        failover_timeout=failover_timeout,
        capabilities=tuple(FrameworkCapability(FrameworkCapabilityType[one]) for one in names),
    )


def launch(*tasks: TaskInfo) -> Operation:
    """The LAUNCH of these tasks."""
    return Operation(type=OperationType.LAUNCH, launch=Launch(tasks))


class MasterBench:
    """Pushes events and keeps what came of them; registry operations are durable at once unless held back."""

    def __init__(self, config: MasterConfig | None = None) -> None:
        self.config = config or MasterConfig(registry="in_memory")
        self.master = Master(make_master_info("m", HostPort("127.0.0.1", 5050), "m1"), self.config)
        self.now = 1000.0
        self.events: dict[StreamId, list[EventBody]] = defaultdict(list)
        self.orders: dict[LinkId, list[MasterMessage]] = defaultdict(list)
        self.closed: dict[StreamId | LinkId, str] = {}
        self.operations: list[RegistryOperation] = []
        self.answers: dict[RequestId, tuple[int, str]] = {}
        self.published: list[OperatorEvent] = []
        self.awaited: list[StreamId] = []
        self.given_up: list[DaemonError] = []
        self.stores_at_once = True
        self.capabilities = tuple(AgentCapability(one) for one in AgentCapabilityType)
        self._serial = 0

    def push(self, event: Event) -> None:
        """Have an event handled, check the invariants, and keep what came of it."""
        for instruction in self.master.handle(event, self.now):
            match instruction:
                case SendEvent():
                    self.events[instruction.stream_id].append(instruction.event)
                case SendToAgent():
                    self.orders[instruction.link_id].append(instruction.message)
                case CloseStream():
                    self.closed[instruction.stream_id] = instruction.reason
                case CloseLink():
                    self.closed[instruction.link_id] = instruction.reason
                case StoreOperation():
                    self.operations.append(instruction.operation)
                case Answer():
                    self.answers[instruction.request] = (instruction.status, instruction.text)
                case AwaitDrained():
                    self.awaited.append(instruction.stream_id)
                case Publish():
                    self.published.append(instruction.event)
                case GiveUp():
                    self.given_up.append(instruction.error)
        self.master.check()
        if self.stores_at_once:
            self.store()

    def store(self) -> None:
        """Make durable what waits for it."""
        while self.operations:
            self.push(OperationStored(self.operations.pop(0)))

    def pass_time(self, seconds: float) -> None:
        """Turn the clock, wake the master, and let it make offers."""
        self.now += seconds
        self.push(TimePassed())
        self.allocate()

    def allocate(self) -> None:
        """Let the master make offers."""
        self.push(AllocationDue())

    def next_serial(self) -> int:
        """1, 2, 3, ..."""
        self._serial += 1
        return self._serial

    def ask(self, body: OperatorWrite, principal: str | None = None) -> tuple[int, str] | None:
        """An operator calls; returns status and text, or None while there is no answer. Offers are made afterwards."""
        request = RequestId(self.next_serial())
        self.push(OperatorCallReceived(request=request, body=body, principal=principal))
        self.allocate()
        return self.answers.get(request)

    # Agents

    def register(
        self,
        info: AgentInfo,
        *tasks: AgentTask,
        frameworks: tuple[FrameworkInfo, ...] = (),
        operations: tuple[AgentOperation, ...] = (),
        executors: tuple[AgentExecutor, ...] = (),
    ) -> LinkId:
        """An agent registers over a new link."""
        link_id = LinkId(self.next_serial())
        register = Register(
            version=LINK_VERSION,
            agent_info=info,
            ip="127.0.0.1",
            agent_version="1.11.0",
            frameworks=frameworks,
            tasks=tasks,
            capabilities=self.capabilities,
            operations=operations,
            executors=executors,
        )
        self.push(RegisterReceived(link_id=link_id, register=register))
        return link_id

    def add_agent(self, resources: str = "cpus:4;mem:4096;ports:[31000-31009]") -> AgentId:
        """A new agent at an address of its own."""
        number = self.next_serial()
        info = AgentInfo(hostname=f"h{number}", port=5051 + number, resources=parse_resources(resources))
        link_id = self.register(info)
        agent = self.master.state.agent_on(link_id)
        if agent is None:
            raise AssertionError("the agent was not admitted")
        self.allocate()
        return agent.id

    def link_of(self, agent_id: AgentId) -> LinkId:
        """The link an agent is on."""
        link_id = self.master.state.agents[agent_id].link_id
        if link_id is None:
            raise AssertionError(f"{agent_id} is not connected")
        return link_id

    def say(self, agent_id: AgentId, message: AgentMessage) -> None:
        """An agent says something."""
        self.push(AgentMessageReceived(link_id=self.link_of(agent_id), message=message))

    def break_link(self, agent_id: AgentId) -> None:
        """An agent's connection breaks."""
        self.push(LinkClosed(self.link_of(agent_id)))

    def return_agent(
        self, info: AgentInfo, *tasks: AgentTask, frameworks: tuple[FrameworkInfo, ...] = ()
    ) -> list[MasterMessage]:
        """A known agent registers again; returns what it is told."""
        link_id = self.register(info, *tasks, frameworks=frameworks)
        self.allocate()
        return self.orders[link_id]

    def update(
        self,
        framework_id: FrameworkId,
        task: TaskInfo,
        state: TaskState,
        uuid: bytes = b"u" * 16,
        *,
        healthy: bool | None = None,
    ) -> TaskStatus:
        """The task's agent reports a state."""
        status = TaskStatus(
            task_id=task.task_id,
            state=state,
            agent_id=task.agent_id,
            uuid=Uuid(uuid),
            timestamp=self.now,
            healthy=healthy,
        )
        self.say(task.agent_id, StatusUpdate(framework_id=framework_id, status=status))
        return status

    def orders_for(self, agent_id: AgentId, wanted: type[T]) -> list[T]:
        """What an agent was told on its present link, of one kind."""
        return [message for message in self.orders[self.link_of(agent_id)] if isinstance(message, wanted)]

    # Frameworks

    def subscribe(self, info: FrameworkInfo, *suppressed: str) -> StreamId:
        """A framework subscribes on a new stream."""
        stream_id = StreamId(f"s{self.next_serial()}")
        self.push(SubscribeReceived(stream_id=stream_id, framework_info=info, suppressed_roles=suppressed))
        self.allocate()
        return stream_id

    def add_framework(self, info: FrameworkInfo | None = None) -> FrameworkId:
        """A framework subscribes; returns its id."""
        stream_id = self.subscribe(info or make_framework())
        return self.heard(stream_id, Subscribed)[0].framework_id

    def stream_of(self, framework_id: FrameworkId) -> StreamId:
        """The stream a framework is on."""
        stream_id = self.master.state.frameworks[framework_id].stream_id
        if stream_id is None:
            raise AssertionError(f"{framework_id} is not connected")
        return stream_id

    def leave(self, framework_id: FrameworkId) -> None:
        """A framework's connection breaks."""
        self.push(StreamClosed(self.stream_of(framework_id)))

    def call(self, framework_id: FrameworkId, body: CallBody) -> None:
        """A framework calls; offers are made afterwards."""
        self.push(CallReceived(framework_id=framework_id, body=body, stream_id=self.stream_of(framework_id)))
        self.allocate()

    def update_framework(self, framework_id: FrameworkId, body: UpdateFramework) -> tuple[int, str]:
        """A framework describes itself anew; returns the answer. Offers are made afterwards."""
        request, stream_id = RequestId(self.next_serial()), self.stream_of(framework_id)
        self.push(CallReceived(framework_id=framework_id, body=body, stream_id=stream_id, request=request))
        self.allocate()
        return self.answers[request]

    def drain(self) -> None:
        """All that was sent on streams is out, where the master wants to know."""
        awaited, self.awaited = self.awaited, []
        for stream_id in awaited:
            self.push(StreamDrained(stream_id))

    def heard(self, stream_id: StreamId, wanted: type[T]) -> list[T]:
        """The events of one kind on a stream, oldest first."""
        return [event for event in self.events[stream_id] if isinstance(event, wanted)]

    def offers(self, framework_id: FrameworkId) -> list[Offer]:
        """The offers that a framework holds, oldest first."""
        held = self.master.state.frameworks[framework_id].offers
        sent = [offer for event in self.heard(self.stream_of(framework_id), Offers) for offer in event.offers]
        return [offer for offer in sent if offer.id in held]

    def updates(self, framework_id: FrameworkId) -> list[TaskStatus]:
        """The updates that a framework got on its present stream."""
        return [event.status for event in self.heard(self.stream_of(framework_id), Update)]

    def launch(self, framework_id: FrameworkId, *task_ids: str, resources: str = "cpus:1;mem:128") -> list[TaskInfo]:
        """Launch tasks on the framework's first offer; the rest goes back for a year."""
        offer = self.offers(framework_id)[0]
        tasks = [make_task(task_id, offer.agent_id, resources) for task_id in task_ids]
        self.accept(framework_id, [offer.id], *tasks)
        return tasks

    def accept(self, framework_id: FrameworkId, offer_ids: list[OfferId], *tasks: TaskInfo) -> None:
        """Launch tasks on offers; the rest goes back for a year."""
        filters = Filters(365 * 86400.0)
        call = Accept(offer_ids=tuple(offer_ids), operations=(launch(*tasks),), filters=filters)
        self.call(framework_id, call)

    def reported(self, framework_id: FrameworkId, *tasks: TaskInfo) -> list[AgentTask]:
        """Tasks as their agent tells them when it returns, before it reported any."""
        return [AgentTask(framework_id=framework_id, task=task) for task in tasks]

    def agent_info(self, agent_id: AgentId) -> AgentInfo:
        """How an agent describes itself when it returns."""
        return evolve(self.master.state.agents[agent_id].info, id=agent_id)

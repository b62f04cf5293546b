"""The one door of a master: an event goes in, instructions come out. It routes; the rules are in the modules beside it.

Knows neither event loop, socket nor disk. ``now`` is in epoch seconds and must never go back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from koinon_core import agent_link
from koinon_core.agent_link import FrameworkMessage, ShutdownExecutor
from koinon_core.agents import MasterInfo
from koinon_core.errors import InvalidTransition
from koinon_core.resources import NOTHING
from koinon_core.scheduler_api import (
    Accept,
    Acknowledge,
    AcknowledgeOperationStatus,
    Decline,
    Kill,
    Message,
    Reconcile,
    ReconcileOperations,
    ReconcileTask,
    Request,
    Revive,
    Shutdown,
    Subscribe,
    Suppress,
    Teardown,
    UpdateFramework,
)

from .agent_admission import AgentAdmission
from .agent_loss import AgentLoss
from .config import MasterConfig
from .entities import Framework
from .events import (
    AgentMessageReceived,
    AllocationDue,
    CallReceived,
    Event,
    LinkClosed,
    OperationStored,
    OperatorCallReceived,
    RegisterReceived,
    RegistryRecovered,
    StreamClosed,
    SubscribeReceived,
    TimePassed,
)
from .instructions import CloseLink, Instruction
from .offer_book import OfferBook
from .operation_ledger import OperationLedger
from .operation_reconciliation import reconcile_operations
from .operations import Operations
from .operator_calls import OperatorCalls
from .reconciliation import reconcile, reconcile_task
from .registry import AdmitAgent, MarkAgentUnreachable
from .state import AgentMissed, ClusterState, FailoverEnds, HeartbeatDue, OfferEnds
from .subscriptions import Subscriptions
from .tallies import count_call
from .task_ledger import TaskLedger


class Master:
    """The state of a leading master and all that may change it."""

    def __init__(self, info: MasterInfo, config: MasterConfig) -> None:
        self.state = ClusterState.of(info, config)
        self._offers = OfferBook(self.state)
        self._ledger = TaskLedger(self.state)
        self._operation_ledger = OperationLedger(self.state)
        self._operations = Operations(self.state, self._offers, self._ledger, self._operation_ledger)
        self._subscriptions = Subscriptions(self.state, self._offers, self._ledger)
        self._loss = AgentLoss(self.state, self._offers, self._ledger)
        self._admission = AgentAdmission(self.state, self._ledger, self._loss)
        self._operator_calls = OperatorCalls(self.state, self._subscriptions)
        self._event_handlers: Final[dict[type, Callable[[Any, float], None]]] = {
            SubscribeReceived: self._subscriptions.subscribe,
            StreamClosed: lambda event, now: self._subscriptions.close_stream(event.stream_id, now),
            CallReceived: self._handle_call,
            OperatorCallReceived: self._operator_calls.handle,
            RegisterReceived: self._admission.register,
            AgentMessageReceived: self._handle_agent_message,
            LinkClosed: lambda event, now: self._loss.close_link(event.link_id, now),
            RegistryRecovered: lambda event, now: self._loss.recover(event.registry, now),
            OperationStored: self._handle_stored,
            AllocationDue: lambda _, now: self._offers.offer_what_is_free(now),
            TimePassed: lambda _, now: self._pass_time(now),
        }
        self._call_handlers: Final[dict[type, Callable[[Framework, Any, float], None]]] = {
            Accept: self._operations.accept,
            Decline: self._decline,
            Revive: self._subscriptions.revive,
            Suppress: self._subscriptions.suppress,
            Kill: self._kill,
            Shutdown: self._shutdown,
            Acknowledge: lambda framework, call, _: self._ledger.acknowledge(framework, call),
            AcknowledgeOperationStatus: lambda framework, call, _: self._operation_ledger.acknowledge(framework, call),
            ReconcileOperations: lambda framework, call, _: reconcile_operations(self.state, framework, call),
            Reconcile: lambda framework, call, now: reconcile(self.state, framework, call.tasks, now),
            Message: self._send_to_executor,
            Request: self._request,
            Teardown: lambda framework, _, now: self._subscriptions.remove(framework, now),
        }

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Change by one event and say what to do. Raises InvalidTransition, and then nothing has changed."""
        self._event_handlers[type(event)](event, now)
        instructions = self.state.outbox[:]
        self.state.outbox.clear()
        return instructions

    def has_offers_to_make(self) -> bool:
        """Whether an AllocationDue may bring offers."""
        return self.state.allocator.has_work()

    def next_deadline(self) -> float | None:
        """When a TimePassed is due, in the seconds of ``now``; None: not before something else happens."""
        deadlines = (self.state.timers.next_deadline(), self.state.allocator.next_expiry())
        return min((at for at in deadlines if at is not None), default=None)

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        held: Counter[object] = Counter()
        for agent in self.state.agents.values():
            taken = NOTHING
            for offer_id in agent.offers:
                taken = taken + self.state.offers[offer_id].grant.resources
                held[offer_id] += 1
            for task in agent.tasks.values():
                taken = taken + (task.resources if task.is_live else NOTHING)
            for executor in agent.executors.values():
                taken = taken + executor.grant.resources
            if agent.is_connected and self.state.allocator.free(agent.id) != agent.info.resources.without(taken):
                raise AssertionError(f"{agent.id}: {taken} taken and the rest free is not {agent.info.resources}")
        if set(held) != set(self.state.offers) or any(count > 1 for count in held.values()):
            raise AssertionError("an offer does not belong to exactly one agent")

    def _handle_call(self, event: CallReceived, now: float) -> None:
        """A call may have crossed the end of its subscription; then it is void."""
        state, body = self.state, event.body
        framework = state.frameworks.get(event.framework_id)
        if framework is None or framework.stream_id != event.stream_id:
            state.tallies["dropped_messages"] += 1
            state.note("call_dropped", framework_id=event.framework_id, call=type(body).__name__)
            if event.request is not None:
                state.answer(event.request, 403, "Framework is not subscribed")
            return
        if isinstance(body, Subscribe):
            raise InvalidTransition(framework.id, framework.phase.value, "SUBSCRIBE as a call")
        count_call(framework, body)
        if isinstance(body, UpdateFramework):
            self._subscriptions.update(framework, event, body)
        else:
            self._call_handlers[type(body)](framework, body, now)

    def _handle_agent_message(self, event: AgentMessageReceived, now: float) -> None:
        message = event.message
        agent = self.state.agent_on(event.link_id)
        if agent is None:
            self.state.tallies["dropped_messages"] += 1
        elif isinstance(message, agent_link.StatusUpdate):
            self._ledger.handle_update(agent, message)
        elif isinstance(message, agent_link.OperationUpdate):
            self._operation_ledger.handle_update(agent, message)
        elif isinstance(message, agent_link.Unregister):
            self._loss.unregister(agent, message, now)
        elif isinstance(message, agent_link.ExecutorMessage):
            self.state.tallies["messages_executor_to_framework"] += 1
            framework = self.state.frameworks.get(message.framework_id)
            if framework is not None:
                forwarded = Message(agent_id=agent.id, executor_id=message.executor_id, data=message.data)
                self.state.tell(framework, forwarded)
        else:
            reason = "an agent registers once on a link"
            self.state.emit(CloseLink(link_id=event.link_id, reason=reason))

    def _handle_stored(self, event: OperationStored, now: float) -> None:
        if isinstance(event.operation, AdmitAgent):
            self._admission.admitted(event.operation, now)
        elif isinstance(event.operation, MarkAgentUnreachable):
            self._loss.lost(event.operation, now)

    def _pass_time(self, now: float) -> None:
        self.state.allocator.expire(now)
        for due in self.state.timers.pop_due(now):
            match due:
                case FailoverEnds(framework_id):
                    self._subscriptions.end_failover(framework_id, now)
                case AgentMissed(agent_id):
                    self._loss.miss(agent_id, now)
                case OfferEnds(offer_id):
                    self._offers.rescind([offer_id])
                case HeartbeatDue(stream_id):
                    self._subscriptions.beat(stream_id, now)

    def _decline(self, framework: Framework, call: Decline, now: float) -> None:
        self.state.tallies["messages_decline_offers"] += 1
        self._offers.decline(framework, call.offer_ids, call.filters, now)

    def _kill(self, framework: Framework, call: Kill, now: float) -> None:
        if not self._ledger.kill(framework, call):
            named = ReconcileTask(task_id=call.task_id, agent_id=call.agent_id)
            reconcile_task(self.state, framework, named, now)

    def _shutdown(self, framework: Framework, call: Shutdown, _: float) -> None:
        agent = self.state.agents.get(call.agent_id)
        message = ShutdownExecutor(framework_id=framework.id, executor_id=call.executor_id)
        if agent is None or not self.state.order(agent, message):
            self.state.note("shutdown_dropped", agent_id=call.agent_id, executor_id=call.executor_id)

    def _send_to_executor(self, framework: Framework, call: Message, _: float) -> None:
        self.state.tallies["messages_framework_to_executor"] += 1
        agent = self.state.agents.get(call.agent_id)
        message = FrameworkMessage(framework_id=framework.id, executor_id=call.executor_id, data=call.data)
        is_sent = agent is not None and self.state.order(agent, message)
        self.state.tallies[f"{'valid' if is_sent else 'invalid'}_framework_to_executor_messages"] += 1

    def _request(self, _framework: Framework, _call: Request, _now: float) -> None:
        """A hint that the hierarchical allocator takes no notice of (mesos-v1-api 2.4)."""
        self.state.tallies["messages_resource_request"] += 1

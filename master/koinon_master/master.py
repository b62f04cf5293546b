"""The one door of a master: an event goes in, instructions come out. It routes; the rules are in the modules beside it.

Knows neither event loop, socket nor disk. ``now`` is in epoch seconds and must never go back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from koinon_core import agent_link
from koinon_core.agents import MasterInfo
from koinon_core.errors import InvalidTransition
from koinon_core.resources import Resources
from koinon_core.scheduler_api import (
    Accept,
    AcceptInverseOffers,
    Acknowledge,
    AcknowledgeOperationStatus,
    Decline,
    DeclineInverseOffers,
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

from .administration import Administration
from .allocator.interface import Allocator
from .config import MasterConfig
from .entities import Agent, Framework
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
    StreamDrained,
    SubscribeReceived,
    TimePassed,
    WhitelistRead,
)
from .frameworks.subscriptions import Subscriptions
from .instructions import CloseLink, Instruction
from .offer_book import OfferBook
from .operations.accept import Operations
from .operations.ledger import OperationLedger
from .operations.reconciliation import reconcile_operations
from .operations.resource_calls import ResourceCalls
from .operator_calls import OperatorCalls
from .state import ClusterState, FailoverEnds, HeartbeatDue, OfferEnds
from .tallies import count_call
from .tasks.ledger import TaskLedger
from .tasks.reconciliation import Reconciliation, reconcile_task


class Master:
    """The state of a leading master and all that may change it."""

    def __init__(self, info: MasterInfo, config: MasterConfig, allocator: Allocator | None = None) -> None:
        self.state = ClusterState.of(info, config, allocator)
        self._offers = OfferBook(self.state)
        self._ledger = TaskLedger(self.state)
        self._operation_ledger = OperationLedger(self.state)
        self._operations = Operations(self.state, self._offers, self._ledger, self._operation_ledger)
        self._reconciliation = Reconciliation(self.state)
        self._subscriptions = Subscriptions(self.state, self._offers, self._ledger)
        self._administration = Administration(self.state, self._offers, self._ledger)
        resource_calls = ResourceCalls(self.state, self._offers, self._operation_ledger)
        self._operator_calls = OperatorCalls(
            self.state, self._subscriptions, resource_calls, self._administration.rules()
        )
        self._event_handlers: Final = self._route_events()
        self._deadline_handlers: Final = self._route_deadlines()
        self._call_handlers: Final = self._route_calls()

    def _route_events(self) -> dict[type, Callable[[Any, float], None]]:
        """Which event goes where."""
        return {
            SubscribeReceived: self._subscribe,
            StreamClosed: self._close_stream,
            StreamDrained: lambda event, now: self._reconciliation.go_on(event.stream_id, now),
            CallReceived: self._handle_call,
            OperatorCallReceived: self._operator_calls.handle,
            RegisterReceived: self._administration.admission.register,
            AgentMessageReceived: lambda event, _: self._handle_agent_message(event),
            LinkClosed: self._administration.loss.close_link,
            RegistryRecovered: lambda event, now: self._administration.recovery.recover(event.registry, now),
            OperationStored: lambda event, now: self.state.stored(event.operation, now),
            WhitelistRead: lambda event, _: self.state.allocator.set_whitelist(event.hostnames),
            AllocationDue: lambda _, now: self._offer(now),
            TimePassed: lambda _, now: self._pass_time(now),
        }

    def _route_deadlines(self) -> dict[type, Callable[[Any, float], None]]:
        """Which deadline goes where."""
        return {
            FailoverEnds: lambda due, now: self._subscriptions.end_failover(due.framework_id, now),
            OfferEnds: lambda due, _: self._offers.expire(due.offer_id),
            HeartbeatDue: lambda due, now: self._subscriptions.beat(due.stream_id, now),
            **self._administration.deadlines(),
        }

    def _route_calls(self) -> dict[type, Callable[[Framework, Any, float], None]]:
        """Which framework's call goes where."""
        return {
            Accept: self._operations.accept,
            Decline: self._decline,
            AcceptInverseOffers: self._administration.inverse.accept,
            DeclineInverseOffers: self._administration.inverse.decline,
            Revive: self._revive,
            Suppress: self._subscriptions.suppress,
            Kill: self._kill,
            Shutdown: lambda framework, call, _: self._ledger.executors.shut_down(framework, call),
            Acknowledge: lambda framework, call, _: self._ledger.acknowledge(framework, call),
            AcknowledgeOperationStatus: lambda framework, call, _: self._operation_ledger.acknowledge(framework, call),
            ReconcileOperations: lambda framework, call, _: reconcile_operations(self.state, framework, call),
            Reconcile: lambda framework, call, now: self._reconciliation.ask(framework, call.tasks, now),
            Message: lambda framework, call, _: self._ledger.executors.send_to_executor(framework, call),
            Request: self._request,
            Teardown: lambda framework, _, now: self._subscriptions.remove(framework, now),
        }

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Change by one event and say what to do. Raises InvalidTransition, and then nothing has changed."""
        self.state.offer_history.now = now
        self._event_handlers[type(event)](event, now)
        self._administration.settle()
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

    def check(self, agents: Iterable[Agent] | None = None) -> None:
        """State the invariants, of these agents or of all; raises AssertionError when one is broken."""
        held = [offer_id for agent in self.state.agents.values() for offer_id in agent.offers]
        for agent in self.state.agents.values() if agents is None else agents:
            parts = [self.state.offers[offer_id].grant.resources for offer_id in agent.offers]
            parts += [task.resources for task in agent.tasks.values() if task.is_live]
            parts += [executor.grant.resources for executor in agent.executors.values()]
            taken = Resources(tuple(item for part in parts for item in part))
            if agent.is_connected and self.state.allocator.free(agent.id) != agent.info.resources.without(taken):
                raise AssertionError(f"{agent.id}: {taken} taken and the rest free is not {agent.info.resources}")
        if len(held) != len(self.state.offers) or set(held) != self.state.offers.keys():
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
        count_call(framework, type(body))
        if isinstance(body, UpdateFramework):
            self._subscriptions.update(framework, event, body)
        else:
            self._call_handlers[type(body)](framework, body, now)

    def _close_stream(self, event: StreamClosed, now: float) -> None:
        self._reconciliation.forget(event.stream_id)
        self._subscriptions.close_stream(event.stream_id, now)

    def _handle_agent_message(self, event: AgentMessageReceived) -> None:
        message = event.message
        agent = self.state.agent_on(event.link_id)
        if agent is None:
            self.state.tallies["dropped_messages"] += 1
        elif isinstance(message, agent_link.StatusUpdate):
            self._ledger.handle_update(agent, message)
        elif isinstance(message, agent_link.OperationUpdate):
            self._operation_ledger.handle_update(agent, message)
        elif isinstance(message, agent_link.UsageReport):
            self.state.measured[agent.id] = message
        elif isinstance(message, agent_link.Unregister):
            self._administration.loss.unregister(agent, message)
        elif isinstance(message, agent_link.ExecutorMessage):
            self._ledger.executors.send_to_framework(agent, message)
        elif isinstance(message, agent_link.ExecutorExited):
            self._ledger.executors.handle_exit(agent, message)
        else:
            reason = "an agent registers once on a link"
            self.state.emit(CloseLink(link_id=event.link_id, reason=reason))

    def _pass_time(self, now: float) -> None:
        self.state.allocator.expire(now)
        for due in self.state.timers.pop_due(now):
            self._deadline_handlers[type(due)](due, now)

    def _offer(self, now: float) -> None:
        self._administration.inverse.make(self._offers.offer_what_is_free(now))

    def _subscribe(self, event: SubscribeReceived, now: float) -> None:
        self._subscriptions.subscribe(event, now)
        framework_id = self.state.streams.get(event.stream_id)
        if framework_id is not None:
            self._administration.inverse.ask(self.state.frameworks[framework_id])

    def _revive(self, framework: Framework, call: Revive, now: float) -> None:
        self._subscriptions.revive(framework, call, now)
        self._administration.inverse.revive(framework)

    def _decline(self, framework: Framework, call: Decline, now: float) -> None:
        self.state.tallies["messages_decline_offers"] += 1
        self._offers.decline(framework, call.offer_ids, call.filters, now)

    def _kill(self, framework: Framework, call: Kill, now: float) -> None:
        if not self._ledger.kill(framework, call):
            named = ReconcileTask(task_id=call.task_id, agent_id=call.agent_id)
            reconcile_task(self.state, framework, named, now)

    def _request(self, _framework: Framework, _call: Request, _now: float) -> None:
        """A hint that the hierarchical allocator takes no notice of (mesos-v1-api 2.4)."""
        self.state.tallies["messages_resource_request"] += 1

"""Frameworks come, fail over, go away and end (mesos-v1-api 2.1, mesos-semantics 4)."""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from koinon_core.agent_link import DescribeFramework, MasterMessage, ResendUpdates, ShutdownFramework
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, StreamId, make_framework_id
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.scheduler_api import (
    HEARTBEAT_INTERVAL_SECONDS,
    Error,
    Heartbeat,
    Revive,
    Subscribe,
    Subscribed,
    Suppress,
    UpdateFramework,
)
from koinon_core.tasks import TaskStatusReason

from ..access.authorization import find_registration_refusal
from ..allocator.offer_constraints import ConstraintLimits, find_constraints_problem
from ..entities import Framework
from ..events import CallReceived, SubscribeReceived
from ..instructions import CloseStream, SendEvent
from ..offer_book import OfferBook
from ..operations.ledger import OperationLedger
from ..operator_events import FrameworkRemoved, FrameworkUpdated
from ..state import ClusterState, FailoverEnds, HeartbeatDue
from ..tallies import count_call
from ..tasks.ledger import TaskLedger
from ..validation.frameworks import (
    find_change_problem,
    find_framework_problem,
    find_update_problem,
)
from .machine import FrameworkHappening, FrameworkPhase

REMOVED = "Framework has been removed"
FAILED_OVER = "Framework failed over"


class Subscriptions:
    """Who is subscribed, and over which stream."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: TaskLedger) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger

    def subscribe(self, event: SubscribeReceived, now: float) -> None:
        """Take a framework in, new or known, or tell it on its stream why not."""
        state, info = self._state, _completed(event)
        known = None if info.id is None else state.frameworks.get(info.id)
        state.tallies["messages_register_framework" if info.id is None else "messages_reregister_framework"] += 1
        problem = self._find_problem(event, info, known)
        if problem is not None:
            self._refuse(event.stream_id, problem)
            return
        if known is None:
            framework_id = info.id or make_framework_id(state.info.id, state.next_number("framework"))
            framework = state.new_framework(framework_id, evolve(info, id=framework_id), now)
        else:
            framework = known
            self._take_over(framework, info, now)
            state.publish(FrameworkUpdated(framework))
        self._connect(framework, event, now)

    def _find_problem(self, event: SubscribeReceived, info: FrameworkInfo, known: Framework | None) -> str | None:
        if info.id is not None and info.id in self._state.completed:
            return REMOVED
        return (
            find_framework_problem(info, event.suppressed_roles, self._state.config)
            or self._find_constraints_problem(event.offer_constraints)
            or (None if known is None else find_change_problem(known.info, info))
            or find_registration_refusal(self._state.permissions, info)
        )

    def _find_constraints_problem(self, constraints: OfferConstraints | None) -> str | None:
        config = self._state.config
        limits = ConstraintLimits(
            max_mem=config.offer_constraints_re2_max_mem,
            max_program_size=config.offer_constraints_re2_max_program_size,
        )
        return None if constraints is None else find_constraints_problem(constraints, limits)

    def _refuse(self, stream_id: StreamId, problem: str) -> None:
        self._state.emit(SendEvent(stream_id=stream_id, event=Error(problem)))
        self._state.emit(CloseStream(stream_id=stream_id, reason=problem))
        self._state.note("framework_refused", reason=problem)

    def _take_over(self, framework: Framework, info: FrameworkInfo, now: float) -> None:
        """A framework that is known subscribes again: the old stream ends, its offers are made anew."""
        if framework.stream_id is not None:
            self._state.tell(framework, Error(FAILED_OVER))
            self._end_stream(framework, FAILED_OVER)
            self._offers.discard(framework, "the framework subscribed anew")
            self._state.allocator.deactivate_framework(framework.id)
        if framework.phase is FrameworkPhase.RECOVERED:
            framework.registered_time = now
        else:
            framework.reregistered_time = now
        # The user and the checkpoint of a framework never change (mesos-v1-api 2.1).
        self._change(framework, evolve(info, user=framework.info.user, checkpoint=framework.info.checkpoint))

    def _change(self, framework: Framework, info: FrameworkInfo) -> None:
        """Know a framework as it now says it is; so must agents, who tell the next leader of it."""
        if framework.info != info:
            framework.info = info
            self._tell_agents(framework, DescribeFramework(info))

    def _connect(self, framework: Framework, event: SubscribeReceived, now: float) -> None:
        state, stream_id = self._state, event.stream_id
        framework.move(FrameworkHappening.SUBSCRIBED)
        framework.stream_id = stream_id
        count_call(framework, Subscribe)
        state.streams[stream_id] = framework.id
        state.timers.cancel(FailoverEnds(framework.id))
        state.timers.set(HeartbeatDue(stream_id), now + HEARTBEAT_INTERVAL_SECONDS)
        state.tell(framework, Subscribed(framework_id=framework.id, master_info=state.info))
        state.tell(framework, Heartbeat())
        framework.principal = event.principal or framework.info.principal
        self._describe(framework, event.suppressed_roles, event.offer_constraints)
        # Else what agents have to say waits for their next repetition: up to ten minutes.
        self._tell_agents(framework, ResendUpdates(framework.id))
        state.note("framework_subscribed", framework_id=framework.id, name=framework.info.name)

    def _tell_agents(self, framework: Framework, message: MasterMessage) -> None:
        """Tell every agent that has tasks of a framework."""
        for agent_id in sorted(framework.agent_ids):
            agent = self._state.agents.get(agent_id)
            if agent is not None:
                self._state.order(agent, message)

    def _describe(
        self, framework: Framework, suppressed: Collection[str], constraints: OfferConstraints | None
    ) -> None:
        """Have offers follow what the framework now says of itself; all it said before is replaced."""
        framework.suppressed, framework.offer_constraints = frozenset(suppressed), constraints
        self._state.allocator.add_framework(framework.id, framework.info, suppressed, constraints)

    def update(self, framework: Framework, event: CallReceived, call: UpdateFramework) -> None:
        """Describe a framework anew and answer: its offers for roles it gave up are void (mesos-v1-api 2.4)."""
        state, info = self._state, call.framework_info
        if info.principal is None and event.principal is not None:
            info = evolve(info, principal=event.principal)
        problem = self._find_update_problem(framework, info, call)
        refusal = find_registration_refusal(state.permissions, info)
        if problem is not None or refusal is not None:
            self._answer(event, 403 if problem is None else 400, problem or refusal or "")
            return
        self._change(framework, evolve(info, id=framework.id))
        roles = set(info.all_roles())
        void = [one for one in framework.offers if state.offers[one].grant.role not in roles]
        self._offers.rescind(void, "the framework gave up the role")
        self._describe(framework, call.suppressed_roles, call.offer_constraints)
        state.publish(FrameworkUpdated(framework))
        state.note("framework_updated", framework_id=framework.id, name=info.name)
        self._answer(event, 200)

    def _find_update_problem(self, framework: Framework, info: FrameworkInfo, call: UpdateFramework) -> str | None:
        problem = find_framework_problem(info, call.suppressed_roles, self._state.config)
        if problem is not None:
            return f"Supplied FrameworkInfo is not valid: {problem}"
        problem = self._find_constraints_problem(call.offer_constraints)
        if problem is not None:
            return f"'UpdateFramework.offer_constraints' are not valid: {problem}"
        problem = find_update_problem(framework.info, info)
        return None if problem is None else f"FrameworkInfo update is not valid: {problem}"

    def _answer(self, event: CallReceived, status: int, text: str = "") -> None:
        if event.request is not None:
            self._state.answer(event.request, status, text)

    def revive(self, framework: Framework, call: Revive, _: float) -> None:
        """Offer to roles again, whatever was refused before."""
        self._state.tallies["messages_revive_offers"] += 1
        roles = self._own_roles(framework, call.roles, "revive")
        framework.suppressed -= frozenset(roles)
        if roles:
            self._state.allocator.revive(framework.id, roles)

    def suppress(self, framework: Framework, call: Suppress, _: float) -> None:
        """Offer nothing to roles until they revive."""
        self._state.tallies["messages_suppress_offers"] += 1
        roles = self._own_roles(framework, call.roles, "suppress")
        framework.suppressed |= frozenset(roles)
        if roles:
            self._state.allocator.suppress(framework.id, roles)

    def _own_roles(self, framework: Framework, named: tuple[str, ...], call: str) -> tuple[str, ...]:
        """The roles a call is about, all if it names none; none if it names one that is not the framework's."""
        own = framework.info.all_roles()
        strangers = sorted(set(named) - set(own))
        if strangers:
            self._state.tallies["dropped_messages"] += 1
            self._state.note("call_dropped", framework_id=framework.id, call=call, roles_of_others=strangers)
            return ()
        return named or own

    def beat(self, stream_id: StreamId, now: float) -> None:
        """Show a stream that it is alive, and do so again in 15 seconds."""
        if stream_id in self._state.streams:
            self._state.emit(SendEvent(stream_id=stream_id, event=Heartbeat()))
            self._state.timers.set(HeartbeatDue(stream_id), now + HEARTBEAT_INTERVAL_SECONDS)

    def close_stream(self, stream_id: StreamId, now: float) -> None:
        """A stream is gone: its framework is away from now on, unless it has a newer one."""
        state = self._state
        framework_id = state.streams.pop(stream_id, None)
        state.timers.cancel(HeartbeatDue(stream_id))
        framework = None if framework_id is None else state.frameworks.get(framework_id)
        if framework is None or framework.stream_id != stream_id:
            return
        framework.move(FrameworkHappening.STREAM_CLOSED)
        framework.stream_id = None
        self._offers.discard(framework, "the framework's stream ended")
        state.allocator.deactivate_framework(framework.id)
        state.note(
            "framework_disconnected", framework_id=framework.id, failover_timeout=framework.info.failover_timeout
        )
        if framework.info.failover_timeout > 0:
            state.timers.set(FailoverEnds(framework.id), now + framework.info.failover_timeout)
        else:
            self.remove(framework, now)

    def end_failover(self, framework_id: FrameworkId, now: float) -> None:
        """The failover timeout of a framework is over."""
        framework = self._state.frameworks.get(framework_id)
        if framework is not None and not framework.is_connected:
            self.remove(framework, now)

    def remove(self, framework: Framework, now: float) -> None:
        """End a framework: its tasks, its offers, its stream and its id."""
        state = self._state
        framework.move(FrameworkHappening.REMOVED)
        state.timers.cancel(FailoverEnds(framework.id))
        self._offers.discard(framework, "the framework ended")
        self._tell_agents(framework, ShutdownFramework(framework.id))
        self._ledger.end_all(framework, TaskStatusReason.REASON_FRAMEWORK_REMOVED, now)
        OperationLedger(state).forget_framework(framework)
        state.allocator.remove_framework(framework.id)
        if framework.stream_id is not None:
            self._end_stream(framework, REMOVED)
        framework.unregistered_time = now
        del state.frameworks[framework.id]
        state.completed[framework.id] = framework
        state.publish(FrameworkRemoved(framework.info))
        while len(state.completed) > state.config.max_completed_frameworks:
            state.completed.popitem(last=False)
        state.note("framework_removed", framework_id=framework.id)

    def _end_stream(self, framework: Framework, why: str) -> None:
        stream_id = framework.stream_id
        if stream_id is None:
            return
        self._state.emit(CloseStream(stream_id=stream_id, reason=why))
        self._state.streams.pop(stream_id, None)
        self._state.timers.cancel(HeartbeatDue(stream_id))
        framework.stream_id = None


def _completed(event: SubscribeReceived) -> FrameworkInfo:
    """How a framework describes itself, with what is understood: who it proved to be; an empty id asks for a new one,
    as no id does.
    """
    info = evolve(event.framework_info, id=event.framework_info.id or None)
    return evolve(info, principal=event.principal) if info.principal is None else info

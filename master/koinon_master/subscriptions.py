"""Frameworks come, fail over, go away and end (mesos-v1-api 2.1, mesos-semantics 4)."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from koinon_core.agent_link import ShutdownFramework
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, StreamId, make_framework_id
from koinon_core.scheduler_api import HEARTBEAT_INTERVAL_SECONDS, Error, Heartbeat, Subscribed
from koinon_core.tasks import TaskStatusReason

from .authorization import find_registration_refusal
from .entities import Framework
from .events import SubscribeReceived
from .framework_machine import FrameworkHappening, FrameworkPhase
from .instructions import CloseStream, SendEvent
from .offer_book import OfferBook
from .state import ClusterState, FailoverEnds, HeartbeatDue
from .task_ledger import TaskLedger
from .validation.frameworks import find_change_problem, find_framework_problem

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
        # An empty id asks for a new one, as no id does.
        # It is whom it proved to be, even where it does not say so.
        principal = event.framework_info.principal or event.principal
        state = self._state
        info = evolve(event.framework_info, id=event.framework_info.id or None, principal=principal)
        known = None if info.id is None else state.frameworks.get(info.id)
        state.tallies["messages_register_framework" if info.id is None else "messages_reregister_framework"] += 1
        problem = self._find_problem(info, event.suppressed_roles, known)
        if problem is not None:
            self._refuse(event.stream_id, problem)
            return
        if known is None:
            framework_id = info.id or make_framework_id(state.info.id, state.next_number("framework"))
            framework = state.new_framework(framework_id, evolve(info, id=framework_id), now)
        else:
            framework = known
            self._take_over(framework, info, now)
        self._connect(framework, event, now)

    def _find_problem(self, info: FrameworkInfo, suppressed: Sequence[str], known: Framework | None) -> str | None:
        if info.id is not None and info.id in self._state.completed:
            return REMOVED
        problem = find_framework_problem(info, suppressed, self._state.config)
        if problem is None and known is not None and known.phase is not FrameworkPhase.RECOVERED:
            problem = find_change_problem(known.info, info)
        return problem or find_registration_refusal(self._state.permissions, info)

    def _refuse(self, stream_id: StreamId, problem: str) -> None:
        self._state.emit(SendEvent(stream_id=stream_id, event=Error(problem)))
        self._state.emit(CloseStream(stream_id=stream_id, reason=problem))
        self._state.note("framework_refused", reason=problem)

    def _take_over(self, framework: Framework, info: FrameworkInfo, now: float) -> None:
        """A framework that is known subscribes again: the old stream ends, its offers are made anew."""
        if framework.stream_id is not None:
            self._state.tell(framework, Error(FAILED_OVER))
            self._end_stream(framework, FAILED_OVER)
            self._offers.discard(framework)
            self._state.allocator.deactivate_framework(framework.id)
        if framework.phase is not FrameworkPhase.RECOVERED:
            # The user and the checkpoint of a framework never change (mesos-v1-api 2.1).
            info = evolve(info, user=framework.info.user, checkpoint=framework.info.checkpoint)
            framework.reregistered_time = now
        else:
            framework.registered_time = now
        framework.info = info

    def _connect(self, framework: Framework, event: SubscribeReceived, now: float) -> None:
        state, stream_id = self._state, event.stream_id
        framework.move(FrameworkHappening.SUBSCRIBED)
        framework.stream_id = stream_id
        state.streams[stream_id] = framework.id
        state.timers.cancel(FailoverEnds(framework.id))
        state.timers.set(HeartbeatDue(stream_id), now + HEARTBEAT_INTERVAL_SECONDS)
        state.tell(framework, Subscribed(framework_id=framework.id, master_info=state.info))
        state.tell(framework, Heartbeat())
        framework.suppressed, framework.offer_constraints = frozenset(event.suppressed_roles), event.offer_constraints
        state.allocator.add_framework(framework.id, framework.info, event.suppressed_roles, event.offer_constraints)
        state.note("framework_subscribed", framework_id=framework.id, name=framework.info.name)

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
        self._offers.discard(framework)
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
        self._offers.discard(framework)
        for agent_id in framework.agent_ids:
            agent = state.agents.get(agent_id)
            if agent is not None:
                state.order(agent, ShutdownFramework(framework.id))
        self._ledger.end_all(framework, TaskStatusReason.REASON_FRAMEWORK_REMOVED, now)
        state.allocator.remove_framework(framework.id)
        if framework.stream_id is not None:
            self._end_stream(framework, REMOVED)
        framework.unregistered_time = now
        del state.frameworks[framework.id]
        state.completed[framework.id] = framework
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

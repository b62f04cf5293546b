"""Agents go missing, are given up, leave, or are declared gone (mesos-semantics 3.2). A broken link ends no task.

Whatever ends a membership is in the registry before anybody hears of it. Who was expected back after a change of the
leader is ``recovery``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import evolve

from koinon_core.agent_link import ShutdownAgent, Unregister
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId
from koinon_core.operations import OperationState
from koinon_core.scheduler_api import Failure
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from ..entities import Agent, Framework, Task
from ..events import LinkClosed
from ..instructions import CloseLink
from ..maintenance.inverse_offers import rescind_inverse_offers
from ..offer_book import OfferBook
from ..offer_history import OfferOutcome
from ..operations.ledger import OperationLedger
from ..operator_events import AgentRemoved
from ..registry.records import AgentRecord, MarkAgentGone, MarkAgentUnreachable, RemoveAgent
from ..state import AgentMissed, ClusterState, RemovalAllowed, make_status
from ..tallies import count_end
from ..tasks.ledger import TaskLedger
from .machine import AgentHappening, AgentPhase
from .removal_limits import RemovalThrottle

GONE = "Agent has been marked gone"


class AgentLoss:
    """Lets agents go."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: TaskLedger) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger
        self._throttle = RemovalThrottle(state.config.agent_removal_rate_limit)

    def close_link(self, event: LinkClosed, now: float) -> None:
        """A link broke: nothing more is offered of the agent; it may come back until the ping timeout.

        That counts from when the agent was heard last, however long it took to see that the link is dead.
        """
        state = self._state
        agent = state.agent_on(event.link_id)
        state.links.pop(event.link_id, None)
        if agent is None or agent.phase is not AgentPhase.CONNECTED:
            return
        agent.move(AgentHappening.LINK_CLOSED)
        agent.link_id = None
        state.measured.pop(agent.id, None)
        self.withdraw(agent)
        heard = now if event.last_heard is None else min(event.last_heard, now)
        state.timers.set(AgentMissed(agent.id), max(now, heard + state.config.agent_timeout))
        state.note("agent_disconnected", agent_id=agent.id)

    def withdraw(self, agent: Agent) -> None:
        """Offer nothing more of an agent, and take back what is offered."""
        self._offers.rescind(agent.offers, self._why_withdrawn(agent), OfferOutcome.WITHDRAWN)
        if agent.id in self._state.unavailable:
            rescind_inverse_offers(self._state, agent.id)
        self._state.allocator.deactivate_agent(agent.id)

    def _why_withdrawn(self, agent: Agent) -> str:
        if agent.id in self._state.marking_gone:
            return "an operator marks the agent gone"
        if agent.phase is AgentPhase.DISCONNECTED:
            return "the agent's link broke"
        if not agent.is_connected:
            return "the agent left the cluster"
        return "the agent is being drained" if agent.drain is not None else "the agent was deactivated"

    # Unreachable

    def miss(self, agent_id: AgentId, now: float) -> None:
        """An agent was away for too long: give it up as soon as the rate limit allows, unless it comes back."""
        state = self._state
        agent = state.agents.get(agent_id)
        if agent is None or agent.phase not in (AgentPhase.DISCONNECTED, AgentPhase.RECOVERED):
            return
        state.tallies["slave_unreachable_scheduled"] += 1
        if self._throttle.admits(agent_id, now):
            self._give_up(agent, now)
        else:
            state.note("agent_removal_waits", agent_id=agent_id, waiting=len(self._throttle))
            state.timers.set(RemovalAllowed(), self._throttle.next_at)

    def miss_next(self, now: float) -> None:
        """The rate limit allows one more agent to be given up."""
        agent_id = self._throttle.take(now)
        agent = None if agent_id is None else self._state.agents.get(agent_id)
        if agent is not None and agent.phase in (AgentPhase.DISCONNECTED, AgentPhase.RECOVERED):
            self._give_up(agent, now)
        if len(self._throttle):
            self._state.timers.set(RemovalAllowed(), max(now, self._throttle.next_at))

    def expect_no_more(self, agent_id: AgentId) -> None:
        """An agent is back: nobody waits for it, and it waits for no removal."""
        self._state.timers.cancel(AgentMissed(agent_id))
        if self._throttle.cancel(agent_id):
            self._state.tallies["slave_unreachable_canceled"] += 1

    def _give_up(self, agent: Agent, now: float) -> None:
        agent.move(AgentHappening.MISSED)
        operation = MarkAgentUnreachable(info=agent.info, since=now)
        self._state.store(operation, partial(self._lost, agent, operation))

    def _lost(self, agent: Agent, operation: MarkAgentUnreachable, now: float) -> None:
        """The registry has an agent as unreachable: so are its tasks."""
        state = self._state
        if state.agents.get(agent.id) is not agent or agent.phase is not AgentPhase.LOSING:
            return
        state.tallies["slave_unreachable_completed"] += 1
        state.tallies["slave_removals/reason_unhealthy"] += 1
        since = TimeInfo.of_seconds(operation.since)
        for task in tuple(agent.tasks.values()):
            framework = state.frameworks[task.framework_id]
            status = _status(task, framework.loss_state(TaskState.TASK_UNREACHABLE), "Agent is unreachable", now)
            self._ledger.lose(task, evolve(status, unreachable_time=since))
        OperationLedger(state).lose_all(agent, OperationState.OPERATION_UNREACHABLE, "Agent is unreachable")
        self._forget(agent)
        state.unreachable[agent.id] = AgentRecord(
            info=operation.info,
            unreachable_since=operation.since,
            is_deactivated=agent.is_deactivated,
            drain=agent.drain,
            drain_started=agent.drain_started,
        )
        state.note("agent_unreachable", agent_id=agent.id)

    # Removed

    def unregister(self, agent: Agent, message: Unregister) -> None:
        """An agent leaves for good."""
        self._state.tallies["messages_unregister_slave"] += 1
        self.remove(agent, message.reason, "reason_unregistered")

    def remove(self, agent: Agent, why: str, reason: str | None = None) -> None:
        """End the membership of an agent, once the registry has forgotten it; its tasks are lost then.

        ``reason`` is the last part of the metric that counts it.
        """
        if agent.phase is AgentPhase.REMOVING:
            return
        agent.move(AgentHappening.REMOVAL_BEGUN)
        self.withdraw(agent)
        self._state.store(RemoveAgent(agent.id), partial(self._removed, agent, why, reason))

    def _removed(self, agent: Agent, why: str, reason: str | None, now: float) -> None:
        state = self._state
        if state.agents.get(agent.id) is not agent:
            return
        told = f"Agent {agent.info.hostname} removed: {why}"
        for task in tuple(agent.tasks.values()):
            self._ledger.lose(task, _status(task, TaskState.TASK_LOST, told, now))
        OperationLedger(state).lose_all(agent, OperationState.OPERATION_UNKNOWN, why)
        if agent.link_id is not None:
            state.emit(CloseLink(link_id=agent.link_id, reason=why))
        self._forget(agent)
        if reason is not None:
            state.tallies[f"slave_removals/{reason}"] += 1
        state.remember_removed(agent.id, now)
        state.note("agent_removed", agent_id=agent.id, reason=why)

    # Gone

    def mark_gone(self, agent_id: AgentId, now: float, then: Callable[[], None]) -> None:
        """Burn the id of a member, or of an unreachable agent. ``then`` is called when that is durable and done."""
        agent = self._state.agents.get(agent_id)
        self._state.marking_gone.add(agent_id)
        if agent is not None:
            self.withdraw(agent)
        self._state.store(MarkAgentGone(agent_id=agent_id, since=now), partial(self._gone, agent_id, then))

    def _gone(self, agent_id: AgentId, then: Callable[[], None], now: float) -> None:
        state = self._state
        state.marking_gone.discard(agent_id)
        state.unreachable.pop(agent_id, None)
        state.gone[agent_id] = now
        agent = state.agents.get(agent_id)
        if agent is not None:
            state.order(agent, ShutdownAgent(GONE))
            for task in tuple(agent.tasks.values()):
                framework = state.frameworks[task.framework_id]
                self._ledger.lose(task, _gone_status(task, framework, now))
            OperationLedger(state).lose_all(agent, OperationState.OPERATION_GONE_BY_OPERATOR, GONE)
            self._forget(agent)
        for framework in state.frameworks.values():
            self._end_unreachable(framework, agent_id, now)
        state.note("agent_gone", agent_id=agent_id)
        then()

    def _end_unreachable(self, framework: Framework, agent_id: AgentId, now: float) -> None:
        """Tasks that were unreachable on the agent will not come back either."""
        for task in [one for one in framework.unreachable_tasks.values() if one.agent_id == agent_id]:
            del framework.unreachable_tasks[task.id]
            status = _gone_status(task, framework, now)
            task.note(status)
            count_end(self._state, framework, status)
            self._state.report(framework, status)
            framework.completed_tasks.append(task)

    def _forget(self, agent: Agent) -> None:
        state = self._state
        self._ledger.executors.drop_all(agent)
        del state.agents[agent.id]
        state.recovering.discard(agent.id)
        state.draining.discard(agent.id)
        state.unavailable.pop(agent.id, None)
        state.measured.pop(agent.id, None)
        self.expect_no_more(agent.id)
        state.forget_address(agent)
        state.allocator.remove_agent(agent.id)
        state.tallies["slave_removals"] += 1
        for framework in state.frameworks.values():
            framework.agent_ids.discard(agent.id)
            state.tell(framework, Failure(agent_id=agent.id))
        state.publish(AgentRemoved(agent.id))


def _status(task: Task, task_state: TaskState, why: str, now: float) -> TaskStatus:
    return make_status(task, task_state, TaskStatusReason.REASON_AGENT_REMOVED, why, now)


def _gone_status(task: Task, framework: Framework, now: float) -> TaskStatus:
    state = framework.loss_state(TaskState.TASK_GONE_BY_OPERATOR)
    return make_status(task, state, TaskStatusReason.REASON_AGENT_REMOVED_BY_OPERATOR, GONE, now)

"""Agents go missing, are given up or leave (mesos-semantics 3.2). A broken link alone ends no task."""

from __future__ import annotations

from attrs import evolve

from koinon_core.agent_link import Unregister
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId
from koinon_core.scheduler_api import Failure
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from .agent_machine import AgentHappening, AgentPhase
from .entities import Agent, Task
from .events import LinkId
from .instructions import CloseLink, StoreOperation
from .offer_book import OfferBook
from .registry import AgentRecord, MarkAgentUnreachable, Registry, RemoveAgent
from .state import AgentMissed, ClusterState, make_status
from .task_ledger import TaskLedger


class AgentLoss:
    """Lets agents go."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: TaskLedger) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger

    def recover(self, registry: Registry, now: float) -> None:
        """Expect the agents back that an earlier leader had admitted, for as long as they may take."""
        state = self._state
        lost = []
        for agent_id, record in registry.agents.items():
            if record.unreachable_since is not None:
                lost.append((record.unreachable_since, agent_id, record))
                continue
            state.agents[agent_id] = Agent(id=agent_id, info=record.info, phase=AgentPhase.RECOVERED)
            state.recovering.add(agent_id)
            state.timers.set(AgentMissed(agent_id), now + state.config.agent_reregister_timeout)
        for _, agent_id, record in sorted(lost, key=lambda one: one[0]):
            state.unreachable[agent_id] = record
        state.note("registry_recovered", agents=len(state.agents), unreachable=len(lost))

    def close_link(self, link_id: LinkId, now: float) -> None:
        """A link broke: nothing more is offered of the agent; it may come back until the ping timeout."""
        state = self._state
        agent = state.agent_on(link_id)
        state.links.pop(link_id, None)
        if agent is None or agent.phase is not AgentPhase.CONNECTED:
            return
        agent.move(AgentHappening.LINK_CLOSED)
        agent.link_id = None
        self._withdraw(agent)
        state.timers.set(AgentMissed(agent.id), now + state.config.agent_timeout)
        state.note("agent_disconnected", agent_id=agent.id)

    def miss(self, agent_id: AgentId, now: float) -> None:
        """An agent was away for too long: have the registry say so, and act when it does."""
        state = self._state
        agent = state.agents.get(agent_id)
        if agent is None or agent.phase not in (AgentPhase.DISCONNECTED, AgentPhase.RECOVERED):
            return
        agent.move(AgentHappening.MISSED)
        state.tallies["slave_unreachable_scheduled"] += 1
        state.emit(StoreOperation(MarkAgentUnreachable(info=agent.info, since=now)))

    def lost(self, operation: MarkAgentUnreachable, now: float) -> None:
        """The registry has an agent as unreachable: so are its tasks."""
        state, agent_id = self._state, operation.info.id
        agent = None if agent_id is None else state.agents.get(agent_id)
        if agent is None or agent.phase is not AgentPhase.LOSING:
            return
        state.tallies["slave_unreachable_completed"] += 1
        since = TimeInfo.of_seconds(operation.since)
        for task in tuple(agent.tasks.values()):
            framework = state.frameworks[task.framework_id]
            status = self._status(task, framework.loss_state(TaskState.TASK_UNREACHABLE), "Agent is unreachable", now)
            self._ledger.lose(task, evolve(status, unreachable_time=since))
        self._forget(agent)
        state.unreachable[agent.id] = AgentRecord(info=operation.info, unreachable_since=operation.since)
        while len(state.unreachable) > state.config.registry_max_agent_count:
            oldest, _ = state.unreachable.popitem(last=False)
            state.emit(StoreOperation(RemoveAgent(oldest)))
        state.note("agent_unreachable", agent_id=agent.id)

    def unregister(self, agent: Agent, message: Unregister, now: float) -> None:
        """An agent leaves for good."""
        self._state.tallies["messages_unregister_slave"] += 1
        self._state.tallies["slave_removals/reason_unregistered"] += 1
        self.remove(agent, message.reason, now)

    def remove(self, agent: Agent, why: str, now: float) -> None:
        """End the membership of an agent; its tasks are lost. The registry learns of it."""
        state = self._state
        self._withdraw(agent)
        for task in tuple(agent.tasks.values()):
            framework = state.frameworks[task.framework_id]
            self._ledger.lose(task, self._status(task, framework.loss_state(TaskState.TASK_GONE), why, now))
        if agent.link_id is not None:
            state.emit(CloseLink(link_id=agent.link_id, reason=why))
        self._forget(agent)
        state.tallies["slave_removals"] += 1
        state.emit(StoreOperation(RemoveAgent(agent.id)))
        state.note("agent_removed", agent_id=agent.id, reason=why)

    def _status(self, task: Task, task_state: TaskState, why: str, now: float) -> TaskStatus:
        return make_status(task, task_state, TaskStatusReason.REASON_AGENT_REMOVED, why, now)

    def _withdraw(self, agent: Agent) -> None:
        self._offers.rescind(agent.offers)
        self._state.allocator.deactivate_agent(agent.id)

    def _forget(self, agent: Agent) -> None:
        state = self._state
        del state.agents[agent.id]
        state.recovering.discard(agent.id)
        state.timers.cancel(AgentMissed(agent.id))
        state.forget_address(agent)
        state.allocator.remove_agent(agent.id)
        for framework in state.frameworks.values():
            framework.agent_ids.discard(agent.id)
            state.tell(framework, Failure(agent_id=agent.id))

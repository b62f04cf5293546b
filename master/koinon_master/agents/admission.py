"""Agents register and come back, with the tasks they run (mesos-semantics 3.1, 3.3).

An agent is admitted once the registry has it. How agents are lost is ``loss``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from attrs import evolve, frozen

from koinon_core.agent_link import (
    AgentTask,
    ReconcileTasks,
    Refused,
    Register,
    Registered,
    ShutdownFramework,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId, make_agent_id
from koinon_core.resources import Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.tasks import TaskState, TaskStatusReason

from ..access.authorization import find_agent_refusal
from ..entities import Agent, Framework, Task
from ..events import LinkClosed, LinkId, RegisterReceived
from ..instructions import CloseLink, SendToAgent
from ..maintenance.inverse_offers import InverseOffers
from ..maintenance.schedule import Maintenance
from ..operations.reconciliation import settle_operations
from ..operator_events import AgentAdded
from ..registry.records import AdmitAgent, MarkAgentUnreachable, RemoveAgent
from ..state import ClusterState, make_status
from ..tasks.ledger import TaskLedger
from ..validation.agents import find_registration_problem
from .drains import keep_wishes
from .loss import AgentLoss
from .machine import AgentHappening, AgentPhase

_LEAVING: Final = (AgentPhase.LOSING, AgentPhase.REMOVING)


@frozen
class _Applicant:
    """An agent that waits for the registry."""

    link_id: LinkId
    register: Register
    is_new: bool


class AgentAdmission:
    """Lets agents in."""

    def __init__(
        self,
        state: ClusterState,
        ledger: TaskLedger,
        loss: AgentLoss,
        maintenance: Maintenance,
        inverse: InverseOffers,
    ) -> None:
        self._state = state
        self._ledger = ledger
        self._loss = loss
        self._maintenance = maintenance
        self._inverse = inverse
        self._waiting: dict[AgentId, _Applicant] = {}

    def register(self, event: RegisterReceived, now: float) -> None:
        """An agent asks to be let in."""
        state, link_id, register = self._state, event.link_id, event.register
        state.links[link_id] = None
        is_new = register.agent_info.id is None
        state.tallies["messages_register_slave" if is_new else "messages_reregister_slave"] += 1
        refusal = find_agent_refusal(state.permissions, event.principal)
        problem = find_registration_problem(state, register) if refusal is None else Refused(reason=refusal)
        if problem is not None:
            self._refuse(link_id, problem)
            return
        if self._is_overtaken(link_id, register.agent_info.id):
            state.emit(CloseLink(link_id=link_id, reason="the agent registered over a newer link"))
            return
        if register.agent_info.id is None:
            self._remove_predecessor(register)
            agent_id = make_agent_id(state.info.id, state.next_number("agent"))
        else:
            agent_id = register.agent_info.id
        info = evolve(register.agent_info, id=agent_id)
        known = state.agents.get(agent_id)
        register = evolve(register, agent_info=info)
        applicant = _Applicant(link_id, register, is_new)
        if known is not None and known.phase not in _LEAVING and known.info == info:
            self._enter(applicant, now)
            return
        state.admitting.add(agent_id)
        self._waiting[agent_id] = applicant
        state.store(AdmitAgent(info), partial(self._admitted, agent_id, applicant))

    def _is_overtaken(self, link_id: LinkId, agent_id: AgentId | None) -> bool:
        """Whether the agent has come over a later link already: what an earlier one still brings is the past."""
        if agent_id is None:
            return False
        waiting, known = self._waiting.get(agent_id), self._state.agents.get(agent_id)
        return link_id < max(0 if waiting is None else waiting.link_id, 0 if known is None else known.newest_link)

    def _refuse(self, link_id: LinkId, refusal: Refused) -> None:
        self._state.note("agent_refused", reason=refusal.reason)
        self._state.emit(SendToAgent(link_id=link_id, message=refusal))
        self._state.emit(CloseLink(link_id=link_id, reason=refusal.reason))

    def _remove_predecessor(self, register: Register) -> None:
        """A new agent at the address of a known one: that one has lost its memory and will not come back."""
        old_id = self._state.addresses.get((register.ip, register.agent_info.port))
        old = None if old_id is None else self._state.agents.get(old_id)
        if old is not None:
            self._loss.remove(old, "a new agent registered from the same address", "reason_registered")

    def _admitted(self, agent_id: AgentId, applicant: _Applicant, now: float) -> None:
        """The registry has an agent. Who asked again meanwhile waits for the later answer."""
        state = self._state
        if self._waiting.get(agent_id) is not applicant:
            return
        del self._waiting[agent_id]
        state.admitting.discard(agent_id)
        if applicant.link_id not in state.links:
            self._undo(agent_id, applicant)
        elif (problem := find_registration_problem(state, applicant.register)) is not None:
            self._undo(agent_id, applicant)
            self._refuse(applicant.link_id, problem)
        else:
            self._enter(applicant, now)

    def _undo(self, agent_id: AgentId, applicant: _Applicant) -> None:
        """The registry has an agent that is not let in after all: have it say again what was so before."""
        state, record = self._state, self._state.unreachable.get(agent_id)
        if applicant.is_new:
            # An agent that never heard its id can't ask for it again.
            state.store(RemoveAgent(agent_id), lambda _: None)
        elif record is not None and record.unreachable_since is not None:
            operation = MarkAgentUnreachable(info=record.info, since=record.unreachable_since)
            state.store(operation, lambda _: None)

    def _enter(self, applicant: _Applicant, now: float) -> None:
        """Make the agent a member, or a member again, and settle what it and we know of its tasks."""
        state, link_id, register = self._state, applicant.link_id, applicant.register
        state.tallies["slave_registrations" if applicant.is_new else "slave_reregistrations"] += 1
        agent, is_fresh = self._place(register, now)
        if not applicant.is_new:
            agent.reregistered_time = now
        record = state.unreachable.pop(agent.id, None)
        if agent.link_id is not None and agent.link_id != link_id:
            state.emit(CloseLink(link_id=agent.link_id, reason="the agent registered over a newer link"))
            self._loss.close_link(LinkClosed(agent.link_id), now)
        agent.move(AgentHappening.REGISTERED)
        agent.link_id, state.links[link_id] = link_id, agent.id
        agent.newest_link = link_id
        state.recovering.discard(agent.id)
        state.removed.pop(agent.id, None)
        self._loss.expect_no_more(agent.id)
        state.allocator.add_agent(agent.id, agent.info)
        self._maintenance.place(agent)
        state.order(agent, Registered(agent_id=agent.id, hears_usage=True))
        keep_wishes(state, agent, record)
        if is_fresh:
            state.publish(AgentAdded(agent))
        self._settle(agent, register, record is not None, now)
        self._inverse.make((agent.id,))
        state.note("agent_registered", agent_id=agent.id, hostname=agent.info.hostname, tasks=len(agent.tasks))

    def _place(self, register: Register, now: float) -> tuple[Agent, bool]:
        """The member of this id, described anew; and whether operators have not heard of it from this master."""
        state, info = self._state, register.agent_info
        if info.id is None:
            raise ValueError("an agent must have its id before it is placed")
        agent = state.agents.get(info.id)
        is_fresh = agent is None or agent.phase is AgentPhase.RECOVERED
        if agent is None:
            agent = Agent(id=info.id, info=info, phase=AgentPhase.RECOVERED, registered_time=now)
            state.agents[agent.id] = agent
        else:
            agent.registered_time = agent.registered_time or now
            state.forget_address(agent)
        agent.info, agent.ip, agent.version = info, register.ip, register.agent_version
        agent.capabilities = register.capabilities
        state.addresses[agent.address] = agent.id
        return agent, is_fresh

    def _settle(self, agent: Agent, register: Register, was_lost: bool, now: float) -> None:
        """Bring both sides' tasks together (mesos-semantics 3.3)."""
        infos = {info.id: info for info in register.frameworks}
        reported = {(item.framework_id, item.task.task_id) for item in register.tasks}
        self._ask_for_missing(agent, reported)
        settle_operations(self._state, agent, register)
        for framework_id in dict.fromkeys([*filter(None, infos), *(item.framework_id for item in register.tasks)]):
            if framework_id in self._state.completed:
                self._state.order(agent, ShutdownFramework(framework_id))
        self._settle_executors(agent, register, infos, now)
        for item in register.tasks:
            framework = self._framework_of(item.framework_id, infos.get(item.framework_id), now)
            if framework is None:
                self._state.note("task_left_out", task_id=item.task.task_id, framework_id=item.framework_id)
            else:
                self._take_back(agent, framework, item, was_lost, now)
        for task in agent.tasks.values():
            self._ledger.repeat_kill(task)

    def _settle_executors(
        self, agent: Agent, register: Register, infos: Mapping[FrameworkId | None, FrameworkInfo], now: float
    ) -> None:
        """What runs on the agent counts, idle or not; what does not run there any more holds nothing."""
        reported = {(one.framework_id, one.executor.executor_id) for one in register.executors}
        at_work = {
            (item.framework_id, item.task.executor.executor_id)
            for item in register.tasks
            if item.task.executor is not None
            and (item.latest_status is None or not item.latest_status.state.is_terminal)
        }
        self._ledger.executors.drop_all(agent, but=reported | at_work)
        for one in register.executors:
            framework = self._framework_of(one.framework_id, infos.get(one.framework_id), now)
            if framework is not None:
                role = _role_of(one.executor.resources, framework)
                self._ledger.executors.adopt(agent, one, framework, role)

    def _ask_for_missing(self, agent: Agent, reported: set[tuple[FrameworkId, TaskId]]) -> None:
        missing: dict[FrameworkId, list[TaskId]] = {}
        for key in agent.tasks.keys() - reported:
            missing.setdefault(key[0], []).append(key[1])
        for framework_id, task_ids in missing.items():
            self._state.order(agent, ReconcileTasks(framework_id=framework_id, task_ids=tuple(sorted(task_ids))))

    def _framework_of(self, framework_id: FrameworkId, info: FrameworkInfo | None, now: float) -> Framework | None:
        """The framework of a task, known from this agent alone if need be; None for one that is gone."""
        state = self._state
        framework = state.frameworks.get(framework_id)
        if framework is not None or framework_id in state.completed or info is None:
            return framework
        framework = state.new_framework(framework_id, info, now)
        state.allocator.add_framework(framework_id, info, ())
        state.allocator.deactivate_framework(framework_id)
        return framework

    def _take_back(self, agent: Agent, framework: Framework, item: AgentTask, was_lost: bool, now: float) -> None:
        if item.task.task_id in framework.tasks:
            return
        task = Task(framework_id=framework.id, info=item.task, role=_role_of(item.task.resources, framework))
        if item.latest_status is not None:
            task.note(item.latest_status)
        self._ledger.adopt(task, framework, agent)
        if was_lost and not task.state.is_terminal:
            message = "Agent has reregistered"
            reason = TaskStatusReason.REASON_AGENT_REREGISTERED
            state = TaskState.TASK_STAGING if item.latest_status is None else item.latest_status.state
            self._state.report(framework, make_status(task, state, reason, message, now))


def _role_of(resources: Resources, framework: Framework) -> str:
    marked = next((item.kind.allocation_role for item in resources if item.kind.allocation_role), None)
    return marked or next(iter(framework.info.all_roles()), DEFAULT_ROLE)

"""Agents register and come back, with the tasks they run (mesos-semantics 3.1, 3.3).

An agent is admitted once the registry has it. How agents are lost is ``agent_loss``'s.
"""

from __future__ import annotations

from attrs import evolve, frozen

from koinon_core.agent_link import (
    LINK_VERSION,
    AgentTask,
    ReconcileTasks,
    Refused,
    Register,
    Registered,
    ShutdownFramework,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId, make_agent_id
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.tasks import TaskInfo, TaskState, TaskStatusReason

from .agent_loss import AgentLoss
from .agent_machine import AgentHappening, AgentPhase
from .authorization import find_agent_refusal
from .entities import Agent, Framework, Task
from .events import LinkId, RegisterReceived
from .instructions import CloseLink, SendToAgent, StoreOperation
from .registry import AdmitAgent, RemoveAgent
from .state import AgentMissed, ClusterState, make_status
from .task_ledger import TaskLedger


@frozen
class _Applicant:
    """An agent that waits for the registry."""

    link_id: LinkId
    register: Register
    is_new: bool


class AgentAdmission:
    """Lets agents in."""

    def __init__(self, state: ClusterState, ledger: TaskLedger, loss: AgentLoss) -> None:
        self._state = state
        self._ledger = ledger
        self._loss = loss
        self._waiting: dict[AgentId, _Applicant] = {}

    def register(self, event: RegisterReceived, now: float) -> None:
        """An agent asks to be let in."""
        state, link_id, register = self._state, event.link_id, event.register
        state.links[link_id] = None
        is_new = register.agent_info.id is None
        state.tallies["messages_register_slave" if is_new else "messages_reregister_slave"] += 1
        refusal = find_agent_refusal(state.permissions, event.principal)
        problem = self._find_problem(register) if refusal is None else Refused(reason=refusal)
        if problem is not None:
            self._refuse(link_id, problem)
            return
        if register.agent_info.id is None:
            self._remove_predecessor(register, now)
            agent_id = make_agent_id(state.info.id, state.next_number("agent"))
        else:
            agent_id = register.agent_info.id
        info = evolve(register.agent_info, id=agent_id)
        known = state.agents.get(agent_id)
        register = evolve(register, agent_info=info)
        if known is not None and known.phase is not AgentPhase.LOSING and known.info == info:
            self._enter(link_id, register, now)
            return
        self._waiting[agent_id] = _Applicant(link_id, register, is_new)
        state.emit(StoreOperation(AdmitAgent(info)))

    def _find_problem(self, register: Register) -> Refused | None:
        if register.version != LINK_VERSION:
            why = f"this master speaks version {LINK_VERSION} of the agent link, the agent version {register.version}"
            return Refused(reason=why)
        known = self._state.agents.get(register.agent_info.id) if register.agent_info.id is not None else None
        if known is None or known.phase is AgentPhase.RECOVERED:
            return None
        if (known.ip, known.info.hostname) != (register.ip, register.agent_info.hostname):
            where = f"{known.info.hostname} ({known.ip})"
            return Refused(reason=f"an agent with this id is registered from {where}", is_final=True)
        if known.is_connected and known.info.port != register.agent_info.port:
            # Two processes on copies of one work directory would take the membership from each other for ever.
            return Refused(reason=f"an agent with this id is connected already, from port {known.info.port}")
        return None

    def _refuse(self, link_id: LinkId, refusal: Refused) -> None:
        self._state.note("agent_refused", reason=refusal.reason)
        self._state.emit(SendToAgent(link_id=link_id, message=refusal))
        self._state.emit(CloseLink(link_id=link_id, reason=refusal.reason))

    def _remove_predecessor(self, register: Register, now: float) -> None:
        """A new agent at the address of a known one: that one has lost its memory and will not come back."""
        old_id = self._state.addresses.get((register.ip, register.agent_info.port))
        old = None if old_id is None else self._state.agents.get(old_id)
        if old is not None:
            self._state.tallies["slave_removals/reason_registered"] += 1
            self._loss.remove(old, "a new agent registered from the same address", now)

    def admitted(self, operation: AdmitAgent, now: float) -> None:
        """The registry has an agent."""
        agent_id = operation.info.id
        applicant = None if agent_id is None else self._waiting.get(agent_id)
        if agent_id is None or applicant is None or applicant.register.agent_info != operation.info:
            return
        del self._waiting[agent_id]
        if applicant.link_id not in self._state.links:
            # The link broke meanwhile. An agent that never heard its id can't ask for it again.
            if applicant.is_new:
                self._state.emit(StoreOperation(RemoveAgent(agent_id)))
            return
        self._enter(applicant.link_id, applicant.register, now)

    def _enter(self, link_id: LinkId, register: Register, now: float) -> None:
        """Make the agent a member, or a member again, and settle what it and we know of its tasks."""
        state, info = self._state, register.agent_info
        agent = self._place(register, now)
        was_lost = state.unreachable.pop(agent.id, None) is not None
        if agent.link_id is not None and agent.link_id != link_id:
            state.emit(CloseLink(link_id=agent.link_id, reason="the agent registered over a newer link"))
            self._loss.close_link(agent.link_id, now)
        agent.move(AgentHappening.REGISTERED)
        agent.link_id, state.links[link_id] = link_id, agent.id
        state.recovering.discard(agent.id)
        state.timers.cancel(AgentMissed(agent.id))
        state.allocator.add_agent(agent.id, info)
        state.order(agent, Registered(agent_id=agent.id))
        self._settle(agent, register, was_lost, now)
        state.note("agent_registered", agent_id=agent.id, hostname=info.hostname, tasks=len(agent.tasks))

    def _place(self, register: Register, now: float) -> Agent:
        """The member of this id, described anew."""
        state, info = self._state, register.agent_info
        if info.id is None:
            raise ValueError("an agent must have its id before it is placed")
        agent = state.agents.get(info.id)
        if agent is None:
            agent = Agent(id=info.id, info=info, phase=AgentPhase.RECOVERED, registered_time=now)
            state.agents[agent.id] = agent
            state.tallies["slave_registrations"] += 1
        else:
            agent.reregistered_time = now
            agent.registered_time = agent.registered_time or now
            state.tallies["slave_reregistrations"] += 1
            state.forget_address(agent)
        agent.info, agent.ip, agent.version = info, register.ip, register.agent_version
        state.addresses[agent.address] = agent.id
        return agent

    def _settle(self, agent: Agent, register: Register, was_lost: bool, now: float) -> None:
        """Bring both sides' tasks together (mesos-semantics 3.3)."""
        infos = {info.id: info for info in register.frameworks}
        reported = {(item.framework_id, item.task.task_id) for item in register.tasks}
        self._ask_for_missing(agent, reported)
        for framework_id in dict.fromkeys([*filter(None, infos), *(item.framework_id for item in register.tasks)]):
            if framework_id in self._state.completed:
                self._state.order(agent, ShutdownFramework(framework_id))
        for item in register.tasks:
            framework = self._framework_of(item.framework_id, infos.get(item.framework_id), now)
            if framework is None:
                self._state.note("task_left_out", task_id=item.task.task_id, framework_id=item.framework_id)
            else:
                self._take_back(agent, framework, item, was_lost, now)
        for task in agent.tasks.values():
            self._ledger.repeat_kill(task)

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
        task = Task(framework_id=framework.id, info=item.task, role=_role_of(item.task, framework))
        if item.latest_status is not None:
            task.note(item.latest_status)
        self._ledger.adopt(task, framework, agent)
        if was_lost and not task.state.is_terminal:
            message = "Agent has reregistered"
            reason = TaskStatusReason.REASON_AGENT_REREGISTERED
            state = TaskState.TASK_STAGING if item.latest_status is None else item.latest_status.state
            self._state.report(framework, make_status(task, state, reason, message, now))


def _role_of(task: TaskInfo, framework: Framework) -> str:
    marked = next((item.kind.allocation_role for item in task.resources if item.kind.allocation_role), None)
    return marked or next(iter(framework.info.all_roles()), DEFAULT_ROLE)

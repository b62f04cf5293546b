"""Why an agent is not let in (mesos-semantics 3.1). A final refusal ends the agent; else it may try again."""

from __future__ import annotations

from koinon_core.agent_link import LINK_VERSION, Refused, Register
from koinon_core.ids import AgentId, find_id_problem

from ..agents.machine import AgentPhase
from ..entities import Agent
from ..state import ClusterState

_LEAST_VERSION = (1, 0, 0)
GONE = "Agent has been marked gone"
DOWN = "Machine is `DOWN`"


def find_registration_problem(state: ClusterState, register: Register) -> Refused | None:
    """What is wrong with an agent that asks to be let in, or None."""
    if register.version != LINK_VERSION:
        why = f"this master speaks version {LINK_VERSION} of the agent link, the agent version {register.version}"
        return Refused(reason=why)
    if state.machines.is_down(register.agent_info.hostname, register.ip):
        return Refused(reason=DOWN, is_final=True)
    problem = (
        _find_id_problem(register.agent_info.id)
        or _find_version_problem(register.agent_version)
        or _find_domain_problem(state, register)
        or _find_task_problem(register)
    )
    if problem is not None:
        return Refused(reason=problem)
    agent_id = register.agent_info.id
    return None if agent_id is None else _find_identity_problem(state, agent_id, register)


def _find_version_problem(text: str) -> str | None:
    """Versions are three numbers; what follows a dash or a plus does not count."""
    core = text.partition("+")[0].partition("-")[0]
    try:
        version = tuple(int(part) for part in core.split("."))
    except ValueError:
        return f"the agent's version {text!r} is no version"
    if version >= _LEAST_VERSION:
        return None
    least = ".".join(map(str, _LEAST_VERSION))
    return f"the agent's version is {text}, and this master takes none below {least}"


def _find_domain_problem(state: ClusterState, register: Register) -> str | None:
    has_domain = register.agent_info.domain is not None
    if has_domain and state.info.domain is None:
        return "the agent has a fault domain and this master has none: give it --domain"
    if not has_domain and state.config.require_agent_domain:
        return "the agent has no fault domain, and this master has --require_agent_domain: give the agent --domain"
    return None


def _find_id_problem(agent_id: AgentId | None) -> str | None:
    """An id that was never given out is taken over, as Mesos does; but it must be fit to be one, and to be stored."""
    problem = None if agent_id is None else find_id_problem(agent_id)
    return None if problem is None else f"agent_info.id: {problem}"


def _find_task_problem(register: Register) -> str | None:
    """Tasks count on the agent that they name: one of another, or of an agent that has no id yet, can be nobody's."""
    agent_id = register.agent_info.id
    for item in register.tasks:
        if item.task.agent_id != agent_id:
            who = "which has no id yet" if agent_id is None else f"which is {agent_id}"
            return f"task {item.task.task_id} is of agent {item.task.agent_id}, not of this one, {who}"
    return None


def _find_identity_problem(state: ClusterState, agent_id: AgentId, register: Register) -> Refused | None:
    if agent_id in state.gone:
        return Refused(reason=GONE, is_final=True)
    if agent_id in state.marking_gone:
        return Refused(reason="the agent is being marked gone")
    known = state.agents.get(agent_id)
    if known is None or known.phase is AgentPhase.RECOVERED:
        return None
    return _find_conflict(known, register)


def _find_conflict(known: Agent, register: Register) -> Refused | None:
    if (known.ip, known.info.hostname) != (register.ip, register.agent_info.hostname):
        where = f"{known.info.hostname} ({known.ip})"
        return Refused(reason=f"an agent with this id is registered from {where}", is_final=True)
    if known.is_connected and known.info.port != register.agent_info.port:
        # Two processes on copies of one work directory would take the membership from each other for ever.
        return Refused(reason=f"an agent with this id is connected already, from port {known.info.port}")
    return None

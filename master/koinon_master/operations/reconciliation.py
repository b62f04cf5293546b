"""Operations on which master, agents and frameworks must agree again (mesos-semantics 3.3, 5.7, 6.2).

Owns the answers to RECONCILE_OPERATIONS, and what happens to operations when their agent comes back.
"""

from __future__ import annotations

from koinon_core import agent_link
from koinon_core.agent_link import Register
from koinon_core.ids import AgentId
from koinon_core.operations import OperationRecord, OperationState, OperationStatus, UuidValue
from koinon_core.scheduler_api import ReconcileOperation, ReconcileOperations, UpdateOperationStatus

from ..entities import Agent, Framework
from ..state import ClusterState

_S = OperationState


def reconcile_operations(state: ClusterState, framework: Framework, call: ReconcileOperations) -> None:
    """Answer for the operations named, or for all that the framework asked feedback for when none is."""
    state.tallies["messages_reconcile_operations"] += 1
    known = {
        record.info.id: record
        for agent in state.agents.values()
        for record in agent.operations.values()
        if record.framework_id == framework.id and record.info.id is not None
    }
    if not call.operations:
        for record in known.values():
            state.tell(framework, UpdateOperationStatus(_known(record)))
    for named in call.operations:
        found = known.get(named.operation_id)
        status = _unknown(state, named) if found is None else _known(found)
        state.tell(framework, UpdateOperationStatus(status))


def _known(record: OperationRecord) -> OperationStatus:
    """The latest status, without the uuid that the agent's own report bears."""
    latest = record.latest_status
    return OperationStatus(
        state=latest.state, operation_id=record.info.id, message=latest.message, agent_id=record.agent_id
    )


def _unknown(state: ClusterState, named: ReconcileOperation) -> OperationStatus:
    found, message = _judge(state, named.agent_id)
    return OperationStatus(
        state=found,
        operation_id=named.operation_id,
        message=f"Reconciliation: {message}",
        agent_id=named.agent_id,
        resource_provider_id=named.resource_provider_id,
    )


def _judge(state: ClusterState, agent_id: AgentId | None) -> tuple[OperationState, str]:
    """What became of an operation that is not known, by what is known of its agent."""
    if agent_id is None:
        return _S.OPERATION_UNKNOWN, "Operation is unknown and no 'agent_id' was provided"
    if agent_id in state.recovering:
        return _S.OPERATION_RECOVERING, "Agent is recovered but has not re-registered"
    if agent_id in state.agents:
        return _S.OPERATION_UNKNOWN, "Operation is unknown"
    if agent_id in state.unreachable:
        return _S.OPERATION_UNREACHABLE, "Agent is unreachable"
    if agent_id in state.gone:
        return _S.OPERATION_GONE_BY_OPERATOR, "Agent marked gone by operator"
    return _S.OPERATION_UNKNOWN, "Both operation and agent are unknown"


def settle_operations(state: ClusterState, agent: Agent, register: Register) -> None:
    """Take in what a returning agent says of its operations, and have it drop those it never heard of.

    What it has of resources it has said already, so that here nothing is counted.
    """
    reported = {item.uuid for item in register.operations}
    missing = tuple(uuid for uuid in agent.operations if uuid not in reported)
    if missing:
        state.order(agent, agent_link.ReconcileOperations(missing))
    for item in register.operations:
        if item.uuid in agent.operations:
            continue
        agent.operations[item.uuid] = OperationRecord(
            info=item.operation,
            latest_status=item.status,
            uuid=UuidValue(item.uuid),
            statuses=(item.status,),
            framework_id=item.framework_id,
            agent_id=agent.id,
        )

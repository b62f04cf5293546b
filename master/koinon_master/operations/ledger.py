"""Operations from dispatch until their end is acknowledged, and what frameworks hear of them (mesos-semantics 5.7).

What an operation does to resources is ``accept``'s and ``resource_calls``'; here it has been done.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from attrs import evolve

from koinon_core.agent_link import AcknowledgeOperation, ApplyOperation, OperationUpdate
from koinon_core.ids import Uuid
from koinon_core.offers import Operation
from koinon_core.operations import OperationRecord, OperationState, OperationStatus, UuidValue
from koinon_core.scheduler_api import AcknowledgeOperationStatus, UpdateOperationStatus

from ..entities import Agent, Framework
from ..instructions import CloseLink
from ..state import ClusterState

_NAMESPACE = UUID("6f1f3c4e-0c1b-4d0f-9a0e-0b9f6b3f2a11")
"""Makes the masters' names for operations; any constant would do."""
_REFUSED = (OperationState.OPERATION_FAILED, OperationState.OPERATION_ERROR)
_MAX_REPORTS = 10


class OperationLedger:
    """Every operation that an agent is still to report, or a framework to acknowledge. They stand with their agents."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def enter(self, agent: Agent, operation: Operation, framework: Framework | None) -> None:
        """Have an agent do what was done to its resources in the books already. No framework: an operator wants it."""
        uuid = self._next_uuid()
        framework_id = None if framework is None else framework.id
        status = OperationStatus(state=OperationState.OPERATION_PENDING, operation_id=operation.id, agent_id=agent.id)
        agent.operations[uuid] = OperationRecord(
            info=operation,
            latest_status=status,
            uuid=UuidValue(uuid),
            framework_id=framework_id,
            agent_id=agent.id,
        )
        self._state.order(agent, ApplyOperation(uuid=uuid, operation=operation, framework_id=framework_id))

    def _next_uuid(self) -> Uuid:
        number = self._state.next_number("operation")
        return Uuid(uuid5(_NAMESPACE, f"{self._state.info.id}/{number}").bytes)

    def refuse(self, framework: Framework, operation: Operation, problem: str) -> None:
        """An operation was not carried out. Who gave it an id is told, once; there is nothing to acknowledge."""
        state = OperationState.OPERATION_ERROR
        self._count(operation, state)
        kind = None if operation.type is None else operation.type.name
        self._state.note("operation_refused", framework_id=framework.id, operation=kind, reason=problem)
        if operation.id is not None:
            status = OperationStatus(operation_id=operation.id, state=state, message=problem)
            self._state.tell(framework, UpdateOperationStatus(status))

    def handle_update(self, agent: Agent, update: OperationUpdate) -> None:
        """Take an agent's report in and pass it on; while the framework is away, the agent repeats it."""
        state = self._state
        state.tallies["messages_operation_status_update"] += 1
        record = agent.operations.get(update.uuid)
        state.tallies["invalid_operation_status_updates" if record is None else "valid_operation_status_updates"] += 1
        if record is None:
            # It was acknowledged, or nobody is left who could; either way it need not come again.
            self._settle(agent, update.uuid, update.status)
            return
        was_terminal = record.latest_status.state.is_terminal
        status = evolve(update.status, operation_id=record.info.id, agent_id=agent.id)
        agent.operations[update.uuid] = record = _note(record, status)
        if status.state.is_terminal and not was_terminal:
            self._count(record.info, status.state)
        self._pass_on(agent, record, status)
        if status.state in _REFUSED and not was_terminal:
            self._resynchronize(agent, record)

    def _pass_on(self, agent: Agent, record: OperationRecord, status: OperationStatus) -> None:
        framework = None if record.framework_id is None else self._state.frameworks.get(record.framework_id)
        is_over = record.framework_id is None or record.framework_id in self._state.completed
        if framework is not None and record.info.id is not None:
            self._state.tell(framework, UpdateOperationStatus(status))
        if is_over or status.uuid is None:
            self._settle(agent, record.uuid.value, status)
            if status.state.is_terminal:
                agent.operations.pop(record.uuid.value, None)

    def _settle(self, agent: Agent, uuid: Uuid, status: OperationStatus) -> None:
        if status.uuid is not None:
            self._state.order(agent, AcknowledgeOperation(uuid=uuid, status_uuid=status.uuid.value))

    def _resynchronize(self, agent: Agent, record: OperationRecord) -> None:
        """The agent does not have what the books say: have it register again, and tell what it has."""
        why = f"an operation failed on the agent: {record.latest_status.message or record.latest_status.state.name}"
        self._state.note("operation_failed", agent_id=agent.id, reason=why)
        if agent.link_id is not None:
            self._state.emit(CloseLink(link_id=agent.link_id, reason=why))

    def acknowledge(self, framework: Framework, call: AcknowledgeOperationStatus) -> None:
        """Pass an acknowledgement on; after that of its end an operation is forgotten."""
        state = self._state
        state.tallies["messages_operation_status_update_acknowledgement"] += 1
        agent = None if call.agent_id is None else state.agents.get(call.agent_id)
        record = None if agent is None else find_acknowledged(agent, framework, call)
        if agent is None or record is None or not agent.is_connected:
            state.tallies["invalid_operation_status_update_acknowledgements"] += 1
            state.note("operation_acknowledgement_dropped", agent_id=call.agent_id, operation_id=call.operation_id)
            return
        state.tallies["valid_operation_status_update_acknowledgements"] += 1
        state.order(agent, AcknowledgeOperation(uuid=record.uuid.value, status_uuid=call.uuid))
        latest = record.latest_status
        if latest.state.is_terminal and latest.uuid is not None and latest.uuid.value == call.uuid:
            del agent.operations[record.uuid.value]

    def _count(self, operation: Operation, state: OperationState) -> None:
        if operation.type is not None:
            self._state.operation_tallies[operation.type, state] += 1

    def forget_framework(self, framework: Framework) -> None:
        """Nobody will acknowledge for a framework that is removed, so the master does; what is pending goes on."""
        for agent in self._state.agents.values():
            ours = [one for one in agent.operations.values() if one.framework_id == framework.id]
            for record in ours:
                if record.latest_status.state.is_terminal:
                    self._settle(agent, record.uuid.value, record.latest_status)
                    del agent.operations[record.uuid.value]

    def lose_all(self, agent: Agent, became: OperationState, why: str) -> None:
        """An agent is no member any more: tell of its operations those who asked for feedback."""
        for record in agent.operations.values():
            if record.latest_status.state.is_terminal:
                continue
            self._count(record.info, became)
            framework = None if record.framework_id is None else self._state.frameworks.get(record.framework_id)
            if framework is not None and record.info.id is not None:
                status = OperationStatus(state=became, operation_id=record.info.id, agent_id=agent.id, message=why)
                self._state.tell(framework, UpdateOperationStatus(status))
        agent.operations.clear()


def _note(record: OperationRecord, status: OperationStatus) -> OperationRecord:
    """The record with one more report. Reports that repeat a state replace the one before."""
    earlier = record.statuses
    if earlier and earlier[-1].state is status.state:
        earlier = earlier[:-1]
    return evolve(record, latest_status=status, statuses=(*earlier, status)[-_MAX_REPORTS:])


def find_acknowledged(agent: Agent, framework: Framework, call: AcknowledgeOperationStatus) -> OperationRecord | None:
    """The operation that an acknowledgement is about; ids may be used again while older ones wait."""
    for record in agent.operations.values():
        uuids = [status.uuid.value for status in record.statuses if status.uuid is not None]
        if record.framework_id == framework.id and record.info.id == call.operation_id and call.uuid in uuids:
            return record
    return None

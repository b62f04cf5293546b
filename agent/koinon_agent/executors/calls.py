"""What is wrong with an executor's call, in the order of checks that clients know (mesos-v1-api 3.1, 3.2). Pure."""

from __future__ import annotations

from attrs import frozen

from koinon_core.executor_api import Call, Heartbeat, Subscribe, Unknown, Update
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusSource

from ..timers import ExecutorKey
from .ledger import Executors
from .machine import ExecutorState
from .tokens import Claims

UUID_BYTES = 16


@frozen
class CallProblem:
    """Why a call is refused: the HTTP status, and the text for its body."""

    status: int
    text: str


def find_call_problem(executors: Executors, call: Call) -> CallProblem | None:
    """What is wrong with a call, or None."""
    if isinstance(call.body, Unknown):
        return CallProblem(501, "501 Not Implemented.")
    problem = _find_body_problem(call)
    if problem is not None:
        return CallProblem(400, f"Failed to validate Executor::Call: {problem}")
    if isinstance(call.body, Heartbeat):
        return None  # it keeps a connection alive, whoever's it is
    if not executors.knows_framework(call.framework_id):
        return CallProblem(400, "Framework cannot be found")
    machine = executors.get(ExecutorKey(call.framework_id, call.executor_id))
    if machine is None:
        return CallProblem(400, "Executor cannot be found")
    is_waited_for = machine.state in (ExecutorState.STARTING, ExecutorState.REGISTERING)
    if is_waited_for and not isinstance(call.body, Subscribe):
        return CallProblem(403, "Executor is not subscribed")
    return None


def find_claims_problem(executors: Executors, call: Call, claims: Claims) -> CallProblem | None:
    """Why whoever shows these claims may not make this call, or None: they are of another executor or another run."""
    if (claims.framework_id, claims.executor_id) != (call.framework_id, call.executor_id):
        return CallProblem(403, "The token is of another executor")
    machine = executors.get(ExecutorKey(call.framework_id, call.executor_id))
    if machine is not None and machine.container_id != claims.container_id:
        return CallProblem(403, "The token is of another run of this executor")
    return None


def _find_body_problem(call: Call) -> str | None:
    match call.body:
        case Update(status):
            return _find_status_problem(call, status)
        case Subscribe():
            return next(
                (
                    f"unacknowledged_updates: {problem}"
                    for update in call.body.unacknowledged_updates
                    if (problem := _find_status_problem(call, update.status)) is not None
                ),
                None,
            )
        case _:
            return None


def _find_status_problem(call: Call, status: TaskStatus) -> str | None:
    if status.uuid is None:
        return "Expecting 'uuid' to be present"
    if len(status.uuid) != UUID_BYTES:
        return f"Not a valid UUID: 'uuid' has {len(status.uuid)} bytes instead of {UUID_BYTES}"
    if status.executor_id not in (None, call.executor_id):
        return f"ExecutorID in Call: {call.executor_id} does not match ExecutorID in TaskStatus: {status.executor_id}"
    sender = f"executor {call.executor_id} of framework {call.framework_id}"
    if status.source is not TaskStatusSource.SOURCE_EXECUTOR:
        return f"Received Call from {sender} with invalid source, expecting 'SOURCE_EXECUTOR'"
    if status.state is TaskState.TASK_STAGING:
        return f"Received TASK_STAGING from {sender} which is not allowed"
    return None

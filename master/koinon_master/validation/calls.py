"""What is wrong with a scheduler's call before it is queued (mesos-v1-api 1.1 row 9, 2.3): a status and a sentence."""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import StreamId
from koinon_core.offers import Operation, OperationType
from koinon_core.scheduler_api import Accept, Acknowledge, Call, Subscribe

from ..state import ClusterState

_CARRIED_OUT = (OperationType.LAUNCH, OperationType.LAUNCH_GROUP)
_UUID_BYTES = 16
_INVALID = "Failed to validate scheduler::Call: "
"""How Mesos begins what it says of a call that is wrong by itself."""


@frozen
class CallProblem:
    """Why a call is refused: the HTTP status, and the text for its body."""

    status: int
    text: str


def find_subscribe_problem(call: Call, stream_id: str | None) -> CallProblem | None:
    """What is wrong with a SUBSCRIBE, or None. Wrong frameworks are told on the stream instead (mesos-v1-api 2.1)."""
    if stream_id is not None:
        return CallProblem(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
    if not isinstance(call.body, Subscribe):
        return CallProblem(400, _INVALID + "Expecting 'subscribe' to be present")
    if (call.body.framework_info.id or None) != (call.framework_id or None):
        return CallProblem(400, _INVALID + "'framework_id' differs from 'subscribe.framework_info.id'")
    return None


def find_call_problem(state: ClusterState, call: Call, stream_id: str | None) -> CallProblem | None:
    """What is wrong with any other call, or None."""
    if call.framework_id is None:
        return CallProblem(400, _INVALID + "Expecting 'framework_id' to be present")
    if isinstance(call.body, Acknowledge) and len(call.body.uuid) != _UUID_BYTES:
        return CallProblem(400, _INVALID + "Not a valid UUID")
    framework = state.frameworks.get(call.framework_id)
    if framework is None:
        return CallProblem(400, "Framework cannot be found")
    if not framework.is_connected:
        return CallProblem(403, "Framework is not subscribed")
    if stream_id is None:
        return CallProblem(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header")
    if framework.stream_id != StreamId(stream_id):
        return CallProblem(
            400,
            f"The stream ID '{stream_id}' included in this request didn't match the stream ID currently "
            f"associated with framework ID {framework.id}",
        )
    if isinstance(call.body, Accept):
        return _find_accept_problem(call.body)
    return None


def _find_accept_problem(call: Accept) -> CallProblem | None:
    for index, operation in enumerate(call.operations):
        problem = _find_operation_problem(operation)
        if problem is not None:
            return CallProblem(400, f"$.accept.operations[{index}]: {problem}")
    return None


def _find_operation_problem(operation: Operation) -> str | None:
    if operation.type is None:
        return "its type is missing or unknown"
    if operation.type not in _CARRIED_OUT:
        return f"the operation {operation.type.name} is not supported by this master"
    if operation.id is not None and operation.type is OperationType.LAUNCH:
        return "'id' must not be set for LAUNCH"
    body = operation.launch if operation.type is OperationType.LAUNCH else operation.launch_group
    return None if body is not None else f"'{operation.type.name.lower()}' must be set"

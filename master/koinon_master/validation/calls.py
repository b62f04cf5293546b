"""What is wrong with a scheduler's call before it is queued (mesos-v1-api 1.1 row 9, 2.3): a status and a sentence.

That its fields are there is the reader's to say (``koinon_core.wire``), that offers, roles and operations are right the
machine's: Mesos takes such a call with 202 and tells by events what came of it, and so does this master.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import FrameworkId, StreamId
from koinon_core.scheduler_api import (
    Acknowledge,
    AcknowledgeOperationStatus,
    Call,
    CallBody,
    Subscribe,
    Unknown,
    UpdateFramework,
)

from ..state import ClusterState

_UUID_BYTES = 16
_UUID_VERSION_BITS = 0x70
"""Of byte 6; Mesos takes any version of which one of these bits is set."""
_INVALID = "Failed to validate scheduler::Call: "
"""How Mesos begins what it says of a call that is wrong by itself."""


@frozen
class CallProblem:
    """Why a call is refused: the HTTP status, and the text for its body."""

    status: int
    text: str


def find_subscribe_problem(call: Call, stream_id: str | None) -> CallProblem | None:
    """What is wrong with a SUBSCRIBE, or None. Wrong frameworks are told on the stream instead (mesos-v1-api 2.1)."""
    if not isinstance(call.body, Subscribe):
        return CallProblem(400, _INVALID + "Expecting 'subscribe' to be present")
    if (call.body.framework_info.id or None) != (call.framework_id or None):
        return CallProblem(400, _INVALID + "'framework_id' differs from 'subscribe.framework_info.id'")
    if stream_id is not None:
        return CallProblem(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
    return None


def find_call_problem(state: ClusterState, call: Call, stream_id: str | None) -> CallProblem | None:
    """What is wrong with any other call, or None."""
    if call.framework_id is None:
        return CallProblem(400, _INVALID + "Expecting 'framework_id' to be present")
    problem = _find_body_problem(call.framework_id, call.body)
    if problem is not None:
        return CallProblem(400, _INVALID + problem)
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
    return None


def _is_uuid(value: bytes) -> bool:
    return len(value) == _UUID_BYTES and value[6] & _UUID_VERSION_BITS != 0


def _find_body_problem(framework_id: FrameworkId, body: CallBody | Unknown) -> str | None:
    if isinstance(body, Acknowledge | AcknowledgeOperationStatus) and not _is_uuid(body.uuid):
        return "Not a valid UUID"
    if isinstance(body, UpdateFramework) and body.framework_info.id != framework_id:
        return "'framework_id' differs from 'update_framework.framework_info.id'"
    return None

"""What became of an operation on offered resources (mesos-v1-api 4.2, mesos-semantics 5.7).

The operations themselves are in ``offers``.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .ids import AgentId, FrameworkId, OperationId, ResourceProviderId, Uuid
from .offers import Operation
from .resources import NOTHING, Resources


class OperationState(Enum):
    """Where an operation stands."""

    OPERATION_UNSUPPORTED = 0
    OPERATION_PENDING = 1
    OPERATION_FINISHED = 2
    OPERATION_FAILED = 3
    OPERATION_ERROR = 4
    OPERATION_DROPPED = 5
    OPERATION_UNREACHABLE = 6
    OPERATION_GONE_BY_OPERATOR = 7
    OPERATION_RECOVERING = 8
    OPERATION_UNKNOWN = 9

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will come of the operation any more."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {
        OperationState.OPERATION_FINISHED,
        OperationState.OPERATION_FAILED,
        OperationState.OPERATION_ERROR,
        OperationState.OPERATION_DROPPED,
        OperationState.OPERATION_GONE_BY_OPERATOR,
    }
)


@frozen
class UuidValue:
    """Sixteen raw bytes, wrapped as the API wraps them."""

    value: Uuid


@frozen(kw_only=True)
class OperationStatus:
    """One report about an operation. ``uuid`` is there exactly when it must be acknowledged; ``operation_id`` when its
    framework gave it one.
    """

    state: OperationState
    operation_id: OperationId | None = None
    message: str | None = None
    converted_resources: Resources = NOTHING
    uuid: UuidValue | None = None
    agent_id: AgentId | None = None
    resource_provider_id: ResourceProviderId | None = None


@frozen(kw_only=True)
class OperationRecord:
    """An operation and all that is known of it: the API's message ``Operation``. ``uuid`` is the master's name for it;
    ``framework_id`` is None for an operator's.
    """

    info: Operation
    latest_status: OperationStatus
    uuid: UuidValue
    statuses: tuple[OperationStatus, ...] = ()
    framework_id: FrameworkId | None = None
    agent_id: AgentId | None = None

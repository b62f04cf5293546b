"""The calls and events between a framework's scheduler and the master, as values (mesos-v1-api 2).

A call is its envelope (framework id) around one body; the body's class says which call it is, and the same for
events. How the two become bytes and back is ``wire``'s affair.
"""

from __future__ import annotations

from attrs import frozen

from .agents import MasterInfo
from .frameworks import FrameworkInfo
from .ids import AgentId, ExecutorId, FrameworkId, OfferId, OperationId, ResourceProviderId, TaskId, Uuid
from .offer_constraints import OfferConstraints
from .offers import Filters, InverseOffer, Offer, Operation
from .operations import OperationStatus
from .resources import NOTHING, Resources
from .tasks import KillPolicy, TaskStatus

HEARTBEAT_INTERVAL_SECONDS = 15.0


@frozen(kw_only=True)
class Subscribe:
    """Open the event stream."""

    framework_info: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()
    offer_constraints: OfferConstraints | None = None


@frozen(kw_only=True)
class UpdateFramework:
    """Describe the framework anew without a new stream; what was suppressed and constrained is replaced, too."""

    framework_info: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()
    offer_constraints: OfferConstraints | None = None


@frozen
class Teardown:
    """End the framework, its tasks and its id."""


@frozen(kw_only=True)
class Accept:
    """Use offers of one agent; what is left goes back under ``filters``."""

    offer_ids: tuple[OfferId, ...] = ()
    operations: tuple[Operation, ...] = ()
    filters: Filters | None = None


@frozen(kw_only=True)
class Decline:
    """Give offers back."""

    offer_ids: tuple[OfferId, ...] = ()
    filters: Filters | None = None


@frozen(kw_only=True)
class AcceptInverseOffers:
    """The framework will leave these agents in time."""

    inverse_offer_ids: tuple[OfferId, ...] = ()
    filters: Filters | None = None


@frozen(kw_only=True)
class DeclineInverseOffers:
    """The framework can't leave these agents in time."""

    inverse_offer_ids: tuple[OfferId, ...] = ()
    filters: Filters | None = None


@frozen
class Revive:
    """Offer to these roles again (none named: all), whatever was refused before."""

    roles: tuple[str, ...] = ()


@frozen
class Suppress:
    """Offer nothing to these roles (none named: all) until they revive."""

    roles: tuple[str, ...] = ()


@frozen(kw_only=True)
class Kill:
    """End a task."""

    task_id: TaskId
    agent_id: AgentId | None = None
    kill_policy: KillPolicy | None = None


@frozen(kw_only=True)
class Shutdown:
    """End an executor and its tasks."""

    executor_id: ExecutorId
    agent_id: AgentId


@frozen(kw_only=True)
class Acknowledge:
    """The scheduler has taken a status update in."""

    agent_id: AgentId
    task_id: TaskId
    uuid: Uuid


@frozen(kw_only=True)
class AcknowledgeOperationStatus:
    """The scheduler has taken an operation's status in."""

    uuid: Uuid
    operation_id: OperationId
    agent_id: AgentId | None = None
    resource_provider_id: ResourceProviderId | None = None


@frozen(kw_only=True)
class ReconcileTask:
    """A task to be told about."""

    task_id: TaskId
    agent_id: AgentId | None = None


@frozen
class Reconcile:
    """Tell me the latest of these tasks; of all mine, when none is named."""

    tasks: tuple[ReconcileTask, ...] = ()


@frozen(kw_only=True)
class ReconcileOperation:
    """An operation to be told about."""

    operation_id: OperationId
    agent_id: AgentId | None = None
    resource_provider_id: ResourceProviderId | None = None


@frozen
class ReconcileOperations:
    """Tell me the latest of these operations; of all mine, when none is named."""

    operations: tuple[ReconcileOperation, ...] = ()


@frozen(kw_only=True)
class Message:
    """Bytes between scheduler and executor, either way; may get lost."""

    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes


@frozen(kw_only=True)
class ResourceRequest:
    """What a framework would like to be offered."""

    agent_id: AgentId | None = None
    resources: Resources = NOTHING


@frozen
class Request:
    """A hint about wanted resources. The hierarchical allocator takes no notice of it."""

    requests: tuple[ResourceRequest, ...] = ()


@frozen
class Unknown:
    """The type UNKNOWN, which the protocol has and nobody carries out."""


CallBody = (
    Subscribe
    | Teardown
    | Accept
    | Decline
    | AcceptInverseOffers
    | DeclineInverseOffers
    | Revive
    | Suppress
    | Kill
    | Shutdown
    | Acknowledge
    | AcknowledgeOperationStatus
    | Reconcile
    | ReconcileOperations
    | Message
    | Request
    | UpdateFramework
)


@frozen
class Call:
    """What a scheduler sends. ``framework_id`` is None only in the SUBSCRIBE of a new framework."""

    body: CallBody | Unknown
    framework_id: FrameworkId | None = None


@frozen(kw_only=True)
class Subscribed:
    """The stream is open; always the first event."""

    framework_id: FrameworkId
    heartbeat_interval_seconds: float = HEARTBEAT_INTERVAL_SECONDS
    master_info: MasterInfo | None = None


@frozen
class Offers:
    """New offers."""

    offers: tuple[Offer, ...] = ()


@frozen
class InverseOffers:
    """Agents the framework is asked to leave."""

    inverse_offers: tuple[InverseOffer, ...] = ()


@frozen
class Rescind:
    """An offer is void."""

    offer_id: OfferId


@frozen
class RescindInverseOffer:
    """The framework need not leave any more."""

    inverse_offer_id: OfferId


@frozen
class Update:
    """A report about a task."""

    status: TaskStatus


@frozen
class UpdateOperationStatus:
    """A report about an operation."""

    status: OperationStatus


@frozen(kw_only=True)
class Failure:
    """An agent is lost, or, with ``executor_id``, an executor ended with that wait status."""

    agent_id: AgentId | None = None
    executor_id: ExecutorId | None = None
    status: int | None = None


@frozen
class Error:
    """The subscription is over; the stream closes after it."""

    message: str


@frozen
class Heartbeat:
    """The stream is alive."""


EventBody = (
    Subscribed
    | Offers
    | InverseOffers
    | Rescind
    | RescindInverseOffer
    | Update
    | UpdateOperationStatus
    | Message
    | Failure
    | Error
    | Heartbeat
)


@frozen
class Event:
    """What a scheduler receives."""

    body: EventBody

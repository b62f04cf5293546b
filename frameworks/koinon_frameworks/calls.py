"""The verbs of a scheduler, one for each call of mesos-v1-api 2.4, and what comes of a call that fails.

How a call travels belongs to ``driver``; whoever tests a scheduler implements ``send`` by a list.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import Enum

from attrs import evolve, frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.offers import Filters, Launch, LaunchGroup, Offer, Operation, OperationType, TaskGroupInfo
from koinon_core.operations import OperationStatus
from koinon_core.scheduler_api import (
    Accept,
    AcceptInverseOffers,
    Acknowledge,
    AcknowledgeOperationStatus,
    CallBody,
    Decline,
    DeclineInverseOffers,
    Kill,
    Message,
    Reconcile,
    ReconcileOperation,
    ReconcileOperations,
    ReconcileTask,
    Request,
    ResourceRequest,
    Revive,
    Shutdown,
    Suppress,
    UpdateFramework,
)
from koinon_core.tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskStatus


class CallFailureKind(Enum):
    """What a failed call means to whoever made it."""

    NOT_SUBSCRIBED = "not subscribed"
    """There is no stream, or the master says so: the call had no effect. Subscribing again is under way."""
    REFUSED = "refused"
    """The master took the call for wrong: it had no effect and never will."""
    UNANSWERED = "unanswered"
    """The connection broke or the deadline passed: whether the call had an effect is open."""


@frozen(kw_only=True)
class CallFailure:
    """A call that the master did not take. ``status`` is its HTTP status, where it answered."""

    call: str
    kind: CallFailureKind
    why: str
    status: int | None = None

    @property
    def had_no_effect(self) -> bool:
        """Whether the call certainly changed nothing; else that is open."""
        return self.kind is not CallFailureKind.UNANSWERED

    def __str__(self) -> str:
        return f"{self.call} {self.kind.value}: {self.why}"


class SchedulerCalls(ABC):
    """What a scheduler may ask for. Each verb gives None once the master took the call, else why it did not.

    The master answers before it acts: what is wrong with a taken call comes as an event. Calls awaited one after the
    other arrive in that order; those made at the same time may overtake each other.
    """

    @property
    @abstractmethod
    def framework_id(self) -> FrameworkId | None:
        """The framework's id; None until it first subscribed."""

    @abstractmethod
    async def send(self, body: CallBody) -> CallFailure | None:
        """Send any call."""

    @abstractmethod
    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        """End the run. ``teardown`` ends the framework, too: its tasks are killed and its id is burnt."""

    async def accept(
        self, offer_ids: Iterable[OfferId], operations: Iterable[Operation], filters: Filters | None = None
    ) -> CallFailure | None:
        """Use offers of one agent; what the operations leave goes back under ``filters``."""
        return await self.send(Accept(offer_ids=tuple(offer_ids), operations=tuple(operations), filters=filters))

    async def launch(
        self, offer: Offer, tasks: Iterable[TaskInfo], filters: Filters | None = None
    ) -> CallFailure | None:
        """Accept one offer to start these tasks on it."""
        operation = Operation(type=OperationType.LAUNCH, launch=Launch(tuple(tasks)))
        return await self.accept((offer.id,), (operation,), filters)

    async def launch_group(
        self, offer: Offer, executor: ExecutorInfo, tasks: Iterable[TaskInfo], filters: Filters | None = None
    ) -> CallFailure | None:
        """Accept one offer to start these tasks together, all or none, under one executor (mesos-v1-api 2.5)."""
        group = LaunchGroup(executor=executor, task_group=TaskGroupInfo(tuple(tasks)))
        return await self.accept(
            (offer.id,), (Operation(type=OperationType.LAUNCH_GROUP, launch_group=group),), filters
        )

    async def decline(self, offer_ids: Iterable[OfferId], filters: Filters | None = None) -> CallFailure | None:
        """Give offers back."""
        return await self.send(Decline(offer_ids=tuple(offer_ids), filters=filters))

    async def accept_inverse_offers(
        self, inverse_offer_ids: Iterable[OfferId], filters: Filters | None = None
    ) -> CallFailure | None:
        """Say that these agents will be left in time. Ending the tasks there is the scheduler's affair."""
        return await self.send(AcceptInverseOffers(inverse_offer_ids=tuple(inverse_offer_ids), filters=filters))

    async def decline_inverse_offers(
        self, inverse_offer_ids: Iterable[OfferId], filters: Filters | None = None
    ) -> CallFailure | None:
        """Say that these agents can't be left in time; they are asked for again when ``filters`` lapse."""
        return await self.send(DeclineInverseOffers(inverse_offer_ids=tuple(inverse_offer_ids), filters=filters))

    async def want_offers(self, roles: Iterable[str] = (), *, wanted: bool = True) -> None:
        """Say whether there is anything to place for these roles (none named: all), as often as you please.

        Say it again when something new is to be placed: offers that were refused come back. The driver makes REVIVE
        and SUPPRESS of it, spaced out, and holds to it when it subscribes anew. Raises UnknownRoleError.
        """
        await (self.revive(roles) if wanted else self.suppress(roles))

    async def revive(self, roles: Iterable[str] = ()) -> CallFailure | None:
        """Ask for offers to these roles (none named: all) again, whatever was refused before."""
        return await self.send(Revive(tuple(roles)))

    async def suppress(self, roles: Iterable[str] = ()) -> CallFailure | None:
        """Ask for no offers to these roles (none named: all) until they revive. Holds across failovers."""
        return await self.send(Suppress(tuple(roles)))

    async def kill(
        self, task_id: TaskId, agent_id: AgentId | None = None, kill_policy: KillPolicy | None = None
    ) -> CallFailure | None:
        """End a task; may be repeated (mesos-semantics 6.3)."""
        return await self.send(Kill(task_id=task_id, agent_id=agent_id, kill_policy=kill_policy))

    async def shutdown(self, executor_id: ExecutorId, agent_id: AgentId) -> CallFailure | None:
        """End an executor and its tasks."""
        return await self.send(Shutdown(executor_id=executor_id, agent_id=agent_id))

    async def reconcile(self, tasks: Iterable[ReconcileTask] = ()) -> CallFailure | None:
        """Ask for the latest of these tasks, of all when none is named; answers come as updates."""
        return await self.send(Reconcile(tuple(tasks)))

    async def reconcile_operations(self, operations: Iterable[ReconcileOperation] = ()) -> CallFailure | None:
        """Ask for the latest of these operations, of all when none is named; answers come as operation updates."""
        return await self.send(ReconcileOperations(tuple(operations)))

    async def acknowledge(self, status: TaskStatus) -> CallFailure | None:
        """Say that an update is stored. Without a uuid there is nothing to say, and nothing is sent."""
        if status.uuid is None or status.agent_id is None:
            return None
        return await self.send(Acknowledge(agent_id=status.agent_id, task_id=status.task_id, uuid=status.uuid))

    async def acknowledge_operation(self, status: OperationStatus) -> CallFailure | None:
        """Say that an operation's status is stored. Without a uuid there is nothing to say, and nothing is sent."""
        if status.uuid is None or status.operation_id is None:
            return None
        body = AcknowledgeOperationStatus(
            uuid=status.uuid.value,
            operation_id=status.operation_id,
            agent_id=status.agent_id,
            resource_provider_id=status.resource_provider_id,
        )
        return await self.send(body)

    async def message(self, agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> CallFailure | None:
        """Hand bytes to an executor; they may get lost on the way."""
        return await self.send(Message(agent_id=agent_id, executor_id=executor_id, data=data))

    async def request(self, requests: Iterable[ResourceRequest]) -> CallFailure | None:
        """Hint at wanted resources. The stock allocator takes no notice."""
        return await self.send(Request(tuple(requests)))

    async def update_framework(
        self,
        framework_info: FrameworkInfo,
        suppressed_roles: Iterable[str] = (),
        offer_constraints: OfferConstraints | None = None,
    ) -> CallFailure | None:
        """Describe the framework anew, as it subscribes from now on: roles, name, failover timeout, constraints.

        Which roles are suppressed is replaced, too. ``user``, ``checkpoint`` and ``principal`` must stay as they are.
        """
        info = evolve(framework_info, id=framework_info.id or self.framework_id)
        body = UpdateFramework(
            framework_info=info, suppressed_roles=tuple(suppressed_roles), offer_constraints=offer_constraints
        )
        return await self.send(body)

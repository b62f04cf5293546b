"""The class that framework authors subclass: one callback for each event of mesos-v1-api 2.7.

Callbacks run one at a time, in the order of the stream. One that raises ends the run with its exception: a scheduler
that no longer knows its own state must not go on taking offers.
"""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.ids import AgentId, OfferId
from koinon_core.offers import InverseOffer, Offer
from koinon_core.operations import OperationStatus
from koinon_core.scheduler_api import Failure, Message, ReconcileTask, Subscribed
from koinon_core.tasks import TaskStatus

from .calls import SchedulerCalls


class Scheduler:
    """Does nothing and takes no offer; override what matters."""

    def known_tasks(self) -> Iterable[ReconcileTask] | None:
        """The tasks that should be alive, for the driver to reconcile; None: it leaves reconciling to you.

        Asked when ``subscribed`` returned, and from time to time after that (mesos-semantics 6.2). Name those whose
        launch was taken and whose end was not reported, with their agents; what the master knows of each then comes as
        an ``update``, and so does a task of yours that you did not name.
        """
        return None

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        """The stream is open, for the first time or again. The id is stored already, where there is a keeper for it."""

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        """The stream is gone and with it every offer. Tasks run on; the driver subscribes again by itself."""

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """New offers: each must be accepted or declined, or it stays bound. Unless overridden, all are declined."""
        await driver.decline(offer.id for offer in offers)

    async def rescinded(self, driver: SchedulerCalls, offer_id: OfferId) -> None:
        """An offer is void."""

    async def inverse_offers(self, driver: SchedulerCalls, inverse_offers: tuple[InverseOffer, ...]) -> None:
        """Agents to leave for their maintenance: accept or decline each, for the operator to see. Not answered unless
        overridden.
        """

    async def inverse_offer_rescinded(self, driver: SchedulerCalls, inverse_offer_id: OfferId) -> None:
        """An agent need not be left any more."""

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """A task's latest. The same one may come again (mesos-semantics 6.1).

        The driver acknowledges when this returns, unless ``DriverOptions.acknowledging`` leaves that to you.
        """

    async def operation_update(self, driver: SchedulerCalls, status: OperationStatus) -> None:
        """The latest of an operation that was given an id in ``accept``. Acknowledged as task updates are."""

    async def message(self, driver: SchedulerCalls, message: Message) -> None:
        """Bytes from an executor."""

    async def agent_lost(self, driver: SchedulerCalls, agent_id: AgentId) -> None:
        """An agent is gone; updates for its tasks come as well."""

    async def executor_lost(self, driver: SchedulerCalls, failure: Failure) -> None:
        """An executor ended; ``failure.status`` is its wait status."""

    async def error(self, driver: SchedulerCalls, message: str) -> None:
        """The master ended the subscription for good; the run ends when this returns."""

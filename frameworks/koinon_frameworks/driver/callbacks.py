"""Which callback an event is for. The order, the times and the acknowledgements are ``deliveries``'s."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from koinon_core.scheduler_api import (
    Error,
    EventBody,
    Failure,
    InverseOffers,
    Message,
    Offers,
    Rescind,
    RescindInverseOffer,
    Subscribed,
    Update,
    UpdateOperationStatus,
)

from ..calls import SchedulerCalls
from ..scheduler import Scheduler
from .session_machine import TellDisconnected

Delivery = EventBody | TellDisconnected
"""What a scheduler is called back with: an event, or that the stream is gone."""
_Callback = Callable[[Scheduler, SchedulerCalls, Any], Awaitable[None]]


def _call_for_failure(scheduler: Scheduler, driver: SchedulerCalls, failure: Failure) -> Awaitable[None]:
    if failure.executor_id is None and failure.agent_id is not None:
        return scheduler.agent_lost(driver, failure.agent_id)
    return scheduler.executor_lost(driver, failure)


_CALLBACKS: Mapping[type, tuple[str, _Callback]] = {
    Subscribed: ("subscribed", lambda scheduler, driver, event: scheduler.subscribed(driver, event)),
    TellDisconnected: ("disconnected", lambda scheduler, driver, event: scheduler.disconnected(driver, event.reason)),
    Offers: ("offers", lambda scheduler, driver, event: scheduler.offers(driver, event.offers)),
    Rescind: ("rescinded", lambda scheduler, driver, event: scheduler.rescinded(driver, event.offer_id)),
    InverseOffers: (
        "inverse_offers",
        lambda scheduler, driver, event: scheduler.inverse_offers(driver, event.inverse_offers),
    ),
    RescindInverseOffer: (
        "inverse_offer_rescinded",
        lambda scheduler, driver, event: scheduler.inverse_offer_rescinded(driver, event.inverse_offer_id),
    ),
    Update: ("update", lambda scheduler, driver, event: scheduler.update(driver, event.status)),
    UpdateOperationStatus: (
        "operation_update",
        lambda scheduler, driver, event: scheduler.operation_update(driver, event.status),
    ),
    Message: ("message", lambda scheduler, driver, event: scheduler.message(driver, event)),
    Failure: ("executor_lost", _call_for_failure),
    Error: ("error", lambda scheduler, driver, event: scheduler.error(driver, event.message)),
}


def callback_name(delivery: Delivery) -> str:
    """The name of the method that a delivery calls."""
    if isinstance(delivery, Failure) and delivery.executor_id is None and delivery.agent_id is not None:
        return "agent_lost"
    return _CALLBACKS[type(delivery)][0]


def call_back(scheduler: Scheduler, driver: SchedulerCalls, delivery: Delivery) -> Awaitable[None]:
    """Call the method; what it gives is to be awaited. Raises TypeError for one that is no ``async def``."""
    made: Any = _CALLBACKS[type(delivery)][1](scheduler, driver, delivery)
    if not isinstance(made, Awaitable):
        raise TypeError(f"{type(scheduler).__name__}.{callback_name(delivery)} must be an async def")
    return made

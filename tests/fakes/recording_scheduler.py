"""A scheduler that says what it was called back with, and a driver that runs it for as long as a test needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from koinon_core.backoff import Backoff
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, OfferId
from koinon_core.offers import InverseOffer
from koinon_core.operations import OperationStatus
from koinon_core.scheduler_api import Failure, Message, Subscribed
from koinon_core.tasks import TaskStatus
from koinon_frameworks import DriverOptions, Ending, Scheduler, SchedulerCalls, SchedulerDriver

INFO = FrameworkInfo(user="root", name="test")
QUICK = Backoff(initial=0.01, maximum=0.01)


class Recorder(Scheduler):
    """Says what it was called back with."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        self.seen.put_nowait(("subscribed", event.framework_id))

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        self.seen.put_nowait(("disconnected", reason))

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        self.seen.put_nowait(("update", status.task_id))

    async def rescinded(self, driver: SchedulerCalls, offer_id: OfferId) -> None:
        self.seen.put_nowait(("rescinded", offer_id))

    async def message(self, driver: SchedulerCalls, message: Message) -> None:
        self.seen.put_nowait(("message", message.data))

    async def inverse_offers(self, driver: SchedulerCalls, inverse_offers: tuple[InverseOffer, ...]) -> None:
        self.seen.put_nowait(("inverse_offers", tuple(offer.id for offer in inverse_offers)))

    async def inverse_offer_rescinded(self, driver: SchedulerCalls, inverse_offer_id: OfferId) -> None:
        self.seen.put_nowait(("inverse_offer_rescinded", inverse_offer_id))

    async def operation_update(self, driver: SchedulerCalls, status: OperationStatus) -> None:
        self.seen.put_nowait(("operation_update", status.state))

    async def agent_lost(self, driver: SchedulerCalls, agent_id: AgentId) -> None:
        self.seen.put_nowait(("agent_lost", agent_id))

    async def executor_lost(self, driver: SchedulerCalls, failure: Failure) -> None:
        self.seen.put_nowait(("executor_lost", failure.status))

    async def error(self, driver: SchedulerCalls, message: str) -> None:
        self.seen.put_nowait(("error", message))


@asynccontextmanager
async def running(
    scheduler: Scheduler, master: str, options: DriverOptions | None = None
) -> AsyncIterator[tuple[SchedulerDriver, asyncio.Task[Ending]]]:
    driver = SchedulerDriver(scheduler, INFO, master, options or DriverOptions(backoff=QUICK), Random(1))
    run = asyncio.create_task(driver.run())
    try:
        yield driver, run
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

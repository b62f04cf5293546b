"""Between the SDK and the machine: callbacks into events, and effects that concern the master into calls.

Decides nothing. Calls go out in the order of the effects, one after the other, so that a question about a task never
overtakes its launch; acknowledgements keep to no order with the rest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from koinon_core.ids import OfferId
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType
from koinon_core.scheduler_api import Subscribed as MasterSubscribed
from koinon_core.tasks import TaskStatus
from koinon_frameworks import CallFailure, CallFailureKind, Scheduler, SchedulerCalls

from . import instructions
from .events import (
    Disconnected,
    Event,
    LaunchFailed,
    OfferRescinded,
    OffersReceived,
    StatusReceived,
    Subscribed,
)
from .instructions import (
    AcknowledgeStatus,
    AskMaster,
    DeclineOffers,
    KillTask,
    MasterEffect,
    ReviveOffers,
    SuppressOffers,
)

CALLS_AT_ONCE: Final = 8
"""Calls of one kind that are under way at the same time."""
_logger = structlog.get_logger(__name__)


class JobsScheduler(Scheduler):
    """The jobs framework as the SDK sees it: every callback becomes one event, every effect one call."""

    def __init__(self, put: Callable[[Event], None]) -> None:
        """``put`` takes the events."""
        self._put = put
        self._driver: SchedulerCalls | None = None
        self._ordered = _Lane()
        self._acknowledgements = _Lane()

    async def subscribed(self, driver: SchedulerCalls, _event: MasterSubscribed) -> None:
        self._driver = driver
        self._put(Subscribed())

    async def disconnected(self, _driver: SchedulerCalls, _reason: str) -> None:
        self._put(Disconnected())

    async def offers(self, _driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        self._put(OffersReceived(offers))

    async def rescinded(self, _driver: SchedulerCalls, offer_id: OfferId) -> None:
        self._put(OfferRescinded(offer_id))

    async def update(self, _driver: SchedulerCalls, status: TaskStatus) -> None:
        self._put(StatusReceived(status))

    async def error(self, _driver: SchedulerCalls, message: str) -> None:
        _logger.error("master_refused_framework", message=message)

    def call(self, effect: MasterEffect) -> None:
        """Send this after all that was put before; an acknowledgement after those before it."""
        lane = self._acknowledgements if isinstance(effect, AcknowledgeStatus) else self._ordered
        lane.put(effect)

    async def send(self) -> None:
        """Send what is put for ever."""
        async with asyncio.TaskGroup() as lanes:
            for lane in (self._ordered, self._acknowledgements):
                lanes.create_task(self._send_lane(lane))

    async def _send_lane(self, lane: _Lane) -> None:
        while True:
            taken = await lane.take()
            await asyncio.gather(*map(self._send, taken))

    async def _send(self, effect: MasterEffect) -> None:
        driver = self._driver
        if driver is None:
            raise RuntimeError(f"{type(effect).__name__} before the first subscription")
        match effect:
            case instructions.Launch():
                await self._launch(driver, effect)
            case DeclineOffers(offer_ids=offer_ids, refuse_seconds=refuse_seconds):
                await driver.decline(offer_ids, Filters(refuse_seconds=refuse_seconds))
            case AcknowledgeStatus(status):
                await driver.acknowledge(status)
            case KillTask(task_id=task_id, agent_id=agent_id):
                await driver.kill(task_id, agent_id)
            case AskMaster(reconcile):
                await driver.reconcile(reconcile.tasks)
            case ReviveOffers():
                await driver.revive()
            case SuppressOffers():
                await driver.suppress()

    async def _launch(self, driver: SchedulerCalls, launch: instructions.Launch) -> None:
        operation = Operation(type=OperationType.LAUNCH, launch=Launch(launch.tasks))
        failure = await driver.accept(launch.offer_ids, (operation,), Filters(refuse_seconds=launch.refuse_seconds))
        if failure is not None:
            self._put(_launch_failed(launch, failure))


def _launch_failed(launch: instructions.Launch, failure: CallFailure) -> LaunchFailed:
    return LaunchFailed(
        task_ids=tuple(task.task_id for task in launch.tasks),
        why=str(failure),
        is_certain=failure.kind is not CallFailureKind.UNANSWERED,
    )


class _Lane:
    """Effects that wait to be sent, in their order."""

    def __init__(self) -> None:
        self._waiting: deque[MasterEffect] = deque()
        self._has_work = asyncio.Event()

    def put(self, effect: MasterEffect) -> None:
        """Add one."""
        self._waiting.append(effect)
        self._has_work.set()

    async def take(self) -> list[MasterEffect]:
        """The next effect and those of its kind right behind it, once there is one."""
        await self._has_work.wait()
        taken = [self._waiting.popleft()]
        while self._waiting and type(self._waiting[0]) is type(taken[0]) and len(taken) < CALLS_AT_ONCE:
            taken.append(self._waiting.popleft())
        if not self._waiting:
            self._has_work.clear()
        return taken

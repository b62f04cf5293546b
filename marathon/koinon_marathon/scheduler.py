"""Between the SDK and the machine: callbacks into events, and effects that concern the master into calls.

Decides nothing. Calls go out in the order of the effects; those of one kind that wait side by side travel together.
Acknowledgements alone keep to no order with the rest: nothing else depends on when one arrives, and between kills they
would have every kill wait for the one before.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable

import structlog

from koinon_core.ids import AgentId, OfferId
from koinon_core.offers import Offer, Operation
from koinon_core.scheduler_api import Message
from koinon_core.scheduler_api import Subscribed as MasterSubscribed
from koinon_core.tasks import TaskStatus
from koinon_frameworks import CallFailure, Scheduler, SchedulerCalls

from .events import (
    AgentLost,
    Disconnected,
    Event,
    MessageReceived,
    OfferRescinded,
    OffersReceived,
    StatusReceived,
    Subscribed,
)
from .framework import Framework
from .instructions import Accept, AcknowledgeStatus, Decline, KillTask, Reconcile, Revive, Suppress

MasterEffect = Accept | AcknowledgeStatus | Decline | KillTask | Reconcile | Revive | Suppress
"""What is asked of the master."""

CALLS_AT_ONCE = 16
_logger = structlog.get_logger(__name__)


def _word(operation: Operation) -> str:
    kind = operation.type.name if operation.type is not None else "unknown"
    return kind.lower().replace("_", "-")


class MarathonScheduler(Scheduler):
    """Marathon as the SDK sees it: every callback becomes one event."""

    def __init__(self, put: Callable[[Event], None], counts: Counter[str]) -> None:
        """`put` takes the events; `counts` gets one more for each, under the names of marathon-semantics 28."""
        self._put = put
        self._counts = counts

    async def subscribed(self, _driver: SchedulerCalls, event: MasterSubscribed) -> None:
        info = event.master_info
        domain = info.domain if info else None
        address = info.endpoint() if info else None
        master = (address.hostname or address.ip or "") if address else ""
        self._put(Subscribed(framework_id=event.framework_id, domain=domain, master=master))

    async def disconnected(self, _driver: SchedulerCalls, _reason: str) -> None:
        self._put(Disconnected())

    async def offers(self, _driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        self._counts["mesos.offers.incoming"] += len(offers)
        self._put(OffersReceived(offers))

    async def rescinded(self, _driver: SchedulerCalls, offer_id: OfferId) -> None:
        self._put(OfferRescinded(offer_id))

    async def update(self, _driver: SchedulerCalls, status: TaskStatus) -> None:
        self._counts[f"mesos.task-updates.{status.state.name.lower().replace('_', '-')}"] += 1
        self._put(StatusReceived(status))

    async def message(self, _driver: SchedulerCalls, message: Message) -> None:
        self._put(MessageReceived(executor_id=message.executor_id, agent_id=message.agent_id, data=message.data))

    async def agent_lost(self, _driver: SchedulerCalls, agent_id: AgentId) -> None:
        self._put(AgentLost(agent_id))

    async def error(self, _driver: SchedulerCalls, message: str) -> None:
        _logger.error("master_refused_framework", message=message)


class _Lane:
    """Effects that wait to be sent, in their order."""

    def __init__(self) -> None:
        self._waiting: deque[MasterEffect] = deque()
        self._has_work = asyncio.Event()

    def put(self, effect: MasterEffect) -> None:
        """Add one."""
        self._waiting.append(effect)
        self._has_work.set()

    async def take(self, may_act: asyncio.Event) -> list[MasterEffect]:
        """The next effect and those of its kind right behind it, once there is one and `may_act` is set."""
        await self._has_work.wait()
        await may_act.wait()
        taken = [self._waiting.popleft()]
        while self._waiting and type(self._waiting[0]) is type(taken[0]) and len(taken) < CALLS_AT_ONCE:
            taken.append(self._waiting.popleft())
        if not self._waiting:
            self._has_work.clear()
        return taken


class MasterCalls:
    """Sends what the machine asks of the master. The SDK logs a call that fails; reconciliation finds what it meant."""

    def __init__(self, framework: Framework, counts: Counter[str]) -> None:
        self._framework = framework
        self._counts = counts
        self._ordered = _Lane()
        self._acknowledgements = _Lane()

    def put(self, effect: MasterEffect) -> None:
        """Send this after all that was put before; an acknowledgement after those before it."""
        lane = self._acknowledgements if isinstance(effect, AcknowledgeStatus) else self._ordered
        lane.put(effect)

    async def run(self, may_act: asyncio.Event) -> None:
        """Send for ever, but nothing while `may_act` is not set."""
        async with asyncio.TaskGroup() as lanes:
            for lane in (self._ordered, self._acknowledgements):
                lanes.create_task(self._run_lane(lane, may_act))

    async def _run_lane(self, lane: "_Lane", may_act: asyncio.Event) -> None:
        while True:
            taken = await lane.take(may_act)
            await asyncio.gather(*map(self._send, taken))

    async def _send(self, effect: MasterEffect) -> CallFailure | None:
        calls = self._framework.driver
        match effect:
            case Accept():
                self._counts["mesos.offers.used"] += len(effect.offer_ids)
                for operation in effect.operations:
                    self._counts[f"mesos.offer-operations.{_word(operation)}"] += 1
                    self._counts["tasks.launched"] += _launched(operation)
                return await calls.accept(effect.offer_ids, effect.operations, effect.filters)
            case Decline(offer_ids, filters):
                self._counts["mesos.offers.declined"] += len(offer_ids)
                return await calls.decline(offer_ids, filters)
            case AcknowledgeStatus(status):
                return await calls.acknowledge(status)
            case KillTask(task_id, agent_id):
                return await calls.kill(task_id, agent_id)
            case Reconcile(tasks):
                return await calls.reconcile(tasks)
            case Revive(roles):
                if await self._framework.want_roles(roles):
                    _logger.info("subscribing_with_new_roles", roles=roles)
                    return None  # the machine asks again once the new subscription stands
                self._counts["mesos.calls.revive"] += 1
                return await calls.revive(roles)
            case Suppress(roles):
                self._counts["mesos.calls.suppress"] += 1
                return await calls.suppress(roles)


def _launched(operation: Operation) -> int:
    """How many tasks an operation launches."""
    tasks = len(operation.launch.task_infos) if operation.launch else 0
    return tasks + (len(operation.launch_group.task_group.tasks) if operation.launch_group else 0)

"""Between the SDK and a workload: callbacks into events. Decides nothing; carrying out what follows is ``loop``'s."""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.ids import AgentId
from koinon_core.offers import Offer
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.scheduler_api import Subscribed as MasterSubscribed
from koinon_core.tasks import TaskStatus

from ..calls import SchedulerCalls
from ..driver import Acknowledging
from ..scheduler import Scheduler
from .events import AgentLost, OffersReceived, StatusReceived, Subscribed
from .loop import WorkloadLoop


class WorkloadScheduler(Scheduler):
    """A workload as a scheduler, for whoever runs the driver himself: ``work`` must run beside it."""

    def __init__(self, loop: WorkloadLoop, acknowledging: Acknowledging = Acknowledging.AUTOMATIC) -> None:
        """``acknowledging``: as the driver's options say. EXPLICIT is quicker: updates are stored many at a time."""
        self._loop = loop
        self._waits = acknowledging is Acknowledging.AUTOMATIC
        loop.acknowledges = not self._waits

    async def work(self) -> None:
        """Carry out what the workload asks for, until cancelled. Raises what the store or the listener raises."""
        await self._loop.run()

    def known_tasks(self) -> Iterable[ReconcileTask]:
        """Those that may run somewhere, and of which the master must have heard."""
        return self._loop.machine.known_tasks()

    async def subscribed(self, driver: SchedulerCalls, _event: MasterSubscribed) -> None:
        self._loop.use(driver)
        await self._loop.put(Subscribed())

    async def offers(self, _driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        self._loop.put(OffersReceived(offers))

    async def update(self, _driver: SchedulerCalls, status: TaskStatus) -> None:
        taken = self._loop.put(StatusReceived(status))
        if self._waits:  # when this returns the driver acknowledges: by then it must be stored
            await taken

    async def agent_lost(self, _driver: SchedulerCalls, agent_id: AgentId) -> None:
        self._loop.put(AgentLost(agent_id))

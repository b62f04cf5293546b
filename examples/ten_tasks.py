"""A framework that runs ten tasks and ends: ``python examples/ten_tasks.py 127.0.0.1:5050``."""

import asyncio
import sys

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import TaskId
from koinon_core.offers import Offer
from koinon_core.tasks import TaskStatus
from koinon_frameworks import Scheduler, SchedulerCalls, SchedulerDriver, WantedTask, match_tasks


class TenTasks(Scheduler):
    """Starts what waits on whatever is offered, and ends when all has ended."""

    def __init__(self) -> None:
        self.waiting = [
            WantedTask(name="hello", task_id=TaskId(f"hello-{n}"), command=CommandInfo(value=f"echo hello {n}"))
            for n in range(10)
        ]
        self.running: set[str] = set()

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """Launch as many as fit; an offer with nothing to launch on it goes back."""
        for offer in offers:
            match = match_tasks(offer, self.waiting)
            if not match.tasks:
                await driver.decline([offer.id])
            elif await driver.launch(offer, match.tasks) is None:
                self.waiting = [unmatched.wanted for unmatched in match.unmatched]
                self.running.update(task.task_id for task in match.tasks)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Say what became of each task."""
        print(status.task_id, status.state.name)
        if status.state.is_terminal:
            self.running.discard(status.task_id)
        if not self.waiting and not self.running:
            await driver.stop(teardown=True)


if __name__ == "__main__":
    info = FrameworkInfo(user="root", name="ten tasks")
    print(asyncio.run(SchedulerDriver(TenTasks(), info, sys.argv[1]).run()))

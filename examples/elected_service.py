"""Keeps instances of a command running and outlives itself: start it twice, then ``kill -9`` either copy, or both.

    python examples/elected_service.py 127.0.0.1:5050 "sqlite:///tmp/service.db?path=/service" 2 "sleep 1000"

One copy leads, the other waits. Whoever leads next takes over framework id and tasks from the store that both share;
over several machines that is zk://host:port/service.
"""

import asyncio
import os
import sys
from contextlib import aclosing

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import TaskId
from koinon_core.offers import Offer
from koinon_core.scheduler_api import ReconcileTask, Subscribed
from koinon_core.tasks import TaskStatus
from koinon_frameworks import (
    DriverOptions,
    FrameworkStore,
    Scheduler,
    SchedulerCalls,
    SchedulerDriver,
    WantedTask,
    match_tasks,
)
from koinon_zk import QuorumUrl, StandingKind, connect

RECONCILE_SECONDS = 60.0
"""How often the master is asked about all tasks: what it does not know of is started anew."""


class Service(Scheduler):
    """Starts what is missing; everything it must not forget is stored before anybody hears of it."""

    def __init__(self, store: FrameworkStore, epoch: int, instances: int, command: str) -> None:
        self.store, self.epoch, self.instances, self.command = store, epoch, instances, command
        self.started = 0

    def missing(self) -> int:
        """How many instances to start."""
        return self.instances - len(self.store.open_tasks())

    def next_instance(self) -> WantedTask:
        """An instance under an id that nobody had before: epochs only grow."""
        self.started += 1
        task_id = TaskId(f"instance-{self.epoch}-{self.started}")
        return WantedTask(name="instance", task_id=task_id, command=CommandInfo(value=self.command))

    def known_tasks(self) -> tuple[ReconcileTask, ...]:
        """What the driver asks the master about: an answer adopts a launch on which an earlier leader died."""
        return self.store.to_reconcile()

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        """Say who we are."""
        print(f"subscribed as {event.framework_id} with {len(self.store.open_tasks())} tasks", flush=True)
        await driver.want_offers(wanted=self.missing() > 0)

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """Store what is to be launched, then launch it."""
        for offer in offers:
            tasks = match_tasks(offer, [self.next_instance() for _ in range(self.missing())]).tasks
            if not tasks:
                await driver.decline([offer.id])
                continue
            await self.store.intend(tasks)
            failure = await driver.launch(offer, tasks)
            if failure is not None:
                # The offer may still be out, and would be for ever.
                await driver.decline([offer.id])
                if failure.had_no_effect:
                    await self.store.withdraw(task.task_id for task in tasks)
        await driver.want_offers(wanted=self.missing() > 0)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Store it; the driver acknowledges when this returns."""
        if self.store.judge(status).is_unwanted:
            await driver.kill(status.task_id, status.agent_id)
        elif await self.store.note(status):
            print(status.task_id, status.state.name, flush=True)
            await driver.want_offers(wanted=self.missing() > 0)


async def main(master: str, quorum_url: str, instances: int, command: str) -> None:
    """Wait to lead, then lead until somebody else may."""
    quorum = await connect(QuorumUrl.parse(quorum_url))
    async with aclosing(quorum.contender("service-").campaign(str(os.getpid()).encode())) as standings:
        async for standing in standings:
            if standing.kind is StandingKind.LEADING:
                break
            print("waiting to lead", flush=True)
        print(f"leading under epoch {standing.epoch}", flush=True)
        records = quorum.store("/service-records")
        await records.fence(standing.epoch)
        store = await FrameworkStore.open(records)
        info = FrameworkInfo(user="root", name="elected service", failover_timeout=7 * 86400)
        service = Service(store, standing.epoch, instances, command)
        options = DriverOptions(id_keeper=store, reconcile_interval=RECONCILE_SECONDS)
        driver = SchedulerDriver(service, info, master, options)
        running = asyncio.create_task(driver.run())
        # Any other word of the election means that somebody else may lead: end at once, whatever runs.
        doubt = asyncio.ensure_future(anext(standings))
        await asyncio.wait((running, doubt), return_when=asyncio.FIRST_COMPLETED)
        sys.exit(str(running.result() if running.done() else "no longer leading"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))

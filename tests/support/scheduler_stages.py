"""Where stories of schedulers are played: at the fake master in virtual time, at a real cluster in real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Protocol, TypeVar

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, TaskId
from koinon_core.offers import Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Subscribed
from koinon_core.tasks import TaskInfo, TaskStatus
from koinon_frameworks import Acknowledging, DriverOptions, Ending, Scheduler, SchedulerCalls, SchedulerDriver
from koinon_frameworks.testing import FakeMaster, RealCluster, Running, fails, finishes, runs

T = TypeVar("T")
REAL_PATIENCE = 20.0
COMMANDS = {"finishes": "true", "fails": "exit 3", "breaks": "sleep 0.5; exit 3", "runs": "sleep 1000"}
"""What tasks do, by the first word of their id: ``runs-1``."""
_PLOTS = {
    "finishes*": finishes(after=0.2),
    "fails*": fails(after=0.2, message="Command exited with status 3"),
    "breaks*": fails(after=0.5),
    "runs*": runs(),
}


class Observer(Scheduler):
    """Writes down what it is told, in words that are the same everywhere; answers no offer by itself."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.offered: dict[str, Offer] = {}
        self.statuses: list[TaskStatus] = []
        self.subscriptions = 0

    def take_offer(self) -> Offer:
        """An offer to be answered now."""
        return self.offered.pop(next(iter(self.offered)))

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        self.subscriptions += 1

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        self.offered.clear()

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        self.offered.update({offer.id: offer for offer in offers})

    async def rescinded(self, driver: SchedulerCalls, offer_id: str) -> None:
        self.offered.pop(offer_id, None)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        self.statuses.append(status)
        source = "-" if status.source is None else status.source.name.removeprefix("SOURCE_").lower()
        reason = "-" if status.reason is None else status.reason.name.removeprefix("REASON_")
        mark = "reliable" if status.uuid else "once"
        self.seen.append(f"{status.task_id} {status.state.name.removeprefix('TASK_')} {source} {reason} {mark}")

    async def error(self, driver: SchedulerCalls, message: str) -> None:
        self.seen.append(f"error: {message}")


class Stage(Protocol):
    """What a story needs."""

    def start(self, scheduler: Scheduler, info: FrameworkInfo, options: DriverOptions | None = None) -> Running:
        """Have a scheduler subscribe."""

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Until something is so."""

    def linger(self, seconds: float) -> None:
        """Let time pass in which nothing is to come."""

    def end(self, running: Running) -> Ending:
        """How a scheduler ended by itself."""

    def kill(self, running: Running) -> None:
        """End a scheduler without a word."""


class FakeStage:
    """See ``Stage``: with one agent like the real cluster's."""

    def __init__(self, master: FakeMaster) -> None:
        self._master = master
        master.add_agent("cpus:4;mem:2048;disk:4096;ports:[31000-31999]")
        for pattern, plot in _PLOTS.items():
            master.script(pattern, plot)

    def start(self, scheduler: Scheduler, info: FrameworkInfo, options: DriverOptions | None = None) -> Running:
        return self._master.start(scheduler, info, options)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._master.wait(work)

    def wait_until(self, condition: Callable[[], object]) -> None:
        self._master.wait_until(condition, within=600)

    def linger(self, seconds: float) -> None:
        self._master.advance(seconds)

    def end(self, running: Running) -> Ending:
        return self._master.run_on(running)

    def kill(self, running: Running) -> None:
        self._master.kill(running)


class RealStage:
    """See ``Stage``: a loop that runs only as far as the story says, like the fake one's."""

    def __init__(self, cluster: RealCluster) -> None:
        self._cluster = cluster
        self._runner = asyncio.Runner()
        self._started: list[Running] = []

    def start(self, scheduler: Scheduler, info: FrameworkInfo, options: DriverOptions | None = None) -> Running:
        async def start() -> Running:
            driver = SchedulerDriver(scheduler, info, self._cluster.master, options, Random(1))
            return Running(scheduler=scheduler, driver=driver, task=asyncio.create_task(driver.run()))

        self._started.append(running := self._runner.run(start()))
        return running

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def wait_until(self, condition: Callable[[], object]) -> None:
        async def wait() -> None:
            deadline = time.monotonic() + REAL_PATIENCE
            while not condition():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not so after {REAL_PATIENCE} s; {[one.scheduler for one in self._started]}")
                await asyncio.sleep(0.01)

        self._runner.run(wait())

    def linger(self, seconds: float) -> None:
        self._runner.run(asyncio.sleep(seconds))

    def end(self, running: Running) -> Ending:
        self.wait_until(lambda: running.is_over)
        return running.ending

    def kill(self, running: Running) -> None:
        async def kill() -> None:
            running.cancel()
            await asyncio.gather(running.task, return_exceptions=True)

        self._runner.run(kill())

    def close(self) -> None:
        """End what a story left."""
        for running in self._started:
            if not running.is_over:
                self.wait(running.driver.stop(teardown=True))
                self.end(running)
        self._runner.close()


EXPLICIT = DriverOptions(acknowledging=Acknowledging.EXPLICIT)


def describe_task(task_id: str, agent_id: AgentId, resources: str = "cpus:0.5;mem:64") -> TaskInfo:
    """A task that does what the first word of its id says."""
    return TaskInfo(
        name=task_id,
        task_id=TaskId(task_id),
        agent_id=agent_id,
        resources=parse_resources(resources),
        command=CommandInfo(value=COMMANDS[task_id.partition("-")[0]]),
    )

"""A framework under load: keeps launching short tasks, whatever happens to the masters, and counts what became of them.

A task leaves a line in a file of its own each time it truly starts, so that what is reported can be held against what
happened. Runs in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from random import Random

from attrs import define, field

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, TaskId
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType
from koinon_core.resources import Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import ReconcileTask, Subscribed
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_frameworks import Scheduler, SchedulerDriver
from koinon_frameworks.calls import SchedulerCalls
from koinon_frameworks.driver.reconcile import Reconciler

NEEDED = parse_resources("cpus:0.1;mem:16")
AT_ONCE = 10
"""How many tasks it keeps going."""
_CAPABILITIES = (FrameworkCapabilityType.PARTITION_AWARE, FrameworkCapabilityType.MULTI_ROLE)
_ENDED_UNSEEN = (TaskState.TASK_UNKNOWN, TaskState.TASK_GONE, TaskState.TASK_DROPPED, TaskState.TASK_LOST)


@define
class Launched:
    """One task as the framework knows it. Times are of ``time.time``."""

    agent_id: AgentId
    at: float
    running_at: float | None = None
    state: TaskState | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be heard of it."""
        return self.state is not None and (self.state.is_terminal or self.state is TaskState.TASK_UNKNOWN)


@define
class Verdict:
    """What became of all tasks."""

    finished: int = 0
    lost: list[TaskId] = field(factory=list)
    """They started, and their framework was not told of their good end."""
    restarted: list[TaskId] = field(factory=list)
    """They started more than once."""
    undelivered: list[TaskId] = field(factory=list)
    """Their launch died with a master before it reached an agent; the framework was told, and none ever started."""


class LaunchLoad(Scheduler):
    """Start it with ``begin``; ``end`` lets what runs finish and gives the verdict."""

    def __init__(self, master: str, folder: Path) -> None:
        """``folder`` is for the tasks' marks; it exists."""
        self.tasks: dict[TaskId, Launched] = {}
        self.subscribed_at: list[float] = []
        self._folder = folder
        self._is_ending = threading.Event()
        self._reconciler = Reconciler(Random(1), implicit_interval=5.0)
        self._failure: BaseException | None = None
        info = FrameworkInfo(
            user="root",
            name="load",
            roles=("*",),
            failover_timeout=86400.0,
            checkpoint=True,
            capabilities=tuple(FrameworkCapability(one) for one in _CAPABILITIES),
        )
        self._driver = SchedulerDriver(self, info, master)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def begin(self) -> None:
        """Subscribe and launch until the end."""
        self._thread.start()

    def end(self, within: float = 60.0) -> Verdict:
        """Launch no more, wait until every task has ended, tear down. Raises TimeoutError, and what went wrong."""
        self._is_ending.set()
        self._thread.join(within)
        if self._failure is not None:
            raise self._failure
        if self._thread.is_alive():
            going = {task_id: task for task_id, task in self.tasks.items() if not task.is_over}
            raise TimeoutError(f"after {within:.0f} s these have not ended: {going}")
        return self._judge()

    def first_running_after(self, moment: float) -> float | None:
        """When the first task ran that was launched after that moment; None: none did yet."""
        return min(
            (
                task.running_at
                for task in tuple(self.tasks.values())
                if task.at > moment and task.running_at is not None
            ),
            default=None,
        )

    # Callbacks

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        self.subscribed_at.append(time.time())
        self._reconciler.begin(self._questions(), time.monotonic())

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        self._reconciler.pause()

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        for offer in offers:
            tasks = self._plan(offer)
            operations = (Operation(type=OperationType.LAUNCH, launch=Launch(tasks)),) if tasks else ()
            await driver.accept((offer.id,), operations, Filters(0.2))

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        task = self.tasks.get(status.task_id)
        if task is None or task.is_over:
            return
        task.state = status.state
        if status.state is TaskState.TASK_RUNNING and task.running_at is None:
            task.running_at = time.time()
        self._reconciler.note_answer(status.task_id, time.monotonic())

    # Its work

    async def tend(self) -> None:
        """What else is to be done every now and then."""

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that asks for the verdict
            self._failure = error

    async def _run(self) -> None:
        running = asyncio.create_task(self._driver.run())
        while not (self._is_ending.is_set() and all(task.is_over for task in self.tasks.values())):
            if running.done():
                raise RuntimeError(f"the subscription ended: {running.result()}")
            question = self._reconciler.due(time.monotonic()) if self._driver.is_subscribed else None
            if question is not None:
                await self._driver.send(question)
                if not question.tasks:
                    self._reconciler.begin(self._questions(), time.monotonic() + 1.0)
            await self.tend()
            await asyncio.sleep(0.1)
        await self._driver.stop(teardown=True)
        await running

    def _questions(self) -> list[ReconcileTask]:
        return [
            ReconcileTask(task_id=task_id, agent_id=task.agent_id)
            for task_id, task in self.tasks.items()
            if not task.is_over
        ]

    def _plan(self, offer: Offer) -> tuple[TaskInfo, ...]:
        going = sum(not task.is_over for task in self.tasks.values())
        left: Resources = offer.resources.allocated_to(None)
        tasks: list[TaskInfo] = []
        while going + len(tasks) < AT_ONCE and not self._is_ending.is_set() and NEEDED in left:
            left = left - NEEDED
            tasks.append(self._make(offer.agent_id, len(self.tasks)))
        return tuple(tasks)

    def _make(self, agent_id: AgentId, number: int) -> TaskInfo:
        task_id = TaskId(f"load-{number}")
        self.tasks[task_id] = Launched(agent_id, time.time())
        mark = self._folder / task_id
        return TaskInfo(
            name=task_id,
            task_id=task_id,
            agent_id=agent_id,
            resources=NEEDED,
            command=CommandInfo(value=f"echo started >> {mark}; sleep 1"),
        )

    def _judge(self) -> Verdict:
        verdict = Verdict()
        for task_id, task in self.tasks.items():
            mark = self._folder / task_id
            starts = len(mark.read_text().splitlines()) if mark.exists() else 0
            if starts > 1:
                verdict.restarted.append(task_id)
            if task.state is TaskState.TASK_FINISHED:
                verdict.finished += 1
            elif starts == 0 and task.state in _ENDED_UNSEEN:
                verdict.undelivered.append(task_id)
            else:
                verdict.lost.append(task_id)
        return verdict

"""The face of the room: a workload described, run to its end, changed on the way, and what became of it.

Wires machine, loop, driver and store together; what they do is theirs.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from random import Random

from attrs import evolve, frozen

from koinon_core.clock import Clock
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_daemon.clock import ForwardClock, SystemClock

from ..driver import Acknowledging, DriverOptions, EndKind, SchedulerDriver
from ..driver.background import Background
from ..errors import InvalidWorkload, SubscriptionEnded
from ..host.plugin import Framework, Services
from ..store import FrameworkStore
from .events import EndWanted, Event, ReplaceWanted, ScaleWanted
from .loop import RECORDS_AT_ONCE, WorkloadLoop
from .machine import WorkloadMachine
from .opening import open_store
from .options import WorkloadOptions
from .records import ROOT, decode
from .report import Report, TaskReport
from .scheduler import WorkloadScheduler
from .slot import SlotState
from .spec import TaskSpec
from .validation import Problem, find_name_problem, find_problems

FAILOVER_TIMEOUT = 7 * 24 * 3600.0
"""For how long tasks outlive a workload whose records are kept, in seconds."""
REVIVE_INTERVAL = 0.5


class Workload:
    """``report = await Workload("nightly", (TaskSpec(...), ...)).run("127.0.0.1:5050")``.

    Subclass it to hear of what happens. One object runs once at a time.
    """

    def __init__(self, name: str, tasks: Sequence[TaskSpec] | TaskSpec, options: WorkloadOptions | None = None) -> None:
        """Raises InvalidWorkload with every problem there is."""
        if isinstance(tasks, TaskSpec):
            tasks = (tasks,)
        self.name = name
        self.tasks = tuple(tasks)
        self._options = options or WorkloadOptions()
        self._loop: WorkloadLoop | None = None
        self._driver: SchedulerDriver | None = None
        problem = find_name_problem(name)
        _demand_none((*([] if problem is None else [problem]), *find_problems(self.tasks)))

    async def on_change(self, task: TaskReport, before: SlotState, after: SlotState) -> None:
        """A task went from one state to another. While this works nothing else goes on; what it raises ends the run."""

    async def on_done(self, report: Report) -> None:
        """All has ended."""

    async def run(
        self,
        master: str | Sequence[str],
        *,
        info: FrameworkInfo | None = None,
        store: FrameworkStore | str | None = None,
        driver_options: DriverOptions | None = None,
        progress: Callable[[str], object] | None = None,
    ) -> Report:
        """Run all to its end and say what became of it; or, after ``stop``, how all stands.

        ``store``: where it is kept how far things are, so that whoever runs the same workload with it carries on; once
        all has ended it is empty again. A text is the address of a quorum, as in ``sqlite:///var/lib/nightly.db``.
        ``progress`` gets a line for every change. Raises SubscriptionEnded when the master won't have the framework,
        and what the store or a hook raises.
        """
        if self._loop is not None:
            raise RuntimeError(f"workload {self.name} runs already")
        clock = ForwardClock(SystemClock())
        async with AsyncExitStack() as stack:
            if isinstance(store, str):
                store = await stack.enter_async_context(open_store(store, self.name, clock))
            stack.callback(self._close)
            loop, scheduler = await self._open(store, clock, Random(), progress)
            if not loop.machine.is_done:
                options = self._driver_options(driver_options or DriverOptions(), store)
                info = info or self.framework_info(is_kept=store is not None)
                self._driver = SchedulerDriver(scheduler, info, master, options)
                await self._run(loop, scheduler, self._driver)
            if store is not None and loop.machine.is_done:
                await _clear(store)
            return loop.report()

    def _close(self) -> None:
        self._loop = self._driver = None

    async def framework(self, services: Services, info: FrameworkInfo | None = None) -> Framework:
        """The same for a plugin: what ``FrameworkPlugin.start`` returns. It ends when all has ended."""
        store = await FrameworkStore.open(services.store, services.clock, services.rng)
        loop, scheduler = await self._open(store, services.clock, services.rng, None)

        async def end() -> None:
            await loop.wait_done()
            await _clear(store)
            await loop.stop_driver()

        return Framework(
            info=info or self.framework_info(is_kept=True),
            scheduler=scheduler,
            driver_options=self._driver_options(DriverOptions(), None),
            work=(scheduler.work, end),
        )

    def framework_info(self, is_kept: bool) -> FrameworkInfo:
        """Who it says it is, unless told otherwise. ``is_kept``: whether another run could take its tasks over."""
        types = [FrameworkCapabilityType.PARTITION_AWARE]
        if any(task.gpus for task in self.tasks):
            types.append(FrameworkCapabilityType.GPU_RESOURCES)
        return FrameworkInfo(
            user=getpass.getuser(),
            name=self.name,
            checkpoint=True,
            failover_timeout=FAILOVER_TIMEOUT if is_kept else 0.0,
            capabilities=tuple(map(FrameworkCapability, types)),
        )

    def report(self) -> Report:
        """How all stands. Raises RuntimeError while it does not run, as do all that follow."""
        return self._running().report()

    def end(self, name: str | None = None, index: int | None = None, why: str = "ended by its owner") -> None:
        """Let all tasks end, those of a name, or one of them; none is tried again. Raises InvalidWorkload."""
        if name is not None:
            self._demand_known(name)
        self._put(EndWanted(name=name, index=index, why=why))

    def scale(self, name: str, count: int) -> None:
        """So many of a name from now on. Raises InvalidWorkload."""
        self._demand_known(name, count)
        self._put(ScaleWanted(name, count))

    def replace(self, tasks: Sequence[TaskSpec]) -> None:
        """Let these be wanted instead: what is left out ends, what changed runs anew, services one instance at a time.

        Raises InvalidWorkload, and then nothing has changed.
        """
        self._running()
        _demand_none(find_problems(tasks))
        self.tasks = tuple(tasks)
        self._put(ReplaceWanted(self.tasks))

    async def stop(self) -> None:
        """End the run and let the tasks go on, for as long as the master waits for the next run."""
        self._running()
        if self._driver is not None:
            await self._driver.stop()

    async def _open(
        self, store: FrameworkStore | None, clock: Clock, rng: Random, progress: Callable[[str], object] | None
    ) -> tuple[WorkloadLoop, WorkloadScheduler]:
        restored = None
        if store is not None:
            is_new = await store.load() is None
            restored = decode(await store.get_all(ROOT), is_new_framework=is_new)
        machine = WorkloadMachine(self.name, self.tasks, rng, clock.now(), options=self._options, restored=restored)
        self._loop = loop = WorkloadLoop(machine, clock, _Hooks(self, progress), store)
        return loop, WorkloadScheduler(loop, Acknowledging.EXPLICIT)

    async def _run(self, loop: WorkloadLoop, scheduler: WorkloadScheduler, driver: SchedulerDriver) -> None:
        async def end() -> None:
            await loop.wait_done()
            await driver.stop(teardown=True)

        background = Background()
        background.start("workload", scheduler.work())
        background.start("workload-done", end())
        ending = await background.run(background.start("workload-driver", driver.run()))
        if ending.kind is not EndKind.STOPPED:
            raise SubscriptionEnded(ending.kind.value, ending.message)

    @staticmethod
    def _driver_options(options: DriverOptions, store: FrameworkStore | None) -> DriverOptions:
        interval = min(options.min_revive_interval, REVIVE_INTERVAL)
        keeper = options.id_keeper or store
        return evolve(options, acknowledging=Acknowledging.EXPLICIT, id_keeper=keeper, min_revive_interval=interval)

    def _put(self, event: Event) -> None:
        self._running().put(event)

    def _demand_known(self, name: str, count: int = 0) -> None:
        problem = self._running().machine.find_problem(name, count)
        _demand_none(() if problem is None else (problem,))

    def _running(self) -> WorkloadLoop:
        if self._loop is None:
            raise RuntimeError(f"workload {self.name} does not run")
        return self._loop


@frozen
class _Hooks:
    """The workload's own hooks, and a line for whoever watches."""

    workload: Workload
    progress: Callable[[str], object] | None

    async def on_change(self, task: TaskReport, before: SlotState, after: SlotState) -> None:
        if self.progress is not None:
            self.progress(str(task))
        await self.workload.on_change(task, before, after)

    async def on_done(self, report: Report) -> None:
        await self.workload.on_done(report)


def _demand_none(problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise InvalidWorkload(tuple(map(str, found)))


async def _clear(store: FrameworkStore) -> None:
    """Forget all, now that nobody will ask for it: the next run is a new one."""
    names = list(await store.get_all(ROOT))
    for start in range(0, len(names), RECORDS_AT_ONCE):
        await store.write(deletes=names[start : start + RECORDS_AT_ONCE])

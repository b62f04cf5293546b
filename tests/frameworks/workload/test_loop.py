"""What the loop owes its machine: stored before told, in order, together where it can be, and never half."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from random import Random

import pytest
from attrs import define, field

from koinon_core.ids import AgentId, FrameworkId, OfferId, Uuid
from koinon_core.offers import Offer
from koinon_core.resources import Resources, scalar
from koinon_core.scheduler_api import Accept, Acknowledge, CallBody, Subscribed
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.clock import SystemClock
from koinon_frameworks import Acknowledging, CallFailure, SchedulerCalls
from koinon_frameworks.workload import Report, SlotState, TaskReport, TaskSpec, WorkloadScheduler
from koinon_frameworks.workload.events import OffersReceived
from koinon_frameworks.workload.loop import WorkloadLoop
from koinon_frameworks.workload.machine import WorkloadMachine

OFFER = Offer(
    id=OfferId("O"),
    framework_id=FrameworkId("F"),
    agent_id=AgentId("S"),
    hostname="h",
    resources=Resources((scalar("cpus", 1), scalar("mem", 1000))),
)


@define(eq=False)
class Calls(SchedulerCalls):
    """Keeps what is sent, among what else happened."""

    seen: list[object]

    @property
    def framework_id(self) -> FrameworkId:
        return FrameworkId("F")

    async def send(self, body: CallBody) -> CallFailure | None:
        self.seen.append(body)
        return None

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        self.seen.append(("stop", teardown))
        return None


@define(eq=False)
class Store:
    """Says in the story when it wrote; may fail."""

    seen: list[object]
    error: Exception | None = None

    async def get_all(self, prefix: str = "") -> dict[str, bytes]:
        return {}

    async def write(self, *, puts: Mapping[str, bytes] | None = None, deletes: Iterable[str] = ()) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.seen.append(("stored", *sorted(puts or {}), *deletes))


@define(eq=False)
class Stage:
    """A loop with all that it talks to."""

    count: int = 1
    acknowledging: Acknowledging = Acknowledging.EXPLICIT
    seen: list[object] = field(factory=list)
    loop: WorkloadLoop = field(init=False)
    store: Store = field(init=False)
    calls: Calls = field(init=False)
    scheduler: WorkloadScheduler = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store, self.calls = Store(self.seen), Calls(self.seen)
        spec = TaskSpec(name="t", count=self.count, command="true")
        machine = WorkloadMachine("w", (spec,), Random(1), 0.0)
        self.loop = WorkloadLoop(machine, SystemClock(), self, self.store)
        self.scheduler = WorkloadScheduler(self.loop, self.acknowledging)

    async def on_change(self, task: TaskReport, before: SlotState, after: SlotState) -> None:
        self.seen.append((task.title, after.value))

    async def on_done(self, report: Report) -> None:
        self.seen.append("done")

    async def begin(self) -> asyncio.Task[None]:
        """Run, subscribe and launch."""
        working = asyncio.create_task(self.scheduler.work())
        await asyncio.sleep(0)
        await self.scheduler.subscribed(self.calls, Subscribed(framework_id=FrameworkId("F")))
        await self.loop.put(OffersReceived((OFFER,)))
        return working

    def tasks(self) -> list[TaskInfo]:
        """What was launched."""
        accepts = [body for body in self.seen if isinstance(body, Accept)]
        launches = [operation.launch for body in accepts for operation in body.operations]
        return [task for launch in launches if launch is not None for task in launch.task_infos]

    def finished(self, task: TaskInfo) -> TaskStatus:
        """The update of its end."""
        uuid = Uuid(task.task_id.encode())
        return TaskStatus(
            task_id=task.task_id, agent_id=task.agent_id, state=TaskState.TASK_FINISHED, uuid=uuid, timestamp=1.0
        )


def kinds(seen: list[object]) -> list[object]:
    """The story in short."""
    return [each if isinstance(each, tuple | str) else type(each) for each in seen]


async def test_intent_and_end_are_stored_before_they_are_told() -> None:
    """Record, ACCEPT; record, ACKNOWLEDGE, then the owner's hooks, then the end."""
    stage = Stage()
    working = await stage.begin()
    await stage.scheduler.update(stage.calls, stage.finished(stage.tasks()[0]))
    await stage.loop.wait_done()
    working.cancel()
    story = kinds(stage.seen)

    stored = ("stored", "workload/slots/t/0")
    assert [stored, Accept] == story[story.index(Accept) - 1 : story.index(Accept) + 1]
    assert [stored, Acknowledge, ("t", "finished"), "done"] == story[-4:]


async def test_many_updates_share_one_write() -> None:
    """Updates that wait are stored together and acknowledged after that, each of them."""
    stage = Stage(count=5)
    working = await stage.begin()
    tasks = stage.tasks()
    stage.seen.clear()
    for task in tasks:
        await stage.scheduler.update(stage.calls, stage.finished(task))
    await stage.loop.wait_done()
    working.cancel()

    writes = [each for each in stage.seen if isinstance(each, tuple) and each[0] == "stored"]
    assert [("stored", *(f"workload/slots/t/{n}" for n in range(5)))] == writes
    assert 5 == sum(isinstance(each, Acknowledge) for each in stage.seen)


async def test_update_returns_when_it_is_stored() -> None:
    """Where the driver acknowledges as soon as the callback returned, that must not be too soon; and not twice."""
    stage = Stage(acknowledging=Acknowledging.AUTOMATIC)
    working = await stage.begin()
    task = stage.tasks()[0]
    stage.seen.clear()
    await stage.scheduler.update(stage.calls, stage.finished(task))
    working.cancel()

    assert ("stored", "workload/slots/t/0") == stage.seen[0]
    assert not any(isinstance(each, Acknowledge) for each in stage.seen)


@pytest.mark.parametrize("acknowledging", list(Acknowledging))
async def test_update_that_is_not_stored_is_not_acknowledged(acknowledging: Acknowledging) -> None:
    """A store that fails ends the work, and whoever waits for it does not take the update for stored."""
    stage = Stage(acknowledging=acknowledging)
    working = await stage.begin()
    stage.store.error = OSError("the disk is full")
    updating = asyncio.create_task(stage.scheduler.update(stage.calls, stage.finished(stage.tasks()[0])))
    done, _ = await asyncio.wait((working,), timeout=5)
    await asyncio.wait((updating,), timeout=5)

    assert "the disk is full" == str(next(iter(done)).exception())
    assert updating.cancelled() is (acknowledging is Acknowledging.AUTOMATIC)
    assert not any(isinstance(each, Acknowledge) for each in stage.seen)


async def test_scheduler_without_its_work_says_so() -> None:
    """Somebody who forgot to run the loop hears of it at the first event."""
    stage = Stage()

    with pytest.raises(RuntimeError, match=r"loop does not run: start WorkloadScheduler\.work beside the driver"):
        await stage.scheduler.subscribed(stage.calls, Subscribed(framework_id=FrameworkId("F")))

"""How many runs a second does the jobs framework see through, and what do thousands of jobs cost it?

Its machine, loop and records on a real SQLite store; the master and its agents are a few lines that accept every launch
and have each task run and finish at once. Beside it, in the same run, the same number of records written to such a
store by nobody but the store. Printed as well: memory, what it takes while nothing is due, and the start anew.

    ./dev bench jobs [JOBS]
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from random import Random

import psutil
import structlog

from koinon_core.ids import AgentId, FrameworkId, OfferId, Uuid
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Resources, scalar
from koinon_core.scheduler_api import Accept, CallBody, Revive, Subscribed
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.clock import SystemClock
from koinon_frameworks import CallFailure, SchedulerCalls
from koinon_jobs.events import Restored, Tick
from koinon_jobs.job import Job
from koinon_jobs.jobs import Jobs
from koinon_jobs.loop import JobsLoop
from koinon_jobs.loop_service import LoopService
from koinon_jobs.options import Options
from koinon_jobs.records import Record, RecordKey
from koinon_jobs.repository import MAX_OPERATIONS, Repository
from koinon_jobs.runs import Run, RunState
from koinon_jobs.schedule import Every, JobName, Period
from koinon_jobs.scheduler import JobsScheduler
from koinon_zk import Put, Quorum, QuorumUrl, connect

JOBS = 10_000
_ENDS = (TaskState.TASK_RUNNING, TaskState.TASK_FINISHED)
_AT_ONCE = 200
_IDLE = 5.0


class Cluster(SchedulerCalls):
    """Takes every launch; each task has run a moment later, and there is always room."""

    def __init__(self, scheduler: JobsScheduler) -> None:
        self._scheduler = scheduler
        self._numbers = itertools.count()
        self._work: set[asyncio.Task[None]] = set()

    @property
    def framework_id(self) -> FrameworkId | None:
        return FrameworkId("f")

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        """Never asked here."""
        raise NotImplementedError(teardown)

    async def send(self, body: CallBody) -> CallFailure | None:
        if isinstance(body, Accept) and body.operations[0].launch is not None:
            self._start(self._live_through(body.operations[0].launch.task_infos))
        elif isinstance(body, Revive):
            self._start(self.offer())
        return None

    async def offer(self) -> None:
        """All there is."""
        amounts = Resources((scalar("cpus", 100_000), scalar("mem", 100_000_000)))
        offer = Offer(
            id=OfferId(f"o{next(self._numbers)}"),
            framework_id=FrameworkId("f"),
            agent_id=AgentId("a"),
            hostname="h",
            resources=amounts,
            allocation_info=AllocationInfo("*"),
        )
        await self._scheduler.offers(self, (offer,))

    async def _live_through(self, tasks: tuple[TaskInfo, ...]) -> None:
        for state in _ENDS:
            for task in tasks:
                uuid = Uuid(next(self._numbers).to_bytes(16, "big"))
                status = TaskStatus(task_id=task.task_id, state=state, agent_id=AgentId("a"), uuid=uuid)
                await self._scheduler.update(self, status)
            await asyncio.sleep(0)
        await self.offer()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


class JumpingClock(SystemClock):
    """The real one, set forward at will."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


async def drain(loop: JobsLoop, jobs: int) -> float:
    """Have all jobs be due at once; seconds until every run has succeeded and is stored."""
    done = asyncio.Event()
    succeeded = 0

    def watch(puts: Sequence[Record], _deletes: Sequence[RecordKey]) -> None:
        nonlocal succeeded
        succeeded += sum(isinstance(each, Run) and each.state is RunState.SUCCEEDED for each in puts)
        if succeeded >= jobs:
            done.set()

    loop.watch(watch)
    began = time.perf_counter()
    loop.put(Tick())
    await done.wait()
    return time.perf_counter() - began


async def write_alone(quorum: Quorum, records: int) -> float:
    """Seconds for so many records of a run's size, in writes of the same size as ours."""
    store = quorum.store("/alone")
    began = time.perf_counter()
    for start in range(0, records, MAX_OPERATIONS):
        numbers = range(start, min(records, start + MAX_OPERATIONS))
        await store.write([Put(f"runs/{number}", b"x" * 700) for number in numbers])
    return time.perf_counter() - began


async def measure(count: int, folder: Path) -> None:
    """Print all figures."""
    process = psutil.Process()
    quorum = await connect(QuorumUrl.parse(f"sqlite://{folder}/jobs.sqlite?path=/election"))
    repository, clock = Repository(quorum.store("/jobs")), JumpingClock()
    loop = JobsLoop(Jobs(Options(), Random(1)), repository, clock, Random(1))
    scheduler = JobsScheduler(loop.put)
    cluster = Cluster(scheduler)
    loop.begin(Restored(), scheduler.call)
    work = [asyncio.create_task(each()) for each in (loop.decide, loop.persist, scheduler.send)]
    before = process.memory_info().rss
    service = LoopService(loop)
    start = clock.now() + 3600
    began = time.perf_counter()
    for first in range(0, count, _AT_ONCE):
        names = (JobName(f"job-{number:05d}") for number in range(first, min(count, first + _AT_ONCE)))
        await asyncio.gather(*(service.put_job(make_job(name, start)) for name in names))
    print(f"{count} jobs put: {count / (time.perf_counter() - began):.0f}/s, each answered once stored")
    grown = process.memory_info().rss - before
    print(f"memory: {grown / 2**20:.0f} MiB, {grown / count / 1024:.1f} KiB a job")
    cpu = busy(process)
    await asyncio.sleep(_IDLE)
    print(f"idle: {100 * (busy(process) - cpu) / _IDLE:.1f} % of a core")
    await scheduler.subscribed(cluster, Subscribed(framework_id=FrameworkId("f")))
    await cluster.offer()
    written, spent = loop.writes, busy(process)
    clock.ahead = 3601.0
    seconds = await drain(loop, count)
    written, spent = loop.writes - written, busy(process) - spent
    alone = await write_alone(quorum, written)
    cpu_ms = 1000 * spent / count
    print(f"all due at once: {count / seconds:.0f} runs/s until success is stored; {cpu_ms:.2f} ms of CPU a run")
    print(f"{written / count:.1f} records a run; {seconds / alone:.1f} times what the store takes for these alone")
    for task in work:
        task.cancel()
    began = time.perf_counter()
    JobsLoop(Jobs(Options(), Random(1)), repository, clock, Random(1)).begin(await repository.restore(), scheduler.call)
    print(f"taking over {count} jobs and their runs: {time.perf_counter() - began:.1f} s")
    await quorum.close()


def busy(process: psutil.Process) -> float:
    """Seconds of CPU so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def make_job(name: JobName, start: float) -> Job:
    """One of many, all of which are due at the same moment."""
    return Job(name=name, schedule=Every(start=start, period=Period(days=1)), command="true", environment={"A": "b"})


def main() -> None:
    """Measure, and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else JOBS, Path(folder)))


if __name__ == "__main__":
    main()

"""A jobs scheduler killed at any moment neither skips nor doubles a run.

A night with a daylight-saving change, retries, dependencies, overlap and missed windows is played once, and every point
at which the scheduler could have died is kept: before each event, after each write, after each call and each answer.
From each of them another begins with what was stored and what really runs, at once or after a while.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import Any

import attrs
import pytest

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskInfo, TaskState
from koinon_jobs.due_times import latest_times
from koinon_jobs.events import Event
from koinon_jobs.instructions import Effect, Instruction, Persist
from koinon_jobs.job import Job, Missed, Overlap
from koinon_jobs.runs import Cause, Run, RunState
from koinon_jobs.schedule import After, Cron, Every, JobName, Period
from support.jobs_world import Cluster, Fate, JobsWorld, make_job, variable

pytestmark = pytest.mark.slow

START = datetime(2026, 3, 28, 22, 50, tzinfo=UTC).timestamp()
"""Ten to midnight in Berlin; clocks go from two to three that night."""
END = START + 3.75 * 3600
AWAY = (0.0, 40.0, 2400.0)
"""Seconds until somebody takes over, each in turn."""
QUICK = Backoff(initial=20.0, maximum=20.0)
BERLIN = "Europe/Berlin"

JOBS = (
    make_job("nightly", Cron("30 2 * * *", BERLIN), retries=2, retry_backoff=QUICK),
    make_job("hourly", Cron("5 * * * *", BERLIN), overlap=Overlap.ALLOW, missed=Missed.ALL),
    make_job("slow", Cron("*/40 * * * *", BERLIN), overlap=Overlap.QUEUE, missed=Missed.ALL),
    make_job("replaced", Every(start=START + 60, period=Period(seconds=1500)), overlap=Overlap.REPLACE),
    make_job("strict", Every(start=START + 90, period=Period(seconds=1800)), start_window=30.0, missed=Missed.SKIP),
    make_job("after both", After((JobName("nightly"), JobName("hourly")))),
)
SECONDS = {"slow": 3000.0, "replaced": 2000.0, "hourly": 30.0}


def fate(info: TaskInfo) -> Fate:
    """The nightly one fails at first."""
    fails = info.name == "nightly" and variable(info, "KOINON_ATTEMPT") == "1"
    return Fate(SECONDS.get(info.name, 15.0), TaskState.TASK_FAILED if fails else TaskState.TASK_FINISHED)


@attrs.frozen(kw_only=True)
class CrashPoint:
    """What is left when the scheduler dies."""

    cluster: Cluster
    now: float


class RecordedWorld(JobsWorld):
    """A world that keeps every point at which its scheduler could die."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.points: list[CrashPoint] = []
        super().__init__(*args, **settings)

    def send(self, event: Event) -> list[Instruction]:
        self._keep_point()
        return super().send(event)

    def write(self, persist: Persist) -> None:
        super().write(persist)
        self._keep_point()

    def carry_out(self, effect: Effect) -> None:
        super().carry_out(effect)
        self._keep_point()

    def _keep_point(self) -> None:
        point = CrashPoint(cluster=self.cluster.copy(), now=self.now)
        if not self.points or point != self.points[-1]:
            self.points.append(point)


def take_over(point: CrashPoint, away: float) -> JobsWorld:
    """Another scheduler, with the cluster as it is by then: tasks went on, and some have ended."""
    return JobsWorld(point.now + away, fate, cluster=point.cluster.copy(), is_checked=False)


def due(job: Job, until: float) -> list[float]:
    """The times of a job by the calendar alone."""
    return [moment for moment in all_times(job.name) if moment <= until]


@cache
def all_times(name: str) -> list[float]:
    """Those of the night and the day after."""
    (job,) = (job for job in JOBS if job.name == name)
    return latest_times(job.schedule, START, END + 86400, 1000)


def check_times(world: JobsWorld, job: Job) -> None:
    """Each time that has come has one run, and no other time has any."""
    if isinstance(job.schedule, After):
        return
    runs = [run for run in world.runs(job.name) if run.cause is Cause.SCHEDULE]
    assert Counter(due(job, world.now)) == Counter(run.scheduled_for for run in runs)


def check_tasks(world: JobsWorld, job: Job) -> None:
    """No run had more tasks than it may: the world itself refuses two at a time."""
    for run in world.runs(job.name):
        started = world.cluster.started.get(run.id, ())
        assert len(started) <= 1 + job.retries
        assert run.state not in (RunState.SKIPPED, RunState.MISSED) or not started
        assert run.state is not RunState.SUCCEEDED or started


def check_dependency(world: JobsWorld) -> None:
    """The job after both ran once for each time that both had succeeded, and never else."""
    ends = sorted(
        (run.ended, run.job)
        for name in ("nightly", "hourly")
        for run in world.runs(name)
        if run.state is RunState.SUCCEEDED and run.ended is not None
    )
    fired, heard = 0, set[str]()
    for _, name in ends:
        heard.add(name)
        if len(heard) == 2:
            fired, heard = fired + 1, set()
    assert fired == len(world.runs("after both"))


def check(world: JobsWorld) -> None:
    """What must hold whoever died."""
    for job in JOBS:
        check_times(world, job)
        check_tasks(world, job)
    check_dependency(world)


def play() -> RecordedWorld:
    """The night, with nobody dying."""
    world = RecordedWorld(START, fate)
    for job in JOBS:
        world.put(job)
    world.points.clear()
    world.sleep_until(END)
    return world


def test_the_night_goes_as_planned() -> None:
    """The one that is due at a time that does not exist has run once, at the jump, after a retry."""
    world = play()
    (nightly,) = world.runs("nightly")

    check(world)
    assert datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp() == nightly.scheduled_for
    assert ["FAILED", "SUCCEEDED"] == [attempt.state.value for attempt in nightly.attempts]
    assert {"SUCCEEDED", "KILLED", "QUEUED", "RUNNING", "SKIPPED"} >= set(
        world.states("slow") + world.states("replaced")
    )
    assert len(world.points) > 250


def test_whoever_takes_over_carries_on() -> None:
    """From every point: no time is skipped or has two runs, no run has two tasks, and what was under way ends well."""
    recorded = play()

    for number, point in enumerate(recorded.points):
        world = take_over(point, AWAY[number % len(AWAY)])
        stored = {run.id: run for run in point.cluster.seen.values()}
        world.sleep(3600)
        world.jobs.check()
        check(world)
        check_carried_on(world, stored)


def check_carried_on(world: JobsWorld, stored: dict[Any, Run]) -> None:
    """What was to run has run; what is over stays as it was."""
    for run_id, before in stored.items():
        after = world.cluster.seen[run_id]
        assert not before.state.is_over or after == before
        if before.state in (RunState.PENDING, RunState.LAUNCHED, RunState.RUNNING, RunState.RETRYING):
            assert after.state in (RunState.SUCCEEDED, RunState.RUNNING) or after.job in ("replaced", "strict")


def test_several_may_die_one_after_the_other() -> None:
    """At every third event of the night, in the midst of what follows from it."""
    world = MortalWorld(START, fate)
    for job in JOBS:
        world.put(job)
    world.lives = 2
    world.sleep_until(END)

    check(world)
    assert world.deaths > 50


class Died(Exception):
    """The scheduler is no more."""


class MortalWorld(JobsWorld):
    """A world whose scheduler dies after every few writes and effects."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.lives = 1_000_000
        self.deaths = 0
        super().__init__(*args, **settings)

    def send(self, event: Event) -> list[Instruction]:
        try:
            return super().send(event)
        except Died:
            self.deaths += 1
            self.lives = 2 + self.deaths % 7
            self.start()
            return []

    def write(self, persist: Persist) -> None:
        super().write(persist)
        self._age()

    def carry_out(self, effect: Effect) -> None:
        super().carry_out(effect)
        self._age()

    def _age(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Died

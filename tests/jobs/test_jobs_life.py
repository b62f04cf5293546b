"""Whatever people, clusters and clocks do to a jobs scheduler, and whenever it dies, its promises hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskInfo, TaskState
from koinon_jobs.events import Tick
from koinon_jobs.job import Job, Missed, Overlap
from koinon_jobs.runs import Cause, RunState
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period, Schedule
from support.jobs_world import Fate, JobsWorld, make_job

pytestmark = pytest.mark.slow

START = datetime(2026, 3, 29, 0, 50, tzinfo=UTC).timestamp()
"""Ten minutes before clocks go from two to three in Berlin."""
NAMES = st.sampled_from(["a", "b", "c"])
AGENTS = st.sampled_from(["a0", "a1"])
SCHEDULES: st.SearchStrategy[Schedule] = st.one_of(
    st.sampled_from(["* * * * *", "*/2 2,3 * * *", "*/20 * * * * *"]).map(lambda text: Cron(text, "Europe/Berlin")),
    st.builds(
        Every,
        start=st.sampled_from([None, START + 45, START - 100]),
        period=st.sampled_from([Period(seconds=15), Period(seconds=90), Period(days=1)]),
        repetitions=st.sampled_from([None, 1, 3]),
    ),
    st.just(Once()),
    st.sets(NAMES, min_size=1, max_size=2).map(lambda names: After(tuple(JobName(each) for each in sorted(names)))),
)
JOBS = st.builds(
    make_job,
    NAMES,
    SCHEDULES,
    overlap=st.sampled_from(Overlap),
    missed=st.sampled_from(Missed),
    catch_up=st.sampled_from([1, 5]),
    start_window=st.sampled_from([None, 0.0, 30.0]),
    retries=st.sampled_from([0, 2]),
    retry_backoff=st.just(Backoff(initial=5.0, maximum=20.0)),
    soft_error=st.booleans(),
    max_history=st.sampled_from([1, 100]),
    cpus=st.sampled_from([0.5, 3.0]),
)
SECONDS = (2.0, 25.0, 200.0)
ENDS = (TaskState.TASK_FINISHED, TaskState.TASK_FAILED, TaskState.TASK_FINISHED, TaskState.TASK_LOST)


def fate(info: TaskInfo) -> Fate:
    """Any, but always the same for a task."""
    number = sum(info.task_id.encode())
    return Fate(SECONDS[number % len(SECONDS)], ENDS[number % len(ENDS)])


class JobsLife(RuleBasedStateMachine):
    """The world itself refuses two tasks of a run at a time, and a task that begins twice."""

    def __init__(self) -> None:
        super().__init__()
        self.world = JobsWorld(START, fate)
        self.retries: Counter[str] = Counter()

    @rule(job=JOBS, only_new=st.booleans())
    def put(self, job: Job, only_new: bool) -> None:
        """Any definition, in place of any other."""
        self.retries[job.name] = max(self.retries[job.name], job.retries)
        self.world.put(job, only_new=only_new)

    @rule(name=NAMES, enabled=st.booleans())
    def pause(self, name: str, enabled: bool) -> None:
        """Or go on."""
        self.world.pause(name, enabled=enabled)

    @rule(name=NAMES)
    def run_now(self, name: str) -> None:
        """By hand."""
        self.world.run_now(name)

    @rule(name=NAMES)
    def kill(self, name: str) -> None:
        """All runs."""
        self.world.kill(name)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        """With its history."""
        self.world.remove(name)

    @rule(seconds=st.sampled_from([1.0, 20.0, 130.0, 800.0]))
    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.world.sleep(seconds)

    @rule(seconds=st.sampled_from([0.0, 0.0, 50.0, 1000.0]))
    def die(self, seconds: float) -> None:
        """Another takes over, at once or after a while."""
        self.world.now += seconds
        self.world.start()

    @rule()
    def reconnect(self) -> None:
        """Another session."""
        self.world.reconnect()

    @rule(agent=AGENTS)
    def cut_off(self, agent: str) -> None:
        """An agent is gone."""
        self.world.cut_off(agent)

    @rule(agent=AGENTS)
    def come_back(self, agent: str) -> None:
        """And there again."""
        self.world.come_back(agent)

    @rule(seconds=st.sampled_from([-400.0, 400.0]))
    def jump(self, seconds: float) -> None:
        """The clock is set."""
        self.world.now += seconds
        for task_id, task in list(self.world.cluster.tasks.items()):
            self.world.cluster.tasks[task_id] = task.later(seconds)
        self.world.send(Tick())

    @invariant()
    def no_command_starts_too_often(self) -> None:
        """Not more often than retries allow; tasks begin at once here, so none is lost before it started."""
        for run_id, started in self.world.cluster.started.items():
            run = self.world.cluster.seen[run_id]
            assert len(started) <= 1 + self.retries[run.job]

    @invariant()
    def what_never_ran_has_no_task(self) -> None:
        """And says why it did not."""
        for run in self.world.cluster.seen.values():
            if run.state in (RunState.SKIPPED, RunState.MISSED):
                assert run.id not in self.world.cluster.started
                assert run.message

    @invariant()
    def memory_is_what_is_stored(self) -> None:
        """So that whoever takes over knows the same."""
        state = self.world.jobs.state
        stored = {key for key in self.world.cluster.store if key.startswith("runs/")}
        assert stored == {f"runs/{run_id}" for entry in state.jobs.values() for run_id in entry.runs}

    def teardown(self) -> None:
        """Left alone, everything comes to its end: nothing waits for what never comes."""
        world = self.world
        for agent in ("a0", "a1"):
            world.come_back(agent)
        for name in sorted(world.jobs.state.jobs):
            world.pause(name)
        world.sleep(4000)
        waiting = [run for entry in world.jobs.state.jobs.values() for run in entry.active.values()]
        assert [] == [run for run in waiting if run.cause is not Cause.DEPENDENCY]
        assert {} == world.cluster.tasks


JobsLife.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


TestJobsLife = JobsLife.TestCase

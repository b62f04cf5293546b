"""A clock that was ahead and is set right holds no job up, and brings no time twice."""

from __future__ import annotations

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskState
from koinon_jobs.clock_jumps import TOLERANCE
from koinon_jobs.events import Tick
from koinon_jobs.queries import explain_job
from koinon_jobs.schedule import Cron, JobName
from support.jobs_world import JobsWorld, always, make_job

START = 1_767_225_600.0
HOUR = 3600.0
HOURLY = Cron("0 * * * *")


def set_clock(world: JobsWorld, seconds: float) -> None:
    """The clock jumps, and the loop looks at it."""
    world.now += seconds
    world.cluster.tasks = {task_id: task.later(seconds) for task_id, task in world.cluster.tasks.items()}
    world.send(Tick())


def be_ahead_for_a_while(world: JobsWorld) -> None:
    """Six hours forward, ten minutes there, and back."""
    set_clock(world, 6 * HOUR)
    world.sleep(600)
    set_clock(world, -6 * HOUR)


def hours(world: JobsWorld, name: str, *states: str) -> list[float]:
    """The hours after the start whose runs stand so."""
    return [(run.scheduled_for - START) / HOUR for run in world.runs(name) if run.state.value in states]


def test_a_clock_that_was_ahead_holds_no_job_up() -> None:
    """Times that it only passed over are run when they come; the one that it made run early is not run twice."""
    world = JobsWorld(START)
    world.put(make_job("report", HOURLY))
    world.sleep(HOUR + 300)
    be_ahead_for_a_while(world)
    assert [1, 7] == hours(world, "report", "SUCCEEDED")
    world.sleep(2 * HOUR)
    assert [1, 2, 3, 7] == hours(world, "report", "SUCCEEDED")
    world.sleep(5 * HOUR)

    assert [1, 2, 3, 4, 5, 6, 7, 8] == hours(world, "report", "SUCCEEDED", "MISSED")
    assert [1] * 8 == [len(run.attempts) for run in world.runs("report")]


def test_who_starts_with_a_clock_set_right_goes_by_it() -> None:
    """What was stored by a clock that was ahead does not bind the next scheduler."""
    world = JobsWorld(START)
    world.put(make_job("report", HOURLY))
    set_clock(world, 6 * HOUR)
    world.sleep(600)
    world.now -= 6 * HOUR
    world.start()
    world.sleep(HOUR)

    assert [1, 6] == hours(world, "report", "SUCCEEDED")


def test_a_time_whose_run_may_be_forgotten_is_not_run_again() -> None:
    """With a history of one nobody knows what has run: the job waits until the clock is there, and says so."""
    world = JobsWorld(START)
    world.put(make_job("tick", Cron("* * * * *"), max_history=1))
    be_ahead_for_a_while(world)
    world.sleep(60)
    entry = world.jobs.state.jobs[JobName("tick")]
    why = explain_job(world.jobs.state, entry).summary
    before = len(world.runs("tick"))
    world.sleep(6 * HOUR - 120)

    assert "the clock was ahead, and times until" in why
    assert before == len(world.runs("tick"))
    assert all(len(started) == 1 for started in world.cluster.started.values())


def test_a_delay_begun_by_a_clock_that_was_ahead_is_waited_for_once_more_and_no_longer() -> None:
    """Not six hours and a minute."""
    world = JobsWorld(START, always(1.0, TaskState.TASK_FAILED))
    world.put(make_job("flaky", HOURLY, retries=1, retry_backoff=Backoff(initial=300.0, maximum=300.0)))
    set_clock(world, 6 * HOUR)
    world.sleep(30)
    assert ["RETRYING"] == world.states("flaky")[-1:]
    set_clock(world, -6 * HOUR)
    world.sleep(310)

    assert ["FAILED"] == world.states("flaky")[-1:]


def test_a_clock_set_back_a_little_is_waited_for() -> None:
    """Nothing is undone for what happens to every clock."""
    world = JobsWorld(START)
    world.put(make_job("tick", Cron("* * * * *")))
    world.sleep(121)
    cursor = world.jobs.state.jobs[JobName("tick")].progress.cursor
    set_clock(world, -TOLERANCE)

    assert cursor == world.jobs.state.jobs[JobName("tick")].progress.cursor


def test_a_run_that_a_clock_made_early_is_not_told_as_missed_later() -> None:
    """Nobody looks when its time comes in truth: it has had its run all the same."""
    world = JobsWorld(START)
    world.put(make_job("report", HOURLY))
    be_ahead_for_a_while(world)
    assert [6] == hours(world, "report", "SUCCEEDED")
    world.now += 8 * HOUR
    world.start()
    world.sleep(60)

    assert [6, 8] == hours(world, "report", "SUCCEEDED")

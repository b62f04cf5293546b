"""The life of jobs and runs, event by event."""

from __future__ import annotations

from datetime import UTC, datetime

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskState
from koinon_jobs.events import RemoveJob, RequestId
from koinon_jobs.instructions import KillTask, Launch, Persist, SuppressOffers
from koinon_jobs.job import Missed, Overlap
from koinon_jobs.options import Options
from koinon_jobs.problems import Problem
from koinon_jobs.queries import explain_job
from koinon_jobs.runs import AttemptState, Run, RunState
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period
from koinon_jobs.views import JobView
from support.jobs_world import Fate, JobsWorld, always, make_job, variable

START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC).timestamp()
MINUTELY = Cron("* * * * *")


def failing(times: int) -> Fate:
    return Fate(5.0, TaskState.TASK_FAILED if times else TaskState.TASK_FINISHED)


def test_a_job_runs_when_it_is_due() -> None:
    """Each minute from the next on, once; its task is told who it is."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY))
    world.sleep(180)
    launched = [task for effect in world.effects if isinstance(effect, Launch) for task in effect.tasks]

    assert [START + 60, START + 120, START + 180] == [run.scheduled_for for run in world.runs("tick")]
    assert ["SUCCEEDED", "SUCCEEDED", "RUNNING"] == world.states("tick")
    assert "2026-03-28T12:01:00.000Z" == variable(launched[0], "KOINON_SCHEDULED_FOR")
    assert "tick-20260328T120100Z" == variable(launched[0], "KOINON_RUN")


def test_a_failed_attempt_is_followed_by_another_after_its_delay() -> None:
    """Delays grow by the factor; once no retry is left the run has failed."""
    world = JobsWorld(START, always(5.0, TaskState.TASK_FAILED))
    backoff = Backoff(initial=10.0, maximum=15.0, factor=2.0)
    world.put(make_job("flaky", Once(), retries=2, retry_backoff=backoff))
    world.sleep(120)
    (run,) = world.runs("flaky")

    assert RunState.FAILED is run.state
    assert [START, START + 15, START + 35] == [attempt.launched for attempt in run.attempts]
    assert 3 == len({attempt.task_id for attempt in run.attempts})


def test_a_retry_may_succeed() -> None:
    """The run is then a success, and counts as one."""
    world = JobsWorld(START, lambda info: failing(variable(info, "KOINON_ATTEMPT") == "1"))
    view = world.put(make_job("flaky", Once(), retries=1))
    world.sleep(120)
    entry = world.jobs.state.jobs[JobName("flaky")]

    assert isinstance(view, JobView)
    assert ["SUCCEEDED"] == world.states("flaky")
    assert (1, 0) == (entry.progress.successes, entry.progress.failures)


def long_and_due_each_minute(overlap: Overlap, seconds: float = 90.0) -> JobsWorld:
    world = JobsWorld(START, always(seconds))
    world.put(make_job("long", Every(start=START + 60, period=Period(seconds=60), repetitions=3), overlap=overlap))
    world.sleep(125)
    return world


def test_overlap_allow_runs_both() -> None:
    """Nobody waits."""
    assert ["RUNNING", "RUNNING"] == long_and_due_each_minute(Overlap.ALLOW).states("long")


def test_overlap_skip_leaves_the_new_one_out() -> None:
    """Its history says why."""
    world = long_and_due_each_minute(Overlap.SKIP)

    assert ["RUNNING", "SKIPPED"] == world.states("long")
    assert "long-20260328T120100Z is not over" == world.runs("long")[1].message


def test_overlap_replace_kills_the_old_one_first() -> None:
    """The new one begins when the old one is gone."""
    world = long_and_due_each_minute(Overlap.REPLACE)
    world.sleep(10)
    old, new = world.runs("long")

    assert (RunState.KILLED, RunState.RUNNING) == (old.state, new.state)
    assert f"replaced by {new.id}" == old.message
    assert any(isinstance(effect, KillTask) for effect in world.effects)


def test_overlap_queue_lets_one_wait() -> None:
    """The third is skipped, the second runs when the first is over."""
    world = long_and_due_each_minute(Overlap.QUEUE, 150.0)

    assert ["RUNNING", "QUEUED"] == world.states("long")
    world.sleep(60)
    assert ["RUNNING", "QUEUED", "SKIPPED"] == world.states("long")
    world.sleep(300)
    assert ["SUCCEEDED", "SUCCEEDED", "SKIPPED"] == world.states("long")


def away(seconds: float, missed: Missed, **fields: object) -> JobsWorld:
    """A job of each minute, whose scheduler was away for a while."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY, missed=missed, **fields))
    world.now += seconds
    world.start()
    world.sleep(145)
    return world


def test_missed_times_are_skipped_by_policy() -> None:
    """Ten minutes away: only the latest time, whose window is open, is run; each other one stands in the history."""
    world = away(630, Missed.SKIP, start_window=59.0)

    assert ["MISSED"] * 9 + ["SUCCEEDED"] * 3 == world.states("tick")
    assert "more than 59 s ago" in world.runs("tick")[0].message


def test_missed_times_are_run_once() -> None:
    """Of those whose window is closed the latest is run, unless a later one is due in time."""
    world = away(649, Missed.ONCE, start_window=10.0)

    assert ["MISSED"] * 9 + ["SUCCEEDED"] * 4 == world.states("tick")


def test_missed_times_are_all_run_up_to_a_bound() -> None:
    """One after the other, the oldest first."""
    world = away(630, Missed.ALL, start_window=10.0, catch_up=2)
    runs = [run for run in world.runs("tick") if run.state is RunState.SUCCEEDED]
    launched = [attempt.launched for run in runs for attempt in run.attempts]

    assert ["MISSED"] * 8 + ["SUCCEEDED"] * 4 == world.states("tick")
    assert sorted(set(launched)) == launched


def test_without_a_window_the_latest_time_is_never_too_late() -> None:
    """It is the others that are missed."""
    assert ["MISSED"] * 9 + ["SUCCEEDED"] * 3 == away(630, Missed.SKIP).states("tick")


def test_a_run_that_finds_no_room_in_its_window_is_missed() -> None:
    """And says what the offers lacked."""
    world = JobsWorld(START)
    world.put(make_job("big", Once(), cpus=100.0, start_window=30.0))
    world.sleep(31)
    (run,) = world.runs("big")

    assert RunState.MISSED is run.state
    assert "host-a0: cpus: 100 wanted, 4 offered" in run.message


def test_why_a_run_waits_is_told() -> None:
    """With the reasons of every agent."""
    world = JobsWorld(START)
    world.put(make_job("big", Once(), cpus=100.0))
    world.sleep(1)
    told = explain_job(world.jobs.state, world.jobs.state.jobs[JobName("big")])

    assert ["host-a0", "host-a1"] == [refusal.hostname for refusal in told.waiting[0].refusals]
    assert "no offer of 2 had room" in told.summary


def test_children_run_once_all_parents_have_succeeded() -> None:
    """Again only after all have succeeded again."""
    world = JobsWorld(START)
    world.put(make_job("a", MINUTELY))
    world.put(make_job("b", Cron("*/2 * * * *")))
    world.put(make_job("both", After((JobName("a"), JobName("b")))))
    world.sleep(4 * 60 + 30)

    assert 2 == len(world.runs("both"))
    assert {"SUCCEEDED", "RUNNING"} >= set(world.states("both"))


def test_failure_stops_children_unless_it_is_soft() -> None:
    """As Chronos had it."""
    world = JobsWorld(START, lambda info: failing("fails" in info.name))
    world.put(make_job("fails", Once(START + 5)))
    world.put(make_job("fails softly", Once(START + 5), soft_error=True))
    world.put(make_job("never", After((JobName("fails"),))))
    world.put(make_job("runs", After((JobName("fails softly"),))))
    world.sleep(30)

    assert [] == world.runs("never")
    assert ["SUCCEEDED"] == world.states("runs")


def test_a_paused_job_does_not_run_and_makes_up_for_nothing() -> None:
    """By hand it may still be run."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY, missed=Missed.ALL))
    world.pause("tick")
    world.sleep(300)
    assert [] == world.runs("tick")
    assert isinstance(world.run_now("tick"), Run)
    world.pause("tick", enabled=True)
    world.sleep(70)

    assert ["SUCCEEDED", "SUCCEEDED"] == world.states("tick")


def test_a_run_by_hand_may_have_arguments_of_its_own() -> None:
    """Quoted for the shell."""
    world = JobsWorld(START)
    world.put(make_job("tick", Once(START + 1000), command="echo"))
    world.run_now("tick", "a b", "c;d")
    world.sleep(1)
    (task,) = world.cluster.tasks.values()

    assert task.info.command is not None
    assert "echo 'a b' 'c;d'" == task.info.command.value


def test_killing_ends_runs_and_no_retry_follows() -> None:
    """Whether they run or wait."""
    world = JobsWorld(START, always(1000))
    world.put(make_job("long", MINUTELY, overlap=Overlap.QUEUE, retries=5))
    world.sleep(125)
    assert ["RUNNING", "QUEUED"] == world.states("long")
    world.kill("long")

    assert ["KILLED", "KILLED"] == world.states("long")
    assert {} == world.cluster.tasks


def test_a_removed_job_leaves_nothing_behind() -> None:
    """Its task is killed, though the scheduler dies before it says so."""
    world = JobsWorld(START, always(1000))
    world.put(make_job("long", Once()))
    world.sleep(1)
    persist = world.jobs.handle(RemoveJob(request_id=RequestId(1), name=JobName("long")), world.now)[0]
    assert isinstance(persist, Persist)
    world.write(persist)
    assert 1 == len(world.cluster.tasks)
    world.start()

    assert {} == world.cluster.tasks
    assert {} == world.cluster.store


def test_a_job_with_others_after_it_stays() -> None:
    """Until they are gone."""
    world = JobsWorld(START)
    world.put(make_job("a", MINUTELY))
    world.put(make_job("b", After((JobName("a"),))))
    refused = world.remove("a")

    assert isinstance(refused, tuple)
    assert ["$.name: runs before b: remove these first"] == [str(problem) for problem in refused]
    assert () == world.remove("b")
    assert () == world.remove("a")


def test_circles_of_jobs_are_refused() -> None:
    """With the way round."""
    world = JobsWorld(START)
    world.put(make_job("a", MINUTELY))
    world.put(make_job("b", After((JobName("a"),))))
    world.put(make_job("c", After((JobName("b"),))))
    (problem,) = world.put(make_job("a", After((JobName("c"),))))  # type: ignore[misc]

    assert isinstance(problem, Problem)
    assert "go round in a circle: 'a' after 'c' after 'b' after 'a'" == problem.text


def test_an_unreachable_task_is_waited_for() -> None:
    """It may come back in time, and nothing else runs meanwhile."""
    world = JobsWorld(START, always(1000))
    world.put(make_job("long", Once(), retries=3))
    world.sleep(1)
    world.cut_off("a0")
    assert ["UNREACHABLE"] == world.states("long")
    world.sleep(300)
    world.come_back("a0")
    world.sleep(800)

    assert ["SUCCEEDED"] == world.states("long")
    assert 1 == len(world.runs("long")[0].attempts)


def test_an_unreachable_task_is_given_up_and_killed_should_it_come_back() -> None:
    """Another attempt runs by then."""
    world = JobsWorld(START, always(5000))
    world.put(make_job("long", Once(), retries=1))
    world.sleep(1)
    lost = next(iter(world.cluster.tasks))
    world.cut_off("a0")
    world.sleep(700)
    (run,) = world.runs("long")
    assert [AttemptState.LOST, AttemptState.RUNNING] == [attempt.state for attempt in run.attempts]
    world.come_back("a0")
    world.sleep(1)

    assert lost not in world.cluster.tasks
    assert ["RUNNING"] == world.states("long")


def test_a_job_without_retries_never_starts_twice_when_its_agent_is_lost() -> None:
    """What became of the command is unknown: the run has failed."""
    world = JobsWorld(START, always(5000))
    world.put(make_job("once", Once()))
    world.sleep(1)
    world.cut_off("a0")
    world.sleep(700)

    assert ["FAILED"] == world.states("once")
    assert 1 == sum(map(len, world.cluster.started.values()))


def test_nothing_is_asked_for_while_nothing_waits() -> None:
    """Offers are suppressed until a run wants one."""
    world = JobsWorld(START)
    world.sleep(10)
    assert isinstance(world.effects[-1], SuppressOffers)
    world.put(make_job("now", Once()))
    world.sleep(1)

    assert ["RUNNING"] == world.states("now")


def test_history_is_bounded() -> None:
    """In memory and in the store."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY, max_history=3))
    world.sleep(600)

    assert 4 == len(world.jobs.state.jobs[JobName("tick")].runs)
    assert 4 == sum(key.startswith("runs/") for key in world.cluster.store)


def test_a_clock_that_jumps_back_brings_no_time_again() -> None:
    """An hour back: nothing is due before that hour is over once more."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY))
    world.sleep(130)
    world.now -= 3600
    world.sleep(3540)
    assert 2 == len(world.runs("tick"))
    world.sleep(120)

    assert [START + 60, START + 120, START + 180] == [run.scheduled_for for run in world.runs("tick")]


def test_a_new_schedule_counts_from_now() -> None:
    """What it would have been due for before is past; what has run does not run again."""
    world = JobsWorld(START)
    world.put(make_job("tick", MINUTELY))
    world.sleep(130)
    world.put(make_job("tick", Cron("*/30 * * * * *")))
    world.sleep(60)

    assert [60, 120, 150, 180] == [run.scheduled_for - START for run in world.runs("tick")]


def test_a_start_that_has_just_passed_counts_while_its_window_is_open() -> None:
    """As Chronos took it, for those whose clock is a little behind."""
    world = JobsWorld(START)
    world.put(make_job("now", Once(START - 5), start_window=60.0))
    world.put(make_job("past", Once(START - 5)))
    world.sleep(1)

    assert ["RUNNING"] == world.states("now")
    assert [] == world.runs("past")


def test_lord_howe_runs_at_the_jump_once() -> None:
    """End to end: the time that does not exist is a run at half past two."""
    world = JobsWorld(datetime(2026, 10, 3, 12, tzinfo=UTC).timestamp())
    world.put(make_job("early", Cron("15 2 * * *", "Australia/Lord_Howe")))
    world.sleep(86400)

    assert [datetime(2026, 10, 3, 15, 30, tzinfo=UTC).timestamp()] == [run.scheduled_for for run in world.runs("early")]


def test_a_job_whose_role_is_gone_says_so() -> None:
    """Roles are the next scheduler's to choose; who waits for one that it has not is told."""
    world = JobsWorld(START, options=Options(roles=("ops", "web")))
    world.put(make_job("tick", MINUTELY, role="web"))
    world.options = Options(roles=("ops",))
    world.start()
    world.sleep(120)
    entry = world.jobs.state.jobs[JobName("tick")]

    assert (
        "its role 'web' is none of this framework's, whose offers are for ops"
        in explain_job(world.jobs.state, entry).summary
    )

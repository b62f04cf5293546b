"""What follows the end of a run, all in the same write: the job's counts, the next in line, the jobs after it."""

from __future__ import annotations

from .admission import admit, call_next, new_unscheduled_run
from .runs import Cause, Run, RunState
from .schedule import After
from .state import Entry
from .turn import Turn


def settle_end(turn: Turn, run: Run) -> None:
    """A run of a job that is still there has just become over."""
    entry = turn.state.jobs[run.job]
    if run.state is RunState.SUCCEEDED:
        note_success(turn, entry)
    elif run.state is RunState.FAILED:
        progress = entry.progress
        turn.change_progress(
            entry,
            failures=progress.failures + 1,
            failures_in_a_row=progress.failures_in_a_row + 1,
            last_failure=turn.now,
        )
        if entry.job.soft_error:
            fire_children(turn, entry)
    call_next(turn, entry)


def note_success(turn: Turn, entry: Entry) -> None:
    """The job has succeeded now."""
    successes = entry.progress.successes + 1
    turn.change_progress(entry, successes=successes, failures_in_a_row=0, last_success=turn.now)
    fire_children(turn, entry)


def fire_children(turn: Turn, parent: Entry) -> None:
    """Tell the jobs after it; one that has heard of all its parents runs. A paused one does not listen."""
    name = parent.job.name
    for child_name in sorted(turn.state.children.get(name, ())):
        child = turn.state.jobs[child_name]
        schedule = child.job.schedule
        if not child.job.enabled or not isinstance(schedule, After):
            continue
        heard = {*child.progress.succeeded_parents, name}
        if heard.issuperset(schedule.parents):
            turn.change_progress(child, succeeded_parents=())
            admit(turn, child, new_unscheduled_run(turn, child, Cause.DEPENDENCY))
        else:
            in_order = tuple(each for each in schedule.parents if each in heard)
            turn.change_progress(child, succeeded_parents=in_order)

"""Jobs that are due by schedule: which of the times that have come are run, and which were missed.

A job's cursor, stored in the same write as the runs, is the latest time that was dealt with. What is due is what lies
between it and now: nothing is skipped while nobody looks, and nothing is found twice.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from .admission import admit, new_run, skipped
from .clock_jumps import find_cursor
from .due_times import latest_times, next_time
from .job import Job, Missed
from .runs import Cause, RunState, make_run_id
from .schedule import JobName
from .state import Entry
from .turn import Turn

AT_ONCE: Final = 101
"""Times of one job that are dealt with in one turn; of older ones that are missed, no more is told."""
PUNCTUAL: Final = 1.0
"""Seconds within which a time counts as seen when it came."""


@frozen(kw_only=True)
class DueTimes:
    """What is due, each ascending."""

    run: tuple[float, ...]
    missed: tuple[float, ...]
    cursor: float


def run_due_job(turn: Turn, name: JobName) -> None:
    """Make the runs of a job whose time has come, and set its cursor."""
    entry = turn.state.jobs[name]
    cursor = find_cursor(entry.progress, turn.now)
    if cursor != entry.progress.cursor:
        turn.change_progress(entry, cursor=cursor)
    due = _without_known(entry, find_due(entry.job, cursor, turn.now))
    for moment in due.missed:
        missed = skipped(turn, new_run(turn, entry, Cause.SCHEDULE, moment), RunState.MISSED, _why(entry, due))
        turn.add_run(entry, missed)
    for moment in due.run:
        admit(turn, entry, new_run(turn, entry, Cause.SCHEDULE, moment), in_line=_is_in_line(entry, due, turn.now))
    # Also when nothing is due yet: the timer went off, and has to be set again.
    turn.change_progress(entry, cursor=due.cursor) if due.cursor != cursor else turn.schedule(entry)


def find_due(job: Job, cursor: float, now: float) -> DueTimes:
    """What to do with the times after ``cursor`` that have come; costs no more after a year than after a day."""
    if job.start_window is None:
        times = latest_times(job.schedule, cursor, now, AT_ONCE)
        late, punctual = times[:-1], times[-1:]
    else:
        opened = round(now - job.start_window - 0.001, 3)
        late = latest_times(job.schedule, cursor, opened, AT_ONCE)
        punctual = _first_times(job, max(cursor, opened), now)
    chosen = _choose_late(job, late, has_punctual=bool(punctual))
    run = (*chosen, *punctual)
    return DueTimes(
        run=run,
        missed=tuple(moment for moment in late if moment not in chosen),
        cursor=max((*late, *punctual), default=cursor),
    )


def _without_known(entry: Entry, due: DueTimes) -> DueTimes:
    """All but the times that have their run since a clock was ahead; one that was only missed by it is new."""
    found = {
        moment: entry.runs.get(make_run_id(entry.job.name, Cause.SCHEDULE, moment))
        for moment in (*due.run, *due.missed)
    }
    return evolve(
        due,
        run=tuple(each for each in due.run if (run := found[each]) is None or run.state is RunState.MISSED),
        missed=tuple(each for each in due.missed if found[each] is None),
    )


def _first_times(job: Job, after: float, until: float) -> list[float]:
    found: list[float] = []
    moment = next_time(job.schedule, after)
    while moment is not None and moment <= until and len(found) < AT_ONCE:
        found.append(moment)
        moment = next_time(job.schedule, moment)
    return found


def _choose_late(job: Job, late: list[float], *, has_punctual: bool) -> tuple[float, ...]:
    match job.missed:
        case Missed.SKIP:
            return ()
        case Missed.ONCE:
            return () if has_punctual else tuple(late[-1:])
        case Missed.ALL:
            return tuple(late[-job.catch_up :])


def _is_in_line(entry: Entry, due: DueTimes, now: float) -> bool:
    """Whether these are made up for, one after the other; a single one that is seen in time is not."""
    return entry.job.missed is Missed.ALL and (len(due.run) > 1 or now - due.run[0] > PUNCTUAL)


def _why(entry: Entry, due: DueTimes) -> str:
    window, policy = entry.job.start_window, entry.job.missed.value
    how = "a later time was due" if window is None else f"it was more than {window:g} s ago"
    more = "; earlier ones may be missed as well" if len(due.missed) + len(due.run) >= AT_ONCE else ""
    return f"nobody saw it in time: {how}, and the policy for missed times is {policy}{more}"

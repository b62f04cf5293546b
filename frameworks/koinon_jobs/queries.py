"""What is told of the machine's state: jobs as people see them, and why one does not run. Changes nothing."""

from __future__ import annotations

from .clock_jumps import is_ahead
from .due_times import local_time
from .runs import Run, RunState
from .schedule import After, Cron, Every, JobName
from .state import Entry, State
from .timers import Timer, TimerKind
from .turn import window_end
from .views import Explanation, JobView, WaitingRun


def view_job(state: State, entry: Entry) -> JobView:
    """One job."""
    return JobView(
        job=entry.job,
        progress=entry.progress,
        next_time=state.timers.time_of(Timer(TimerKind.JOB, entry.job.name)),
        active=tuple(entry.active.values()),
        children=tuple(sorted(state.children.get(entry.job.name, ()))),
    )


def find_job(state: State, name: JobName) -> JobView | None:
    """The job of that name."""
    entry = state.jobs.get(name)
    return None if entry is None else view_job(state, entry)


def list_jobs(state: State) -> list[JobView]:
    """All, sorted by name."""
    return [view_job(state, entry) for _, entry in sorted(state.jobs.items())]


def list_runs(entry: Entry) -> list[Run]:
    """All runs that are kept, the newest first."""
    return sorted(entry.runs.values(), key=lambda run: (run.created, run.scheduled_for), reverse=True)


def explain_job(state: State, entry: Entry) -> Explanation:
    """Why it does not run right now."""
    waiting = tuple(
        WaitingRun(run=run, why=_why_waiting(state, entry, run), refusals=state.refusals.get(run.id, ()))
        for run in entry.active.values()
        if run.state in (RunState.PENDING, RunState.QUEUED, RunState.RETRYING)
    )
    return Explanation(
        job=entry.job.name,
        summary=_summary(state, entry),
        waiting=waiting,
        is_subscribed=state.is_subscribed,
    )


def _summary(state: State, entry: Entry) -> str:
    first: Run | None = next(iter(entry.active.values()), None)
    if first is not None:
        detail = _why_waiting(state, entry, first) if first.state is RunState.PENDING else first.message
        return f"{first.id} is {first.state.value}" + (f": {detail}" if detail else "")
    job, schedule = entry.job, entry.job.schedule
    if not job.enabled:
        return "the job is paused"
    if isinstance(schedule, After):
        missing = [name for name in schedule.parents if name not in entry.progress.succeeded_parents]
        return f"waits for a success of {', '.join(missing)}"
    zone = schedule.time_zone if isinstance(schedule, Cron | Every) else "UTC"
    ahead = ""
    if is_ahead(entry.progress.cursor, state.seen):
        known = local_time(entry.progress.cursor, zone)
        ahead = f"; the clock was ahead, and times until {known} may have had their runs"
    due = state.timers.time_of(Timer(TimerKind.JOB, job.name))
    if due is None:
        return f"its schedule has no time left{ahead}"
    return f"the next time is {local_time(due, zone)}{ahead}"


def _why_waiting(state: State, entry: Entry, run: Run) -> str:
    if run.state is not RunState.PENDING:
        return run.message
    window = window_end(entry.job, run)
    until = f"; it may start until {local_time(window, 'UTC')}" if window is not None and not run.has_started else ""
    if not state.is_subscribed:
        return f"there is no master to get offers from{until}"
    role, roles = entry.job.role, state.options.roles
    if role is not None and role not in roles:
        return f"its role {role!r} is none of this framework's, whose offers are for {', '.join(roles)}{until}"
    refused = state.refusals.get(run.id, ())
    if not refused:
        return f"waits for an offer{until}"
    first = refused[0]
    return f"no offer of {len(refused)} had room; {first.hostname}: {'; '.join(first.reasons)}{until}"

"""What people ask for: each request is refused with problems, or done and answered once it is stored."""

from __future__ import annotations

from attrs import evolve

from .admission import admit, call_next, end_on_purpose, new_unscheduled_run
from .endings import note_success
from .events import KillRuns, MarkSucceeded, PauseJob, PutJob, RemoveJob, Request, RunNow
from .instructions import Answer, KillTask, Result
from .job import Job
from .problems import Problem, ProblemKind
from .queries import view_job
from .records import Doomed
from .runs import Cause
from .schedule import After, Every, JobName, Once, Schedule
from .state import Entry
from .turn import Turn
from .validation import find_family_problems, find_problems
from .views import Progress

_MOMENT = 0.001


def take_request(turn: Turn, request: Request) -> None:
    """Do what is asked, or say why not."""
    turn.tell(Answer(request.request_id, _do(turn, request)))


def _do(turn: Turn, request: Request) -> Result:
    if isinstance(request, PutJob):
        return _put(turn, request)
    entry = turn.state.jobs.get(request.name)
    if entry is None:
        return (Problem("$.name", f"there is no job {request.name!r}", ProblemKind.NOT_FOUND),)
    match request:
        case RemoveJob():
            return _remove(turn, entry)
        case PauseJob(enabled=enabled):
            return _pause(turn, entry, enabled=enabled)
        case RunNow(arguments=arguments):
            run = evolve(new_unscheduled_run(turn, entry, Cause.MANUAL), arguments=arguments)
            return admit(turn, entry, run)
        case KillRuns():
            return _kill(turn, entry, request)
        case MarkSucceeded():
            note_success(turn, entry)
            return view_job(turn.state, entry)


def _put(turn: Turn, request: PutJob) -> Result:
    old = turn.state.jobs.get(request.job.name)
    if old is not None and request.only_new:
        return (Problem("$.name", f"there is a job {request.job.name!r} already", ProblemKind.CONFLICT),)
    job = evolve(request.job, schedule=_resolve(request.job.schedule, turn.now))
    families = {name: _parents(entry.job) for name, entry in turn.state.jobs.items()} if _parents(job) else {}
    problems = find_problems(job, turn.state.options.roles) or find_family_problems(job, families)
    if problems:
        return problems
    return view_job(turn.state, turn.put_job(job, _progress(turn, job, old)))


def _resolve(schedule: Schedule, now: float) -> Schedule:
    """What is to begin now, begins at this moment, whenever it is read."""
    if isinstance(schedule, Every) and schedule.start is None:
        return evolve(schedule, start=now)
    return Once(now) if isinstance(schedule, Once) and schedule.at is None else schedule


def _progress(turn: Turn, job: Job, old: Entry | None) -> Progress:
    """Where a definition begins. A start that has just passed counts while its window is open; no time counts twice."""
    is_same = old is not None and job.schedule == old.job.schedule
    has_start = isinstance(job.schedule, Every | Once) and not is_same
    begin = round(turn.now - _MOMENT - (job.start_window or 0.0), 3) if has_start else turn.now
    if old is None:
        return Progress(job=job.name, created=turn.now, cursor=begin)
    progress = old.progress
    goes_on = is_same and (old.job.enabled or not job.enabled)
    heard = tuple(name for name in progress.succeeded_parents if name in _parents(job))
    return evolve(progress, cursor=progress.cursor if goes_on else max(progress.cursor, begin), succeeded_parents=heard)


def _remove(turn: Turn, entry: Entry) -> Result:
    children = sorted(turn.state.children.get(entry.job.name, ()))
    if children:
        text = f"runs before {', '.join(children[:5])}{' and others' if len(children) > 5 else ''}: remove these first"
        return (Problem("$.name", text, ProblemKind.CONFLICT),)
    for run in list(entry.active.values()):
        attempt = run.attempt
        if run.state.has_task and attempt is not None:
            turn.doom(Doomed(task_id=attempt.task_id, agent_id=attempt.agent_id))
            if turn.state.is_subscribed:
                turn.tell(KillTask(task_id=attempt.task_id, agent_id=attempt.agent_id))
    turn.remove_job(entry)
    return ()


def _pause(turn: Turn, entry: Entry, *, enabled: bool) -> Result:
    job = evolve(entry.job, enabled=enabled)
    if job != entry.job:
        turn.put_job(job, _progress(turn, job, entry))
    return view_job(turn.state, entry)


def _kill(turn: Turn, entry: Entry, request: KillRuns) -> Result:
    if request.run is not None and request.run not in entry.runs:
        return (Problem("$.run", f"there is no run {request.run!r} of {entry.job.name!r}", ProblemKind.NOT_FOUND),)
    wanted = [run for run in entry.active.values() if request.run in (None, run.id)]
    if not wanted and request.run is not None:
        return (Problem("$.run", f"{request.run!r} is over already", ProblemKind.CONFLICT),)
    # The last in line first: as none is over before those behind it, nobody's turn comes meanwhile.
    ended = [end_on_purpose(turn, run, "ended by hand") for run in reversed(wanted)]
    if request.run is not None:
        call_next(turn, entry)
    return tuple(reversed(ended))


def _parents(job: Job) -> tuple[JobName, ...]:
    return job.schedule.parents if isinstance(job.schedule, After) else ()

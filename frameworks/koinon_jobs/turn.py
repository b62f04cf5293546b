"""One event's worth of change: what becomes of jobs and runs, what is to be stored of it, and what follows.

The only place that changes ``State``. Everything a turn changes is stored in one write; what it tells anybody comes
after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from koinon_core.ids import TaskId

from .clock_jumps import delay_left, find_cursor
from .due_times import next_time
from .instructions import Effect, Instruction, Persist
from .job import Job, Missed
from .records import Doomed, Record, RecordKey, record_key
from .runs import Cause, Run, RunState, Trigger, state_after
from .schedule import After, JobName
from .state import Entry, Place, State
from .timers import Timer, TimerKind
from .views import Progress


class Turn:
    """The handling of one event at ``now``, a moment to the millisecond."""

    def __init__(self, state: State, now: float) -> None:
        self.state = state
        self.now = round(now, 3)
        self.has_new_pending = False
        """Whether a run has begun to wait for an offer."""
        self._changes: dict[RecordKey, Record | None] = {}
        self._effects: list[Effect] = []

    @property
    def size(self) -> int:
        """How many records it changes."""
        return len(self._changes)

    def tell(self, *effects: Effect) -> None:
        """Have this done once all is stored."""
        self._effects += effects

    def instructions(self) -> list[Instruction]:
        """The change, if there is any, and what follows."""
        if not self._changes:
            return list(self._effects)
        puts = tuple(record for record in self._changes.values() if record is not None)
        deletes = tuple(key for key, record in self._changes.items() if record is None)
        return [Persist(puts=puts, deletes=deletes, then=tuple(self._effects))]

    # Jobs

    def put_job(self, job: Job, progress: Progress) -> Entry:
        """A new job, or a new definition of one."""
        state, entry = self.state, self.state.jobs.get(job.name)
        if entry is None:
            entry = state.jobs[job.name] = Entry(job, progress)
        else:
            self._unlink(entry.job)
            entry.job, entry.progress = job, progress
        for parent in _parents(job):
            state.children.setdefault(parent, set()).add(job.name)
        self._changes[record_key(job)] = job
        self._changes[record_key(progress)] = progress
        self._forget_old_runs(entry)
        self.schedule(entry)
        for run in entry.active.values():
            self._index(entry, run)
        return entry

    def change_progress(self, entry: Entry, **fields: Any) -> None:
        """Note how far a job has come; with a new cursor its next time is another."""
        entry.progress = evolve(entry.progress, **fields)
        self._changes[record_key(entry.progress)] = entry.progress
        if "cursor" in fields:
            self.schedule(entry)

    def remove_job(self, entry: Entry) -> None:
        """Forget a job and all its runs. Who must end its tasks sees to that first."""
        state, job = self.state, entry.job
        self._unlink(job)
        state.timers.set(Timer(TimerKind.JOB, job.name), None)
        for run in list(entry.runs.values()):
            self._forget(entry, run)
        del state.jobs[job.name]
        self._changes[record_key(job)] = None
        self._changes[record_key(entry.progress)] = None

    def schedule(self, entry: Entry) -> None:
        """Set the timer of a job by what is stored: its schedule and its cursor."""
        job, cursor = entry.job, entry.progress.cursor
        is_wrong = find_cursor(entry.progress, self.now) != cursor
        due = self.now if is_wrong else next_time(job.schedule, cursor)
        self.state.timers.set(Timer(TimerKind.JOB, job.name), due if job.enabled else None)

    # Runs

    def add_run(self, entry: Entry, run: Run) -> None:
        """A run that is new, or takes the place of one that was MISSED by a clock that was ahead."""
        self._keep(entry, run)

    def move(self, run: Run, trigger: Trigger, **fields: Any) -> Run:
        """Move a run and change fields of it. Raises InvalidTransition, and nothing has changed."""
        state = state_after(run, trigger)
        ended = self.now if state.is_over else None
        due = fields.pop("due", None)
        moved = evolve(run, state=state, changed=self.now, ended=ended, due=due, **fields)
        self._keep(self.state.jobs[run.job], moved)
        return moved

    def change_run(self, run: Run, **fields: Any) -> Run:
        """Change fields of a run that stays in its state."""
        changed = evolve(run, **fields)
        self._keep(self.state.jobs[run.job], changed)
        return changed

    def doom(self, doomed: Doomed) -> None:
        """Keep in mind that a task must end, though its job is gone."""
        self.state.doomed[doomed.task_id] = doomed
        self._changes[record_key(doomed)] = doomed

    def absolve(self, task_id: TaskId) -> None:
        """A doomed task is over."""
        doomed = self.state.doomed.pop(task_id, None)
        if doomed is not None:
            self._changes[record_key(doomed)] = None

    def set_timers(self, entry: Entry) -> None:
        """Set all timers of a job and its runs anew."""
        for run in entry.active.values():
            self._set_timers(entry.job, run)
        self.schedule(entry)

    def restore(self, entry: Entry) -> None:
        """Take in what the store held of a job: nothing is to be stored."""
        self.state.jobs[entry.job.name] = entry
        for parent in _parents(entry.job):
            self.state.children.setdefault(parent, set()).add(entry.job.name)
        for run in list(entry.runs.values()):
            self._index(entry, run)
        self.schedule(entry)

    # Indexes

    def _keep(self, entry: Entry, run: Run) -> None:
        entry.runs[run.id] = run
        self._changes[record_key(run)] = run
        self._index(entry, run)
        if run.state.is_over:
            self._forget_old_runs(entry)

    def _index(self, entry: Entry, run: Run) -> None:
        state, attempt = self.state, run.attempt
        if run.state.is_over:
            entry.active.pop(run.id, None)
            state.places.pop(run.id, None)
        else:
            entry.active[run.id] = run
            state.places[run.id] = run.job
        if run.state is RunState.PENDING:
            self.has_new_pending |= run.id not in state.pending
            state.pending.setdefault(run.id)
        else:
            state.pending.pop(run.id, None)
            state.refusals.pop(run.id, None)
        if attempt is not None and run.state.has_task:
            state.tasks[attempt.task_id] = Place(run.job, run.id)
        elif attempt is not None:
            state.tasks.pop(attempt.task_id, None)
        self._set_timers(entry.job, run)

    def _set_timers(self, job: Job, run: Run) -> None:
        timers, state, now = self.state.timers, run.state, self.now
        waits = state in (RunState.PENDING, RunState.QUEUED) and not run.has_started
        timers.set(Timer(TimerKind.WINDOW, run.id), window_end(job, run) if waits else None)
        due = None if run.due is None else now + delay_left(run.due, run.changed, now)
        timers.set(Timer(TimerKind.RETRY, run.id), due if state is RunState.RETRYING else None)
        timers.set(Timer(TimerKind.LOSS, run.id), due if state.has_task else None)
        asks = state in (RunState.LAUNCHED, RunState.KILLING)
        timers.set(Timer(TimerKind.ASK, run.id), now + self.state.options.ask_after if asks else None)

    def _forget_old_runs(self, entry: Entry) -> None:
        surplus = len(entry.runs) - len(entry.active) - entry.job.max_history
        if surplus > 0:
            over = (run for run in entry.runs.values() if run.state.is_over)
            oldest = sorted(over, key=lambda run: run.ended or 0.0)[:surplus]
            for run in oldest:
                self._forget(entry, run)
            self._note_forgotten(entry, oldest)

    def _note_forgotten(self, entry: Entry, runs: Iterable[Run]) -> None:
        times = [run.scheduled_for for run in runs if run.cause is Cause.SCHEDULE and run.state is not RunState.MISSED]
        latest = max(times, default=0.0)
        if latest > entry.progress.forgotten:
            self.change_progress(entry, forgotten=latest)

    def _forget(self, entry: Entry, run: Run) -> None:
        entry.runs.pop(run.id)
        entry.active.pop(run.id, None)
        state = self.state
        state.places.pop(run.id, None)
        state.pending.pop(run.id, None)
        state.refusals.pop(run.id, None)
        if run.attempt is not None:
            state.tasks.pop(run.attempt.task_id, None)
        for kind in (TimerKind.WINDOW, TimerKind.RETRY, TimerKind.LOSS, TimerKind.ASK):
            state.timers.set(Timer(kind, run.id), None)
        self._changes[record_key(run)] = None

    def _unlink(self, job: Job) -> None:
        for parent in _parents(job):
            children = self.state.children.get(parent, set())
            children.discard(job.name)
            if not children:
                self.state.children.pop(parent, None)


def window_end(job: Job, run: Run) -> float | None:
    """Until when a run may start. One that is made up for is late already: it may start whenever there is room."""
    if job.start_window is None or job.missed is Missed.ALL:
        return None
    end = round(run.scheduled_for + job.start_window, 3)
    return end if run.created <= end else None


def _parents(job: Job) -> tuple[JobName, ...]:
    return job.schedule.parents if isinstance(job.schedule, After) else ()

"""All that the machine knows: jobs with their runs, and what can be found without looking at every one of them.

Changed by ``Turn`` alone, so that what is indexed and what is stored never part.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from koinon_core.ids import TaskId
from koinon_core.timers import Timers
from koinon_frameworks.driver.reconcile import Reconciler

from .errors import BrokenInvariant
from .job import Job
from .options import Options
from .records import Doomed
from .runs import Run, RunId, RunState
from .schedule import After, JobName
from .timers import Timer
from .views import Progress, Refusal


@define
class Entry:
    """A job with its runs, the oldest first; ``active`` are those that are not over."""

    job: Job
    progress: Progress
    runs: dict[RunId, Run] = field(factory=dict)
    active: dict[RunId, Run] = field(factory=dict)

    def in_state(self, *states: RunState) -> Iterator[Run]:
        """Its active runs in one of these states."""
        return (run for run in self.active.values() if run.state in states)


@frozen
class Place:
    """Which run a task belongs to."""

    job: JobName
    run: RunId


@define(eq=False)
class State:
    """The state of the machine."""

    options: Options
    reconciler: Reconciler
    jobs: dict[JobName, Entry] = field(factory=dict)
    children: dict[JobName, set[JobName]] = field(factory=dict)
    places: dict[RunId, JobName] = field(factory=dict)
    """Of runs that are not over."""
    tasks: dict[TaskId, Place] = field(factory=dict)
    """Of the newest attempts that are not over."""
    pending: dict[RunId, None] = field(factory=dict)
    """Runs that want an offer, in the order in which they began to."""
    doomed: dict[TaskId, Doomed] = field(factory=dict)
    timers: Timers[Timer] = field(factory=Timers)
    refusals: dict[RunId, tuple[Refusal, ...]] = field(factory=dict)
    """What the latest offers lacked."""
    seen: float = 0.0
    """The clock at the latest event."""
    is_subscribed: bool = False
    is_suppressed: bool = False
    has_declined: bool = False
    """Since offers were last asked for."""

    def run(self, run_id: RunId) -> Run | None:
        """A run that is not over."""
        job = self.places.get(run_id)
        return None if job is None else self.jobs[job].active.get(run_id)

    def run_of_task(self, task_id: TaskId) -> Run | None:
        """The run that this task, which is not over, is the newest attempt of."""
        place = self.tasks.get(task_id)
        return None if place is None else self.run(place.run)


def check_state(state: State) -> None:
    """Raise BrokenInvariant if an index does not say what the runs say. For tests: it looks at everything."""
    runs = [run for entry in state.jobs.values() for run in entry.runs.values()]
    active = {run.id: run.job for run in runs if not run.state.is_over}
    _expect(active == state.places, "places are not those of the runs that are not over")
    _expect({run.id for run in runs if run.state is RunState.PENDING} == set(state.pending), "pending runs differ")
    attempts = [(run, run.attempt) for run in runs if run.state.has_task]
    tasks = {attempt.task_id: Place(run.job, run.id) for run, attempt in attempts if attempt is not None}
    _expect(tasks == state.tasks, "tasks are not those of the runs")
    for name, entry in state.jobs.items():
        _expect(name == entry.job.name == entry.progress.job, f"{name} is filed under another name")
        not_over = {run.id: run for run in entry.runs.values() if not run.state.is_over}
        _expect(not_over == entry.active, f"{name}: active runs differ")
        _check_runs(entry)
    found: dict[JobName, set[JobName]] = {}
    for name, entry in state.jobs.items():
        for parent in entry.job.schedule.parents if isinstance(entry.job.schedule, After) else ():
            found.setdefault(parent, set()).add(name)
    _expect(found == {parent: names for parent, names in state.children.items() if names}, "children differ")


def _check_runs(entry: Entry) -> None:
    for run in entry.runs.values():
        open_attempts = [attempt for attempt in run.attempts if not attempt.state.is_over]
        _expect(open_attempts == list(run.attempts[-1:] if run.state.has_task else ()), f"{run.id}: attempts")
        _expect((run.ended is not None) == run.state.is_over, f"{run.id}: its end")
    over = sum(run.state.is_over for run in entry.runs.values())
    _expect(over <= entry.job.max_history, f"{entry.job.name} remembers {over} runs")


def _expect(holds: bool, why: str) -> None:
    if not holds:
        raise BrokenInvariant(why)

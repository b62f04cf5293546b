"""What is told of jobs: values that APIs show. Made of the machine's state by ``queries``."""

from __future__ import annotations

from attrs import field, frozen

from .job import Job
from .runs import Run
from .schedule import JobName


@frozen(kw_only=True)
class Progress:
    """What a job has behind it: stored, changed by each run, kept when the definition changes. Times are moments."""

    job: JobName
    created: float
    """When the job was put first, since it was last removed."""
    cursor: float
    """The latest time by schedule that is dealt with: the next due one is the first after it."""
    forgotten: float = 0.0
    """The latest time by schedule whose run is not kept any more: all later ones that were dealt with still tell so."""
    latest_other: float = 0.0
    """The time of the latest run that no schedule asked for; the next one has a later one."""
    succeeded_parents: tuple[JobName, ...] = ()
    """Those of ``After.parents`` that have succeeded since the job last ran because of them."""
    successes: int = 0
    """Runs that succeeded, ever."""
    failures: int = 0
    """Runs that failed for good, ever."""
    failures_in_a_row: int = 0
    last_success: float | None = None
    last_failure: float | None = None


@frozen(kw_only=True)
class JobView:
    """A job and how it stands."""

    job: Job
    progress: Progress
    next_time: float | None
    """The next time by schedule; None: paused, waits for others, or there is none any more."""
    active: tuple[Run, ...] = ()
    """Runs that are not over, the oldest first."""
    children: tuple[JobName, ...] = ()
    """The jobs that run after this one."""


@frozen(kw_only=True)
class Refusal:
    """Why one agent's latest offer did not serve."""

    agent_id: str
    hostname: str
    reasons: tuple[str, ...]


@frozen(kw_only=True)
class WaitingRun:
    """Why a run that is not over has no task."""

    run: Run
    why: str
    refusals: tuple[Refusal, ...] = ()


@frozen(kw_only=True)
class Explanation:
    """Why a job does not run right now."""

    job: JobName
    summary: str
    """One sentence: paused, waits for parents, next time is ..., waits for an offer, ..."""
    waiting: tuple[WaitingRun, ...] = field(default=())
    is_subscribed: bool = True
    """Whether there is a master to get offers from."""

"""A run: one time that a job was due, with its attempts; and the table of its states.

The machine of ``jobs`` moves runs; nothing else does. A run's id comes from job and time, a task's id from run and
attempt: neither can be made twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Final, NewType

from attrs import frozen

from koinon_core.ids import AgentId, TaskId
from koinon_core.transitions import next_state
from koinon_frameworks.matching import Placement

from .schedule import JobName

RunId = NewType("RunId", str)
MAX_ATTEMPTS: Final = 30
"""That are kept of a run."""


class RunState(Enum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    """Waits for another run of its job to be over."""
    PENDING = "PENDING"
    """Waits for an offer that has room."""
    LAUNCHED = "LAUNCHED"
    """A task was, or is about to be, sent; nothing was heard of it yet."""
    RUNNING = "RUNNING"
    """Its task starts or runs."""
    UNREACHABLE = "UNREACHABLE"
    """Its task ran when its agent was last heard of."""
    RETRYING = "RETRYING"
    """Its last attempt is over; the next is due at ``Run.due``."""
    KILLING = "KILLING"
    """Its task has been told to end, for ``Run.message``'s reason."""
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    """Over, with no retries left."""
    KILLED = "KILLED"
    """Ended by a person, by REPLACE, or with its job."""
    SKIPPED = "SKIPPED"
    """Never started, as another run was not over: ``Job.overlap``."""
    MISSED = "MISSED"
    """Never started, as its time had passed: ``Job.start_window``, ``Job.missed``."""

    # By identity, as there is one of each: Enum's own is a call of Python for every look into a set or dict of states.
    __hash__ = object.__hash__

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to the run any more."""
        return self in _OVER

    @property
    def has_task(self) -> bool:
        """Whether its newest attempt may have a task somewhere."""
        return self in _WITH_TASK


_OVER: Final = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.KILLED, RunState.SKIPPED, RunState.MISSED},
)
_WITH_TASK: Final = frozenset({RunState.LAUNCHED, RunState.RUNNING, RunState.UNREACHABLE, RunState.KILLING})


class Trigger(Enum):
    """What moves a run."""

    TURN_CAME = "its turn came"
    LAUNCH = "an offer has room"
    HEARD = "the task is alive"
    CUT_OFF = "the agent is unreachable"
    SUCCEED = "the task finished"
    RETRY = "the attempt is over and another follows"
    FAIL = "the attempt is over and none follows"
    DELAY_OVER = "the delay is over"
    KILL = "kill the task"
    END_KILLED = "ended on purpose"
    SKIP = "another run is not over"
    EXPIRE = "the start window closed"

    __hash__ = object.__hash__


_S = RunState
_T = Trigger

TRANSITIONS: Final[Mapping[tuple[RunState, Trigger], RunState]] = {
    (_S.QUEUED, _T.TURN_CAME): _S.PENDING,
    (_S.QUEUED, _T.END_KILLED): _S.KILLED,
    (_S.QUEUED, _T.SKIP): _S.SKIPPED,
    (_S.QUEUED, _T.EXPIRE): _S.MISSED,
    (_S.PENDING, _T.LAUNCH): _S.LAUNCHED,
    (_S.PENDING, _T.END_KILLED): _S.KILLED,
    (_S.PENDING, _T.EXPIRE): _S.MISSED,
    (_S.LAUNCHED, _T.HEARD): _S.RUNNING,
    (_S.LAUNCHED, _T.CUT_OFF): _S.UNREACHABLE,
    (_S.LAUNCHED, _T.SUCCEED): _S.SUCCEEDED,
    (_S.LAUNCHED, _T.RETRY): _S.RETRYING,
    (_S.LAUNCHED, _T.FAIL): _S.FAILED,
    (_S.LAUNCHED, _T.KILL): _S.KILLING,
    (_S.LAUNCHED, _T.END_KILLED): _S.KILLED,
    (_S.RUNNING, _T.HEARD): _S.RUNNING,
    (_S.RUNNING, _T.CUT_OFF): _S.UNREACHABLE,
    (_S.RUNNING, _T.SUCCEED): _S.SUCCEEDED,
    (_S.RUNNING, _T.RETRY): _S.RETRYING,
    (_S.RUNNING, _T.FAIL): _S.FAILED,
    (_S.RUNNING, _T.KILL): _S.KILLING,
    (_S.RUNNING, _T.END_KILLED): _S.KILLED,
    (_S.UNREACHABLE, _T.HEARD): _S.RUNNING,
    (_S.UNREACHABLE, _T.CUT_OFF): _S.UNREACHABLE,
    (_S.UNREACHABLE, _T.SUCCEED): _S.SUCCEEDED,
    (_S.UNREACHABLE, _T.RETRY): _S.RETRYING,
    (_S.UNREACHABLE, _T.FAIL): _S.FAILED,
    (_S.UNREACHABLE, _T.KILL): _S.KILLING,
    (_S.UNREACHABLE, _T.END_KILLED): _S.KILLED,
    (_S.RETRYING, _T.DELAY_OVER): _S.PENDING,
    (_S.RETRYING, _T.END_KILLED): _S.KILLED,
    (_S.KILLING, _T.HEARD): _S.KILLING,
    (_S.KILLING, _T.CUT_OFF): _S.KILLING,
    (_S.KILLING, _T.KILL): _S.KILLING,
    (_S.KILLING, _T.SUCCEED): _S.SUCCEEDED,
    (_S.KILLING, _T.END_KILLED): _S.KILLED,
}


class Cause(Enum):
    """Why there is a run."""

    SCHEDULE = "schedule"
    DEPENDENCY = "dependency"
    MANUAL = "manual"


class AttemptState(Enum):
    """How an attempt is, or ended."""

    LAUNCHED = "LAUNCHED"
    """Nothing was heard of its task yet."""
    RUNNING = "RUNNING"
    """The task was heard of: its command may have started."""
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    KILLED = "KILLED"
    LOST = "LOST"
    """Its agent is gone, and what became of the command is unknown."""
    NEVER_STARTED = "NEVER_STARTED"
    """The task came to nothing before its command started; not counted among the retries."""

    @property
    def is_over(self) -> bool:
        """Whether the task has ended."""
        return self not in (AttemptState.LAUNCHED, AttemptState.RUNNING)


@frozen(kw_only=True)
class Attempt:
    """One task of a run. ``number`` counts from 1. Times are moments; ``started``: when first heard of as running."""

    number: int
    task_id: TaskId
    agent_id: AgentId
    placement: Placement
    """What constraints see of the agent."""
    launched: float
    state: AttemptState = AttemptState.LAUNCHED
    started: float | None = None
    ended: float | None = None
    message: str = ""

    @property
    def hostname(self) -> str:
        """The agent's."""
        return self.placement.hostname


@frozen(kw_only=True)
class Run:
    """One time that a job was due.

    ``scheduled_for`` is the time by schedule (for a dependency or a person: when it was decided), ``created`` when it
    was noticed, ``changed`` when ``state`` last changed, ``ended`` when it was over.
    """

    id: RunId
    job: JobName
    cause: Cause
    scheduled_for: float
    created: float
    changed: float
    state: RunState
    attempts: tuple[Attempt, ...] = ()
    """The latest ``MAX_ATTEMPTS``, the oldest first."""
    failures: int = 0
    """Attempts that count: all that ended without success, but for those that never started."""
    due: float | None = None
    """When the next attempt may start, in RETRYING; when a task that was cut off is given up."""
    ended: float | None = None
    message: str = ""
    """Why it is in its state, for people."""
    arguments: tuple[str, ...] | None = None
    """A person's own, for this run alone, in the place of the job's."""

    @property
    def attempt(self) -> Attempt | None:
        """The newest one."""
        return self.attempts[-1] if self.attempts else None

    @property
    def next_number(self) -> int:
        """Of the next attempt."""
        return self.attempts[-1].number + 1 if self.attempts else 1

    @property
    def has_started(self) -> bool:
        """Whether its command may have started, in whichever attempt."""
        return self.failures > 0 or any(each.state is not AttemptState.NEVER_STARTED for each in self.attempts)


def state_after(run: Run, trigger: Trigger) -> RunState:
    """Raises InvalidTransition for a move that is not in the table."""
    return next_state(TRANSITIONS, f"run {run.id}", run.state, trigger)


def format_moment(moment: float) -> str:
    """``20260328T010000Z``, with milliseconds where there are any. Used in ids, so it never changes."""
    milliseconds = round(moment * 1000)
    when = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y%m%dT%H%M%S")
    rest = milliseconds % 1000
    return f"{when}.{rest:03d}Z" if rest else f"{when}Z"


_MARKS: Final = {Cause.SCHEDULE: "", Cause.DEPENDENCY: "-after", Cause.MANUAL: "-manual"}


def make_run_id(job: JobName, cause: Cause, scheduled_for: float) -> RunId:
    """The one id of a job's run at that time, for that cause."""
    return RunId(f"{job}-{format_moment(scheduled_for)}{_MARKS[cause]}")

"""A run comes to be: what the overlap policy makes of it, and whose turn is next when one is over."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from .instructions import KillTask
from .job import Overlap
from .runs import Cause, Run, RunId, RunState, Trigger, make_run_id
from .state import Entry
from .turn import Turn

MAX_ACTIVE: Final = 200
"""Runs of one job that are not over; a further one is skipped, whatever the policy."""


def new_run(turn: Turn, entry: Entry, cause: Cause, scheduled_for: float) -> Run:
    """A run that waits for an offer; not yet admitted."""
    name = entry.job.name
    return Run(
        id=make_run_id(name, cause, scheduled_for),
        job=name,
        cause=cause,
        scheduled_for=scheduled_for,
        created=turn.now,
        changed=turn.now,
        state=RunState.PENDING,
    )


def new_unscheduled_run(turn: Turn, entry: Entry, cause: Cause) -> Run:
    """A run for now. Its time is later than that of any before it, even where the clock is not: ids never repeat."""
    moment = max(turn.now, round(entry.progress.latest_other + 0.001, 3))
    turn.change_progress(entry, latest_other=moment)
    return new_run(turn, entry, cause, moment)


def admit(turn: Turn, entry: Entry, run: Run, *, in_line: bool = False) -> Run:
    """Store a new run in the state that the job's overlap policy gives it.

    ``in_line``: it waits for those before it, however many these are, as each of them is to be run.
    """
    others = list(entry.active.values())
    overlap = entry.job.overlap
    if len(others) >= MAX_ACTIVE:
        admitted = skipped(turn, run, RunState.SKIPPED, f"{len(others)} runs are not over, and no more may be")
    elif not others or overlap is Overlap.ALLOW:
        admitted = run
    elif in_line:
        admitted = evolve(run, state=RunState.QUEUED, message=f"in line after {others[-1].id}")
    elif overlap is Overlap.REPLACE:
        for other in others:
            end_on_purpose(turn, other, f"replaced by {run.id}")
        remaining = list(entry.active.values())
        admitted = (
            evolve(run, state=RunState.QUEUED, message=f"waits for the end of {remaining[0].id}") if remaining else run
        )
    elif overlap is Overlap.QUEUE and not any(entry.in_state(RunState.QUEUED)):
        admitted = evolve(run, state=RunState.QUEUED, message=f"queued behind {others[0].id}")
    else:
        admitted = skipped(turn, run, RunState.SKIPPED, _why_skipped(others))
    turn.add_run(entry, admitted)
    return admitted


def skipped(turn: Turn, run: Run, state: RunState, why: str) -> Run:
    """A new run that is over before it began."""
    return evolve(run, state=state, ended=turn.now, message=why)


def end_on_purpose(turn: Turn, run: Run, why: str) -> Run:
    """Have a run end, whatever it is at. It is over at once unless it has a task, which is killed first."""
    if not run.state.has_task:
        return turn.move(run, Trigger.END_KILLED, message=why)
    if run.state is RunState.KILLING:
        return run
    killing = turn.move(run, Trigger.KILL, message=why)
    kill_newest(turn, killing)
    return killing


def kill_newest(turn: Turn, run: Run) -> None:
    """Tell the master to end the task of a run; may be repeated."""
    if run.attempt is not None and turn.state.is_subscribed:
        turn.tell(KillTask(task_id=run.attempt.task_id, agent_id=run.attempt.agent_id))


def call_next(turn: Turn, entry: Entry) -> None:
    """Let the oldest in line go on, if nothing is before it any more."""
    if any(run.state is not RunState.QUEUED for run in entry.active.values()):
        return
    first: Run | None = next(entry.in_state(RunState.QUEUED), None)
    if first is not None:
        turn.move(first, Trigger.TURN_CAME, message="")


def _why_skipped(others: list[Run]) -> str:
    first: RunId = others[0].id
    rest = len(others) - 1
    return f"{first} is not over" + (f", and {rest} more wait behind it" if rest else "")

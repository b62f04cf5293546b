"""What an update of a task means to its run: stored before it is acknowledged, and the same however often it comes.

An attempt of which nobody ever heard, and which no agent has, never started: it is made again and not counted. Any
other that ends badly counts, also one that was lost: a job without retries never has its command started twice.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from attrs import evolve

from koinon_core.backoff import Backoff
from koinon_core.ids import TaskId
from koinon_core.scheduler_api import Reconcile, ReconcileTask
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from .admission import kill_newest
from .endings import settle_end
from .instructions import AcknowledgeStatus, AskMaster, KillTask
from .runs import Attempt, AttemptState, Run, RunState, Trigger
from .turn import Turn

_ALIVE: Final = frozenset(
    {TaskState.TASK_STAGING, TaskState.TASK_STARTING, TaskState.TASK_RUNNING, TaskState.TASK_KILLING}
)
_BEGUN: Final = _ALIVE - {TaskState.TASK_STAGING}
_LOST: Final = frozenset(
    {
        TaskState.TASK_LOST,
        TaskState.TASK_DROPPED,
        TaskState.TASK_GONE,
        TaskState.TASK_GONE_BY_OPERATOR,
        TaskState.TASK_UNKNOWN,
    }
)
_NEVER_LAUNCHED: Final = frozenset(
    {
        (TaskState.TASK_GONE, TaskStatusReason.REASON_RECONCILIATION),
        (TaskState.TASK_LOST, TaskStatusReason.REASON_INVALID_OFFERS),
        (TaskState.TASK_LOST, TaskStatusReason.REASON_TASK_KILLED_DURING_LAUNCH),
    }
)
"""Of a task nobody ever heard of: its agent is there and knows nothing of it, or the launch was refused."""
_RELAUNCH: Final = Backoff(initial=1.0, maximum=60.0)
"""Until an attempt that never started is made again."""
_AWAY: Final = TaskState.TASK_UNREACHABLE


def take_status(turn: Turn, status: TaskStatus) -> None:
    """One update, whosever it is."""
    turn.state.reconciler.note_answer(status.task_id, turn.now)
    run = turn.state.run_of_task(status.task_id)
    if run is None:
        _take_stray(turn, status)
    elif status.state in _ALIVE:
        _take_sign_of_life(turn, run, status)
    elif status.state is _AWAY:
        _take_cut_off(turn, run, status)
    else:
        _take_end(turn, run, status)
    if status.uuid is not None:
        turn.tell(AcknowledgeStatus(status))


def launch_failed(turn: Turn, task_ids: tuple[TaskId, ...], why: str, *, is_certain: bool) -> None:
    """An ACCEPT was not taken, or nobody knows."""
    for task_id in task_ids:
        run = turn.state.run_of_task(task_id)
        if run is not None and run.state is RunState.LAUNCHED and is_certain:
            _end_attempt(turn, run, AttemptState.NEVER_STARTED, why)
        elif run is not None and run.state is RunState.KILLING and is_certain:
            _end_killed(turn, run, AttemptState.NEVER_STARTED, why)
        elif run is not None:
            ask_about(turn, run)


def ask_about(turn: Turn, run: Run) -> None:
    """Ask the master how the task of a run is."""
    if run.attempt is not None and turn.state.is_subscribed:
        task = ReconcileTask(task_id=run.attempt.task_id, agent_id=run.attempt.agent_id)
        turn.tell(AskMaster(Reconcile((task,))))


def give_up(turn: Turn, run: Run) -> None:
    """The agent of a run was cut off for too long. Should the task come back, it is a stray and is killed."""
    text = f"its agent was unreachable for {turn.state.options.unreachable_timeout:g} s"
    if run.state is RunState.KILLING:
        _end_killed(turn, run, AttemptState.LOST, text)
    else:
        _end_attempt(turn, run, AttemptState.LOST, text)


def _take_stray(turn: Turn, status: TaskStatus) -> None:
    """Of a task nobody waits for: of an attempt that is over, or of a job that is gone."""
    if status.state in _ALIVE:
        if turn.state.is_subscribed:
            turn.tell(KillTask(task_id=status.task_id, agent_id=status.agent_id))
    elif status.state is not _AWAY:
        turn.absolve(status.task_id)


def _take_sign_of_life(turn: Turn, run: Run, status: TaskStatus) -> None:
    if run.state is RunState.KILLING:
        kill_newest(turn, run)
        if run.due is not None:
            run = turn.change_run(run, due=None)
    if status.state not in _BEGUN or run.attempt is None:
        return
    has_begun = run.attempt.state is AttemptState.RUNNING
    is_running = status.state is TaskState.TASK_RUNNING
    if has_begun and run.state is not RunState.UNREACHABLE and (run.attempt.started is not None or not is_running):
        return
    started = run.attempt.started if run.attempt.started is not None or not is_running else turn.now
    attempts = _with_newest(run, evolve(run.attempt, state=AttemptState.RUNNING, started=started))
    message = run.message if run.state is RunState.KILLING else ""
    turn.move(run, Trigger.HEARD, attempts=attempts, message=message)


def _take_cut_off(turn: Turn, run: Run, status: TaskStatus) -> None:
    if run.due is not None:
        return
    message = run.message if run.state is RunState.KILLING else status.message or "its agent is unreachable"
    due = round(turn.now + turn.state.options.unreachable_timeout, 3)
    turn.move(run, Trigger.CUT_OFF, due=due, message=message)


def _take_end(turn: Turn, run: Run, status: TaskStatus) -> None:
    text = status.message or _name(status)
    if status.state is TaskState.TASK_FINISHED:
        attempts = _ended(turn, run, AttemptState.SUCCEEDED, text)
        settle_end(turn, turn.move(run, Trigger.SUCCEED, attempts=attempts, message=""))
        return
    outcome = _outcome(run, status)
    if run.state is RunState.KILLING:
        _end_killed(turn, run, outcome, text)
    else:
        _end_attempt(turn, run, outcome, text, is_final=status.state is TaskState.TASK_ERROR)


def _outcome(run: Run, status: TaskStatus) -> AttemptState:
    is_unheard_of = run.attempt is not None and run.attempt.state is AttemptState.LAUNCHED
    is_dropped = status.state is TaskState.TASK_DROPPED or (status.state, status.reason) in _NEVER_LAUNCHED
    if is_unheard_of and is_dropped:
        return AttemptState.NEVER_STARTED
    if status.state in _LOST:
        return AttemptState.LOST
    return AttemptState.KILLED if status.state is TaskState.TASK_KILLED else AttemptState.FAILED


def _end_killed(turn: Turn, run: Run, outcome: AttemptState, text: str) -> None:
    """A task that was told to end has ended, however it did."""
    settle_end(turn, turn.move(run, Trigger.END_KILLED, attempts=_ended(turn, run, outcome, text), message=run.message))


def _end_attempt(turn: Turn, run: Run, outcome: AttemptState, text: str, *, is_final: bool = False) -> None:
    """The newest attempt is over without success: another follows, or the run has failed."""
    job = turn.state.jobs[run.job].job
    attempts = _ended(turn, run, outcome, text)
    failures = run.failures + (outcome is not AttemptState.NEVER_STARTED)
    if outcome is AttemptState.NEVER_STARTED:
        delay = _relaunch_delay(attempts)
    elif is_final or failures > job.retries:
        settle_end(turn, turn.move(run, Trigger.FAIL, attempts=attempts, failures=failures, message=text))
        return
    else:
        delay = job.retry_backoff.full(failures - 1)
    due = round(turn.now + delay, 3)
    turn.move(run, Trigger.RETRY, attempts=attempts, failures=failures, due=due, message=text)


def _relaunch_delay(attempts: tuple[Attempt, ...]) -> float:
    """Growing with the attempts in a row that never started."""
    row = sum(1 for _ in takewhile(lambda each: each.state is AttemptState.NEVER_STARTED, reversed(attempts)))
    return _RELAUNCH.full(row - 1)


def _ended(turn: Turn, run: Run, outcome: AttemptState, text: str) -> tuple[Attempt, ...]:
    if run.attempt is None:
        return run.attempts
    return _with_newest(run, evolve(run.attempt, state=outcome, ended=turn.now, message=text))


def _with_newest(run: Run, attempt: Attempt) -> tuple[Attempt, ...]:
    return (*run.attempts[:-1], attempt)


def _name(status: TaskStatus) -> str:
    return status.state.name if status.reason is None else f"{status.state.name}, {status.reason.name}"

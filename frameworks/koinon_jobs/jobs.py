"""The jobs framework's one door: events go in, instructions come out. It routes; the rules live in the files it names.

A time by schedule has exactly one run, and a run one task at a time: a run is stored, with the cursor behind it, before
anybody hears of it; its task before ACCEPT goes out; what a task came to before it is acknowledged.
"""

from __future__ import annotations

from random import Random
from typing import Final

from koinon_frameworks.driver.reconcile import Reconciler

from . import subscription
from .admission import kill_newest
from .clock_jumps import is_ahead
from .due_runs import run_due_job
from .endings import settle_end
from .events import (
    Disconnected,
    Event,
    LaunchFailed,
    OfferRescinded,
    OffersReceived,
    Restored,
    StatusReceived,
    Subscribed,
    Tick,
)
from .instructions import Instruction
from .launching import settle_demand, take_offers
from .options import Options
from .requests import take_request
from .restoring import restore
from .runs import Run, RunId, RunState, Trigger
from .schedule import JobName
from .state import State, check_state
from .statuses import ask_about, give_up, launch_failed, take_status
from .timers import Timer, TimerKind
from .turn import Turn

CHANGES_AT_ONCE: Final = 300
"""Records that a tick changes, about; what is due beyond that is due in the next one, at once."""


class Jobs:
    """Runs jobs when they are due. Knows no clock, store or network."""

    def __init__(self, options: Options, rng: Random) -> None:
        """``rng`` spreads questions to the master."""
        self.state = State(options, Reconciler(rng, implicit_interval=options.reconcile_every))

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Take one event in at ``now`` (seconds since 1970) and say what to do, in order.

        Raises UnreadableRecord for a store that must not be served.
        """
        turn = Turn(self.state, now)
        if is_ahead(self.state.seen, turn.now):
            _take_clock_back(turn)
        self.state.seen = turn.now
        self._route(turn, event)
        settle_demand(turn, has_new=turn.has_new_pending, had_offers=isinstance(event, OffersReceived))
        return turn.instructions()

    def next_deadline(self) -> float | None:
        """When a ``Tick`` is due; None: not before the next event."""
        return self.state.timers.next_deadline()

    def check(self) -> None:
        """Raise BrokenInvariant if the state contradicts itself. For tests: it looks at everything."""
        check_state(self.state)

    def _route(self, turn: Turn, event: Event) -> None:
        match event:
            case StatusReceived(status):
                take_status(turn, status)
            case OffersReceived(offers):
                take_offers(turn, offers)
            case Tick():
                self._run_due(turn)
            case LaunchFailed(task_ids=task_ids, why=why, is_certain=is_certain):
                launch_failed(turn, task_ids, why, is_certain=is_certain)
            case Restored():
                restore(turn, event)
            case Subscribed():
                subscription.subscribe(turn)
            case Disconnected():
                subscription.disconnect(turn)
            case OfferRescinded():
                pass  # a launch on it, if one is under way, comes back as TASK_DROPPED
            case _:
                take_request(turn, event)

    def _run_due(self, turn: Turn) -> None:
        while turn.size < CHANGES_AT_ONCE and (due := self.state.timers.pop_due(turn.now, 1)):
            _run_timer(turn, due[0])


def _take_clock_back(turn: Turn) -> None:
    """Nothing waits for the moments of a clock that was ahead."""
    for entry in turn.state.jobs.values():
        turn.set_timers(entry)
    if turn.state.is_subscribed:
        subscription.subscribe(turn)


def _run_timer(turn: Turn, timer: Timer) -> None:
    if timer.kind is TimerKind.JOB:
        run_due_job(turn, JobName(timer.subject))
        return
    if timer.kind is TimerKind.RECONCILE:
        subscription.reconcile(turn)
        return
    run = turn.state.run(RunId(timer.subject))
    if run is not None:
        _run_timer_of_run(turn, timer.kind, run)


def _run_timer_of_run(turn: Turn, kind: TimerKind, run: Run) -> None:
    match kind:
        case TimerKind.WINDOW:
            refused = turn.state.refusals.get(run.id, ())
            why = f"; {refused[0].hostname}: {'; '.join(refused[0].reasons)}" if refused else ""
            waited = "for another run" if run.state is RunState.QUEUED else f"for an offer{why}"
            message = f"its start window closed while it waited {waited}"
            settle_end(turn, turn.move(run, Trigger.EXPIRE, message=message))
        case TimerKind.RETRY:
            turn.move(run, Trigger.DELAY_OVER)
        case TimerKind.LOSS:
            give_up(turn, run)
        case TimerKind.ASK:
            if run.state is RunState.KILLING:
                kill_newest(turn, run)
            ask_about(turn, run)
            again = turn.now + turn.state.options.ask_after
            turn.state.timers.set(Timer(TimerKind.ASK, run.id), again)

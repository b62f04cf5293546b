"""The session with the master: what is asked and repeated when it begins, what is void when it ends."""

from __future__ import annotations

from koinon_core.scheduler_api import ReconcileTask

from .admission import kill_newest
from .instructions import AskMaster, KillTask
from .runs import RunState
from .timers import Timer, TimerKind
from .turn import Turn


def subscribe(turn: Turn) -> None:
    """Ask about every task that may run, and tell again which are to end."""
    state = turn.state
    state.is_subscribed, state.has_declined = True, False
    runs = [run for place in state.tasks.values() if (run := state.run(place.run)) is not None]
    attempts = [run.attempt for run in runs if run.attempt is not None]
    known = [ReconcileTask(task_id=attempt.task_id, agent_id=attempt.agent_id) for attempt in attempts]
    doomed = [ReconcileTask(task_id=each.task_id, agent_id=each.agent_id) for each in state.doomed.values()]
    state.reconciler.begin([*known, *doomed], turn.now)
    reconcile(turn)
    for run in runs:
        if run.state is RunState.KILLING:
            kill_newest(turn, run)
    for each in state.doomed.values():
        turn.tell(KillTask(task_id=each.task_id, agent_id=each.agent_id))


def disconnect(turn: Turn) -> None:
    """Offers are void. Tasks run on."""
    state = turn.state
    state.is_subscribed = False
    state.refusals.clear()
    state.reconciler.pause()
    state.timers.set(Timer(TimerKind.RECONCILE), None)


def reconcile(turn: Turn) -> None:
    """Ask what is due to be asked."""
    question = turn.state.reconciler.due(turn.now)
    if question is not None:
        turn.tell(AskMaster(question))
    turn.state.timers.set(Timer(TimerKind.RECONCILE), turn.state.reconciler.deadline)

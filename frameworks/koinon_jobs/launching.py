"""Offers for runs that wait: which run goes where, and why the others still wait. The matcher is the SDK's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from koinon_core.ids import OfferId, TaskId
from koinon_core.offers import Offer
from koinon_core.tasks import TaskInfo
from koinon_frameworks.matching import PlacedTask, Placement, Unplaced, WantedTask, place

from .instructions import DeclineOffers, Launch, ReviveOffers, SuppressOffers
from .runs import MAX_ATTEMPTS, Attempt, Run, RunId, Trigger
from .state import Entry
from .tasks import placed_task, wanted_task
from .turn import Turn
from .views import Refusal

AT_ONCE: Final = 300
"""Runs that are tried in one turn; what is left of the offers comes back at once for the others."""
_MOST_REFUSALS: Final = 20
"""Agents whose reasons are kept for each run."""


def take_offers(turn: Turn, offers: tuple[Offer, ...]) -> None:
    """Launch what fits and give the rest back."""
    state = turn.state
    if not state.is_subscribed:
        return
    runs = [run for run_id in islice(state.pending, AT_ONCE) if (run := state.run(run_id)) is not None]
    has_more = len(state.pending) > len(runs)
    refuse_seconds = 0.0 if has_more and runs else state.options.refuse_seconds
    wanted = {task.task_id: (run, task) for run in runs for task in [_wanted(turn, run)]}
    plan = place([task for _, task in wanted.values()], offers, _placed(turn, runs))
    for filled in plan.offers:
        if filled.launches:
            tasks = tuple(_launch(turn, wanted[each.task.task_id][0], each) for each in filled.launches)
            turn.tell(Launch(offer_ids=(filled.offer.id,), tasks=tasks, refuse_seconds=refuse_seconds))
    if plan.unused:
        turn.tell(DeclineOffers(offer_ids=plan.unused, refuse_seconds=refuse_seconds))
    state.has_declined = refuse_seconds > 0
    _note_refusals(turn, offers, plan.unplaced, wanted)
    if has_more:
        # Those behind get their turn, however long these have to wait.
        for unplaced in plan.unplaced:
            run_id = wanted[unplaced.wanted.task_id][0].id
            del state.pending[run_id]
            state.pending[run_id] = None


def settle_demand(turn: Turn, *, has_new: bool, had_offers: bool) -> None:
    """Ask for offers when a run begins to wait for one, and for none once they come and nothing waits."""
    state = turn.state
    if not state.is_subscribed:
        return
    if state.pending and (state.is_suppressed or (has_new and state.has_declined)):
        state.is_suppressed = state.has_declined = False
        turn.tell(ReviveOffers())
    elif had_offers and not state.pending and not state.is_suppressed:
        state.is_suppressed = True
        turn.tell(SuppressOffers())


def _wanted(turn: Turn, run: Run) -> WantedTask:
    entry = turn.state.jobs[run.job]
    return wanted_task(entry.job, run, entry.progress, entry.job.role or turn.state.options.roles[0])


def _placed(turn: Turn, runs: Sequence[Run]) -> Mapping[str, Sequence[Placement]]:
    """Where other runs of these jobs are, for those that have constraints."""
    entries = {run.job: turn.state.jobs[run.job] for run in runs}
    return {name: _placements(entry) for name, entry in entries.items() if entry.job.constraints}


def _placements(entry: Entry) -> list[Placement]:
    attempts = (run.attempt for run in entry.active.values() if run.state.has_task)
    return [attempt.placement for attempt in attempts if attempt is not None]


def _launch(turn: Turn, run: Run, placed: PlacedTask) -> TaskInfo:
    attempt = Attempt(
        number=run.next_number,
        task_id=placed.task.task_id,
        agent_id=placed.task.agent_id,
        placement=placed.placement,
        launched=turn.now,
    )
    turn.move(run, Trigger.LAUNCH, attempts=(*run.attempts[1 - MAX_ATTEMPTS :], attempt), message="")
    return placed_task(turn.state.jobs[run.job].job, placed.task, placed.placement.hostname)


def _note_refusals(
    turn: Turn,
    offers: Sequence[Offer],
    unplaced: Sequence[Unplaced],
    wanted: Mapping[TaskId, tuple[Run, WantedTask]],
) -> None:
    """Keep each agent's latest reasons, in memory: the next offers bring them again."""
    by_id: dict[OfferId, Offer] = {offer.id: offer for offer in offers}
    for each in unplaced:
        run_id: RunId = wanted[each.wanted.task_id][0].id
        fresh: dict[str, Refusal] = {
            by_id[offer_id].agent_id: Refusal(
                agent_id=by_id[offer_id].agent_id,
                hostname=by_id[offer_id].hostname,
                reasons=tuple(reason.message for reason in reasons),
            )
            for offer_id, reasons in islice(each.refusals.items(), _MOST_REFUSALS)
        }
        older: dict[str, Refusal] = {refusal.agent_id: refusal for refusal in turn.state.refusals.get(run_id, ())}
        turn.state.refusals[run_id] = tuple({**older, **fresh}.values())[-_MOST_REFUSALS:]

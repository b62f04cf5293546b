"""The one word for how an app or a pod is, as people know it of Marathon, and the sentence that says why.

`status_word` is the precedence: what waits out a delay, or waits for an offer, is told before the deployment that wants
it, and that before a number of 0. What is found out is told once, here, to the UI and to the CLI alike.
"""

from enum import Enum

import attrs

from ..definition.run_specs import RunSpec
from ..deployment.machine import Deployment
from ..state import State
from .deployment_explanation import action_sentences, commonest_refusal
from .task_statistics import Counts
from .waiting import waiting_sentences

PATIENCE = 2.0
"""Seconds that instances may stand in the queue, with nothing said against them, before their app is said to wait."""


class StatusWord(Enum):
    """The value is what people read."""

    RUNNING = "Running"
    DEPLOYING = "Deploying"
    SUSPENDED = "Suspended"
    DELAYED = "Delayed"
    WAITING = "Waiting"


@attrs.frozen(kw_only=True)
class Situation:
    """All that the word depends on: how many instances are wanted and run, whether launches wait out a delay after
    failures, whether they wait for an offer that does, and whether a deployment is at work.
    """

    wanted: int
    running: int
    is_delayed: bool = False
    is_waiting: bool = False
    is_deployed: bool = False


@attrs.frozen(kw_only=True)
class AppStatus:
    """The word, and why it is not simply Running. Times are seconds since 1970.

    `until` is when a delayed one is tried again; at `changes_at` another word may hold though nothing happened.
    """

    word: StatusWord
    why: str | None = None
    until: float | None = None
    changes_at: float | None = None


def status_word(found: Situation) -> StatusWord:
    """The first that holds."""
    if found.is_delayed:
        return StatusWord.DELAYED
    if found.is_waiting:
        return StatusWord.WAITING
    if found.is_deployed:
        return StatusWord.DEPLOYING
    if not found.wanted and not found.running:
        return StatusWord.SUSPENDED
    return StatusWord.RUNNING


def app_status(state: State, spec: RunSpec, counts: Counts, now: float) -> AppStatus:
    """How the app or pod is; `counts` are those of all its instances."""
    deployment, is_queued = state.deployment_of(spec.id), state.queue.count(spec.id) > 0
    until = state.backoff.deadline(spec, now) if is_queued else None
    patience = _patience_ends(state, spec) if is_queued and until is None else None
    is_patient = patience is not None and now < patience
    word = status_word(
        Situation(
            wanted=spec.instances,
            running=counts.running,
            is_delayed=until is not None,
            is_waiting=is_queued and not is_patient,
            is_deployed=deployment is not None,
        )
    )
    return AppStatus(
        word=word,
        why=_why(state, spec, word, deployment, now),
        until=until,
        changes_at=until if until is not None else patience if is_patient else None,
    )


def _patience_ends(state: State, spec: RunSpec) -> float | None:
    """Until when nobody needs to be told that it waits; None where something is known to stand against it."""
    first = state.queue.first_waiting(spec.id)
    instance = None if first is None else state.instances.get(first)
    if instance is None or state.statistics.of(spec.id).last_unused or not state.is_connected:
        return None
    return instance.since + PATIENCE


def _why(state: State, spec: RunSpec, word: StatusWord, deployment: Deployment | None, now: float) -> str | None:
    match word:
        case StatusWord.DELAYED:
            return waiting_sentences(state, spec, now, counts_down=False)[0]
        case StatusWord.WAITING:
            return why_waiting(state, spec, now)
        case StatusWord.DEPLOYING:
            return None if deployment is None else _why_deploying(state, spec, deployment, now)
        case StatusWord.SUSPENDED:
            return "0 instances are wanted"
        case StatusWord.RUNNING:
            return None


def why_waiting(state: State, spec: RunSpec, now: float) -> str:
    """What keeps instances in the queue where no delay does: what holds for all offers, or the commonest refusal."""
    found = [*waiting_sentences(state, spec, now, counts_down=False), *commonest_refusal(state, spec)]
    return found[0] if found else "offers are awaited"


def _why_deploying(state: State, spec: RunSpec, deployment: Deployment, now: float) -> str:
    for action in deployment.current_actions:
        if action.spec_id == spec.id:
            return next(action_sentences(state, action, now, counts_down=False))
    if deployment.is_yet_to_do(spec.id):
        at = f"step {deployment.step_number} of {len(deployment.plan.steps)}"
        return f"its deployment is at {at}, which deals with others first"
    return "its part of the deployment is done, others are under way"

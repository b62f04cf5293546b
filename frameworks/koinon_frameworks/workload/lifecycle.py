"""One slot's life: what a status, an end, the clock and its owner's wish do to it.

Owns the order of attempts of one slot. Where it is launched is ``launching``'s, what waits for it ``dependencies``'.
"""

from __future__ import annotations

from random import Random

from attrs import evolve

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskState, TaskStatus

from .instructions import KillTask
from .outcomes import FINAL_TRIGGERS, End, has_recovered, is_tried_again, read_end
from .roster import Roster
from .slot import Attempt, Goal, Slot, SlotState, Trigger
from .spec import Outcome

KILL_INTERVAL = 10.0
"""Seconds after which a task that was told to end, and has not, is told again."""
DROP_BACKOFF = Backoff(initial=0.5, maximum=30.0, factor=2.0, jitter=0.5)
"""Between launches that do not reach an agent."""
_TRIGGERS = {
    TaskState.TASK_STAGING: Trigger.STAGE,
    TaskState.TASK_STARTING: Trigger.STAGE,
    TaskState.TASK_RUNNING: Trigger.RUN,
    TaskState.TASK_UNREACHABLE: Trigger.MISS,
}


class Lifecycle:
    """Moves slots of a roster. What has to be done for it comes back."""

    def __init__(self, roster: Roster, rng: Random) -> None:
        self._roster = roster
        self._rng = rng

    def await_offer(self, slot: Slot, trigger: Trigger, now: float) -> None:
        """It waits from now on, for as long as it may."""
        self._roster.move(slot, trigger, now)
        if slot.spec.max_wait is not None:
            self._roster.set_due(slot, now + slot.spec.max_wait)

    def take_status(self, slot: Slot, status: TaskStatus, now: float) -> None:
        """The latest of its task, or something older that came once more."""
        attempt = slot.attempt
        if attempt is None:
            raise RuntimeError(f"{slot.key} has no attempt that {status.task_id} could be")
        end = read_end(status, attempt)
        slot.attempt = evolve(
            _take_note(attempt, status, now), has_been_seen=attempt.has_been_seen or end is None or end.has_run
        )
        self._roster.touch(slot)
        if slot.attempt.is_healthy is not attempt.is_healthy:
            self._roster.stir(slot.key.name)
        if end is not None:
            self.end(slot, end, now)
            return
        trigger = _TRIGGERS.get(status.state)
        if trigger is None:
            return
        before = slot.state
        if self._roster.move(slot, trigger, now, slot.why if before is SlotState.ENDING else "") is not before:
            self._watch(slot)

    def end(self, slot: Slot, end: End, now: float) -> None:
        """Its attempt is over: the slot's end, or another attempt."""
        if slot.goal is Goal.END:
            finished = end.outcome is Outcome.FINISHED and not slot.spec.is_service
            self._roster.move(slot, Trigger.FINISH if finished else Trigger.KILL, now, "" if finished else slot.why)
        elif slot.goal is Goal.AGAIN:
            slot.goal, slot.failures, slot.drops = Goal.RUN, 0, 0
            self._delay(slot, 0.0, "its description changed", now)
        elif not end.has_run:
            self._drop(slot, end.why, now)
        else:
            self._count(slot, self._overdue(slot, end), now)

    def want_end(self, slot: Slot, goal: Goal, why: str, now: float) -> list[KillTask]:
        """It is to end; what has no task yet has then."""
        if slot.state.is_final or (slot.state is SlotState.ENDING and slot.goal is Goal.END):
            return []
        if slot.attempt is None or not slot.state.is_active:
            self._roster.move(slot, Trigger.KILL, now, why)
            return []
        slot.goal = goal
        self._roster.move(slot, Trigger.END, now, why)
        self._roster.set_due(slot, now + KILL_INTERVAL)
        return [_kill(slot.attempt)]

    def wake(self, slot: Slot, now: float, why_waiting: str) -> list[KillTask]:
        """Its time has come."""
        match slot.state:
            case SlotState.WAITING:
                why = f"nothing fitted within {slot.spec.max_wait or 0:g} s: {why_waiting}"
                self._roster.move(slot, Trigger.FAIL, now, why)
            case SlotState.DELAYED:
                self.await_offer(slot, Trigger.RETRY, now)
            case SlotState.RUNNING:
                return self.want_end(slot, Goal.OVERDUE, _too_long(slot), now)
            case SlotState.UNREACHABLE if self._is_lost(slot, now):
                self.end(slot, _lost(slot), now)
            case SlotState.ENDING if self._is_lost(slot, now):
                self.end(slot, _lost(slot), now)
            case SlotState.ENDING if slot.attempt is not None:
                self._roster.set_due(slot, now + KILL_INTERVAL)
                return [_kill(slot.attempt)]
        return []

    def refuse(self, slot: Slot, why: str, now: float) -> None:
        """The master will not have its launch as it stands."""
        self._roster.move(slot, Trigger.FAIL, now, why)

    def _watch(self, slot: Slot) -> None:
        """Set the clock for the state it is in."""
        attempt, spec = slot.attempt, slot.spec
        if attempt is None:
            return
        if slot.state is SlotState.UNREACHABLE and attempt.missing_since is not None:
            self._roster.set_due(slot, attempt.missing_since + spec.lost_after)
        elif slot.state is SlotState.RUNNING and spec.max_run is not None and attempt.started_at is not None:
            # Agents keep this time themselves, save for executors of one's own: those get no second of grace.
            slack = 0.0 if spec.executor is not None else KILL_INTERVAL
            self._roster.set_due(slot, attempt.started_at + spec.max_run + slack)

    @staticmethod
    def _is_lost(slot: Slot, now: float) -> bool:
        missing_since = None if slot.attempt is None else slot.attempt.missing_since
        return missing_since is not None and now >= missing_since + slot.spec.lost_after

    @staticmethod
    def _overdue(slot: Slot, end: End) -> End:
        if slot.goal is not Goal.OVERDUE:
            return end
        slot.goal = Goal.RUN
        return End(Outcome.FAILED, _too_long(slot)) if end.outcome is not Outcome.FINISHED else end

    def _count(self, slot: Slot, end: End, now: float) -> None:
        slot.drops = 0
        if has_recovered(slot, now):
            slot.failures = 0
        if is_tried_again(slot, end.outcome):
            delay = slot.spec.retries.backoff.delay(slot.failures, self._rng)
            slot.failures += 1
            self._delay(slot, delay, f"attempt {slot.serial} {end.outcome.value}: {end.why}", now)
            return
        is_success = end.outcome is Outcome.FINISHED
        self._roster.move(slot, FINAL_TRIGGERS[end.outcome], now, "" if is_success else end.why)

    def _drop(self, slot: Slot, why: str, now: float) -> None:
        delay = DROP_BACKOFF.delay(slot.drops, self._rng)
        slot.drops += 1
        self._delay(slot, delay, f"launch {slot.serial} never reached an agent: {why}", now)

    def _delay(self, slot: Slot, seconds: float, why: str, now: float) -> None:
        slot.goal = Goal.RUN
        self._roster.move(slot, Trigger.DELAY, now, why)
        self._roster.set_due(slot, now + seconds)


def _take_note(attempt: Attempt, status: TaskStatus, now: float) -> Attempt:
    is_running = status.state is TaskState.TASK_RUNNING
    at = now if status.timestamp is None else status.timestamp
    is_missing = status.state is TaskState.TASK_UNREACHABLE
    return evolve(
        attempt,
        started_at=attempt.started_at if attempt.started_at is not None or not is_running else at,
        missing_since=(now if attempt.missing_since is None else attempt.missing_since) if is_missing else None,
        is_healthy=attempt.is_healthy if status.healthy is None else status.healthy,
        message=(status.message or "").strip(),
        reason="" if status.reason is None else status.reason.name,
    )


def _kill(attempt: Attempt) -> KillTask:
    return KillTask(attempt.task_id, attempt.agent_id)


def _too_long(slot: Slot) -> str:
    return f"ran longer than {slot.spec.max_run or 0:g} s"


def _lost(slot: Slot) -> End:
    return End(Outcome.LOST, f"its agent was away for longer than {slot.spec.lost_after:g} s")

"""A workload as one pure machine: ``handle(event, now) -> instructions`` is its only door.

It owns which event concerns which slot and what every event leads to in the end: who may begin, who is told, what must
be durable first. One slot's life is ``lifecycle``'s, offers are ``launching``'s, the owner's changes ``wishes``'.
Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from koinon_core.ids import AgentId, TaskId
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from ..calls import CallFailureKind
from .dependencies import Dependencies
from .events import (
    AgentLost,
    EndWanted,
    Event,
    LaunchAnswered,
    OffersReceived,
    ReplaceWanted,
    ScaleWanted,
    StatusReceived,
    Subscribed,
    Tick,
)
from .instructions import (
    Acknowledge,
    AskAbout,
    Instruction,
    KillTask,
    Launch,
    Persist,
    TellChange,
    TellDone,
    WantOffers,
)
from .launching import Launching
from .lifecycle import Lifecycle
from .options import WorkloadOptions
from .outcomes import End
from .report import Report
from .report_building import build_report, build_task_report
from .restoring import Restored, Restoring, slot_record
from .roster import Change, Roster
from .slot import Goal, Slot, SlotState, Trigger
from .spec import Outcome, TaskSpec
from .validation import Problem, why_not_count
from .wishes import Wishes

DOUBT_SECONDS = 15.0
"""After which a launch that was not answered is asked about: by then it has happened, or never will."""
REFUSALS_BORNE = 3
"""How often in a row a master may refuse a launch before the task has failed."""
_ALL_ENDED = "all that it served has ended"
_SAYS_NOTHING = {TaskState.TASK_UNKNOWN, TaskState.TASK_UNREACHABLE, TaskState.TASK_KILLING}


class WorkloadMachine:
    """All that is known of one workload."""

    def __init__(
        self,
        name: str,
        specs: Sequence[TaskSpec],
        rng: Random,
        now: float,
        *,
        options: WorkloadOptions | None = None,
        restored: Restored | None = None,
    ) -> None:
        """``specs`` have no problems (``validation``). ``restored``: what an earlier run left."""
        self._name = name
        self._options = options or WorkloadOptions()
        self._roster = Roster()
        self._lifecycle = Lifecycle(self._roster, rng)
        self._dependencies = Dependencies(self._roster)
        self._wishes = Wishes(self._roster, self._lifecycle, self._dependencies)
        token = f"{rng.getrandbits(32):08x}"
        self._launching = Launching(self._roster, self._options.rules(), rng, token)
        self._in_flight: set[TaskId] = set()
        self._in_doubt: dict[TaskId, float] = {}
        self._wants_offers: bool | None = None
        self._has_told_done = False
        self._changes: list[Change] = []
        found = restored or Restored()
        self._stored_counts = {record.name: record for record in found.counts}
        Restoring(self._roster, self._lifecycle, self._wishes).take({spec.name: spec for spec in specs}, found, now)
        self._settle_slots(now)
        self._changes.clear()

    @property
    def is_done(self) -> bool:
        """Whether nothing more comes of any task, and nothing more is to be expected."""
        is_over = not self._roster.open_count(services=True) and not self._roster.open_count(services=False)
        return is_over and not self._options.stays

    @property
    def deadline(self) -> float | None:
        """When the next Tick is wanted; None: not at all."""
        dues = [due for due in (self._roster.next_due, *self._in_doubt.values()) if due is not None]
        return min(dues, default=None)

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Take an event in. Raises InvalidTransition where a promise was broken; nothing was asked of anybody then."""
        instructions = self._take(event, now)
        instructions += self._settle_slots(now)
        changes, self._changes = self._changes, []
        instructions += self._settle_demand(changes)
        return [*self._persist(), *instructions, *self._tell(changes, now)]

    def known_tasks(self) -> tuple[ReconcileTask, ...]:
        """Tasks the master may be asked about: not those whose launch it may not have seen yet."""
        return tuple(self._about(slot for slot in self._roster if slot.state.is_active))

    def report(self, now: float) -> Report:
        """How all stands."""
        return build_report(
            self._name, self._in_order(), now, refusals_of=self._launching.refusals_of, is_done=self.is_done
        )

    def find_problem(self, name: str, count: int = 0) -> Problem | None:
        """What is wrong with a wish of the owner that is about a name, if anything is."""
        if name not in self._wishes.specs:
            return Problem(name, "", "no task is called so")
        return Problem(name, "count", why) if (why := why_not_count(count)) else None

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken; tests call it after every event."""
        self._roster.check()
        for slot in self._roster:
            is_timed = slot.state in (SlotState.DELAYED, SlotState.UNREACHABLE, SlotState.ENDING)
            assert not is_timed or slot.due is not None, f"{slot.key} waits for a moment that never comes"
            assert not (slot.state.is_active and slot.attempt is None), f"{slot.key} runs nothing"
            assert not (slot.is_leaving and slot.state.is_final), f"{slot.key} is not forgotten"
        for name in self._wishes.specs:
            kept = {slot.key.index for slot in self._roster.of(name) if not slot.is_leaving}
            present = {slot.key.index for slot in self._roster.of(name)}
            count = self._wishes.count_of(name)
            assert kept <= set(range(count)) <= present, f"{name} has slots {sorted(present)}, {count} are wanted"
        assert bool(self._wants_offers) == self._roster.has_waiting or self._wants_offers is None, "demand"

    # Events

    def _take(self, event: Event, now: float) -> list[Instruction]:
        match event:
            case Subscribed():
                return self._take_subscription(now)
            case OffersReceived(offers):
                return self._note_launches(self._launching.take(offers, now))
            case StatusReceived(status):
                return self._take_status(status, now)
            case AgentLost(agent_id):
                return self._ask_about_agent(agent_id)
            case LaunchAnswered():
                self._take_answer(event, now)
            case Tick():
                return [*self._wake(now), *self._ask_in_doubt(now)]
            case EndWanted(name=name, index=index, why=why):
                return [*self._wishes.end(name, index, why, now)]
            case ScaleWanted(name, count):
                self._has_told_done = False
                return [*self._wishes.scale(name, count, now)]
            case ReplaceWanted(specs):
                self._has_told_done = False
                return [*self._wishes.replace({spec.name: spec for spec in specs}, now)]
        return []

    def _take_subscription(self, now: float) -> list[Instruction]:
        """What was asked before is void or done; who is to end is told once more."""
        self._wants_offers = None
        self._in_doubt.clear()
        for slot in self._roster:
            if slot.state is SlotState.ENDING:
                self._roster.set_due(slot, now)
        return self._wake(now)

    def _take_status(self, status: TaskStatus, now: float) -> list[Instruction]:
        found = self._roster.by_task(status.task_id)
        instructions: list[Instruction] = []
        if found is None:
            instructions += self._meet_stranger(status)
        elif not self._is_premature(status):
            self._in_doubt.pop(status.task_id, None)
            self._lifecycle.take_status(found, status, now)
        if status.uuid is not None:
            instructions.append(Acknowledge(status))
        return instructions

    def _is_premature(self, status: TaskStatus) -> bool:
        """An answer about a task whose launch may reach the master only after the question did."""
        is_answer = status.reason is TaskStatusReason.REASON_RECONCILIATION
        return status.task_id in self._in_flight and is_answer and status.state is not TaskState.TASK_RUNNING

    @staticmethod
    def _meet_stranger(status: TaskStatus) -> list[KillTask]:
        """A task that was given up, or launched by a run of which no record is left: what runs unasked is ended."""
        if status.state.is_terminal or status.state in _SAYS_NOTHING:
            return []
        return [KillTask(status.task_id, status.agent_id)]

    def _take_answer(self, event: LaunchAnswered, now: float) -> None:
        self._in_flight.difference_update(event.task_ids)
        failure = event.failure
        if failure is None:
            return
        for task_id in event.task_ids:
            slot = self._roster.by_task(task_id)
            if slot is None or slot.attempt is None or slot.attempt.has_been_seen:
                continue
            if failure.kind is CallFailureKind.UNANSWERED:
                self._in_doubt[task_id] = now + DOUBT_SECONDS
            elif failure.kind is CallFailureKind.REFUSED and slot.drops + 1 >= REFUSALS_BORNE:
                self._lifecycle.refuse(slot, str(failure), now)
            else:
                self._lifecycle.end(slot, End(Outcome.LOST, str(failure), has_run=False), now)

    def _wake(self, now: float) -> list[Instruction]:
        kills: list[Instruction] = []
        for slot in self._roster.pop_due(now):
            kills += self._lifecycle.wake(slot, now, str(self._launching.refusals_of(slot)))
        return kills

    def _ask_in_doubt(self, now: float) -> list[Instruction]:
        late = [task_id for task_id, due in self._in_doubt.items() if due <= now]
        for task_id in late:
            self._in_doubt[task_id] = now + DOUBT_SECONDS
        found = [slot for task_id in late if (slot := self._roster.by_task(task_id)) is not None]
        for task_id in set(late) - {slot.attempt.task_id for slot in found if slot.attempt is not None}:
            del self._in_doubt[task_id]
        return [AskAbout(tuple(self._about(found)))] if found else []

    def _ask_about_agent(self, agent_id: AgentId) -> list[Instruction]:
        """Updates come as well, but those the master makes come once only (mesos-semantics 6.1)."""
        there = self._about(slot for slot in self._roster if slot.state.is_active and _is_on(slot, agent_id))
        return [AskAbout(tuple(there))] if there else []

    def _about(self, slots: Iterable[Slot]) -> list[ReconcileTask]:
        attempts = [slot.attempt for slot in slots if slot.attempt is not None]
        return [
            ReconcileTask(task_id=attempt.task_id, agent_id=attempt.agent_id)
            for attempt in attempts
            if attempt.task_id not in self._in_flight
        ]

    def _note_launches(self, instructions: Sequence[Instruction]) -> list[Instruction]:
        for instruction in instructions:
            if isinstance(instruction, Launch):
                self._in_flight.update(task.task_id for task in instruction.tasks)
        return list(instructions)

    # What every event leads to

    def _settle_slots(self, now: float) -> list[Instruction]:
        """Let others begin, go, make way, until nothing follows from anything any more."""
        kills: list[Instruction] = []
        while stirred := self._roster.take_stirred():
            for change in self._roster.take_changes():
                self._changes.append(change)
                self._wishes.settle_ended(change.slot, now)
            for name in self._with_dependents(stirred):
                self._unblock(name, now)
            kills += self._wishes.roll(now)
            kills += self._end_services(now)
        return kills

    def _with_dependents(self, names: Sequence[str]) -> dict[str, None]:
        return dict.fromkeys(each for name in names for each in (name, *self._dependencies.dependents(name)))

    def _unblock(self, name: str, now: float) -> None:
        """Let those of a name begin whose turn has come, and skip those whose turn never comes."""
        if not self._roster.count(name, SlotState.BLOCKED):
            return
        for slot in self._roster.of(name):
            if slot.state is not SlotState.BLOCKED:
                continue
            never = self._dependencies.why_never(slot.spec)
            slot.why = never or self._dependencies.why_blocked(slot.spec)
            if never:
                self._roster.move(slot, Trigger.SKIP, now, never)
            elif not slot.why:
                self._lifecycle.await_offer(slot, Trigger.UNBLOCK, now)

    def _end_services(self, now: float) -> list[Instruction]:
        """Services serve tasks: when all of these have ended, so have they."""
        has_tasks = any(not spec.is_service for spec in self._wishes.specs.values())
        is_over = has_tasks and not self._roster.open_count(services=False)
        if not is_over or not self._options.ends_services or self._options.stays:
            return []
        services = [slot for slot in self._roster if slot.spec.is_service and not slot.state.is_final]
        return [kill for slot in services for kill in self._lifecycle.want_end(slot, Goal.END, _ALL_ENDED, now)]

    def _settle_demand(self, changes: Sequence[Change]) -> list[Instruction]:
        """Whether offers are wanted, and again when what was refused may do now."""
        wanted = self._roster.has_waiting
        has_news = wanted and any(map(_makes_room, changes))
        if wanted is self._wants_offers and not has_news:
            return []
        self._wants_offers = wanted
        return [WantOffers(wanted)]

    def _persist(self) -> list[Instruction]:
        dirty, forgotten = self._roster.take_dirty()
        counts = self._wishes.scaled
        changed = tuple(record for name, record in counts.items() if self._stored_counts.get(name) != record)
        dropped = tuple(name for name in self._stored_counts if name not in counts)
        self._stored_counts = dict(counts)
        if not (dirty or forgotten or changed or dropped):
            return []
        slots = tuple(map(slot_record, dirty))
        return [Persist(slots=slots, counts=changed, forgotten=forgotten, forgotten_counts=dropped)]

    def _tell(self, changes: Sequence[Change], now: float) -> list[Instruction]:
        told: list[Instruction] = [
            TellChange(build_task_report(change.slot, self._launching.refusals_of), change.before, change.after)
            for change in changes
        ]
        if self.is_done and not self._has_told_done:
            self._has_told_done = True
            told.append(TellDone(self.report(now)))
        return told

    def _in_order(self) -> list[Slot]:
        names = dict.fromkeys((*self._wishes.specs, *self._roster.names()))
        return [slot for name in names for slot in self._roster.of(name)]


def _is_on(slot: Slot, agent_id: AgentId) -> bool:
    return slot.attempt is not None and slot.attempt.agent_id == agent_id


def _makes_room(change: Change) -> bool:
    """Somebody waits anew, or somebody went whom constraints counted."""
    is_gone = change.before.is_active and not change.after.is_active
    return change.after is SlotState.WAITING or (is_gone and bool(change.slot.spec.constraints))

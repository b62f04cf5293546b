"""All slots of a workload in order: by name, by task, by what they wait for, by when they are due.

``move`` is the only way from state to state, and remembers what changed since ``take_changes``. Which way to go is
``machine``'s to decide.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import count

from attrs import evolve, frozen

from koinon_core.ids import TaskId
from koinon_core.transitions import next_state

from .shape import Shape
from .slot import TRANSITIONS, Attempt, Slot, SlotKey, SlotState, Trigger
from .spec import TaskSpec


@frozen
class Change:
    """A slot went from one state to another."""

    slot: Slot
    before: SlotState
    after: SlotState


class Roster:
    """Slots and their indices."""

    def __init__(self) -> None:
        self._slots: dict[str, dict[int, Slot]] = defaultdict(dict)
        self._by_task: dict[TaskId, Slot] = {}
        self._counts: dict[str, Counter[SlotState]] = defaultdict(Counter)
        self._waiting: dict[Shape, dict[SlotKey, Slot]] = {}
        self._open: Counter[bool] = Counter()
        self._heap: list[tuple[float, int, Slot]] = []
        self._numbers = count()
        self._dirty: dict[SlotKey, Slot] = {}
        self._forgotten: dict[SlotKey, None] = {}
        self._changes: list[Change] = []
        self._stirred: dict[str, None] = {}
        self._serials: dict[SlotKey, int] = {}

    # What there is

    def __iter__(self) -> Iterator[Slot]:
        for slots in self._slots.values():
            yield from slots.values()

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def names(self) -> tuple[str, ...]:
        """The names that have slots, in the order they came."""
        return tuple(name for name, slots in self._slots.items() if slots)

    def of(self, name: str) -> list[Slot]:
        """The slots of a name, the lowest index first."""
        slots = self._slots.get(name, {})
        return [slots[index] for index in sorted(slots)]

    def active(self, name: str) -> list[Slot]:
        """Those of a name that may have a task somewhere."""
        return [slot for slot in self._slots.get(name, {}).values() if slot.state.is_active]

    def get(self, key: SlotKey) -> Slot | None:
        """The slot of a key."""
        return self._slots.get(key.name, {}).get(key.index)

    def by_task(self, task_id: TaskId) -> Slot | None:
        """The slot whose latest attempt this task is, unless that attempt was given up."""
        return self._by_task.get(task_id)

    def count(self, name: str, *states: SlotState) -> int:
        """How many slots of a name are in one of these states."""
        counts = self._counts[name]
        return sum(counts[state] for state in states)

    def total(self, name: str) -> int:
        """How many slots a name has."""
        return len(self._slots.get(name, {}))

    def waiting(self) -> Mapping[Shape, Mapping[SlotKey, Slot]]:
        """Those that want an offer, by what they need; of one shape those first that came first."""
        return self._waiting

    @property
    def has_waiting(self) -> bool:
        """Whether any does."""
        return bool(self._waiting)

    def open_count(self, *, services: bool) -> int:
        """How many services, or others, something may still come of."""
        return self._open[services]

    # How it changes

    def add(self, slot: Slot) -> None:
        """A new slot. One that follows on one that was removed counts on: no task id comes twice."""
        slot.serial = max(slot.serial, self._serials.get(slot.key, 0))
        self._slots[slot.key.name][slot.key.index] = slot
        self._count(slot, 1)
        self._forgotten.pop(slot.key, None)
        if slot.attempt is not None and slot.state.is_active:
            self._by_task[slot.attempt.task_id] = slot
        self._enter(slot)
        self.set_due(slot, slot.due)
        self.touch(slot)
        self.stir(slot.key.name)

    def remove(self, slot: Slot) -> None:
        """Forget a slot of which nothing more comes."""
        del self._slots[slot.key.name][slot.key.index]
        self._count(slot, -1)
        self._leave(slot)
        self._dirty.pop(slot.key, None)
        self.unbind(slot)
        self._forgotten[slot.key] = None
        self._serials[slot.key] = slot.serial
        self.stir(slot.key.name)
        slot.due = None

    def touch(self, slot: Slot) -> None:
        """Something that must survive has changed."""
        self._dirty[slot.key] = slot

    def move(self, slot: Slot, trigger: Trigger, now: float, why: str = "") -> SlotState:
        """The next state by the table. Raises InvalidTransition, and then nothing has changed."""
        before = slot.state
        after = next_state(TRANSITIONS, str(slot.key), before, trigger)
        slot.why = why
        self.touch(slot)
        if after is before:
            return after
        self._leave(slot)
        self._count(slot, -1)
        slot.state, slot.since = after, now
        self._count(slot, 1)
        self.set_due(slot, None)
        self._enter(slot)
        if before.is_active and not after.is_active:
            self._end_attempt(slot, now)
        self._changes.append(Change(slot, before, after))
        self.stir(slot.key.name)
        return after

    def take_spec(self, slot: Slot, spec: TaskSpec, fingerprint: str) -> None:
        """What it runs from now on, and where it stands in the queue for that."""
        self._leave(slot)
        self._count(slot, -1)
        slot.take_spec(spec, fingerprint)
        self._count(slot, 1)
        self._enter(slot)
        self.touch(slot)
        self.stir(slot.key.name)

    def stir(self, name: str) -> None:
        """Something changed that those who wait for this name may look at."""
        self._stirred[name] = None

    def bind(self, slot: Slot, attempt: Attempt) -> None:
        """The slot's next attempt."""
        slot.attempt = attempt
        slot.serial += 1
        self._by_task[attempt.task_id] = slot
        self.touch(slot)

    def unbind(self, slot: Slot) -> None:
        """What is said of its attempt from now on is said of nobody's."""
        if slot.attempt is not None and self._by_task.get(slot.attempt.task_id) is slot:
            del self._by_task[slot.attempt.task_id]

    def set_due(self, slot: Slot, due: float | None) -> None:
        """When to look at it again; None: not by the clock."""
        slot.due = due
        if due is not None:
            heapq.heappush(self._heap, (due, next(self._numbers), slot))

    def pop_due(self, now: float) -> list[Slot]:
        """Those that are due, the earliest first. Each is asked for once."""
        found: list[Slot] = []
        while self._heap and self._heap[0][0] <= now:
            due, _, slot = heapq.heappop(self._heap)
            if slot.due == due:
                slot.due = None
                found.append(slot)
        return found

    @property
    def next_due(self) -> float | None:
        """When the next is."""
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    # What was changed

    def take_dirty(self) -> tuple[tuple[Slot, ...], tuple[SlotKey, ...]]:
        """Slots to write and keys to forget since this was last asked."""
        dirty, forgotten = tuple(self._dirty.values()), tuple(self._forgotten)
        self._dirty.clear()
        self._forgotten.clear()
        return dirty, forgotten

    def take_changes(self) -> list[Change]:
        """From which state to which slots went since this was last asked."""
        changes, self._changes = self._changes, []
        return changes

    def take_stirred(self) -> tuple[str, ...]:
        """Names of which anything changed since this was last asked."""
        stirred = tuple(self._stirred)
        self._stirred.clear()
        return stirred

    def check(self) -> None:
        """Raise AssertionError where the indices and the slots do not say the same."""
        for slot in self:
            queued = slot.key in self._waiting.get(slot.shape, ())
            assert queued == (slot.state is SlotState.WAITING), f"{slot.key} in the queue"
            bound = slot.attempt is not None and self._by_task.get(slot.attempt.task_id) is slot
            assert bound == slot.state.is_active, f"{slot.key} and its task"
        assert len(set(map(id, self._by_task.values()))) == len(self._by_task), "a slot has two tasks"
        for name, counts in self._counts.items():
            assert +counts == Counter(slot.state for slot in self.of(name)), f"{name} is counted wrongly"

    def _count(self, slot: Slot, difference: int) -> None:
        self._counts[slot.key.name][slot.state] += difference
        if not slot.state.is_final:
            self._open[slot.spec.is_service] += difference

    def _enter(self, slot: Slot) -> None:
        if slot.state is SlotState.WAITING:
            slot.rank = next(self._numbers)
            self._waiting.setdefault(slot.shape, {})[slot.key] = slot

    def _leave(self, slot: Slot) -> None:
        if slot.state is SlotState.WAITING:
            del self._waiting[slot.shape][slot.key]
            if not self._waiting[slot.shape]:
                del self._waiting[slot.shape]

    def _end_attempt(self, slot: Slot, now: float) -> None:
        self.unbind(slot)
        if slot.attempt is not None and slot.attempt.ended_at is None:
            slot.attempt = evolve(slot.attempt, ended_at=now)

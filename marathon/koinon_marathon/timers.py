"""What is due when: one time for each (kind, subject), the earliest found without a scan."""

import heapq
import sys
from collections.abc import Set
from enum import Enum

import attrs

_FEW = 100
"""So many entries that mean nothing any more are not worth looking for."""


class TimerKind(Enum):
    """What a timer is for."""

    OVERDUE = "overdue"
    """A launch must have come further by now (subject: instance id)."""
    LOSS = "loss"
    """Judge an unreachable instance again (subject: instance id)."""
    KILL = "kill"
    """Ask for a kill again (subject: task id)."""
    BACKOFF = "backoff"
    """An app may launch again (subject: app id)."""
    INSTANCES = "instances"
    """An app wants so many instances more or less that one turn is not enough (subject: app id)."""
    HEALTH = "health"
    """A check's next round (subject: its activation's key)."""
    READINESS = "readiness"
    """Ask a new task again (subject: task id)."""
    REVIVE = "revive"
    TOKENS = "tokens"
    """Launches may begin again."""
    RECONCILE = "reconcile"
    SCALE_CHECK = "scale check"

    __hash__ = object.__hash__
    """As there is one of each; an Enum's own is slow."""


@attrs.frozen
class Timer:
    """One thing to be looked at later."""

    kind: TimerKind
    subject: str = ""


class Timers:
    """At most one time a timer; setting it again moves it."""

    def __init__(self) -> None:
        self._times: dict[Timer, float] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        self._sequence = 0

    def set(self, timer: Timer, at: float) -> None:
        """Make `timer` due at `at`, instead of whenever it was."""
        if self._times.get(timer) == at:
            return
        self._times[timer] = at
        self._sequence += 1
        heapq.heappush(self._heap, (at, self._sequence, timer))
        if len(self._heap) > 2 * len(self._times) + _FEW:
            self._heap = [entry for entry in self._heap if self._times.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def cancel(self, timer: Timer) -> None:
        """Forget `timer`; unknown ones are forgotten already."""
        self._times.pop(timer, None)

    def all(self) -> Set[Timer]:
        """Those that are set."""
        return self._times.keys()

    def next_deadline(self) -> float | None:
        """When the earliest is due."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float, most: int = sys.maxsize) -> list[Timer]:
        """Take out what is due, the earliest first; at most so many, the others stay due."""
        due: list[Timer] = []
        while True:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > now or len(due) >= most:
                return due
            _, _, timer = heapq.heappop(self._heap)
            del self._times[timer]
            due.append(timer)

    def _drop_stale(self) -> None:
        """Entries whose timer was moved or cancelled stay in the heap until they come up, or are too many."""
        while self._heap and self._times.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

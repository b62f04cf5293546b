"""What is due when: one time for each timer, the earliest found without a scan of ten thousand jobs."""

from __future__ import annotations

import heapq
from enum import Enum

from attrs import frozen

_FEW = 100
"""So many entries that mean nothing any more are not worth looking for."""


class TimerKind(Enum):
    """What a timer is for."""

    JOB = "job"
    """A job is due by schedule (subject: its name)."""
    WINDOW = "window"
    """A run's start window closes (subject: run id, as for the following)."""
    RETRY = "retry"
    LOSS = "loss"
    """An unreachable task is given up."""
    ASK = "ask"
    """A launch was not heard of, or a killed task not heard to be over."""
    RECONCILE = "reconcile"

    __hash__ = object.__hash__


@frozen
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

    def set(self, timer: Timer, at: float | None) -> None:
        """Make ``timer`` due at ``at``, instead of whenever it was; None: never."""
        if at is None:
            self._times.pop(timer, None)
            return
        if self._times.get(timer) == at:
            return
        self._times[timer] = at
        self._sequence += 1
        heapq.heappush(self._heap, (at, self._sequence, timer))
        if len(self._heap) > 2 * len(self._times) + _FEW:
            self._heap = [entry for entry in self._heap if self._times.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def time_of(self, timer: Timer) -> float | None:
        """When it is due."""
        return self._times.get(timer)

    def next_deadline(self) -> float | None:
        """When the earliest is due."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float, most: int) -> list[Timer]:
        """Take out what is due, the earliest first; at most so many, the others stay due."""
        due: list[Timer] = []
        while len(due) < most:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > now:
                break
            timer = heapq.heappop(self._heap)[2]
            del self._times[timer]
            due.append(timer)
        return due

    def _drop_stale(self) -> None:
        while self._heap and self._times.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

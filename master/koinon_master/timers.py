"""Deadlines that rules set and a loop sleeps until. Time is whatever the caller says it is."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

_SLACK = 1024
"""How many void heap entries may lie about before they are swept, beyond one for each live deadline."""


class Timers(Generic[KeyT]):
    """At most one deadline a key."""

    def __init__(self) -> None:
        self._deadlines: dict[KeyT, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, KeyT]] = []
        self._serial = 0

    def set(self, key: KeyT, at: float) -> None:
        """Wake ``key`` at ``at``, instead of whenever it was to wake before."""
        self._serial += 1  # also keeps the heap from comparing keys
        self._deadlines[key] = (at, self._serial)
        heapq.heappush(self._heap, (at, self._serial, key))
        if len(self._heap) > 2 * len(self._deadlines) + _SLACK:
            self._heap = [(at, serial, key) for key, (at, serial) in self._deadlines.items()]
            heapq.heapify(self._heap)

    def cancel(self, key: KeyT) -> None:
        """Forget the deadline of ``key``, if it has one."""
        self._deadlines.pop(key, None)

    def next_deadline(self) -> float | None:
        """The earliest deadline, or None."""
        self._drop_void()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> list[KeyT]:
        """The keys whose time has come, earliest first; each is forgotten."""
        due = []
        self._drop_void()
        while self._heap and self._heap[0][0] <= now:
            _, _, key = heapq.heappop(self._heap)
            del self._deadlines[key]
            due.append(key)
            self._drop_void()
        return due

    def __len__(self) -> int:
        return len(self._deadlines)

    def __contains__(self, key: KeyT) -> bool:
        return key in self._deadlines

    def _drop_void(self) -> None:
        while self._heap and self._deadlines.get(self._heap[0][2]) != self._heap[0][:2]:
            heapq.heappop(self._heap)

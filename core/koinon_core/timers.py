"""What is due when: one time for each key, the earliest found without a scan. What a key means is its owner's."""

import heapq
import sys
from collections.abc import Hashable, Set
from typing import Final, Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

_FEW: Final = 100
"""So many entries that mean nothing any more are not worth looking for."""


class Timers(Generic[KeyT]):
    """At most one time a key; setting it again moves it."""

    def __init__(self) -> None:
        self._times: dict[KeyT, float] = {}
        self._heap: list[tuple[float, int, KeyT]] = []
        self._sequence = 0

    def set(self, key: KeyT, at: float | None) -> None:
        """Make `key` due at `at`, instead of whenever it was; None: never."""
        if at is None:
            self.cancel(key)
            return
        if self._times.get(key) == at:
            return
        self._times[key] = at
        self._sequence += 1  # also keeps the heap from comparing keys
        heapq.heappush(self._heap, (at, self._sequence, key))
        if len(self._heap) > 2 * len(self._times) + _FEW:
            self._heap = [entry for entry in self._heap if self._times.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def cancel(self, key: KeyT) -> None:
        """Forget `key`; unknown ones are forgotten already."""
        self._times.pop(key, None)

    def time_of(self, key: KeyT) -> float | None:
        """When it is due."""
        return self._times.get(key)

    def all(self) -> Set[KeyT]:
        """Those that are set."""
        return self._times.keys()

    def next_deadline(self) -> float | None:
        """When the earliest is due."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float, most: int = sys.maxsize) -> list[KeyT]:
        """Take out what is due, the earliest first; at most so many, the others stay due."""
        due: list[KeyT] = []
        while len(due) < most:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > now:
                break
            key = heapq.heappop(self._heap)[2]
            del self._times[key]
            due.append(key)
        return due

    def _drop_stale(self) -> None:
        while self._heap and self._times.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

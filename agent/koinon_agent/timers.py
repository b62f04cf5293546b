"""What is to happen when: one heap for all machines of the agent, so that the loop sleeps until the next of them.

Pure. What a timer means is the agent's affair; its key says which one it is.
"""

import heapq
from collections.abc import Hashable
from itertools import count

from attrs import frozen

from koinon_core.ids import ExecutorId, FrameworkId, TaskId


@frozen
class Moment:
    """Now, on two clocks in seconds: ``wall`` for people and for what outlives us, ``steady`` for intervals."""

    wall: float
    steady: float


def time_left(deadline: float, most: float | None, now: Moment) -> float:
    """Seconds until a wall clock moment that an earlier life wrote down: at most the whole of what was given then
    (``most``; None where nobody knows), as a clock that was set back since is to make nothing wait any longer.
    """
    left = max(0.0, deadline - now.wall)
    return left if most is None else min(left, most)


@frozen(cache_hash=True)
class TaskKey:
    """A task's name within an agent: task ids are unique within their framework alone."""

    framework_id: FrameworkId
    task_id: TaskId

    def __str__(self) -> str:
        return f"{self.framework_id}/{self.task_id}"


@frozen(cache_hash=True)
class ExecutorKey:
    """An executor's name within an agent: executor ids are unique within their framework alone."""

    framework_id: FrameworkId
    executor_id: ExecutorId

    def __str__(self) -> str:
        return f"{self.framework_id}/{self.executor_id}"


class Timers:
    """One deadline a key, in steady seconds; setting a key again moves it."""

    def __init__(self) -> None:
        self._deadlines: dict[Hashable, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._numbers = count()

    def set(self, key: Hashable, at: float) -> None:
        """Let ``key`` come due at ``at``."""
        number = next(self._numbers)
        self._deadlines[key] = (at, number)
        heapq.heappush(self._heap, (at, number, key))

    def cancel(self, key: Hashable) -> None:
        """Forget the deadline of ``key``, if it has one."""
        self._deadlines.pop(key, None)

    def next_at(self) -> float | None:
        """When the next key comes due."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def take_due(self, steady: float) -> list[Hashable]:
        """The keys that have come due, earliest first; they are forgotten."""
        due = []
        while (at := self.next_at()) is not None and at <= steady:
            key = heapq.heappop(self._heap)[2]
            del self._deadlines[key]
            due.append(key)
        return due

    def _drop_stale(self) -> None:
        while self._heap and self._deadlines.get(self._heap[0][2]) != self._heap[0][:2]:
            heapq.heappop(self._heap)

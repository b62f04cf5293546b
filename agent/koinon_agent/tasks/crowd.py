"""The tasks of one executor that have not ended, and what they ask for together, counted as they come and go. Pure.

An executor may have hundreds of tasks at a time and thousands a minute: nothing here looks at all of them for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..timers import TaskKey
from .hosted import HostedTask


class Crowd:
    """Tasks, oldest first. ``cpus`` and ``mem`` are thousandths; ``limited`` how many name limits of their own."""

    def __init__(self) -> None:
        self._tasks: dict[TaskKey, HostedTask] = {}
        self.cpus = self.mem = self.limited = 0

    def __iter__(self) -> Iterator[HostedTask]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: HostedTask) -> None:
        """One has come; one that is here already stays as it is."""
        if task.key not in self._tasks:
            self._tasks[task.key] = task
            self._count(task, 1)

    def discard(self, task: HostedTask) -> None:
        """One has gone, if it was here."""
        if (left := self._tasks.pop(task.key, None)) is not None:
            self._count(left, -1)

    def _count(self, task: HostedTask, sign: int) -> None:
        asked = task.task.resources.thousandths
        self.cpus += sign * asked.get("cpus", 0)
        self.mem += sign * asked.get("mem", 0)
        self.limited += sign * bool(task.task.limits)

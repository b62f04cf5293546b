"""How many elements tasks say they have processed, as Chronos counted them. Kept in memory, of the newest tasks."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from koinon_core.ids import TaskId

_KEPT: Final = 10_000


class ElementCounts(OrderedDict[str, int]):
    """By task id; the tasks that were heard of least lately go first."""

    def add(self, task_id: TaskId, number: int) -> None:
        """So many more."""
        self[task_id] = self.get(task_id, 0) + number
        self.move_to_end(task_id)
        while len(self) > _KEPT:
            self.popitem(last=False)

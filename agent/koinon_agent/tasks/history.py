"""The tasks that ended and were acknowledged, as long as they are remembered to be shown (mesos-semantics 7.1). Pure.

Bounded for each executor, each framework and all of them, so that one that runs thousands of short tasks takes from
nobody else's history.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from attrs import frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.tasks import TaskStatus

from ..checkpoint.records import TaskAccepted
from ..executors.environment import executor_id_of

MAX_FRAMEWORKS = 50
MAX_TASKS = 200
"""Of one executor."""


@frozen(kw_only=True)
class CompletedTask:
    """A task whose end was acknowledged."""

    framework: FrameworkInfo
    accepted: TaskAccepted
    statuses: tuple[TaskStatus, ...]


class History:
    """Completed tasks by framework and executor; the framework, then the executor that ended last stays longest."""

    def __init__(self, max_executors: int) -> None:
        """``max_executors`` of one framework are remembered."""
        self._max_executors = max_executors
        self._frameworks: OrderedDict[FrameworkId, OrderedDict[ExecutorId, deque[CompletedTask]]] = OrderedDict()

    def __len__(self) -> int:
        """How many executors had tasks of these."""
        return sum(len(executors) for executors in self._frameworks.values())

    def __iter__(self) -> Iterator[CompletedTask]:
        for executors in self._frameworks.values():
            for tasks in executors.values():
                yield from tasks

    def add(self, task: CompletedTask) -> None:
        """A task ended and was acknowledged."""
        executors = self._frameworks.setdefault(task.accepted.framework_id, OrderedDict())
        self._frameworks.move_to_end(task.accepted.framework_id)
        executor_id = executor_id_of(task.accepted.task)
        executors.setdefault(executor_id, deque(maxlen=MAX_TASKS)).append(task)
        executors.move_to_end(executor_id)
        while len(executors) > self._max_executors:
            executors.popitem(last=False)
        while len(self._frameworks) > MAX_FRAMEWORKS:
            self._frameworks.popitem(last=False)

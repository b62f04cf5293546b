"""What an executor has told of its tasks, until the agent has it: in order for each, and again until acknowledged.

One update of a task is under way at a time. Of reports of progress that wait, the newest stands for all, and at most
one an interval goes out: whoever tells every percent of a second's work floods nobody (mesos-semantics 6.1). Pure.
"""

from __future__ import annotations

import heapq
from collections import deque
from random import Random
from uuid import UUID

from attrs import define, evolve, field, frozen

from koinon_core.backoff import Backoff
from koinon_core.ids import TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusSource

from .received import Task

RETRY = Backoff(initial=5.0, maximum=60.0)
"""Until an update that was sent and not acknowledged goes out again."""
UNANSWERED = Backoff(initial=0.1, maximum=10.0)
"""The same for one that certainly or probably never arrived."""
_MAX_WHY = 300


@frozen
class SendUpdate:
    """Tell the agent. ``status`` bears the uuid by which it acknowledges."""

    status: TaskStatus


@define
class _Account:
    """What is to be told of one task."""

    task: Task | None
    """None: one that the agent never sent, or has acknowledged an update of already."""
    waiting: deque[TaskStatus] = field(factory=deque)
    """Not sent yet, oldest first."""
    progress: TaskStatus | None = None
    """The newest that was not sent yet."""
    progress_from: float = 0.0
    under_way: TaskStatus | None = None
    due: float | None = None
    """When ``under_way`` is sent again, or ``progress`` for the first time."""
    failures: int = 0
    is_bare: bool = False
    """What is under way was refused, and goes without what its author put into it."""
    is_over: bool = False
    """Its end was reported: nothing more may come."""


class UpdateLedger:
    """The updates of all tasks. Methods give what is to be sent now; ``deadline`` says when ``tick`` is wanted."""

    def __init__(self, rng: Random, progress_interval: float = 1.0) -> None:
        """``progress_interval``: seconds between two reports of progress of one task."""
        self._rng = rng
        self._interval = progress_interval
        self._accounts: dict[TaskId, _Account] = {}
        self._dues: list[tuple[float, TaskId]] = []

    @property
    def deadline(self) -> float | None:
        """When something is due."""
        while self._dues and not self._is_current(*self._dues[0]):
            heapq.heappop(self._dues)
        return self._dues[0][0] if self._dues else None

    @property
    def has_untold(self) -> bool:
        """Whether an update is not acknowledged yet."""
        return any(one.under_way or one.waiting or one.progress for one in self._accounts.values())

    @property
    def unacknowledged_tasks(self) -> tuple[Task, ...]:
        """Those that the agent sent and has heard nothing of (mesos-v1-api 3.2)."""
        return tuple(one.task for one in self._accounts.values() if one.task is not None)

    @property
    def unacknowledged_updates(self) -> tuple[TaskStatus, ...]:
        """Those under way."""
        return tuple(one.under_way for one in self._accounts.values() if one.under_way is not None)

    def add(self, task: Task) -> bool:
        """A task came; False where one of that id is there already."""
        if task.task_id in self._accounts:
            return False
        self._accounts[task.task_id] = _Account(task)
        return True

    def report(self, status: TaskStatus, now: float, *, is_progress: bool = False) -> list[SendUpdate]:
        """A task's latest. Raises ValueError for a task whose end was reported, or that nobody knows."""
        account = self._accounts.get(status.task_id)
        if account is None or account.is_over:
            raise ValueError(f"task {status.task_id} does not run: there is nothing to report of it")
        uuid = Uuid(UUID(bytes=self._rng.randbytes(16), version=4).bytes)
        status = evolve(status, uuid=uuid, source=TaskStatusSource.SOURCE_EXECUTOR)
        if is_progress:
            account.progress = status
        else:
            # What was under way in the task comes before whatever follows, however soon that is.
            if account.progress is not None:
                account.waiting.append(account.progress)
                account.progress = None
            account.waiting.append(status)
            account.is_over = status.state.is_terminal
        return self._advance(account, status.task_id, now)

    def acknowledge(self, task_id: TaskId, uuid: Uuid, now: float) -> list[SendUpdate]:
        """The agent has an update."""
        account = self._accounts.get(task_id)
        if account is None or account.under_way is None or account.under_way.uuid != uuid:
            return []  # told twice, as it was sent twice
        account.under_way, account.task, account.due, account.failures = None, None, None, 0
        account.is_bare = False
        if account.is_over and not account.waiting:
            del self._accounts[task_id]
            return []
        return self._advance(account, task_id, now)

    def fail(self, task_id: TaskId, uuid: Uuid, now: float) -> None:
        """An update was sent, and not taken: it goes out again soon."""
        account = self._accounts.get(task_id)
        if account is not None and account.under_way is not None and account.under_way.uuid == uuid:
            self._set_due(account, task_id, now + UNANSWERED.delay(account.failures, self._rng))
            account.failures += 1

    def refuse(self, task_id: TaskId, uuid: Uuid, why: str) -> list[SendUpdate]:
        """The agent won't ever take an update as it stands: it goes out bare, so that those behind it can follow.

        A result that can't be told is lost: its task has failed.
        """
        account = self._accounts.get(task_id)
        status = account.under_way if account is not None else None
        if account is None or status is None or status.uuid != uuid or account.is_bare:
            return []
        account.is_bare = True
        account.under_way = TaskStatus(
            task_id=task_id,
            state=TaskState.TASK_FAILED if status.state is TaskState.TASK_FINISHED else status.state,
            message=f"the agent refused what was told of {status.state.name}: {why[:_MAX_WHY]}",
            reason=status.reason,
            source=status.source,
            uuid=uuid,
        )
        return [SendUpdate(account.under_way)]

    def reconnect(self, now: float) -> None:
        """A new stream is asked for, and the call brings ``unacknowledged_updates`` along: none is due before long."""
        for task_id, account in self._accounts.items():
            if account.under_way is not None:
                account.failures = 0
                self._set_due(account, task_id, now + RETRY.delay(0, self._rng))

    def tick(self, now: float) -> list[SendUpdate]:
        """What is due by now."""
        due: list[SendUpdate] = []
        while (deadline := self.deadline) is not None and deadline <= now:
            _, task_id = heapq.heappop(self._dues)
            account = self._accounts[task_id]
            account.due = None
            if account.under_way is not None:
                due.append(SendUpdate(account.under_way))
                self._set_due(account, task_id, now + RETRY.delay(account.failures, self._rng))
                account.failures += 1
            else:
                due += self._advance(account, task_id, now)
        return due

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken; tests call it after every step."""
        for task_id, account in self._accounts.items():
            if account.waiting and account.under_way is None:
                raise AssertionError(f"{task_id}: an update waits for nothing")
            if (account.under_way or account.progress) and account.due is None:
                raise AssertionError(f"{task_id}: an update is never sent, or never again")
            if account.is_over and account.under_way is None:
                raise AssertionError(f"{task_id}: all is told, and it is not forgotten")
            if account.due is not None and (account.due, task_id) not in self._dues:
                raise AssertionError(f"{task_id}: its due is forgotten")

    def _advance(self, account: _Account, task_id: TaskId, now: float) -> list[SendUpdate]:
        """Send the next, if none is under way."""
        if account.under_way is not None:
            return []
        if account.waiting:
            account.under_way = account.waiting.popleft()
        elif account.progress is not None and now >= account.progress_from:
            account.under_way, account.progress = account.progress, None
            account.progress_from = now + self._interval
        elif account.progress is not None:
            self._set_due(account, task_id, account.progress_from)
            return []
        else:
            return []
        account.failures = 0
        self._set_due(account, task_id, now + RETRY.delay(0, self._rng))
        return [SendUpdate(account.under_way)]

    def _set_due(self, account: _Account, task_id: TaskId, due: float) -> None:
        if account.due != due:
            account.due = due
            heapq.heappush(self._dues, (due, task_id))

    def _is_current(self, due: float, task_id: TaskId) -> bool:
        account = self._accounts.get(task_id)
        return account is not None and account.due == due

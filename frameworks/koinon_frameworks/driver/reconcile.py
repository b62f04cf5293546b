"""Which tasks to ask the master about, and when (mesos-semantics 6.2). Pure; sending is the driver's or scheduler's.

Explicit: the tasks one knows, again and again with growing pauses until each was answered, as a master that just took
over keeps silent about agents that are not back yet. Then, every ten minutes, implicit: whatever the master knows.
Never both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from koinon_core.backoff import Backoff
from koinon_core.ids import TaskId
from koinon_core.scheduler_api import Reconcile, ReconcileTask

IMPLICIT_INTERVAL_SECONDS = 600.0
EXPLICIT_BACKOFF = Backoff(initial=5.0, maximum=300.0, factor=2.0)


class Reconciler:
    """One conversation about tasks: ``begin`` on every SUBSCRIBED, ``note_answer`` on every update."""

    def __init__(
        self, rng: Random, *, implicit_interval: float = IMPLICIT_INTERVAL_SECONDS, backoff: Backoff = EXPLICIT_BACKOFF
    ) -> None:
        """``implicit_interval`` in seconds."""
        self.deadline: float | None = None
        """When ``due`` is to be asked again; None: not before the next ``begin``."""
        self._rng = rng
        self._implicit_interval = implicit_interval
        self._backoff = backoff
        self._open: dict[TaskId, ReconcileTask] = {}
        self._attempt = 0

    def begin(self, tasks: Iterable[ReconcileTask], now: float) -> None:
        """Start over with these tasks; the first question is due at once."""
        self._open = {task.task_id: task for task in tasks}
        self._attempt = 0
        self.deadline = now

    def pause(self) -> None:
        """Ask nothing while there is no subscription."""
        self.deadline = None

    def note_answer(self, task_id: TaskId, now: float) -> None:
        """An update of this task came, for whatever reason: its state is known."""
        if self._open.pop(task_id, None) is not None and not self._open and self.deadline is not None:
            self.deadline = now + self._implicit_interval

    def due(self, now: float) -> Reconcile | None:
        """The question to send now, if it is time for one. A Reconcile without tasks is the implicit one."""
        if self.deadline is None or now < self.deadline:
            return None
        if not self._open:
            self.deadline = now + self._implicit_interval
            return Reconcile()
        self.deadline = now + self._backoff.delay(self._attempt, self._rng)
        self._attempt += 1
        return Reconcile(tuple(self._open.values()))


class RoutineReconciliation:
    """A scheduler's ``known_tasks``, asked about for as long as it is subscribed: explicitly until each was answered,
    half an interval later implicitly, another half later explicitly again, which finds a launch that got lost.
    """

    def __init__(
        self, rng: Random, known_tasks: Callable[[], Iterable[ReconcileTask] | None], *, interval: float
    ) -> None:
        """``interval``: seconds between two questions of a kind. ``known_tasks`` gives None to have nothing asked."""
        self._known_tasks = known_tasks
        self._reconciler = Reconciler(rng, implicit_interval=interval / 2)
        self._was_implicit = False

    @property
    def deadline(self) -> float | None:
        """When ``due`` is to be asked again."""
        return self._reconciler.deadline

    def begin(self, now: float) -> None:
        """Subscribed. Raises TypeError for known tasks that are none, and what ``known_tasks`` raises."""
        tasks = self._known_tasks()
        self._was_implicit = False
        if tasks is None:
            self._reconciler.pause()
            return
        known = tuple(tasks)
        for task in known:
            if not isinstance(task, ReconcileTask):
                raise TypeError(f"Scheduler.known_tasks gave {task!r}, which is no ReconcileTask")
        self._reconciler.begin(known, now)

    def pause(self) -> None:
        """Ask nothing while there is no subscription."""
        self._reconciler.pause()

    def note_answer(self, task_id: TaskId, now: float) -> bool:
        """An update of this task came. Whether that moved ``deadline``."""
        before = self.deadline
        self._reconciler.note_answer(task_id, now)
        return self.deadline != before

    def due(self, now: float) -> Reconcile | None:
        """The question to send now, if it is time for one. Raises as ``begin`` does."""
        if self._was_implicit and self.deadline is not None and self.deadline <= now:
            self.begin(now)
        question = self._reconciler.due(now)
        self._was_implicit = self._was_implicit if question is None else not question.tasks
        return question

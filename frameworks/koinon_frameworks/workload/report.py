"""How a workload stands, for people and programs: each task, and why it is where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import Factory, frozen

from koinon_core.ids import AgentId, TaskId

from .slot import SlotState


@frozen(kw_only=True)
class TaskReport:
    """One task wanted, and the latest attempt at it. Times are seconds since 1970."""

    name: str
    index: int
    is_only_one: bool = True
    """Whether there is no other of this name."""
    is_service: bool = False
    state: SlotState
    since: float
    attempts: int = 0
    """How many tasks were launched for it."""
    task_id: TaskId | None = None
    agent_id: AgentId | None = None
    hostname: str | None = None
    ports: tuple[int, ...] = ()
    launched_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    is_healthy: bool | None = None
    message: str = ""
    """What was said of the attempt last."""
    reason: str = ""
    """The agent's or master's word for it, as in REASON_CONTAINER_LIMITATION_MEMORY."""
    why: str = ""
    """Why it waits, or ended as it did."""
    refusals: Mapping[str, int] = Factory(dict)
    """While it waits for an offer: how many refused it, by the first reason of each."""
    nearest: str = ""
    """The agent that came nearest, and what it lacked."""

    @property
    def title(self) -> str:
        """``build``, or ``build.3`` where there are several."""
        return self.name if self.is_only_one else f"{self.name}.{self.index}"

    def __str__(self) -> str:
        words = [self.title, self.state.value]
        if self.attempts > 1:
            words.append(f"(attempt {self.attempts})")
        if self.hostname is not None and self.state.is_active:
            words.append("on " + ":".join((self.hostname, *map(str, self.ports[:1]))))
        if self.started_at is not None and self.ended_at is not None and self.state.is_final:
            words.append(f"in {self.ended_at - self.started_at:.1f} s")
        return " ".join(words) + (f": {self.why}" if self.why else "")


@frozen(kw_only=True)
class Report:
    """A whole workload. ``at`` in seconds since 1970."""

    name: str
    at: float
    tasks: tuple[TaskReport, ...]
    is_done: bool = False
    """Whether nothing more comes of any task."""

    @property
    def has_succeeded(self) -> bool:
        """Whether all that was to finish has, and no service had to be given up."""
        ends = (SlotState.FINISHED,)
        return self.is_done and all(
            task.state in ends or (task.is_service and task.state is SlotState.KILLED) for task in self.tasks
        )

    def of(self, name: str) -> tuple[TaskReport, ...]:
        """The tasks of a name."""
        return tuple(task for task in self.tasks if task.name == name)

    def counts(self) -> Counter[SlotState]:
        """How many tasks stand where."""
        return Counter(task.state for task in self.tasks)

    def __str__(self) -> str:
        counts = self.counts()
        summary = ", ".join(f"{counts[state]} {state.value}" for state in SlotState if counts[state]) or "no tasks"
        return "\n".join((f"{self.name}: {summary}", *_lines(self.tasks)))


def _lines(tasks: Iterable[TaskReport]) -> Iterable[str]:
    return (f"  {task}" for task in tasks)

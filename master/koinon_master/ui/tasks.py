"""Rows of tasks, and which of a framework's tasks came, changed and went since somebody last looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, TaskId
from koinon_core.ranges import Ranges
from koinon_core.tasks import TaskState

from ..entities import Framework, Task
from ..kept import Chunk, HeldDict, Kept
from ..state import ClusterState
from ..views.fragments import version
from .amounts import show_resources

MAX_MESSAGE = 2000
"""How much of a status' message a row repeats, in characters."""
_MAX_PORTS = 100


def hostname_of(state: ClusterState, agent_id: AgentId) -> str:
    """Where an agent is or was; nothing of one that is not remembered."""
    known = state.agents.get(agent_id) or state.unreachable.get(agent_id)
    return "" if known is None else known.info.hostname


def show_task(state: ClusterState, task: Task) -> dict[str, Any]:
    """One task as ``TaskRow``."""
    info, latest = task.info, task.latest_status
    first = task.statuses[0].timestamp if task.statuses else None
    row: dict[str, Any] = {
        "id": info.task_id,
        "name": info.name,
        "framework": task.framework_id,
        "agent": info.agent_id,
        "host": hostname_of(state, info.agent_id),
        "role": task.role,
        "state": task.state.name,
        "resources": show_resources(task.resources),
        "ports": _find_ports(task),
        "began": task.launched or first or 0.0,
        "since": task.entered or task.launched or 0.0,
    }
    if latest is not None:
        row |= {
            name: value
            for name, value in (
                ("healthy", latest.healthy),
                ("message", latest.message[:MAX_MESSAGE] if latest.message else None),
                ("reason", None if latest.reason is None else latest.reason.name),
            )
            if value is not None
        }
    return row


def _find_ports(task: Task) -> list[int]:
    parts = [item.value for item in task.resources if item.kind.name == "ports" and isinstance(item.value, Ranges)]
    if not parts:
        return []
    ports = parts[0] if len(parts) == 1 else task.resources.ranges("ports")
    return (
        list(ports)[:_MAX_PORTS] if len(ports) <= _MAX_PORTS else [begin for begin, _ in ports.intervals][:_MAX_PORTS]
    )


class _Followed:
    """Tasks in chunks, as they were when somebody last looked."""

    def __init__(self) -> None:
        self._version: Kept | None = None
        self._chunks: dict[Chunk, tuple[Kept, dict[TaskId, Kept]]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether there is more to look at."""
        return self._version is None

    def look(self, tasks: HeldDict[TaskId, Task], spend: Callable[[int], bool]) -> tuple[list[Task], set[TaskId]]:
        """Those that came or changed, and the ids of those that are not where they were. New ones as ``spend`` allows,
        given their number; the rest are seen at the next looks.
        """
        if tasks.kept is self._version:
            return [], set()
        self._version, seen = tasks.kept, self._chunks
        changed: list[Task] = []
        gone: set[TaskId] = set()
        stale = [one for one in tasks.chunks if (known := seen.get(one)) is None or known[0] is not one.kept]
        for chunk in stale:
            if chunk not in seen and not spend(len(chunk.things)):
                self._version = None
                break
            before = seen[chunk][1] if chunk in seen else {}
            after = {task.id: task.kept for task in chunk.things}
            changed.extend(task for task in chunk.things if before.get(task.id) is not task.kept)
            gone.update(before.keys() - after.keys())
            seen[chunk] = chunk.kept, after
        if len(seen) > len(tasks.chunks):
            for chunk in seen.keys() - set(tasks.chunks):
                gone.update(seen.pop(chunk)[1])
        return changed, gone


class FrameworkTasks:
    """One framework's tasks that may be seen, and how many of them are in each state."""

    def __init__(self) -> None:
        self._live, self._unreachable = _Followed(), _Followed()
        self._history: dict[TaskId, Kept] = {}
        self._info: FrameworkInfo | None = None
        self._versions: tuple[Kept, ...] = ()
        self._states: dict[TaskId, TaskState] = {}
        self.counts: Counter[TaskState] = Counter()
        """Of those that are not at their end."""
        self.ended: Counter[TaskState] = Counter()
        """Of those that are, as far as they are remembered."""
        self.shown: set[TaskId] = set()

    @property
    def is_behind(self) -> bool:
        """Whether there are tasks that were not looked at yet."""
        return not self._versions

    def look(
        self, framework: Framework, is_shown: Callable[[Task], bool], spend: Callable[[int], bool] = lambda _: True
    ) -> tuple[list[Task], set[TaskId]]:
        """The tasks whose rows are to be written anew, and the ids of those without a row any more; of new ones as many
        as ``spend`` allows.

        Whether a task may be seen depends on the framework's info as well: who changes that has all looked at again.
        """
        versions = version(framework.tasks), version(framework.unreachable_tasks)
        if versions == self._versions and framework.info is self._info:
            return [], set()
        if framework.info is not self._info:
            self._live, self._unreachable, self._history = _Followed(), _Followed(), {}
        self._info, self._versions = framework.info, versions
        found: dict[TaskId, Task] = {}
        left: set[TaskId] = set(self._look_at_history(framework, found))
        for followed, tasks in ((self._unreachable, framework.unreachable_tasks), (self._live, framework.tasks)):
            changed, gone = followed.look(tasks, spend)  # type: ignore[arg-type]  # the fields say dict
            found.update((task.id, task) for task in changed)
            left |= gone
            if followed.is_behind:
                self._versions = ()
        return self._sort_out(framework, found, left, is_shown)

    def _look_at_history(self, framework: Framework, found: dict[TaskId, Task]) -> Iterable[TaskId]:
        """A framework may use a name again: of those in the history the last stands for it."""
        last = {task.id: task for task in framework.completed_tasks}
        before, self._history = self._history, {task_id: task.kept for task_id, task in last.items()}
        found.update((key, task) for key, task in last.items() if before.get(key) is not task.kept)
        return before.keys() - last.keys()

    def _sort_out(
        self,
        framework: Framework,
        found: dict[TaskId, Task],
        left: set[TaskId],
        is_shown: Callable[[Task], bool],
    ) -> tuple[list[Task], set[TaskId]]:
        ended = {task.id: task for task in framework.completed_tasks} if left or found else {}
        put: list[Task] = []
        gone: set[TaskId] = set()
        for task_id in found.keys() | left:
            own = framework.tasks.get(task_id) or framework.unreachable_tasks.get(task_id)
            task = own or ended.get(task_id)
            shown = task if task is not None and is_shown(task) else None
            self._count(task_id, None if shown is None else shown.state, is_over=own is None)
            if shown is None:
                gone.add(task_id)
            else:
                put.append(shown)
        self.shown.difference_update(gone)
        self.shown.update(task.id for task in put)
        return put, gone

    def _count(self, task_id: TaskId, state: TaskState | None, *, is_over: bool) -> None:
        before = self._states.pop(task_id, None)
        if before is not None:
            (self.ended if before.is_terminal else self.counts)[before] -= 1
        if state is not None and (state.is_terminal or not is_over):
            self._states[task_id] = state
            (self.ended if state.is_terminal else self.counts)[state] += 1

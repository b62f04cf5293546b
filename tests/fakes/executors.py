"""A framework's own executor at an agent's bench: what it says to the agent, and what the agent says to it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any
from uuid import UUID

from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, make_task, only
from koinon_agent.events import ExecutorCalled, ExecutorJoined, ExecutorLeft
from koinon_agent.instructions import Instruction, LaunchContainer, TellExecutor
from koinon_agent.timers import ExecutorKey
from koinon_core.agent_link import RunTask
from koinon_core.containers import CommandInfo
from koinon_core.executor_api import EventBody, Message, Subscribe, Update
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ContainerId, ExecutorId, TaskId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatus, TaskStatusSource

EXECUTOR_ID = ExecutorId("ex")
KEY = ExecutorKey(FRAMEWORK_ID, EXECUTOR_ID)
EXECUTOR = ExecutorInfo(
    executor_id=EXECUTOR_ID,
    command=CommandInfo(value="./executor"),
    resources=parse_resources("cpus:0.1;mem:32"),
)


def hosted(name: str = "t1", **changes: Any) -> TaskInfo:
    """A task of the executor; keywords change it."""
    return evolve(make_task(name, command=None, executor=EXECUTOR), **changes)


def said(instructions: Iterable[Instruction]) -> list[EventBody]:
    """What the executor was told."""
    return [item.event for item in instructions if isinstance(item, TellExecutor)]


class ExecutorAtBench:
    """One executor of one bench; each stream that it opens has a number of its own."""

    def __init__(self, bench: AgentBench) -> None:
        self.bench = bench
        self._streams = count(1)
        self._uuids = count(1)
        self.stream = 0

    def start(self, *tasks: TaskInfo, framework: FrameworkInfo | None = None) -> ContainerId:
        """Have the executor launched for these tasks, its container too; returns the container."""
        framework = framework or make_framework()
        wanted = [
            item for task in tasks or (hosted(),) for item in self.bench.hear(RunTask(framework=framework, task=task))
        ]
        container = only(wanted, LaunchContainer).launch.container_id
        self.bench.started(container)
        return container

    def subscribe(self, tasks: Iterable[TaskInfo] = (), updates: Iterable[TaskStatus] = ()) -> list[Instruction]:
        """It opens a stream, with what was not acknowledged."""
        self.stream = next(self._streams)
        subscribe = Subscribe(
            unacknowledged_tasks=tuple(tasks), unacknowledged_updates=tuple(Update(status) for status in updates)
        )
        return self.bench.handle(ExecutorJoined(executor=KEY, stream=self.stream, subscribe=subscribe))

    def leave(self, stream: int | None = None) -> list[Instruction]:
        """A stream of it ends, by default the newest."""
        return self.bench.handle(ExecutorLeft(KEY, stream or self.stream))

    def status(self, state: TaskState, name: str = "t1", **changes: Any) -> TaskStatus:
        """What it would tell of a task, with a new uuid."""
        status = TaskStatus(
            task_id=TaskId(name),
            state=state,
            source=TaskStatusSource.SOURCE_EXECUTOR,
            uuid=Uuid(UUID(int=next(self._uuids)).bytes),
        )
        return evolve(status, **changes)

    def tell(self, status: TaskStatus) -> list[Instruction]:
        """It tells of a task."""
        return self.bench.handle(ExecutorCalled(KEY, Update(status)))

    def say(self, data: bytes) -> list[Instruction]:
        """It says something to its scheduler."""
        return self.bench.handle(ExecutorCalled(KEY, Message(data)))

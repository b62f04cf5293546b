"""The class that executors' authors subclass, and what they may ask of the driver. One callback for each event.

Override ``run_task`` for the common case, one coroutine a task; override ``launch`` and ``kill`` to run tasks in a way
of your own. Callbacks run one at a time, in the order of the stream; tasks run beside them and beside one another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from .received import Registered, Task

Result = str | bytes | None
"""What a task ends with: a text is the message of TASK_FINISHED, bytes are its data."""


class TaskFailed(Exception):
    """Raise it in ``run_task`` to choose reason and data of TASK_FAILED; any other exception does as well."""

    def __init__(
        self,
        message: str,
        reason: TaskStatusReason = TaskStatusReason.REASON_COMMAND_EXECUTOR_FAILED,
        data: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.data = data


class Progress(Protocol):
    """How a running task tells of itself. May be called from its thread or process as well; never waits."""

    def __call__(self, message: str, data: bytes | None = None) -> None:
        """A TASK_RUNNING update; of several in a second the newest arrives."""

    def send(self, data: bytes) -> None:
        """A message to the scheduler; it may get lost on the way."""

    @property
    def is_killed(self) -> bool:
        """Whether the task is to end: what runs in a thread must look by itself."""


class ExecutorCalls(ABC):
    """What an executor may ask for. Nothing here waits: what is told is kept until the agent has it."""

    @property
    @abstractmethod
    def framework_id(self) -> FrameworkId:
        """Whose executor this is."""

    @property
    @abstractmethod
    def executor_id(self) -> ExecutorId:
        """Which one of the framework's."""

    @property
    @abstractmethod
    def agent_id(self) -> AgentId | None:
        """Where it runs, as far as the agent said."""

    @property
    @abstractmethod
    def sandbox(self) -> str:
        """The directory that is the executor's own."""

    @abstractmethod
    def update(self, status: TaskStatus) -> None:
        """Report a task's state; sent in order, and again until the agent has it.

        The driver sets ``uuid`` and ``source``. Raises ValueError for a task that does not run here any more.
        """

    @abstractmethod
    def message(self, data: bytes) -> None:
        """Send bytes to the scheduler; they may get lost."""

    @abstractmethod
    def start(self, task: Task) -> None:
        """Run ``Executor.run_task`` of this task beside all others, and tell how it goes."""

    @abstractmethod
    def cancel(self, task_id: TaskId, grace: float | None = None) -> None:
        """Cancel a task begun by ``start``; ``grace`` seconds go before that of the task."""

    @abstractmethod
    def stop(self, message: str = "") -> None:
        """End the executor: its tasks are cancelled, what became of them is told, ``run`` returns."""


class Executor:
    """Overriding ``run_task`` is enough."""

    async def run_task(self, task: Task, progress: Progress) -> Result:
        """Do what the task asks for.

        Returning is TASK_FINISHED. Raising is TASK_FAILED with the exception's words. Being cancelled, by KILL or the
        executor's end, is TASK_KILLED; clean up within the grace.
        """
        raise NotImplementedError(f"{type(self).__name__} has no run_task")

    async def registered(self, driver: ExecutorCalls, event: Registered) -> None:
        """The agent listens, for the first time or again; ``event.info`` says who it is."""

    async def disconnected(self, driver: ExecutorCalls, reason: str) -> None:
        """The agent is away. Tasks run on where the framework checkpoints; the driver comes back by itself."""

    async def launch(self, driver: ExecutorCalls, task: Task) -> None:
        """A task came. Unless overridden, ``run_task`` runs it."""
        driver.start(task)

    async def launch_group(self, driver: ExecutorCalls, tasks: tuple[Task, ...]) -> None:
        """Tasks came that are to start together. Unless overridden, each is launched."""
        for task in tasks:
            await self.launch(driver, task)

    async def kill(self, driver: ExecutorCalls, task_id: TaskId, grace: float | None) -> None:
        """A task is to end, within ``grace`` seconds where the scheduler says so. May come again."""
        driver.cancel(task_id, grace)

    async def message(self, driver: ExecutorCalls, data: bytes) -> None:
        """Bytes from the scheduler."""

    async def shutdown(self, driver: ExecutorCalls) -> None:
        """The executor is to end; what ``run_task`` runs is cancelled when this returns."""

    async def error(self, driver: ExecutorCalls, message: str) -> None:
        """The agent wants no more of this executor; ``shutdown`` follows."""


def task_status(task_id: TaskId, state: TaskState, message: str = "", data: bytes | None = None) -> TaskStatus:
    """A status to report by ``ExecutorCalls.update``."""
    told = message.encode(errors="replace").decode()  # names of files may hold what is no Unicode
    return TaskStatus(task_id=task_id, state=state, message=told or None, data=data)

"""Runs ``Executor.run_task`` of every task, and turns how each goes into updates. How they travel is the driver's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from .executor import Executor, Result, TaskFailed, task_status
from .options import ExecutorOptions
from .received import Task

_logger = logging.getLogger(__name__)
_MAX_MESSAGE = 10_000
"""Characters of an exception's words that are told: a status is no log."""


class Reports(Protocol):
    """Where updates and messages go."""

    def report(self, status: TaskStatus, *, is_progress: bool = False) -> None:
        """Tell the agent, in order."""

    def message(self, data: bytes) -> None:
        """Tell the scheduler, perhaps."""


@define(eq=False)
class RunningTask:
    """One task under way; also what its ``run_task`` tells its progress by."""

    task: Task
    reports: Reports
    loop: asyncio.AbstractEventLoop
    work: asyncio.Task[TaskStatus] | None = None
    announcing: asyncio.TimerHandle | None = None
    overdue: asyncio.TimerHandle | None = None
    overdue_at: float = 0.0
    """Kept here: uvloop's handle of a timer without delay does not know its time."""
    is_announced: bool = False
    is_killed: bool = False
    is_over: bool = False
    when_killed: list[Callable[[float], None]] = field(factory=list)
    """Called in the loop with the grace when the task is to end; who runs it outside of the loop passes it on."""

    def __call__(self, message: str, data: bytes | None = None) -> None:
        if not isinstance(message, str) or not isinstance(data, bytes | None):
            raise TypeError(f"progress takes a text and bytes, not {type(message).__name__} and {type(data).__name__}")
        self._from_anywhere(lambda: self.tell(message, data))

    def send(self, data: bytes) -> None:
        if not isinstance(data, bytes):
            raise TypeError(f"a message is bytes, not {type(data).__name__}")
        self._from_anywhere(lambda: self.reports.message(data))

    def tell(self, message: str, data: bytes | None = None) -> None:
        """Report TASK_RUNNING; too late once the task is over."""
        self._report(task_status(self.task.task_id, TaskState.TASK_RUNNING, message, data), is_progress=True)

    def announce(self) -> None:
        """Report TASK_RUNNING, if nothing did yet."""
        if not self.is_announced:
            self._report(task_status(self.task.task_id, TaskState.TASK_RUNNING))

    def end(self, status: TaskStatus) -> None:
        """Report the end, once."""
        self._report(status)
        self.is_over = True

    def disarm(self) -> None:
        """No timer of it rings any more."""
        for timer in (self.announcing, self.overdue):
            if timer is not None:
                timer.cancel()

    def _report(self, status: TaskStatus, *, is_progress: bool = False) -> None:
        if self.is_over:
            return
        self.is_announced = True
        try:
            self.reports.report(status, is_progress=is_progress)
        except ValueError as error:
            # The executor itself has told of the end, which is its right.
            _logger.info("report_dropped task=%s why=%s", self.task.task_id, error)

    def _from_anywhere(self, work: Callable[[], None]) -> None:
        try:
            is_here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            is_here = False
        if is_here:
            work()
        else:
            self.loop.call_soon_threadsafe(work)


class TaskRunner:
    """All tasks that ``run_task`` runs."""

    def __init__(self, executor: Executor, reports: Reports, options: ExecutorOptions) -> None:
        self._executor = executor
        self._reports = reports
        self._options = options
        self._running: dict[TaskId, RunningTask] = {}
        self._emptied: Callable[[], None] = lambda: None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._running

    def when_idle(self, then: Callable[[], None]) -> None:
        """Call this whenever the last task ended."""
        self._emptied = then

    def start(self, task: Task) -> None:
        """Run a task beside the others."""
        loop = asyncio.get_running_loop()
        running = RunningTask(task, self._reports, loop)
        self._running[task.task_id] = running
        if self._options.announce_after > 0:
            running.announcing = loop.call_later(self._options.announce_after, running.announce)
        else:
            running.announce()
        running.work = loop.create_task(self._outcome(running), name=f"task {task.task_id}")
        running.work.add_done_callback(lambda work: self._conclude(running, work))

    def cancel(self, task_id: TaskId, grace: float | None = None) -> None:
        """End a task. A second wish may shorten its grace."""
        running = self._running.get(task_id)
        if running is None:
            return
        if grace is None:
            grace = self._options.kill_grace if running.task.kill_grace is None else running.task.kill_grace
        if not running.is_killed:
            running.is_killed = True
            if running.work is not None:
                running.work.cancel()
        for pass_on in running.when_killed:
            pass_on(grace)
        self._watch(running, grace)

    def cancel_all(self, grace: float) -> None:
        """End every task, each within its own grace or this, whatever is less."""
        for task_id, running in tuple(self._running.items()):
            own = running.task.kill_grace
            self.cancel(task_id, grace if own is None else min(own, grace))

    def give_up(self, message: str) -> None:
        """Report those that still run as killed: the process is about to end, and they with it."""
        for running in self._running.values():
            running.end(task_status(running.task.task_id, TaskState.TASK_KILLED, message))

    def _watch(self, running: RunningTask, grace: float) -> None:
        """Say so if the task outlasts its grace: nothing short of the executor's end can end a coroutine or thread."""
        at = running.loop.time() + grace
        if running.overdue is not None and running.overdue_at <= at:
            return
        if running.overdue is not None:
            running.overdue.cancel()
        running.overdue_at = at
        running.overdue = running.loop.call_later(
            grace, running.tell, f"was asked to end, and did not within {grace:g} seconds"
        )

    def _conclude(self, running: RunningTask, work: asyncio.Task[TaskStatus]) -> None:
        running.disarm()
        # Cancelled here means: before it had begun.
        running.end(_killed(running.task.task_id) if work.cancelled() else work.result())
        del self._running[running.task.task_id]
        if not self._running:
            self._emptied()

    async def _outcome(self, running: RunningTask) -> TaskStatus:
        task_id = running.task.task_id
        limit = running.task.max_completion_time
        try:
            async with asyncio.timeout(limit) as timeout:
                result = await self._executor.run_task(running.task, running)
            return _finished(task_id, result)
        except asyncio.CancelledError:
            if running.is_killed:
                return _killed(task_id)
            return _failed(task_id, "cancelled itself")
        except TaskFailed as error:
            return _failed(task_id, error.message, error.reason, error.data)
        except (Exception, SystemExit) as error:
            if isinstance(error, TimeoutError) and timeout.expired():
                message = f"did not complete within {limit:g} seconds"
                return _failed(task_id, message, TaskStatusReason.REASON_MAX_COMPLETION_TIME_REACHED)
            _logger.exception("task_failed task=%s", task_id)
            return _failed(task_id, _words(error))


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as worse:  # noqa: BLE001 - a stranger's __str__ may raise anything
        return f"{type(error).__name__}, whose __str__ raised {type(worse).__name__}"


def _killed(task_id: TaskId) -> TaskStatus:
    return task_status(task_id, TaskState.TASK_KILLED)


def _finished(task_id: TaskId, result: Result) -> TaskStatus:
    match result:
        case None:
            return task_status(task_id, TaskState.TASK_FINISHED)
        case str():
            return task_status(task_id, TaskState.TASK_FINISHED, result)
        case bytes():
            return task_status(task_id, TaskState.TASK_FINISHED, data=result)
    return _failed(task_id, f"run_task returned {type(result).__name__}; it may return a text, bytes or None")


def _failed(
    task_id: TaskId,
    message: str,
    reason: TaskStatusReason = TaskStatusReason.REASON_COMMAND_EXECUTOR_FAILED,
    data: bytes | None = None,
) -> TaskStatus:
    text = message[:_MAX_MESSAGE].encode(errors="replace").decode() or None
    return TaskStatus(task_id=task_id, state=TaskState.TASK_FAILED, message=text, reason=reason, data=data)

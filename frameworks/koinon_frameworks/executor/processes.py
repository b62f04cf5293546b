"""``in_process``: a ``run_task`` that blocks or computes, each in a process of its own, which KILL ends for certain.

The processes are forked from a server that has imported the executor's main module once, so one more costs little and
carries nothing of the executor's threads and sockets along.
"""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import pickle
import signal
import sys
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from attrs import frozen

from koinon_core.tasks import TaskStatusReason

from .executor import Executor, Progress, Result, TaskFailed
from .received import Task
from .running import RunningTask
from .threads import finish

_CONTEXT = multiprocessing.get_context("forkserver")
ProcessFunction = Callable[[Task, Progress], Result]


@frozen
class _Told:
    """Progress, in words or as a message to the scheduler."""

    message: str
    data: bytes | None = None


@frozen
class _Sent:
    data: bytes


@frozen
class _Returned:
    result: Result


@frozen
class _Raised:
    message: str
    reason: int | None = None
    data: bytes | None = None


class _PipedProgress:
    """The far end's ``progress``."""

    is_killed = False
    """Nobody asks: SIGTERM says it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __call__(self, message: str, data: bytes | None = None) -> None:
        self._pipe.send(_Told(message, data))

    def send(self, data: bytes) -> None:
        self._pipe.send(_Sent(data))


def in_process(function: ProcessFunction) -> Callable[[Executor, Task, Progress], Coroutine[Any, Any, Result]]:
    """``run_task = in_process(count_words)``, of a function ``(task, progress) -> result`` at a module's top level.

    KILL sends SIGTERM to the task's process, and SIGKILL when the grace is over.
    """

    @functools.wraps(function)
    async def run_task(_: Executor, task: Task, progress: Progress) -> Result:
        near, far = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(function, task, far), name=f"task {task.task_id}", daemon=True)
        # Starting talks to the fork server and waits for it.
        await asyncio.to_thread(process.start)
        far.close()
        watch = _Watch(process, near, progress)
        if isinstance(progress, RunningTask):
            progress.when_killed.append(watch.end)
            if progress.is_killed:
                watch.end(0.0)
        return await watch.outcome()

    return run_task


def _work(function: ProcessFunction, task: Task, pipe: Connection) -> None:
    """What the process runs."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result: Any = function(task, _PipedProgress(pipe))
        pipe.send(_Returned(result))
    except TaskFailed as error:
        pipe.send(_Raised(error.message, error.reason.value, error.data))
    except Exception as error:  # noqa: BLE001 - whatever a task raises is its failure
        sys.excepthook(type(error), error, error.__traceback__)
        pipe.send(_Raised(f"{type(error).__name__}: {error}"))


class _Watch:
    """One such process, as the executor's loop sees it."""

    def __init__(self, process: ForkServerProcess, pipe: Connection, progress: Progress) -> None:
        self._process = process
        self._pipe = pipe
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[Result] = self._loop.create_future()
        self._killing: asyncio.TimerHandle | None = None
        self._killing_at = 0.0  # kept here: uvloop's handle of a timer without delay does not know its time
        self._loop.add_reader(pipe.fileno(), self._read)

    async def outcome(self) -> Result:
        """Wait for the end of the process. Raises what it raised."""
        try:
            return await finish(self._outcome)
        finally:
            if self._killing is not None:
                self._killing.cancel()

    def end(self, grace: float) -> None:
        """SIGTERM now, SIGKILL later; a second wish may shorten the grace."""
        if self._outcome.done():
            return
        self._process.terminate()
        at = self._loop.time() + grace
        if self._killing is None or self._killing_at > at:
            if self._killing is not None:
                self._killing.cancel()
            self._killing, self._killing_at = self._loop.call_later(grace, self._process.kill), at

    def _read(self) -> None:
        try:
            said = self._pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            self._settle(None)
            return
        match said:
            case _Told(message, data):
                self._progress(message, data)
            case _Sent(data):
                self._progress.send(data)
            case _:
                self._settle(said)

    def _settle(self, said: _Returned | _Raised | None) -> None:
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
        joined = self._loop.run_in_executor(None, self._process.join)
        joined.add_done_callback(lambda _: self._conclude(said))

    def _conclude(self, said: _Returned | _Raised | None) -> None:
        if self._outcome.done():
            return
        match said:
            case _Returned(result):
                self._outcome.set_result(result)
            case _Raised(message, reason, data):
                self._outcome.set_exception(_failure(message, reason, data))
            case _:
                self._outcome.set_exception(TaskFailed(_epitaph(self._process.exitcode)))


def _failure(message: str, reason: int | None, data: bytes | None) -> TaskFailed:
    if reason is None:
        return TaskFailed(message)
    return TaskFailed(message, TaskStatusReason(reason), data)


def _epitaph(code: int | None) -> str:
    """How a process ended that did not say what came of its task."""
    if code is not None and code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with status {code}, and returned nothing"

"""``in_thread``: a ``run_task`` that blocks, each in a thread of its own."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .executor import Executor, Progress, Result
from .received import Task

ExecutorT = TypeVar("ExecutorT", bound=Executor)


def in_thread(
    function: Callable[[ExecutorT, Task, Progress], Result],
) -> Callable[[ExecutorT, Task, Progress], Coroutine[Any, Any, Result]]:
    """Decorate a plain ``def run_task(self, task, progress)``.

    A thread can't be killed: it must look at ``progress.is_killed`` now and then, and return or raise. A task that was
    killed is told as such once its thread has ended, not before.
    """

    @functools.wraps(function)
    async def run_task(self: ExecutorT, task: Task, progress: Progress) -> Result:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Result] = loop.create_future()

        def work() -> None:
            try:
                result = function(self, task, progress)
            except BaseException as error:  # noqa: BLE001 - whatever a task raises is its failure
                # A StopIteration can't be set on a future; as a task's failure its words are enough.
                told = RuntimeError(repr(error)) if isinstance(error, StopIteration) else error
                _call(loop, outcome.set_exception, told)
            else:
                _call(loop, outcome.set_result, result)

        # A daemon: when the executor ends, nobody waits for it.
        threading.Thread(target=work, name=f"task {task.task_id}", daemon=True).start()
        return await finish(outcome)

    return run_task


async def finish(outcome: asyncio.Future[Result]) -> Result:
    """Wait for the outcome even when cancelled, and only then be cancelled."""
    was_cancelled = False
    while not outcome.done():
        try:
            await asyncio.wait((outcome,))
        except asyncio.CancelledError:
            was_cancelled = True
    if was_cancelled:
        outcome.exception()  # it was to end: however it did, it was killed
        raise asyncio.CancelledError
    return outcome.result()


def _call(loop: asyncio.AbstractEventLoop, settle: Callable[..., None], value: object) -> None:
    try:
        loop.call_soon_threadsafe(settle, value)
    except RuntimeError:
        return  # the loop is closed: the executor has ended

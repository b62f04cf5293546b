"""The tasks of a run: started by name, ended together; the first that raises ends the run by what it raised."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """``run`` until one task is done, with all others around it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._crash: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def start(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run this beside the rest. It may end; when it raises, the run is over."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)
        return task

    async def run(self, main: asyncio.Future[T]) -> T:
        """What ``main`` gives; everything is cancelled and ended when this returns. Raises what any task raised."""
        try:
            await asyncio.wait((main, self._crash), return_when=asyncio.FIRST_COMPLETED)
            if self._crash.done():
                self._crash.result()
            return main.result()
        finally:
            self._crash.cancel()
            unfinished = tuple(self._tasks)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._crash.done():
            self._crash.set_exception(error)

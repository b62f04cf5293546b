"""How a daemon ends: the request to stop, and background tasks whose crash ends it. No signals here (`run.py`)."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

import structlog

from .errors import DaemonError, ExitCode, TaskCrashedError

_logger = structlog.get_logger(__name__)


class Stop:
    """The one request to end the daemon, with its reason and exit code; the first request wins."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self._reason = ""
        self._code = ExitCode.CLEAN

    @property
    def is_requested(self) -> bool:
        """Whether the daemon is to end."""
        return self._requested.is_set()

    @property
    def reason(self) -> str:
        """Why, or an empty text while nothing is requested."""
        return self._reason

    @property
    def code(self) -> ExitCode:
        """What the process is to exit with."""
        return self._code

    def request(self, reason: str, code: ExitCode = ExitCode.CLEAN) -> None:
        """Ask for the end. A later failure still spoils the exit code of an orderly stop, never the reason."""
        if self._code is ExitCode.CLEAN:
            self._code = code
        if not self._requested.is_set():
            self._reason = reason
            self._requested.set()

    async def wait(self) -> str:
        """Wait for the request; returns its reason."""
        await self._requested.wait()
        return self._reason


class Supervisor:
    """The background tasks of a daemon: `async with Supervisor(stop) as tasks: tasks.start("offers", offers())`.

    A task that ends by an exception is logged and requests the stop; leaving the block cancels the rest, the last
    started first, and waits for each.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._tasks: dict[asyncio.Task[Any], None] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in reversed(tuple(self._tasks)):
            task.cancel()
            await asyncio.wait((task,))

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in the background under a name. It may end; it may not crash."""
        task = asyncio.create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        crash = TaskCrashedError(task.get_name(), error)
        if isinstance(error, DaemonError):
            _logger.error("task_failed", task=crash.task, error=str(error))
            self._stop.request(str(error), error.exit_code)
        else:
            _logger.error("task_crashed", task=crash.task, exc_info=error)
            self._stop.request(str(crash), crash.exit_code)

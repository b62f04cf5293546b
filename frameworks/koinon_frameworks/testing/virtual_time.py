"""An asyncio loop whose clock jumps to the next timer, so that an hour of waiting takes no time.

Time stands still while anything can run. What really happens is waited for really: threads of executors, and sockets
for ``SOCKET_PATIENCE`` at a time. Where nothing is left that could ever happen the loop raises NothingLeft, with who
waits where, instead of hanging.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, Final, TypeVar

T = TypeVar("T")
_RESOLUTION: Final = 1e-9
SOCKET_PATIENCE: Final = 2.0
"""Real seconds for something to come from a socket before nothing is left to wait for."""
THREAD_PATIENCE: Final = 30.0
"""Real seconds for a thread to end."""


class VirtualTimeError(RuntimeError):
    """The root of what may go wrong with virtual time."""


class NothingLeft(VirtualTimeError):
    """Everything waits, and nothing will ever come."""


class TooLong(VirtualTimeError):
    """More virtual time went by than a test may take: something repeats itself for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Looks at real sockets, and lets the clock jump where the loop would sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.sleep: Callable[[float | None], float] = lambda _: 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready. ``sleep`` moves the clock instead of this thread, or says how long to wait really."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        return super().select(self.sleep(timeout))


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module. ``limit``: virtual seconds after which TooLong is raised."""

    def __init__(self, limit: float = 7 * 86400.0) -> None:
        self._virtual_now = 0.0
        self._limit = limit
        self._threads = 0
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._own_sockets = len(self._jumping.get_map())
        self._jumping.sleep = self._sleep

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self._virtual_now

    def run_in_executor(  # type: ignore[override]  # typeshed has it as a coroutine, BaseEventLoop gives a future
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As every loop does; virtual time waits for the thread."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._note_end_of_thread)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002 - as of Python 3.12
        """As every loop does, in a thread of its own."""
        self._threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._threads -= 1

    def _note_end_of_thread(self, _: asyncio.Future[Any]) -> None:
        self._threads -= 1

    def _sleep(self, timeout: float | None) -> float:
        if self._threads:
            return THREAD_PATIENCE if timeout is None else 0.01
        if timeout is not None:
            self._virtual_now += timeout + _RESOLUTION
            if self._virtual_now > self._limit:
                raise TooLong(f"{self._limit:g} virtual seconds went by without an end. {self.describe_waiting()}")
            return 0.0
        if len(self._jumping.get_map()) > self._own_sockets and super(_JumpingSelector, self._jumping).select(
            SOCKET_PATIENCE
        ):
            return 0.0
        raise NothingLeft(f"nothing is left that could happen: no timer, no call. {self.describe_waiting()}")

    def describe_waiting(self) -> str:
        """Which tasks wait, and at which lines of their own code."""
        tasks = sorted(asyncio.all_tasks(self), key=lambda task: task.get_name())
        return "Waiting: " + ("; ".join(f"{task.get_name()} at {_place(task)}" for task in tasks) or "nobody")


def run_virtual(main: Coroutine[Any, Any, T], *, limit: float = 7 * 86400.0) -> T:
    """``asyncio.run`` in virtual time. Raises NothingLeft, and TooLong after ``limit`` virtual seconds."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(limit)) as runner:
        return runner.run(main)


def _place(task: asyncio.Task[Any]) -> str:
    """The innermost line of the chain of awaits that is not asyncio's own."""
    found = "its start"
    waiting: Any = task.get_coro()
    while isinstance(waiting, CoroutineType | GeneratorType):
        frame: FrameType | None
        if isinstance(waiting, CoroutineType):
            frame, waiting = waiting.cr_frame, waiting.cr_await
        else:
            frame, waiting = waiting.gi_frame, waiting.gi_yieldfrom
        if frame is not None and "/asyncio/" not in frame.f_code.co_filename:
            found = f"{frame.f_code.co_qualname} ({frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno})"
    return found

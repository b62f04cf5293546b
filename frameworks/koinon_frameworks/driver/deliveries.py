"""What waits for the scheduler, in its order, and the calling of its callbacks: timed, and named when they are slow."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from ..calls import SchedulerCalls
from ..scheduler import Scheduler
from .callbacks import Delivery, call_back, callback_name
from .counts import DriverTally
from .session_machine import Ending

_logger = structlog.get_logger(__name__)


class Deliveries:
    """A queue that its reader may be woken from, and that says when it is full."""

    def __init__(self, backlog: int) -> None:
        """``backlog``: from how many on there is no room."""
        self._waiting: deque[Delivery | Ending] = deque()
        self._backlog = backlog
        self._wake = asyncio.Event()
        self._has_room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, delivery: Delivery | Ending) -> None:
        """Add one, room or not."""
        self._waiting.append(delivery)
        self._wake.set()

    def clear(self) -> None:
        """What waits is void."""
        self._waiting.clear()
        self._has_room.set()

    def wake(self) -> None:
        """Let ``take`` return."""
        self._wake.set()

    async def take(self) -> Delivery | Ending | None:
        """The next one; None when woken and there is none."""
        if not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        self._has_room.set()
        return self._waiting.popleft() if self._waiting else None

    async def wait_for_room(self) -> None:
        """Return as soon as fewer wait than the backlog allows."""
        while len(self._waiting) >= self._backlog:
            self._has_room.clear()
            await self._has_room.wait()


class WatchedCallbacks:
    """Calls a scheduler back. One that takes long is named in the log while it runs, and when it is done."""

    def __init__(self, scheduler: Scheduler, driver: SchedulerCalls, tally: DriverTally, slow: float) -> None:
        """``slow``: the seconds that no callback should take."""
        self._scheduler = scheduler
        self._driver = driver
        self._tally = tally
        self._slow = slow
        self._watch: asyncio.TimerHandle | None = None

    async def call(self, delivery: Delivery) -> None:
        """Call back and wait for it. Raises what the callback raises."""
        name = callback_name(delivery)
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._watch = loop.call_later(self._slow, self._tell_running, name, started, self._slow)
        try:
            await call_back(self._scheduler, self._driver, delivery)
        finally:
            self._watch.cancel()
            seconds = loop.time() - started
            self._tally.note_callback(name, seconds)
            if seconds >= self._slow:
                _logger.warning("callback_slow", callback=self._full_name(name), seconds=round(seconds, 3))

    def _tell_running(self, name: str, started: float, after: float) -> None:
        """Say so again after twice the time, and so on."""
        loop = asyncio.get_running_loop()
        _logger.warning(
            "callback_still_running",
            callback=self._full_name(name),
            seconds=round(loop.time() - started, 3),
        )
        self._watch = loop.call_later(after, self._tell_running, name, started, 2 * after)

    def _full_name(self, name: str) -> str:
        return f"{type(self._scheduler).__name__}.{name}"

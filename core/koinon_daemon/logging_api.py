"""Log more for a while, on demand: ``/logging/toggle``, and the switch that the operator's calls turn, too.

What a level means is ``verbosity``'s; that lines really come out is ``logs``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import web

from .clock import SystemClock
from .logs import set_verbosity
from .verbosity import Verbosity, read_toggle

LONGEST_SECONDS = 10 * 365 * 86400.0
"""What is asked for beyond that is as good as for ever, and no number for a timer."""
_logger = structlog.get_logger(__name__)


class LoggingSwitch:
    """How much this process logs now. There is one log a process, and so one of these."""

    def __init__(self, apply: Callable[[int], None] = set_verbosity) -> None:
        self._apply = apply
        self._clock = SystemClock()
        self._verbosity = Verbosity()
        self._fallback: asyncio.TimerHandle | None = None

    @property
    def level(self) -> int:
        """The level that holds now: 0 unless somebody asked for more, and for a while."""
        return self._verbosity.at(self._clock.monotonic())

    def set(self, level: int, seconds: float) -> None:
        """Log at a level of 0 or more for so many seconds, then as the flags say; a later wish replaces this one."""
        if self._fallback is not None:
            self._fallback.cancel()
        seconds = min(max(seconds, 0.0), LONGEST_SECONDS)
        self._verbosity = Verbosity(level, self._clock.monotonic() + seconds)
        self._apply(level)
        self._fallback = asyncio.get_running_loop().call_later(seconds, self._fall_back)
        _logger.info("logging_level_set", level=level, seconds=seconds)

    def _fall_back(self) -> None:
        self._fallback, self._verbosity = None, Verbosity()
        self._apply(0)
        _logger.info("logging_level_fell_back")

    async def toggle(self, request: web.Request) -> web.Response:
        """``/logging/toggle``: without a query the level, with ``level`` and ``duration`` a change of it."""
        wanted = read_toggle(request.query.get("level"), request.query.get("duration"))
        if wanted is None:
            return web.Response(text=f"{self.level}\n")
        self.set(*wanted)
        return web.Response(status=200)

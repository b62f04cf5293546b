"""Removing containers that nobody needs: whatever failed to start, and whatever else is to go. Owns insisting on it."""

from __future__ import annotations

import asyncio

import structlog

from ..errors import EngineRefused, EngineUnavailable
from .engine import Engine
from .slots import Turn

_logger = structlog.get_logger(__name__)

_STOP_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_LATE_PAUSES_SECONDS = (0.5, 2.0, 10.0, 60.0)
"""When to look again for a container whose making was asked for and never answered: an engine may do it yet."""
_GONE = (404, 409)
"""What the engine answers of what it does not have, or is removing for somebody else."""


class Sweeper:
    """Of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.Future[None]] = set()

    def sweep(self, engine_id_or_name: str, *, may_come_late: bool = False) -> None:
        """See to it that a container goes, and, where it may come to be only later, that it goes then."""
        done = asyncio.get_running_loop().create_future()
        self._open.add(done)
        done.add_done_callback(self._open.discard)
        task = asyncio.create_task(self._sweep(engine_id_or_name, done, _LATE_PAUSES_SECONDS if may_come_late else ()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Finish what is under way, within bounds."""
        if self._open:
            await asyncio.wait(self._open, timeout=_STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def remove(self, engine_id_or_name: str) -> None:
        """Remove a container with its anonymous volumes, once. Raises EngineUnavailable."""
        try:
            params = {"v": "1", "force": "1"}
            await self._engine.call("DELETE", f"/containers/{engine_id_or_name}", params, turn=Turn.CLEAR)
        except EngineRefused as error:
            if error.status not in _GONE:
                raise EngineUnavailable(self._engine.url, error.reason) from error

    async def _sweep(self, name: str, done: asyncio.Future[None], pauses: tuple[float, ...]) -> None:
        try:
            await self._remove_at_last(name)
        finally:
            if not done.done():
                done.set_result(None)
        for pause in pauses:
            await asyncio.sleep(pause)
            await self._remove_at_last(name)

    async def _remove_at_last(self, name: str) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self.remove(name)
            except EngineUnavailable as error:
                _logger.warning("container_not_removed", container=name, reason=error.reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

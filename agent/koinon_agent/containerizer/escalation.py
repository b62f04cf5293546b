"""Ending a container: ask, wait for the grace period, then force, again and again until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_FORCE_INTERVAL_SECONDS = 5.0


class Escalation:
    """The way of one container to its end. ``send`` asks (False) or forces (True) and must not raise."""

    def __init__(self, send: Callable[[bool], Awaitable[None]]) -> None:
        self._send = send
        self._force_at = 0.0
        self._sooner = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def ask(self, grace_seconds: float) -> None:
        """Begin, or, when begun, bring the force forward if this leaves less time (mesos-semantics 6.3)."""
        force_at = asyncio.get_running_loop().time() + grace_seconds
        if self._task is None:
            self._force_at = force_at
            self._task = asyncio.create_task(self._run(is_asked=grace_seconds > 0))
        elif force_at < self._force_at:
            self._force_at = force_at
            self._sooner.set()

    def stop(self) -> None:
        """The container is over, or no longer ours to end."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, *, is_asked: bool) -> None:
        if is_asked:
            await self._send(False)
        while (left := self._force_at - asyncio.get_running_loop().time()) > 0:
            self._sooner.clear()
            try:
                async with asyncio.timeout(left):
                    await self._sooner.wait()
            except TimeoutError:
                break
        while True:
            await self._send(True)
            await asyncio.sleep(_FORCE_INTERVAL_SECONDS)

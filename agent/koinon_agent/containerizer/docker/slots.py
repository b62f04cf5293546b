"""Whose call goes to the engine next: a bounded number at a time, and what is under way before what is new.

Owns the order alone. An engine does the same work whatever the order, but containers that are half made keep everybody
waiting: so a start goes before a create that came earlier, and a kill waits behind no crowd of launches. Nobody waits
for a removal: it takes its turn with what is new, so that many kills are not held up by the removals of the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum


class Turn(IntEnum):
    """When a call is due: those that begin something new, or clear away, come after all that finish what has begun."""

    FINISH = 0
    BEGIN = 1
    CLEAR = BEGIN


class Slots:
    """``number`` calls at a time; within a turn first come, first served."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: tuple[deque[asyncio.Future[None]], ...] = tuple(deque() for _ in Turn)

    @asynccontextmanager
    async def slot(self, turn: Turn) -> AsyncIterator[None]:
        """Hold a slot while the block runs; waits for one before."""
        await self._take(turn)
        try:
            yield
        finally:
            self._give()

    async def _take(self, turn: Turn) -> None:
        if self._free:
            self._free -= 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn].append(given)
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():
                self._give()  # it came too late
            raise

    def _give(self) -> None:
        """Hand the slot to the next who still waits."""
        for queue in self._waiting:
            while queue:
                given = queue.popleft()
                if not given.done():
                    given.set_result(None)
                    return
        self._free += 1

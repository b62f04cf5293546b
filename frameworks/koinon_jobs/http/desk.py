"""What the handlers share: the service behind them, the clock, who listens, and one change at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from attrs import define, field

from koinon_core.clock import Clock
from koinon_daemon.errors import ApiError

from ..jobs_service import JobsService
from .elements import ElementCounts
from .event_hub import EventHub

LONGEST_WAIT: Final = 30.0
"""Seconds that a change waits for those before it."""


@define(eq=False)
class Desk:
    """One jobs framework as HTTP sees it. ``url`` is where people find it."""

    service: JobsService
    clock: Clock
    url: str
    roles: tuple[str, ...] = ("*",)
    """Those of the framework, the first of which a job without one takes."""
    hub: EventHub = field(factory=EventHub)
    elements: ElementCounts = field(factory=ElementCounts)

    _turn: asyncio.Lock = field(factory=asyncio.Lock)

    def __attrs_post_init__(self) -> None:
        self.service.watch(self.hub.tell)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Held from the look at what is to the change, as every change of a definition comes by this desk.

        Raises ApiError 503 for whoever does not get a turn in time: with a store that is away each of those before
        waits for a minute.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._turn.acquire()
        except TimeoutError:
            raise ApiError(503, "other changes wait for the store; this one was not begun") from None
        try:
            yield
        finally:
            self._turn.release()

"""What the handlers share: the service behind them, the clock, who listens, and one change at a time."""

from __future__ import annotations

import asyncio

from attrs import define, field

from koinon_core.clock import Clock

from ..jobs_service import JobsService
from .elements import ElementCounts
from .event_hub import EventHub


@define(eq=False)
class Desk:
    """One jobs framework as HTTP sees it. ``url`` is where people find it."""

    service: JobsService
    clock: Clock
    url: str
    roles: tuple[str, ...] = ("*",)
    """Those of the framework, the first of which a job without one takes."""
    hub: EventHub = field(factory=EventHub)
    changes: asyncio.Lock = field(factory=asyncio.Lock)
    """Held from the look at what is to the change: every change of a definition comes by this desk."""
    elements: ElementCounts = field(factory=ElementCounts)

    def __attrs_post_init__(self) -> None:
        self.service.watch(self.hub.tell)

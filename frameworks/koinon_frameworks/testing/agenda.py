"""What is to happen when, in virtual time. Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from attrs import define, field

Act = Callable[[float], None]
"""Called with the time at which it was due."""


@define(order=True)
class Appointment:
    """One thing that is to happen. ``is_off``: it will not."""

    at: float
    number: int
    act: Act = field(order=False)
    is_off: bool = field(default=False, order=False)


class Agenda:
    """Appointments in their order; those of one moment in the order in which they were made."""

    def __init__(self) -> None:
        """Nothing is to happen."""
        self._queue: list[Appointment] = []
        self._numbers = itertools.count()

    def at(self, when: float, act: Act) -> Appointment:
        """Have something happen."""
        appointment = Appointment(when, next(self._numbers), act)
        heapq.heappush(self._queue, appointment)
        return appointment

    @property
    def next_at(self) -> float | None:
        """When the next thing happens; None: nothing will."""
        while self._queue and self._queue[0].is_off:
            heapq.heappop(self._queue)
        return self._queue[0].at if self._queue else None

    def run(self, now: float) -> None:
        """Have everything happen that is due."""
        while (at := self.next_at) is not None and at <= now:
            appointment = heapq.heappop(self._queue)
            appointment.act(now)

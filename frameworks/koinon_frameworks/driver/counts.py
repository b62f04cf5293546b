"""What a driver counts of itself, for a host, a page or a test to show. Pure: times are handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import evolve, frozen

from ..calls import CallFailureKind


@frozen(kw_only=True)
class CallbackTimes:
    """How often a callback ran to its end, and for how many seconds: together, and the longest of them."""

    calls: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


@frozen(kw_only=True)
class DriverCounts:
    """A snapshot. Events and calls go by the names of the API: ``OFFERS``, ``ACCEPT``."""

    events: Mapping[str, int]
    calls: Mapping[str, int]
    """Those that were sent or should have been, whatever came of them."""
    failures: Mapping[CallFailureKind, int]
    callbacks: Mapping[str, CallbackTimes]
    """By the name of the method."""
    held_back: int
    """Calls that had to wait for their turn (``DriverOptions.calls_per_second``)."""
    waiting: int
    """Events that came and wait for the scheduler."""


class DriverTally:
    """The numbers as they grow."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.failures: Counter[CallFailureKind] = Counter()
        self.held_back = 0
        self._callbacks: dict[str, CallbackTimes] = {}

    def note_callback(self, name: str, seconds: float) -> None:
        """A callback returned or raised after so long."""
        so_far = self._callbacks.get(name, CallbackTimes())
        self._callbacks[name] = evolve(
            so_far,
            calls=so_far.calls + 1,
            seconds=so_far.seconds + seconds,
            slowest=max(so_far.slowest, seconds),
        )

    def snapshot(self, waiting: int) -> DriverCounts:
        """The numbers as they are now."""
        return DriverCounts(
            events=dict(self.events),
            calls=dict(self.calls),
            failures=dict(self.failures),
            callbacks=dict(self._callbacks),
            held_back=self.held_back,
            waiting=waiting,
        )

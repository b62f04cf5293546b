"""The real clock, as `koinon_core.clock.Clock` describes it. Nobody else asks the machine for the time."""

import time

from koinon_core.clock import Clock

_SLOWDOWN = 0.1
"""By so much of its pace a clock that is ahead waits for the wall clock."""


class ForwardClock:
    """A clock whose wall time never runs backwards, for whoever sets timers by it.

    When the real one is set back, this one goes on, a little slower, until that has caught up: nobody waits an hour
    longer for what is due in a second. When the real one is set forward, this one follows at once.
    """

    def __init__(self, clock: Clock) -> None:
        """`clock` is the real one."""
        self._clock = clock
        self._now, self._read_at = clock.now(), clock.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, more than the real clock's while that catches up."""
        read_at = self._clock.monotonic()
        slowed = self._now + (1.0 - _SLOWDOWN) * (read_at - self._read_at)
        self._now, self._read_at = max(self._clock.now(), slowed), read_at
        return self._now

    def monotonic(self) -> float:
        """As the real clock has it."""
        return self._clock.monotonic()


class SystemClock:
    """Wall and monotonic time of this machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()

"""The real clock, as `koinon_core.clock.Clock` describes it. Nobody else asks the machine for the time."""

import time


class SystemClock:
    """Wall and monotonic time of this machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()

"""The real clock."""

from koinon_core.clock import Clock
from koinon_daemon.clock import SystemClock


def test_system_clock_never_runs_backwards() -> None:
    """It satisfies the Clock protocol; monotonic time grows and wall time is this century's."""
    clock: Clock = SystemClock()
    earlier = clock.monotonic()

    assert earlier <= clock.monotonic()
    assert clock.now() > 1_700_000_000

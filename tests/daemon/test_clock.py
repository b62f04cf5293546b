"""The real clock, and one that never runs backwards."""

import pytest
from attrs import define

from koinon_core.clock import Clock
from koinon_daemon.clock import ForwardClock, SystemClock


def test_system_clock_never_runs_backwards() -> None:
    """It satisfies the Clock protocol; monotonic time grows and wall time is this century's."""
    clock: Clock = SystemClock()
    earlier = clock.monotonic()

    assert earlier <= clock.monotonic()
    assert clock.now() > 1_700_000_000


@define
class _SetClock:
    """A clock that is set by hand."""

    wall: float = 1000.0
    steady: float = 50.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.steady

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_a_forward_clock_is_the_wall_clock_until_that_is_set_back() -> None:
    """It follows a jump forward at once; after one backward it goes on more slowly, until the wall clock is there."""
    real = _SetClock()
    clock = ForwardClock(real)
    real.pass_by(10)

    assert 1010.0 == clock.now()

    real.wall += 3600
    assert 4610.0 == clock.now()

    real.wall -= 3600
    real.pass_by(10)
    assert pytest.approx(4619.0) == clock.now()

    real.pass_by(36_000)
    assert real.wall == clock.now()

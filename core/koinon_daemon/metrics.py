"""Gauges and timers under Mesos's flat names, and the snapshot that `/metrics/snapshot` shows (mesos-operator-api 3.9).

A counter is a gauge that reads what its owner counted. What belongs together is read together, by a group: once a
snapshot, however many names come of it. How Prometheus sees all this is ``prometheus``'s.
"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping
from math import isfinite

import structlog

BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: a timer also counts how many durations were at most this long, and longer than the bound before."""
_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}
_logger = structlog.get_logger(__name__)


class Timer:
    """The last `window` durations, in milliseconds; and of all there ever were the number, the sum and the spread."""

    __slots__ = ("_window", "count", "counts", "seconds")

    def __init__(self, window: int = 1000) -> None:
        self._window: deque[float] = deque(maxlen=window)
        self.count = 0
        self.seconds = 0.0
        self.counts = [0] * (len(BOUNDS) + 1)

    def record(self, seconds: float) -> None:
        """Note one duration in seconds."""
        self._window.append(seconds * 1000)
        self.count += 1
        self.seconds += seconds
        self.counts[bisect_left(BOUNDS, seconds)] += 1

    def statistics(self) -> dict[str, float]:
        """Suffix -> milliseconds: "" is the latest; count, min, max and percentiles. Empty before the first record."""
        if not self._window:
            return {}
        ordered = sorted(self._window)
        numbers = {"": self._window[-1], "/count": float(self.count), "/min": ordered[0], "/max": ordered[-1]}
        for name, share in _PERCENTILES.items():
            numbers[f"/{name}"] = ordered[math.ceil(share * len(ordered)) - 1]
        return numbers


class Metrics:
    """The metrics of one daemon."""

    def __init__(self) -> None:
        self._gauges: dict[str, Callable[[], float]] = {}
        self._groups: dict[str, Callable[[], Mapping[str, float]]] = {}
        self._timers: dict[str, Timer] = {}

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Show what `read` returns at the time of each snapshot, instead of what a gauge or group had of that name."""
        self._gauges[name] = read

    def group(self, name: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Show all names and numbers that `read` returns, read once a snapshot; replaces an earlier group of the name.

        The names may be others each time. `name` itself is for the log alone.
        """
        self._groups[name] = read

    def timer(self, name: str, window: int = 1000) -> Timer:
        """The timer of that name (it ends in `_ms`), made at the first call; `window` is how many durations count."""
        return self._timers.setdefault(name, Timer(window))

    def show_timer(self, name: str, timer: Timer) -> None:
        """Show a timer that somebody else made, under that name (it ends in `_ms`), instead of an earlier one."""
        self._timers[name] = timer

    def timers(self) -> Mapping[str, Timer]:
        """The timers by name."""
        return self._timers

    def snapshot(self) -> dict[str, float]:
        """Name -> finite number, by name. What fails is left out and logged, as Mesos leaves it out."""
        numbers = self.numbers()
        for name, timer in self._timers.items():
            numbers |= {f"{name}{suffix}": number for suffix, number in timer.statistics().items()}
        floats = ((name, float(numbers[name])) for name in sorted(numbers))
        return {name: number for name, number in floats if isfinite(number)}

    def numbers(self) -> dict[str, float]:
        """The snapshot without timers, in no order and as it was read."""
        numbers: dict[str, float] = {}
        for name, read_all in self._groups.items():
            try:
                numbers |= read_all()
            except Exception:
                # What is broken must not hide all the others.
                _logger.warning("gauges_failed", group=name, exc_info=True)
        for name, read in self._gauges.items():
            try:
                numbers[name] = read()
            except Exception:
                _logger.warning("gauge_failed", gauge=name, exc_info=True)
        return numbers

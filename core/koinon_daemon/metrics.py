"""Gauges and timers under Mesos's flat names, and the snapshot that `/metrics/snapshot` shows (mesos-operator-api 3.9).

A counter is a gauge that reads what its owner counted.
"""

import math
from collections import deque
from collections.abc import Callable

import structlog

_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}
_logger = structlog.get_logger(__name__)


class Timer:
    """The last `window` durations, in milliseconds, and how many there ever were."""

    __slots__ = ("_count", "_window")

    def __init__(self, window: int) -> None:
        self._window: deque[float] = deque(maxlen=window)
        self._count = 0

    def record(self, seconds: float) -> None:
        """Note one duration in seconds."""
        self._window.append(seconds * 1000)
        self._count += 1

    def statistics(self) -> dict[str, float]:
        """Suffix -> milliseconds: "" is the latest; count, min, max and percentiles. Empty before the first record."""
        if not self._window:
            return {}
        ordered = sorted(self._window)
        numbers = {"": self._window[-1], "/count": float(self._count), "/min": ordered[0], "/max": ordered[-1]}
        for name, share in _PERCENTILES.items():
            numbers[f"/{name}"] = ordered[math.ceil(share * len(ordered)) - 1]
        return numbers


class Metrics:
    """The metrics of one daemon."""

    def __init__(self) -> None:
        self._gauges: dict[str, Callable[[], float]] = {}
        self._timers: dict[str, Timer] = {}

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Show what `read` returns at the time of each snapshot; replaces an earlier gauge of the name."""
        self._gauges[name] = read

    def timer(self, name: str, window: int = 1000) -> Timer:
        """The timer of that name (it ends in `_ms`), made at the first call; `window` is how many durations count."""
        return self._timers.setdefault(name, Timer(window))

    def snapshot(self) -> dict[str, float]:
        """Name -> finite number, by name. A gauge that fails is left out and logged, as Mesos leaves it out."""
        numbers: dict[str, float] = {}
        for name, read in self._gauges.items():
            try:
                numbers[name] = float(read())
            except Exception:
                # One broken gauge must not hide all the others.
                _logger.warning("gauge_failed", gauge=name, exc_info=True)
        for name, timer in self._timers.items():
            numbers |= {f"{name}{suffix}": number for suffix, number in timer.statistics().items()}
        return {name: numbers[name] for name in sorted(numbers) if math.isfinite(numbers[name])}

"""Rates and durations as Marathon shows them: meters with moving averages, timers with percentiles. Pure.

Times are seconds since any fixed moment, given by the caller.
"""

import math
from collections import Counter, deque
from statistics import fmean, pstdev

import attrs

_TICK = 5.0
"""Seconds between two steps of a moving average."""
_MINUTES = (1, 5, 15)
_WINDOW = 1028
"""How many of the last durations count for percentiles."""
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""Of these each is measured apart: a client may send any word for a method, and none may make us remember it."""
_PERCENTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p999": 0.999}


class Meter:
    """How often something happens: per second over all time, and as averages that forget over 1, 5, 15 minutes."""

    def __init__(self, now: float) -> None:
        self.count = 0
        self._started = self._ticked = now
        self._since_tick = 0
        self._rates: dict[int, float] | None = None

    def mark(self, now: float, times: int = 1) -> None:
        """It happened."""
        self._tick(now)
        self.count += times
        self._since_tick += times

    def show(self, now: float) -> dict[str, object]:
        """The JSON object of `/metrics`."""
        self._tick(now)
        rates = self._rates or dict.fromkeys(_MINUTES, 0.0)
        lived = now - self._started
        return {
            "count": self.count,
            **{f"m{minutes}_rate": rates[minutes] for minutes in _MINUTES},
            "mean_rate": self.count / lived if lived > 0 else 0.0,
        }

    def _tick(self, now: float) -> None:
        """Let the averages forget what has become old; after a long silence in one go."""
        steps = int((now - self._ticked) // _TICK)
        if steps <= 0:
            return
        rate, self._since_tick = self._since_tick / _TICK, 0
        self._ticked += steps * _TICK
        if self._rates is None:
            self._rates = dict.fromkeys(_MINUTES, rate)
            steps, rate = steps - 1, 0.0
        for minutes in _MINUTES:
            kept = math.exp(-_TICK / 60 / minutes)
            if steps > 0:
                first = rate + (self._rates[minutes] - rate) * kept
                self._rates[minutes] = first * kept ** (steps - 1)


class DurationTimer:
    """How long something takes, in seconds, and how often it happens."""

    def __init__(self, now: float) -> None:
        self._meter = Meter(now)
        self._window: deque[float] = deque(maxlen=_WINDOW)

    def record(self, seconds: float, now: float) -> None:
        """It took so long."""
        self._meter.mark(now)
        self._window.append(seconds)

    def show(self, now: float) -> dict[str, object]:
        """The JSON object of `/metrics`."""
        ordered = sorted(self._window)
        numbers = {
            name: ordered[math.ceil(share * len(ordered)) - 1] for name, share in _PERCENTILES.items() if ordered
        }
        return {
            **self._meter.show(now),
            "min": min(ordered, default=0.0),
            "mean": fmean(ordered) if ordered else 0.0,
            "max": max(ordered, default=0.0),
            **dict.fromkeys(_PERCENTILES, 0.0),
            **numbers,
            "stddev": pstdev(ordered) if ordered else 0.0,
            "duration_units": "seconds",
            "rate_units": "events/second",
        }


@attrs.define
class Measures:
    """What one Marathon measures of its HTTP traffic; what its machine counts is the loop's."""

    active: int = 0
    counts: Counter[str] = attrs.field(factory=Counter)
    meters: dict[str, Meter] = attrs.field(factory=dict)
    timers: dict[str, DurationTimer] = attrs.field(factory=dict)

    def note_answer(self, method: str, status: int, seconds: float, now: float) -> None:
        """A request was answered."""
        self.meters.setdefault(f"http.responses.{status // 100}xx.rate.meter", Meter(now)).mark(now)
        names = ["http.requests", *([f"http.requests.{method.lower()}"] if method in _METHODS else [])]
        for name in names:
            timer = self.timers.setdefault(f"{name}.duration.timer.seconds", DurationTimer(now))
            timer.record(seconds, now)

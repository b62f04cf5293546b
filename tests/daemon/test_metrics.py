"""Counters, gauges, timers and the snapshot."""

import attrs
import pytest

from koinon_daemon.metrics import Metrics, Timer
from koinon_daemon.system_metrics import add_system_gauges


@attrs.define
class FixedSteps:
    """A clock that moves half a second at each look."""

    at: float = 0.0

    def now(self) -> float:
        return self.monotonic()

    def monotonic(self) -> float:
        self.at += 0.5
        return self.at


def test_snapshot_is_flat_and_sorted() -> None:
    """Counters and gauges show under their own names, in order."""
    metrics = Metrics()
    metrics.counter("master/tasks_lost").increment()
    metrics.counter("master/tasks_lost").increment(2)
    metrics.gauge("master/elected", lambda: 1)

    assert list(metrics.snapshot().items()) == [("master/elected", 1.0), ("master/tasks_lost", 3.0)]


def test_timer_statistics() -> None:
    """A timer shows its latest value, count, extremes and percentiles in milliseconds."""
    timer = Timer(window=1000)
    for millisecond in range(1, 101):
        timer.record(millisecond / 1000)

    statistics = timer.statistics()

    assert statistics == pytest.approx(
        {"": 100, "/count": 100, "/min": 1, "/max": 100, "/p50": 50, "/p90": 90}
        | {"/p95": 95, "/p99": 99, "/p999": 100, "/p9999": 100}
    )


def test_timer_window() -> None:
    """Old durations leave the window, not the count."""
    timer = Timer(window=2)
    for seconds in (9.0, 1.0, 2.0):
        timer.record(seconds)

    statistics = timer.statistics()

    assert (statistics["/max"], statistics["/count"]) == (2000.0, 3.0)


def test_timed_block() -> None:
    """A timed block is noted even when it raises."""
    metrics = Metrics()
    with pytest.raises(LookupError), metrics.timer("registrar/state_store_ms").timed(FixedSteps()):
        raise LookupError

    assert metrics.snapshot()["registrar/state_store_ms"] == 500.0


def test_empty_timer_shows_nothing() -> None:
    """A timer without durations has no statistics to show."""
    metrics = Metrics()
    metrics.timer("x_ms")

    assert metrics.snapshot() == {}


def test_broken_gauge_is_left_out() -> None:
    """A gauge that raises or is not finite is left out; the rest is shown."""
    metrics = Metrics()
    metrics.gauge("bad", lambda: 1 / 0)
    metrics.gauge("infinite", lambda: float("inf"))
    metrics.gauge("good", lambda: 2)

    assert metrics.snapshot() == {"good": 2.0}


def test_remove_by_prefix() -> None:
    """What belongs to something that is gone can be forgotten at once."""
    metrics = Metrics()
    metrics.counter("master/frameworks/a/calls")
    metrics.counter("master/tasks_lost")
    metrics.remove("master/frameworks/a/")

    assert metrics.snapshot() == {"master/tasks_lost": 0.0}


def test_system_gauges() -> None:
    """The machine's own gauges have Mesos's names and sensible numbers."""
    metrics = Metrics()
    add_system_gauges(metrics)

    snapshot = metrics.snapshot()

    assert {"cpus_total", "load_1min", "load_5min", "load_15min", "mem_free_bytes", "mem_total_bytes"} == {
        name.removeprefix("system/") for name in snapshot
    }
    assert 0 < snapshot["system/mem_free_bytes"] < snapshot["system/mem_total_bytes"]

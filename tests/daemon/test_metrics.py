"""Gauges, timers and the snapshot."""

import pytest

from koinon_daemon.metrics import Metrics, Timer
from koinon_daemon.system_metrics import add_system_gauges


def test_snapshot_is_flat_and_sorted() -> None:
    """Gauges show under their own names, in order, as they read at the time."""
    metrics = Metrics()
    lost = [3]
    metrics.gauge("master/tasks_lost", lambda: lost[0])
    metrics.gauge("master/elected", lambda: 1)
    lost[0] += 1

    assert [("master/elected", 1.0), ("master/tasks_lost", 4.0)] == list(metrics.snapshot().items())


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

    assert (2000.0, 3.0) == (statistics["/max"], statistics["/count"])


def test_empty_timer_shows_nothing() -> None:
    """A timer without durations has no statistics to show."""
    metrics = Metrics()
    metrics.timer("x_ms")

    assert {} == metrics.snapshot()


def test_broken_gauge_is_left_out() -> None:
    """A gauge that raises or is not finite is left out; the rest is shown."""
    metrics = Metrics()
    metrics.gauge("bad", lambda: 1 / 0)
    metrics.gauge("infinite", lambda: float("inf"))
    metrics.gauge("good", lambda: 2)

    assert {"good": 2.0} == metrics.snapshot()


def test_group_is_read_once_a_snapshot() -> None:
    """However many names come of it; they may be others each time, and a gauge of the same name wins."""
    metrics = Metrics()
    reads: list[int] = []

    def read() -> dict[str, float]:
        reads.append(1)
        return {f"a/{len(reads)}": 1, "b": 1, "c": 1}

    metrics.group("all", read)
    metrics.gauge("b", lambda: 2)

    assert {"a/1": 1.0, "b": 2.0, "c": 1.0} == metrics.snapshot()
    assert {"a/2": 1.0, "b": 2.0, "c": 1.0} == metrics.snapshot()


def test_broken_group_is_left_out() -> None:
    """All of it, and nothing else."""
    metrics = Metrics()
    metrics.group("bad", lambda: {"x": 1 / 0})
    metrics.gauge("good", lambda: 2)

    assert {"good": 2.0} == metrics.snapshot()


def test_system_gauges() -> None:
    """The machine's own gauges have Mesos's names and sensible numbers."""
    metrics = Metrics()
    add_system_gauges(metrics)

    snapshot = metrics.snapshot()

    assert {"cpus_total", "load_1min", "load_5min", "load_15min", "mem_free_bytes", "mem_total_bytes"} == {
        name.removeprefix("system/") for name in snapshot
    }
    assert 0 < snapshot["system/mem_free_bytes"] < snapshot["system/mem_total_bytes"]

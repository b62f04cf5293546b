"""Meters and timers: rates that forget, percentiles of what was seen last."""

import pytest

from koinon_marathon.metrics.measures import DurationTimer, Measures, Meter


def test_a_steady_rate_is_every_rate() -> None:
    """Ten times a second, for a minute: all averages say so."""
    meter = Meter(0.0)
    for second in range(60):
        meter.mark(second + 0.5, 10)
    shown = meter.show(60.0)

    assert {"count": 600, "m1_rate": 10.0, "m5_rate": 10.0, "m15_rate": 10.0, "mean_rate": 10.0} == shown


def test_silence_is_forgotten_the_sooner_the_shorter_the_average() -> None:
    """A minute after a burst the average over one minute has lost all but 1/e, that over fifteen hardly anything."""
    meter = Meter(0.0)
    meter.mark(1.0, 50)
    meter.show(5.0)
    shown = meter.show(65.0)

    assert pytest.approx({"m1_rate": 3.679, "m5_rate": 8.187, "m15_rate": 9.355}, abs=0.01) == {
        name: shown[name] for name in ("m1_rate", "m5_rate", "m15_rate")
    }


def test_silence_is_forgotten_alike_however_often_one_looks() -> None:
    """Looking is not changing."""
    often, once = Meter(0.0), Meter(0.0)
    for meter in (often, once):
        meter.mark(1.0, 7)
        meter.mark(7.0, 3)
    for second in range(8, 100):
        often.show(float(second))

    assert pytest.approx(often.show(100.0)) == once.show(100.0)


def test_a_timer_knows_its_spread() -> None:
    """A hundred durations from 1 to 100 ms."""
    timer = DurationTimer(0.0)
    for number in range(1, 101):
        timer.record(number / 1000, 1.0)
    shown = timer.show(10.0)

    assert (0.05, 0.099, 0.1, 0.001) == (shown["p50"], shown["p99"], shown["max"], shown["min"])
    assert (100, "seconds") == (shown["count"], shown["duration_units"])
    assert pytest.approx(0.0505) == shown["mean"]


def test_a_timer_without_a_duration_shows_zeros() -> None:
    """Its keys are there from the beginning."""
    shown = DurationTimer(0.0).show(0.0)

    assert {0} == {value for value in shown.values() if not isinstance(value, str)}


def test_answers_are_noted_by_status_and_method() -> None:
    """Names of marathon-semantics 28."""
    measures = Measures()
    measures.note_answer("GET", 200, 0.1, 1.0)
    measures.note_answer("POST", 422, 0.1, 1.0)

    assert {"http.responses.2xx.rate.meter", "http.responses.4xx.rate.meter"} == set(measures.meters)
    assert {
        "http.requests.duration.timer.seconds",
        "http.requests.get.duration.timer.seconds",
        "http.requests.post.duration.timer.seconds",
    } == set(measures.timers)


def test_words_that_are_no_methods_are_not_remembered() -> None:
    """They count among all requests, and nowhere else."""
    measures = Measures()
    for number in range(100):
        measures.note_answer(f"WORD{number}", 405, 0.1, 1.0)

    assert {"http.requests.duration.timer.seconds"} == set(measures.timers)
    assert 100 == measures.timers["http.requests.duration.timer.seconds"].show(2.0)["count"]

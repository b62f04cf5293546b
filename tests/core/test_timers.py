"""Timers: one time each, in order, moved and cancelled without a trace."""

from koinon_core.timers import Timers


def test_due_in_order() -> None:
    """The earliest first; what is not due stays."""
    timers = Timers[str]()
    timers.set("a", 5.0)
    timers.set("b", 3.0)

    assert 3.0 == timers.next_deadline()
    assert ["b"] == timers.pop_due(4.0)
    assert ["a"] == timers.pop_due(9.0)
    assert None is timers.next_deadline()


def test_moving_and_cancelling() -> None:
    """Only the last time counts, be it later or earlier, and none after cancelling."""
    timers = Timers[str]()
    timers.set("a", 5.0)
    timers.set("a", 9.0)
    assert [] == timers.pop_due(6.0)

    timers.set("a", 5.0)
    timers.set("b", 1.0)
    timers.cancel("b")
    assert ["a"] == timers.pop_due(9.0)
    assert [] == timers.pop_due(99.0)


def test_those_beyond_the_most_stay_due() -> None:
    """Nobody is forgotten, and the order holds."""
    timers = Timers[str]()
    for at, name in enumerate("abc"):
        timers.set(name, float(at))

    assert ["a", "b"] == timers.pop_due(9.0, 2)
    assert 2.0 == timers.next_deadline()
    assert ["c"] == timers.pop_due(9.0, 2)


def test_a_timer_that_is_moved_for_ever_takes_no_more_room() -> None:
    """An agent that comes and goes for a week, with days until its tasks are given up, costs what one loss costs."""
    timers = Timers[str]()
    timers.set("b", 5e5)
    for moment in range(5000):
        timers.set("a", 1e6 + moment)

    assert len(timers._heap) <= 200
    assert ["b", "a"] == timers.pop_due(2e6)


def test_never_is_no_time() -> None:
    """None takes a timer out, and nobody has set what is not there."""
    timers = Timers[str]()
    timers.set("a", 5.0)
    assert 5.0 == timers.time_of("a")
    timers.set("a", None)

    assert timers.time_of("a") is None
    assert set() == timers.all()

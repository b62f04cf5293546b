"""Deadlines that rules set and a loop sleeps until."""

from __future__ import annotations

from koinon_master.timers import Timers


def test_keys_are_due_in_the_order_of_their_deadlines() -> None:
    """Whoever was set for earlier comes first, and once."""
    timers: Timers[str] = Timers()
    timers.set("late", 3.0)
    timers.set("early", 1.0)
    timers.set("never", 9.0)

    assert 1.0 == timers.next_deadline()
    assert ["early", "late"] == timers.pop_due(3.0)
    assert [] == timers.pop_due(3.0)


def test_later_word_counts() -> None:
    """Setting again replaces, cancelling forgets."""
    timers: Timers[str] = Timers()
    timers.set("a", 1.0)
    timers.set("a", 5.0)
    timers.set("b", 2.0)
    timers.cancel("b")

    assert 5.0 == timers.next_deadline()
    assert [] == timers.pop_due(4.0)
    assert ["a"] == timers.pop_due(5.0)
    assert timers.next_deadline() is None


def test_void_entries_do_not_pile_up() -> None:
    """A deadline that is moved a hundred thousand times takes the room of a few."""
    timers: Timers[str] = Timers()

    for moment in range(100_000):
        timers.set("a", float(moment))

    assert 1 == len(timers)
    assert len(timers._heap) < 5000

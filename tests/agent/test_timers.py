"""Deadlines by key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from koinon_agent.timers import Timers


def test_key_comes_due_once() -> None:
    """A key that came due is forgotten."""
    timers = Timers()
    timers.set("a", 5.0)

    assert [] == timers.take_due(4.9)
    assert ["a"] == timers.take_due(5.0)
    assert [] == timers.take_due(9.0)
    assert timers.next_at() is None


def test_setting_a_key_again_moves_it() -> None:
    """The latest deadline of a key counts, be it earlier or later."""
    timers = Timers()
    timers.set("a", 5.0)
    timers.set("a", 7.0)

    assert 7.0 == timers.next_at()


def test_cancelled_key_never_comes_due() -> None:
    """A cancelled key is gone, and cancelling an unknown one does nothing."""
    timers = Timers()
    timers.set("a", 5.0)
    timers.cancel("a")
    timers.cancel("b")

    assert [] == timers.take_due(9.0)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9) | st.none())))
def test_timers_are_a_sorted_mapping(moves: list[tuple[str, int | None]]) -> None:
    """Whatever was set and cancelled: due keys come by time, each once, at its last deadline."""
    timers, model = Timers(), dict[str, int]()
    for key, at in moves:
        if at is None:
            timers.cancel(key)
            model.pop(key, None)
        else:
            timers.set(key, at)
            model[key] = at
    due = timers.take_due(9.0)

    assert sorted(model) == sorted(str(key) for key in due)
    assert sorted(model.values()) == [model[str(key)] for key in due]

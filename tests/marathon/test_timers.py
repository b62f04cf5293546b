"""Timers: one time each, in order, moved and cancelled without a trace; and kills, some at once."""

from koinon_core.ids import AgentId, TaskId
from koinon_marathon.instance.kill_queue import KillQueue
from koinon_marathon.timers import Timer, TimerKind, Timers

A, B = Timer(TimerKind.OVERDUE, "a"), Timer(TimerKind.OVERDUE, "b")


def test_due_in_order() -> None:
    """The earliest first; what is not due stays."""
    timers = Timers()
    timers.set(A, 5.0)
    timers.set(B, 3.0)

    assert 3.0 == timers.next_deadline()
    assert [B] == timers.pop_due(4.0)
    assert [A] == timers.pop_due(9.0)
    assert None is timers.next_deadline()


def test_moving_and_cancelling() -> None:
    """Only the last time counts, be it later or earlier, and none after cancelling."""
    timers = Timers()
    timers.set(A, 5.0)
    timers.set(A, 9.0)
    assert [] == timers.pop_due(6.0)

    timers.set(A, 5.0)
    timers.set(B, 1.0)
    timers.cancel(B)
    assert [A] == timers.pop_due(9.0)
    assert [] == timers.pop_due(99.0)


def test_those_beyond_the_most_stay_due() -> None:
    """Nobody is forgotten, and the order holds."""
    timers = Timers()
    for at, name in enumerate("abc"):
        timers.set(Timer(TimerKind.LOSS, name), float(at))

    assert ["a", "b"] == [timer.subject for timer in timers.pop_due(9.0, 2)]
    assert 2.0 == timers.next_deadline()
    assert ["c"] == [timer.subject for timer in timers.pop_due(9.0, 2)]


def test_a_timer_that_is_moved_for_ever_takes_no_more_room() -> None:
    """An agent that comes and goes for a week, with days until its tasks are given up, costs what one loss costs."""
    timers = Timers()
    timers.set(B, 5e5)
    for moment in range(5000):
        timers.set(A, 1e6 + moment)

    assert len(timers._heap) <= 200
    assert [B, A] == timers.pop_due(2e6)


def test_kills_out_of_reach_hold_up_no_others() -> None:
    """They are wanted still, take none of the places, and have a turn again when their tasks are back."""
    kills = KillQueue(1)
    for name in "abc":
        kills.add(TaskId(name), AgentId(f"at-{name}"))
    assert ["a"] == kills.take_off()
    kills.put_off(TaskId("a"))
    kills.put_off(TaskId("b"))
    assert ["c"] == kills.take_off()
    assert ("c",) == kills.in_flight
    assert TaskId("a") in kills

    kills.discard(TaskId("c"))
    kills.bring_back(TaskId("a"))
    assert ["a"] == kills.take_off()
    assert "at-a" == kills.agent_of(TaskId("a"))
    assert kills.discard(TaskId("b"))
    assert TaskId("b") not in kills


def test_kills_fly_in_chunks() -> None:
    """So many at once, the next when one is over."""
    kills = KillQueue(2)
    for name in "abc":
        kills.add(TaskId(name), AgentId("x"))

    assert ["a", "b"] == kills.take_off()
    assert [] == kills.take_off()
    assert kills.discard(TaskId("a"))
    assert ["c"] == kills.take_off()
    assert not kills.discard(TaskId("a"))

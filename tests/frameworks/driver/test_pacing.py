"""How fast calls may follow each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from koinon_core.ids import AgentId, TaskId, Uuid
from koinon_core.scheduler_api import Acknowledge, Kill, Teardown
from koinon_frameworks.driver.pacing import CallPace, HeldBack

KILL = Kill(task_id=TaskId("t"))
ACKNOWLEDGE = Acknowledge(agent_id=AgentId("S"), task_id=TaskId("t"), uuid=Uuid(b"0123456789abcdef"))


def test_burst_of_a_second_goes_at_once_and_the_rest_in_turn() -> None:
    """Ten a second: ten now, then one every tenth of a second, in the order in which they came."""
    pace = CallPace(10)

    waits = [round(pace.take(KILL, 0.0), 6) for _ in range(13)]

    assert [0.0] * 10 + [0.1, 0.2, 0.3] == waits


def test_whoever_pauses_may_burst_again() -> None:
    """But no pause saves up more than a second's worth."""
    pace = CallPace(10)
    for _ in range(10):
        pace.take(KILL, 0.0)

    waits = [round(pace.take(KILL, 3600.0), 6) for _ in range(11)]

    assert [0.0] * 10 + [0.1] == waits


def test_acknowledgement_of_an_update_is_free() -> None:
    """As many as came; whoever invents more takes tokens for them."""
    pace = CallPace(1)
    pace.take(KILL, 0.0)
    pace.note_update()

    assert [0.0, 1.0] == [pace.take(ACKNOWLEDGE, 0.0) for _ in range(2)]


def test_teardown_overtakes_the_flood() -> None:
    """Ending a framework does not wait behind its calls."""
    pace = CallPace(1)
    for _ in range(100):
        pace.take(KILL, 0.0)

    assert 0.0 == pace.take(Teardown(), 0.0)


def test_no_limit_when_none_is_wanted() -> None:
    """None holds nothing back."""
    pace = CallPace(None)

    assert {0.0} == {pace.take(KILL, 0.0) for _ in range(10_000)}


def test_what_was_held_back_is_told_once_a_minute() -> None:
    """With how many and the longest wait since the report before."""
    pace = CallPace(1)
    nothing = pace.report(0.0)
    for _ in range(3):
        pace.take(KILL, 0.0)
    first = pace.report(0.0)
    pace.take(KILL, 1.0)

    assert (None, HeldBack(calls=2, longest=2.0)) == (nothing, first)
    assert None is pace.report(59.0)
    assert HeldBack(calls=1, longest=2.0) == pace.report(60.0)


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 50))
def test_no_second_sees_more_than_two_seconds_worth(gaps: list[float], per_second: int) -> None:
    """Whenever calls come, no second gets more than the burst and what fills in meanwhile; none overtakes."""
    pace, now, sent = CallPace(per_second), 0.0, []
    for gap in gaps:
        now += gap / per_second
        sent.append(now + pace.take(KILL, now))

    assert sorted(sent) == sent
    for start in sent:
        assert 2 * per_second + 1 >= sum(start <= moment < start + 1 for moment in sent)

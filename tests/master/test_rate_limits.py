"""How many calls a second a principal may send."""

from __future__ import annotations

import pytest

from koinon_master.frameworks.rate_limits import OverCapacity, RateLimiter, parse_rate_limits

TEXT = (
    '{"limits":[{"principal":"slow","qps":2.0,"capacity":2},{"principal":"free"}],'
    '"aggregate_default_qps":10.0,"aggregate_default_capacity":0}'
)


def test_calls_that_come_faster_wait_their_turn() -> None:
    """Two a second: the first at once, the next half a second later, and so on up to the capacity."""
    limiter = RateLimiter(parse_rate_limits(TEXT))

    answers = [limiter.admit("slow", 100.0) for _ in range(4)]

    assert [0.0, 0.5, 1.0, OverCapacity(2)] == answers
    assert "Message dropped: capacity(2) exceeded" == str(answers[3])


def test_who_was_quiet_may_call_at_once_but_saves_nothing_up() -> None:
    """Time that passed unused is gone."""
    limiter = RateLimiter(parse_rate_limits(TEXT))
    limiter.admit("slow", 100.0)

    assert [0.0, 0.5] == [limiter.admit("slow", 200.0) for _ in range(2)]


def test_a_principal_without_qps_is_not_limited() -> None:
    """It does not share the aggregate either."""
    limiter = RateLimiter(parse_rate_limits(TEXT))

    assert {0.0} == {limiter.admit("free", 100.0) for _ in range(100)}


def test_all_others_share_the_aggregate() -> None:
    """Named or not: one queue for those without a limit of their own."""
    limiter = RateLimiter(parse_rate_limits(TEXT))

    assert 0.0 == limiter.admit("x", 100.0)
    assert OverCapacity(0) == limiter.admit(None, 100.0)


def test_limits_are_shown_as_they_were_given() -> None:
    """What /flags says of the flag."""
    assert TEXT == str(parse_rate_limits(TEXT))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "Failed to parse body into JSON"),
        ('{"limits":[{"qps":1}]}', "$.limits[0].principal"),
        ('{"limits":[{"principal":"a","qps":0}]}', "$.limits[0].qps must be a number more than 0"),
        ('{"limits":[{"principal":"a","capacity":1}]}', "$.limits[0].capacity must not be negative, and needs qps"),
        ('{"limits":[{"principal":"a"},{"principal":"a"}]}', "the principal 'a' stands twice"),
        ('{"aggregate_default_qps":-1}', "$.aggregate_default_qps must be"),
    ],
)
def test_bad_limits_are_refused_and_named(text: str, problem: str) -> None:
    """The sentence names the field."""
    with pytest.raises(ValueError, match=r".+") as refused:
        parse_rate_limits(text)

    assert problem in str(refused.value)

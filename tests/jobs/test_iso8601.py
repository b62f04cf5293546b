"""ISO 8601 as Chronos wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_jobs.iso8601 import (
    format_moment,
    format_period,
    format_repeating,
    parse_moment,
    parse_period,
    parse_repeating,
)
from koinon_jobs.schedule import Every, Period

PERIODS = st.builds(
    Period,
    months=st.integers(0, 500),
    days=st.integers(0, 9000),
    seconds=st.integers(0, 10**8).map(lambda milliseconds: milliseconds / 1000),
)


def test_parts_go_by_calendar_or_clock() -> None:
    """A day is not 24 hours, a year is twelve months, a week seven days."""
    assert Period(days=1) == parse_period("P1D")
    assert Period(seconds=86400) == parse_period("PT24H")
    assert Period(months=14, days=10, seconds=14706.5) == parse_period("P1Y2M10DT4H5M6.5S")
    assert Period(days=14) == parse_period("P2W")


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "P0.5M", "P-1D", "PT1S1M", "P" + "9" * 200 + "Y", "P900Y", "PTnanS"]
)
def test_other_text_is_said_to_be_none(text: str) -> None:
    """A sentence, not an exception."""
    assert isinstance(parse_period(text), str)


@given(PERIODS)
def test_a_period_survives_text(period: Period) -> None:
    """What is written is read again."""
    assert period == parse_period(format_period(period))


def test_moments() -> None:
    """With an offset, or as the zone's clocks show it."""
    assert 1774659600.0 == parse_moment("2026-03-28T01:00:00Z")
    assert 1774659600.0 == parse_moment("2026-03-28T02:00:00", "Europe/Berlin")
    assert 1774659600.25 == parse_moment("2026-03-28T02:00:00.250+01:00")
    assert "2026-03-28T01:00:00.250Z" == format_moment(1774659600.25)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-03-28", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_no_moments(text: str) -> None:
    """Nor what lies before 1970 or after 2100."""
    assert isinstance(parse_moment(text), str)


def test_repeating_intervals() -> None:
    """Repetitions and start may be left out."""
    every = Every(start=1774659600.0, period=Period(seconds=7200), repetitions=5)

    assert every == parse_repeating("R5/2026-03-28T01:00:00.000Z/PT2H")
    assert "R5/2026-03-28T01:00:00.000Z/PT2H" == format_repeating(every)
    assert Every(period=Period(days=1), time_zone="Asia/Tokyo") == parse_repeating("R//P1D", "Asia/Tokyo")
    assert "R//P1D" == format_repeating(Every(period=Period(days=1)))


@pytest.mark.parametrize("text", ["", "R5", "R/x/PT1H", "5//PT1H", "R-1//PT1H", "R//x", "R//PT1H/x", "R²//PT1H"])
def test_other_intervals_are_said_to_be_none(text: str) -> None:
    """A sentence, not an exception."""
    assert isinstance(parse_repeating(text), str)

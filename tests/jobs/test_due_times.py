"""Which moments schedules come to, on days with and without daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_jobs.due_times import find_cron_problem, find_zone_problem, latest_times, local_time, next_time
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period, Schedule

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"


def at(text: str) -> float:
    """The moment of an ISO time."""
    return datetime.fromisoformat(text).timestamp()


def between(schedule: Schedule, start: str, end: str) -> list[str]:
    """All due moments after `start` and not after `end`, as `next_time` finds them, in UTC."""
    found: list[float] = []
    after = at(start)
    while (moment := next_time(schedule, after)) is not None and moment <= at(end):
        found.append(moment)
        after = moment
    assert found == latest_times(schedule, at(start), at(end), 10_000)
    return [datetime.fromtimestamp(moment, UTC).strftime("%dT%H:%M") for moment in found]


def test_a_time_that_does_not_exist_is_due_once_at_the_jump() -> None:
    """In Berlin no clock shows 02:30 on March 29th, 2026: the job is due at 03:00 summer time, 01:00 UTC."""
    due = between(Cron("30 2 * * *", BERLIN), "2026-03-28T00:00Z", "2026-03-31T00:00Z")

    assert ["28T01:30", "29T01:00", "30T00:30"] == due


def test_several_times_that_do_not_exist_are_one() -> None:
    """02:00, 02:20 and 02:40 are all due at the jump, and so is 03:00."""
    due = between(Cron("*/20 2,3 * * *", BERLIN), "2026-03-28T22:00Z", "2026-03-29T22:00Z")

    assert ["29T01:00", "29T01:20", "29T01:40"] == due


def test_a_time_that_exists_twice_is_due_the_first_time() -> None:
    """On October 25th, 2026, 02:30 is at 00:30 UTC and again an hour later."""
    due = between(Cron("30 2 * * *", BERLIN), "2026-10-24T00:00Z", "2026-10-26T23:00Z")

    assert ["24T00:30", "25T00:30", "26T01:30"] == due


def test_the_second_pass_of_the_clock_brings_nothing_back() -> None:
    """Asked in the middle of the hour that comes again, the next time is tomorrow's."""
    again = next_time(Cron("*/15 2 * * *", BERLIN), at("2026-10-25T01:10Z"))

    assert at("2026-10-26T01:00Z") == again


def test_what_runs_in_every_hour_follows_elapsed_time() -> None:
    """Every half hour stays every half hour: on the day clocks go back there are two more."""
    half_hours = Cron("*/30 * * * *", BERLIN)

    assert 50 == len(between(half_hours, "2026-10-24T21:59Z", "2026-10-25T22:59Z"))
    assert 46 == len(between(half_hours, "2026-03-28T22:59Z", "2026-03-29T21:59Z"))


def test_every_other_hour_is_named_by_the_clock() -> None:
    """02:00 does not exist, so it is due at 03:00 summer time, between 00:00 and 04:00."""
    due = between(Cron("0 */2 * * *", BERLIN), "2026-03-28T22:30Z", "2026-03-29T03:00Z")

    assert ["28T23:00", "29T01:00", "29T02:00"] == due


def test_new_york_jumps_at_two() -> None:
    """March 8th and November 1st, 2026."""
    spring = between(Cron("15 2 * * *", NEW_YORK), "2026-03-07T12:00Z", "2026-03-09T12:00Z")
    autumn = between(Cron("15 1 * * *", NEW_YORK), "2026-10-31T12:00Z", "2026-11-02T12:00Z")

    assert ["08T07:00", "09T06:15"] == spring
    assert ["01T05:15", "02T06:15"] == autumn


def test_lord_howe_jumps_by_half_an_hour() -> None:
    """02:00 to 02:30 on October 4th, 2026: 02:15 is due at the jump, 15:30 UTC the day before; 01:45 comes twice."""
    spring = between(Cron("15 2 * * *", LORD_HOWE), "2026-10-02T16:00Z", "2026-10-04T16:00Z")
    autumn = between(Cron("45 1 * * *", LORD_HOWE), "2026-04-03T16:00Z", "2026-04-05T16:00Z")

    assert ["03T15:30", "04T15:15"] == spring
    assert ["04T14:45", "05T15:15"] == autumn


def test_a_zone_that_changed_its_rules_follows_each_rule_in_its_time() -> None:
    """São Paulo had summer time until 2019: midnight on November 4th, 2018 does not exist; since then all do."""
    midnight = Cron("0 0 * * *", "America/Sao_Paulo")

    assert ["03T03:00", "04T03:00", "05T02:00"] == between(midnight, "2018-11-03T00:00Z", "2018-11-05T12:00Z")
    assert ["03T03:00", "04T03:00"] == between(midnight, "2019-11-03T00:00Z", "2019-11-04T12:00Z")


def test_a_day_that_a_zone_left_out_is_due_once_at_the_jump() -> None:
    """Samoa had no December 30th, 2011: it crossed the date line at the midnight before."""
    due = between(Cron("0 12 * * *", "Pacific/Apia"), "2011-12-29T00:00Z", "2012-01-01T00:00Z")

    assert ["29T22:00", "30T10:00", "30T22:00", "31T22:00"] == due


def test_expressions_with_seconds_keep_the_same_rules() -> None:
    """Six fields: seconds come first."""
    due = between(Cron("30 30 2 * * *", BERLIN), "2026-03-28T00:00Z", "2026-03-30T00:00Z")

    assert ["28T01:30", "29T01:00"] == due


def test_days_by_calendar_keep_their_time_of_day() -> None:
    """P1D at 02:30 of Berlin is 23 hours apart over the jump; PT24H is not."""
    start = at("2026-03-28T01:30Z")
    daily = Every(start=start, period=Period(days=1), time_zone=BERLIN)
    by_hours = Every(start=start, period=Period(seconds=86400), time_zone=BERLIN)

    assert ["28T01:30", "29T01:00", "30T00:30"] == between(daily, "2026-03-28T00:00Z", "2026-03-31T00:00Z")
    assert ["28T01:30", "29T01:30", "30T01:30"] == between(by_hours, "2026-03-28T00:00Z", "2026-03-31T00:00Z")


def test_months_are_counted_from_the_start() -> None:
    """January 31st, then February's last day, then March 31st again."""
    monthly = Every(start=at("2026-01-31T12:00Z"), period=Period(months=1), repetitions=4)

    assert ["31T12:00", "28T12:00", "31T12:00", "30T12:00"] == between(
        monthly, "2026-01-01T00:00Z", "2027-01-01T00:00Z"
    )


def test_repetitions_end() -> None:
    """R3 is three times in all, and R0 none."""
    thrice = Every(start=at("2026-01-01T00:00Z"), period=Period(seconds=60), repetitions=3)

    assert ["01T00:00", "01T00:01", "01T00:02"] == between(thrice, "2025-12-31T00:00Z", "2026-12-31T00:00Z")
    assert next_time(Every(start=0.0, period=Period(seconds=60), repetitions=0), -1.0) is None


def test_a_long_absence_costs_no_more_than_what_is_wanted() -> None:
    """Of the 63 million seconds since 2024, the latest three are found at once."""
    every_second = Every(start=at("2024-01-01T00:00Z"), period=Period(seconds=1))
    now = at("2026-01-01T00:00Z")

    assert [now - 2, now - 1, now] == latest_times(every_second, at("2024-01-01T00:00Z"), now, 3)


def test_once_and_after() -> None:
    """Once is due at its time alone; what follows others has no times."""
    assert 5.0 == next_time(Once(5.0), 4.0)
    assert next_time(Once(5.0), 5.0) is None
    assert next_time(After((JobName("a"),)), 0.0) is None


@pytest.mark.parametrize("text", ["", "* * * *", "61 * * * *", "a b c d e", "0 0 31 2 *", "* * * * * * *", "@never"])
def test_what_is_no_cron_expression_is_said(text: str) -> None:
    """The text is repeated, with what is wrong."""
    problem = find_cron_problem(text)

    assert problem is not None
    assert repr(text) in problem


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "a\0b"])
def test_what_is_no_time_zone_is_said(name: str) -> None:
    """Nor is a path one."""
    assert find_zone_problem(name) is not None


def test_good_ones_have_no_problem() -> None:
    """Nicknames are taken, and so is every zone tested here."""
    assert [None] * 3 == [find_cron_problem(text) for text in ("@daily", "*/5 1-3,7 * JAN MON#1", "0 0 L * *")]
    assert [None] * 3 == [find_zone_problem(name) for name in (BERLIN, LORD_HOWE, "UTC")]
    assert "2026-03-29 03:00:00 CEST" == local_time(at("2026-03-29T01:00Z"), BERLIN)


def test_what_is_due_once_may_repeat_at_once() -> None:
    """R1 with a period of nothing is one time; Chronos's users write that."""
    once = Every(start=100.0, period=Period(), repetitions=1)

    assert [100.0] == latest_times(once, 0.0, 1e9, 5)
    assert (100.0, None) == (next_time(once, 99.0), next_time(once, 100.0))


ZONES = st.sampled_from(
    [BERLIN, NEW_YORK, LORD_HOWE, "UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca"]
)
CRONS = st.builds(
    "{} {} {} * {}".format,
    st.sampled_from(["0", "30", "*/20", "15,45"]),
    st.sampled_from(["*", "1", "2", "0,2,3", "*/2"]),
    st.sampled_from(["*", "1", "L"]),
    st.sampled_from(["*", "SUN"]),
)
MOMENTS = st.integers(int(at("2018-01-01T00:00Z")), int(at("2028-01-01T00:00Z"))).map(float)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.builds(Cron, CRONS, ZONES), MOMENTS, st.integers(1, 40))
def test_forwards_and_backwards_agree(cron: Cron, start: float, days: int) -> None:
    """What comes next, one by one, is what had come by then: later each time."""
    end = start + days * 3600 * 6
    forwards: list[float] = []
    after = start
    while (moment := next_time(cron, after)) is not None and moment <= end:
        assert moment > after
        forwards.append(moment)
        after = moment

    assert forwards == latest_times(cron, start, end, 10_000)
    zone = ZoneInfo(cron.time_zone)
    walls = [datetime.fromtimestamp(each, zone).replace(tzinfo=None) for each in forwards]
    assert "* *" in cron.expression or len(walls) == len(set(walls)) or cron.expression.split()[1] == "*"


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.text("0123456789*/,-L#W SUNJA?@\u00b2", max_size=30))
def test_any_text_is_a_schedule_or_has_a_problem(text: str) -> None:
    """What has none can be asked for its times, both ways."""
    if find_cron_problem(text) is None:
        assert next_time(Cron(text, BERLIN), 1e9) is not None
        latest_times(Cron(text, BERLIN), 1e9 - 1e7, 1e9, 3)

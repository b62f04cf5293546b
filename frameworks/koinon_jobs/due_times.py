"""Which moments a schedule comes to: the one file that knows cron, calendars and time zones.

The clock on the wall decides, and daylight saving never skips a time nor doubles it:
- A time that does not exist, as clocks go forward over it, is due once at the moment they do. Several such are one.
- A time that exists twice, as clocks go back, is due the first time only. But cron expressions that run in every
  hour (``*/15 * * * *``) follow the time that elapses: they are due in both.
Everything is computed anew from the schedule and a moment: nothing is remembered, and a clock that jumps or a zone
whose rules changed moves what comes next, never what was.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from koinon_core.errors import describe_error

from .schedule import After, Cron, Every, Once, Period, Schedule

LATEST_MOMENT: Final = 4102444800.0
"""The year 2100: nothing is due after it."""
_UTC = ZoneInfo("UTC")
_HOURS = 24
_DAY = 86400.0
_SHORTEST_MONTH = 28
_LONGEST_EXPRESSION = 500
_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def find_zone_problem(name: str) -> str | None:
    """Why it names no time zone, or None."""
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{name!r} is no time zone: an IANA name such as Europe/Berlin is wanted"
    return None


def find_cron_problem(expression: str) -> str | None:
    """Why it is no cron expression, or None."""
    if len(expression) > _LONGEST_EXPRESSION:
        return f"is longer than {_LONGEST_EXPRESSION} characters"
    text = _NICKNAMES.get(expression.strip().lower(), expression)
    try:
        first = next(CronSim(text, datetime(2000, 1, 1)), None)
    except (CronSimError, ValueError, AssertionError, RecursionError) as error:
        return f"{expression!r} is no cron expression: {describe_error(error)}"
    return f"{expression!r} names a day that never comes" if first is None else None


def next_time(schedule: Schedule, after: float) -> float | None:
    """The first due moment later than ``after``; None when there is none any more."""
    match schedule:
        case Cron():
            return next(_cron_times(schedule, after, is_reverse=False), None)
        case Every():
            return next(_repetitions(schedule, _count_until(schedule, after), 1), None)
        case Once(at):
            return at if at is not None and at > after else None
        case After():
            return None


def latest_times(schedule: Schedule, after: float, until: float, limit: int) -> list[float]:
    """The latest due moments that are later than ``after`` and not later than ``until``: at most ``limit``, ascending.

    Costs what it gives, however long ago ``after`` is.
    """
    match schedule:
        case Cron():
            backwards = _cron_times(schedule, until, is_reverse=True)
        case Every():
            backwards = _repetitions(schedule, _count_until(schedule, until) - 1, -1)
        case Once(at):
            backwards = iter(() if at is None or at > until else (at,))
        case After():
            return []
    found: list[float] = []
    for moment in islice(backwards, limit):
        if moment <= after:
            break
        found.append(moment)
    return found[::-1]


def local_time(moment: float, time_zone: str) -> str:
    """For people: ``2026-03-29 03:00:00 CEST``."""
    return datetime.fromtimestamp(moment, _zone(time_zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _cron_times(cron: Cron, start: float, *, is_reverse: bool) -> Iterator[float]:
    """Moments later than ``start``, or, in reverse, not later."""
    zone = _zone(cron.time_zone)
    expression = _NICKNAMES.get(cron.expression.strip().lower(), cron.expression)
    begin = datetime.fromtimestamp(start, zone)
    # One pass of the clock over the same hours may hide times of the other: begin before them.
    slack = timedelta(0) if zone is _UTC else timedelta(days=1)
    step = -1 if is_reverse else 1
    if len(CronSim(expression, begin).hours) == _HOURS:
        edge = begin + timedelta(seconds=1) if is_reverse else begin
        times = (time.timestamp() for time in CronSim(expression, edge, reverse=is_reverse))
    else:
        wall = begin.replace(tzinfo=None) - step * slack + (timedelta(seconds=1) if is_reverse else timedelta(0))
        times = (_moment_of(time, zone) for time in CronSim(expression, wall, reverse=is_reverse))
    last: float | None = None
    for moment in times:
        is_past = moment > start if is_reverse else moment <= start
        if is_past or (last is not None and (moment - last) * step <= 0):
            continue
        if not 0 <= moment <= LATEST_MOMENT:
            return
        last = moment
        yield moment


def _moment_of(wall: datetime, zone: ZoneInfo) -> float:
    """When a clock of that zone first shows that time, or jumps over it."""
    there = wall.replace(tzinfo=zone, fold=0)
    moment = there.timestamp()
    if datetime.fromtimestamp(moment, zone).replace(tzinfo=None) == wall:
        return moment
    # Between the two readings of a time that does not exist lies the jump: the offset changes there.
    low, high = wall.replace(tzinfo=zone, fold=1).timestamp(), moment
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return float(high // 1)


def _repetitions(every: Every, index: int, step: int) -> Iterator[float]:
    """The moments from that one on, upwards or downwards."""
    if every.start is None:
        return
    while index >= 0 and (every.repetitions is None or index < every.repetitions):
        moment = _repetition(every, every.start, index)
        if moment > LATEST_MOMENT:
            return
        yield moment
        index += step


def _count_until(every: Every, moment: float) -> int:
    """How many repetitions are due at that moment or earlier; moments of a schedule only grow."""
    if every.start is None or moment < every.start - 2 * _DAY:
        return 0
    start, shortest = every.start, _shortest(every.period)
    # Who repeats nothing may say that it is repeated at once: R1//PT0S.
    most = int((moment - start + 3 * _DAY) / shortest) + 2 if shortest else 1
    if every.repetitions is not None:
        most = min(most, every.repetitions)
    return bisect_right(range(most), moment, key=lambda index: _repetition(every, start, index))


def _shortest(period: Period) -> float:
    return (period.months * _SHORTEST_MONTH + period.days) * _DAY + period.seconds


def _repetition(every: Every, start: float, index: int) -> float:
    """The moment of the one with that index, from 0."""
    period = every.period
    elapsed = round(index * period.seconds, 3)
    if not period.months and not period.days:
        return round(start + elapsed, 3)
    zone = _zone(every.time_zone)
    if start + index * _shortest(period) > LATEST_MOMENT:
        return LATEST_MOMENT + 1 + index
    local = datetime.fromtimestamp(start, zone)
    if index == 0:
        return start
    wall = _add_months(local.replace(tzinfo=None), index * period.months) + timedelta(days=index * period.days)
    return round(_moment_of(wall, zone) + elapsed, 3)


def _add_months(wall: datetime, months: int) -> datetime:
    """The same day of a later month, or its last where there is none such."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, calendar.monthrange(year, month + 1)[1]))

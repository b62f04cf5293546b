"""ISO 8601 text to schedules and back: ``P1M2DT3H`` and ``R5/2026-03-28T01:00:00Z/PT2H``, as Chronos wrote them.

Text in, values out; what comes of them is ``due_times``'s.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from aniso8601.builders import TupleBuilder
from aniso8601.duration import parse_duration

from .due_times import LATEST_MOMENT
from .schedule import UTC as UTC_NAME
from .schedule import Every, Period

_REPEATS: Final = re.compile(r"R(\d{0,9})\Z", re.ASCII)
_LONGEST_TEXT: Final = 100


def parse_period(text: str) -> Period | str:
    """A duration, or a sentence that says what is wrong."""
    if len(text) > _LONGEST_TEXT:
        return f"is longer than {_LONGEST_TEXT} characters"
    try:
        parts = parse_duration(text, builder=TupleBuilder)
    except (ValueError, IndexError):
        return f"{text!r} is no ISO 8601 duration, such as PT2H or P1M"
    years, months, weeks, days = (float(part or 0) for part in parts[:4])
    hours, minutes, seconds = (float(part or 0) for part in parts[4:])
    whole = (years * 12 + months, weeks * 7 + days)
    if any(number % 1 for number in whole):
        return f"{text!r} has a fraction of a day or more"
    elapsed = round(hours * 3600 + minutes * 60 + seconds, 3)
    if max(whole[0] * 2_600_000, whole[1] * 86400, elapsed) > LATEST_MOMENT:
        return f"{text!r} is longer than a hundred years"
    return Period(months=int(whole[0]), days=int(whole[1]), seconds=elapsed)


def format_period(period: Period) -> str:
    """The shortest text that says the same: ``PT2H``, ``P1M``, ``P1DT0.5S``."""
    years, months = divmod(period.months, 12)
    dates = "".join(f"{number}{unit}" for number, unit in ((years, "Y"), (months, "M"), (period.days, "D")) if number)
    hours, rest = divmod(round(period.seconds * 1000), 3_600_000)
    minutes, milliseconds = divmod(rest, 60_000)
    times = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if milliseconds:
        times += f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + "S"
    return f"P{dates}T{times}" if times else f"P{dates}" if dates else "PT0S"


def parse_moment(text: str, time_zone: str = UTC_NAME) -> float | str:
    """A date and time, or a sentence. Without an offset it is what the clocks of ``time_zone`` (a valid one) show."""
    try:
        when = datetime.fromisoformat(text) if "T" in text.upper() and len(text) <= _LONGEST_TEXT else None
        moment = (
            None if when is None else (when if when.tzinfo else when.replace(tzinfo=ZoneInfo(time_zone))).timestamp()
        )
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        return f"{text!r} is no ISO 8601 date and time, such as 2026-03-28T01:00:00Z"
    if not 0 <= moment <= LATEST_MOMENT:
        return f"{text!r} is not between 1970 and 2100"
    return round(moment, 3)


def format_moment(moment: float) -> str:
    """``2026-03-28T01:00:00.000Z``."""
    milliseconds = round(moment * 1000)
    when = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{when}.{milliseconds % 1000:03d}Z"


def parse_repeating(text: str, time_zone: str = UTC_NAME) -> Every | str:
    """``R[n]/[start]/period``, or a sentence. No number: for ever. No start: when the job is put."""
    parts = text.split("/")
    if len(parts) != 3:
        return f"{text!r} is not R[n]/start/period, such as R/2026-03-28T01:00:00Z/PT2H"
    repeats = _REPEATS.match(parts[0])
    if repeats is None:
        return f"{parts[0]!r} is not R, or R and a number"
    start = parse_moment(parts[1], time_zone) if parts[1] else None
    if isinstance(start, str):
        return start
    period = parse_period(parts[2])
    if isinstance(period, str):
        return period
    return Every(start=start, period=period, repetitions=int(repeats[1]) if repeats[1] else None, time_zone=time_zone)


def format_repeating(every: Every) -> str:
    """The text of it; the zone is not in it."""
    repeats = "" if every.repetitions is None else str(every.repetitions)
    start = "" if every.start is None else format_moment(every.start)
    return f"R{repeats}/{start}/{format_period(every.period)}"

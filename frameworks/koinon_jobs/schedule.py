"""When a job is due: the four kinds of schedule as values. Which moments they come to is ``due_times``'s.

A moment is seconds since 1970, UTC, to the millisecond. A time zone is an IANA name, ``Europe/Berlin``.
"""

from __future__ import annotations

from typing import NewType

from attrs import frozen

JobName = NewType("JobName", str)
"""See ``validation.find_name_problem`` for what may be one."""
UTC = "UTC"


@frozen(kw_only=True)
class Period:
    """A length of time as ISO 8601 splits it: ``P1Y2M`` is 14 months, ``P1W1D`` 8 days, ``PT1H`` 3600 seconds.

    Months and days go by the calendar of the schedule's zone (a day may have 23 hours), seconds by elapsed time.
    ``months`` are counted from the start, not from the last time: January 31st, February 28th, March 31st.
    """

    months: int = 0
    days: int = 0
    seconds: float = 0.0


@frozen
class Cron:
    """Five fields, ``30 2 * * MON-FRI``, or six with seconds first, or ``@daily`` and its like, on the zone's clock."""

    expression: str
    time_zone: str = UTC


@frozen(kw_only=True)
class Every:
    """At ``start`` and then each ``period``: ISO 8601's ``R<repetitions>/<start>/<period>``.

    ``start`` None: when the job is put. ``repetitions`` is how often in all, the first included; None: for ever.
    """

    period: Period
    start: float | None = None
    repetitions: int | None = None
    time_zone: str = UTC


@frozen
class After:
    """Once all ``parents`` have succeeded since this job last ran because of them."""

    parents: tuple[JobName, ...]


@frozen
class Once:
    """One time. ``at`` None: when the job is put."""

    at: float | None = None


Schedule = Cron | Every | After | Once

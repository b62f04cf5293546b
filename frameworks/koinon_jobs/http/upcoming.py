"""The next times of a schedule, for people who want to see what they wrote."""

from __future__ import annotations

from itertools import islice
from typing import Any

from attrs import evolve

from ..due_times import next_time
from ..job import Job
from ..schedule import Every, Once, Schedule
from .views import time_object, zone_of


def upcoming(job: Job, now: float, count: int) -> list[dict[str, Any]]:
    """Up to ``count`` times from now on, in UTC and in its zone. None for a job that follows others."""
    schedule, found, moment = _begun(job.schedule, now), [], now
    if isinstance(schedule, Once | Every) and _start(schedule) == now:
        # Due as it is put, which is now.
        found, count = [time_object(now, zone_of(job))], count - 1
    for _ in islice(iter(int, 1), count):
        following = next_time(schedule, moment)
        if following is None:
            break
        moment = following
        found.append(time_object(moment, zone_of(job)))
    return found


def _start(schedule: Once | Every) -> float | None:
    return schedule.at if isinstance(schedule, Once) else schedule.start


def _begun(schedule: Schedule, now: float) -> Schedule:
    """A schedule that begins when it is put begins now."""
    if isinstance(schedule, Every) and schedule.start is None:
        return evolve(schedule, start=now)
    return Once(now) if schedule == Once(None) else schedule

"""A wall clock that was ahead and is set right: what was noted meanwhile lies in the future, and must not hold jobs up.

A clock that goes forward needs no rule: times that it passes over are missed ones. One that goes back by no more than
``TOLERANCE`` is waited for. After a longer way back jobs go on by the clock as it is now; a time that has a run
already is not run again, for as long as that run is kept, and no time is trusted to be new whose run may be forgotten.
"""

from __future__ import annotations

from typing import Final

from .views import Progress

TOLERANCE: Final = 60.0
"""Seconds by which clocks are set back in the ordinary course of things."""


def is_ahead(moment: float, now: float) -> bool:
    """Whether it was noted by a clock that was wrong."""
    return moment > now + TOLERANCE


def find_cursor(progress: Progress, now: float) -> float:
    """The time after which a job is due next. Later than ``now`` alone where runs of later times may be forgotten."""
    return max(progress.forgotten, now if is_ahead(progress.cursor, now) else progress.cursor)


def delay_left(due: float, noted: float, now: float) -> float:
    """Seconds until what was put off at ``noted`` until ``due``: all of them once more where that clock was wrong."""
    return due - (noted if is_ahead(noted, now) else now)

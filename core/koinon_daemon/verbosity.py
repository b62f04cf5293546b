"""How much is logged for a while: Mesos's levels 0 to 3, and what each means here (mesos-operator-api 1.1).

Pure: who asks for it is ``logging_api``'s, what it does to the logs ``logs``'s.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

from attrs import frozen

from .errors import ApiError
from .flag_values import parse_duration

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""What ``--logging_level`` may name."""
LOG_FORMATS = ("console", "json")
"""What ``--log_format`` may name."""


@frozen
class Verbosity:
    """``level`` holds before ``until`` (a time of the asker's clock), 0 after it.

    0 is what the flags say; 1 adds what our own parts say for debugging; 2 also what libraries tell; 3 everything.
    """

    level: int = 0
    until: float = math.inf

    def at(self, now: float) -> int:
        """The level at a time."""
        return self.level if now < self.until else 0


def own_threshold(configured: int, level: int) -> int:
    """From which of ``logging``'s numbers on our own events are logged."""
    return configured if level == 0 else min(configured, logging.DEBUG)


def library_threshold(level: int) -> int:
    """From which of ``logging``'s numbers on libraries are heard."""
    quieter = {0: logging.WARNING, 1: logging.WARNING, 2: logging.INFO}
    return quieter.get(level, logging.DEBUG)


def read_toggle(level: str | None, duration: str | None) -> tuple[int, float] | None:
    """The level and the seconds that ``/logging/toggle`` asks for, or None when it asks for nothing.

    Raises ApiError 400, in Mesos's words.
    """
    if level is None and duration is None:
        return None
    if level is None:
        raise ApiError(400, "Expecting 'level=value' in query.\n")
    if duration is None:
        raise ApiError(400, "Expecting 'duration=value' in query.\n")
    try:
        wanted = int(level)
    except ValueError:
        raise ApiError(400, f"Failed to convert '{level}' to number.\n") from None
    if wanted < 0:
        raise ApiError(400, f"Invalid level '{level}'.\n")
    try:
        return wanted, parse_duration(duration)
    except ValueError:
        raise ApiError(400, f"Invalid duration '{duration}'.\n") from None


def find_logging_problems(logging_level: str, log_format: str) -> Iterator[str]:
    """What is wrong with the flags of these names, a sentence each."""
    if logging_level.upper() not in LEVELS:
        yield f"--logging_level: {logging_level!r} is not one of {', '.join(LEVELS)}"
    if log_format not in LOG_FORMATS:
        yield f"--log_format: {log_format!r} is not one of {', '.join(LOG_FORMATS)}"

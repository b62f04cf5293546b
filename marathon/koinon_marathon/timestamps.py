"""Marathon's timestamps: UTC with whole milliseconds, the identity of a version (marathon-v2-api 1)."""

from datetime import UTC, datetime
from functools import lru_cache

_REMEMBERED = 4096
"""Texts kept: one version stands in the records, tasks and events of a thousand instances, one moment in all that it
brought about."""


def timestamp(seconds: float) -> datetime:
    """The version timestamp of a wall clock reading in seconds since 1970, cut to whole milliseconds."""
    return datetime.fromtimestamp(int(seconds * 1000) / 1000, UTC)


@lru_cache(_REMEMBERED)
def format_timestamp(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`, always three fraction digits."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(_REMEMBERED)
def format_seconds(seconds: float) -> str:
    """A wall clock reading in seconds since 1970 as the API writes it."""
    return format_timestamp(timestamp(seconds))


def parse_timestamp(text: str) -> datetime | None:
    """Read an ISO-8601 date-time with an offset, or None: the caller words the refusal with `invalid_timestamp`."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # its offset may put it before the year 1, or after 9999
        return None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def invalid_timestamp(text: str) -> str:
    """The message Marathon gives for a text that is no timestamp."""
    return f"Invalid timestamp provided '{text}'. Expecting ISO-8601 datetime string."

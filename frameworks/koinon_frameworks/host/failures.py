"""What a plugin raised, as the report of it: whatever it is, it can be told, and is told within bounds. Pure."""

from __future__ import annotations

import traceback

from .messages import Failed, Failing

MAX_WORDS = 2_000
MAX_TRACEBACK = 20_000
"""Characters of what is told: a report is one line of a bounded length, and an exception's words have no bound."""


def report_failure(at: Failing, error: BaseException) -> Failed:
    """The report that the plugin raised this."""
    text = "".join(traceback.format_exception(error))
    return Failed(at=at, why=shorten(_words(error), MAX_WORDS), traceback=shorten(text, MAX_TRACEBACK))


def shorten(text: str, most: int) -> str:
    """The text, without its middle where it is longer than ``most``."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"


def _words(error: BaseException) -> str:
    name = type(error).__name__
    try:
        words = str(error)
    except Exception as worse:  # noqa: BLE001 - a stranger's __str__ may raise anything
        return f"{name}, which can't be told in words: its __str__ raised {type(worse).__name__}"
    return f"{name}: {words}" if words else name

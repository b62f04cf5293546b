"""How much is logged for a while."""

from __future__ import annotations

import logging

import pytest

from koinon_daemon.errors import ApiError
from koinon_daemon.verbosity import Verbosity, library_threshold, own_threshold, read_toggle


def test_a_level_holds_for_its_time() -> None:
    """Then it is 0, what the flags say."""
    assert (2, 0) == (Verbosity(2, 100.0).at(99.9), Verbosity(2, 100.0).at(100.0))
    assert 0 == Verbosity().at(1e12)


def test_levels_as_thresholds() -> None:
    """0 is what the flags say; 1 is all of ours, 2 and 3 bring the libraries in; more than 3 is no more."""
    ours = [own_threshold(logging.ERROR, level) for level in (0, 1, 3, 9)]
    libraries = [library_threshold(level) for level in (0, 1, 2, 3, 9)]

    assert [logging.ERROR, logging.DEBUG, logging.DEBUG, logging.DEBUG] == ours
    assert [logging.WARNING, logging.WARNING, logging.INFO, logging.DEBUG, logging.DEBUG] == libraries


def test_toggle_without_a_query_asks_for_nothing() -> None:
    """With one it says how much, and for how many seconds."""
    assert read_toggle(None, None) is None
    assert (2, 600.0) == read_toggle("2", "10mins")


@pytest.mark.parametrize(
    ("level", "duration", "text"),
    [
        (None, "1secs", "Expecting 'level=value' in query.\n"),
        ("1", None, "Expecting 'duration=value' in query.\n"),
        ("x", "1secs", "Failed to convert 'x' to number.\n"),
        ("-1", "1secs", "Invalid level '-1'.\n"),
        ("1", "1", "Invalid duration '1'.\n"),
        ("1", "soon", "Invalid duration 'soon'.\n"),
    ],
)
def test_bad_wishes_are_refused_in_mesos_words(level: str | None, duration: str | None, text: str) -> None:
    """400, and which of the two is at fault."""
    with pytest.raises(ApiError) as caught:
        read_toggle(level, duration)

    assert (400, text) == (caught.value.status, caught.value.text)

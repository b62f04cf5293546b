"""Texts of flags to values and back."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_daemon.flag_values import (
    HostPort,
    format_duration,
    format_size,
    parse_bool,
    parse_duration,
    parse_float,
    parse_host_port,
    parse_names,
    parse_port,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("15secs", 15.0), ("1mins", 60.0), ("2weeks", 1209600.0), ("250ms", 0.25), ("0ns", 0.0), ("1.5hrs", 5400.0)],
)
def test_durations(text: str, expected: float) -> None:
    """A duration is a number and one of Mesos's units, in seconds."""
    assert expected == parse_duration(text)


@given(st.integers(min_value=0, max_value=10**9))
def test_duration_round_trip(milliseconds: int) -> None:
    """Formatting a duration loses nothing."""
    assert milliseconds / 1000 == parse_duration(format_duration(milliseconds / 1000))


@given(st.integers(min_value=0, max_value=10**15))
def test_size_round_trip(size: int) -> None:
    """Formatting a size loses nothing."""
    assert size == parse_size(format_size(size))


@pytest.mark.parametrize(("text", "expected"), [("2GB", 2 * 1024**3), ("0.5KB", 512), ("7B", 7)])
def test_sizes(text: str, expected: int) -> None:
    """Sizes are 1024-based."""
    assert expected == parse_size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("m1:5050", HostPort("m1", 5050)), ("[::1]:80", HostPort("::1", 80)), ("10.0.0.1:0", HostPort("10.0.0.1", 0))],
)
def test_addresses(text: str, expected: HostPort) -> None:
    """host:port is read and written the same, IPv6 in brackets."""
    assert expected == parse_host_port(text)
    assert text == str(expected)


def test_names() -> None:
    """A list drops spaces and empty names."""
    assert ("a", "b") == parse_names("a, b,,")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_duration, "15"),
        (parse_duration, "15 secs"),
        (parse_duration, "-1secs"),
        (parse_duration, "1fortnights"),
        (parse_size, "10M"),
        (parse_size, "0.3B"),
        (parse_bool, "maybe"),
        (parse_float, "nan"),
        (parse_float, "inf"),
        (parse_port, "65536"),
        (parse_host_port, "host"),
        (parse_host_port, ":80"),
        (parse_host_port, "::1:80"),
    ],
)
def test_bad_text_is_quoted(parse: Callable[[str], Any], text: str) -> None:
    """Each parser refuses with a sentence that quotes the text."""
    with pytest.raises(ValueError, match=f"^{text!r} ".replace("[", r"\[")):
        parse(text)

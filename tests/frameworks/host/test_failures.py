"""Whatever a plugin raises can be told, and within bounds."""

from __future__ import annotations

import asyncio

import pytest

from koinon_frameworks.host.failures import MAX_TRACEBACK, MAX_WORDS, report_failure
from koinon_frameworks.host.messages import LINE_LIMIT, Failed, Failing, encode


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def report(error: BaseException) -> Failed:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - that is what is told
        return report_failure(Failing.RUNNING, raised)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ValueError("no luck"), "ValueError: no luck"),
        (asyncio.CancelledError(), "CancelledError"),
        (SystemExit(3), "SystemExit: 3"),
        (Mute(), "Mute, which can't be told in words: its __str__ raised RuntimeError"),
    ],
)
def test_failure_is_told_in_words(error: BaseException, why: str) -> None:
    """By type and message, be there one or not; the traceback says where."""
    told = report(error)

    assert why == told.why
    assert __file__ in told.traceback


def test_long_words_lose_their_middle() -> None:
    """An exception of ten million characters still is one line that the host reads, with both its ends."""
    told = report(ValueError("a" + "x" * 10_000_000 + "z"))

    assert (True, True) == (told.why.startswith("ValueError: ax"), told.why.endswith("xz"))
    assert MAX_WORDS + 50 > len(told.why)
    assert MAX_TRACEBACK + 50 > len(told.traceback)
    assert LINE_LIMIT > len(encode(told))

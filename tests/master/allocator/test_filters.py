"""Until when a refusal holds."""

from __future__ import annotations

from math import inf, nan

import pytest

from koinon_master.allocator.filters import MAX_REFUSE_SECONDS, end_of_refusal


@pytest.mark.parametrize(
    ("refuse_seconds", "end"),
    [
        (None, 1005.4),
        (5.0, 1005.4),
        (0.25, 1001.4),
        (-1.0, 1005.4),
        (nan, 1005.4),
        (inf, 1000.4 + MAX_REFUSE_SECONDS),
        (0.0, 1001.0),
    ],
    ids=["unset", "as asked", "at least an interval", "negative", "no number", "at most a year", "no filter"],
)
def test_refusal_ends(refuse_seconds: float | None, end: float) -> None:
    """At 1000.4 with an interval of a second; no filter means the next full second, when Mesos allocates again."""
    assert end == end_of_refusal(refuse_seconds, 1.0, 1000.4)

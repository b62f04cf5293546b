"""Large answers are compressed for those who accept it."""

from __future__ import annotations

import pytest

from koinon_daemon.compression import is_gzip_accepted


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("identity", False),
        ("gzip;q=1.0", True),
    ],
)
def test_the_header_decides(header: str, *, accepted: bool) -> None:
    """``q=0`` means never, a name wins over the wildcard."""
    assert accepted is is_gzip_accepted(header)

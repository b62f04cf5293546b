"""Addresses of daemons in flags."""

from __future__ import annotations

import pytest

from koinon_web.origins import parse_origins


def test_addresses_stand_in_their_order_once() -> None:
    """The scheme may be left out."""
    assert ("http://m1:8080", "https://m2:8443", "http://[::1]:80") == parse_origins(
        "m1:8080, https://m2:8443/,http://[::1]:80,http://m1:8080"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no host"),
        ("http://", "names no host"),
        ("ftp://m", "must begin with http"),
        ("http://m/v2", "nothing may stand before the host"),
        ("http://u:p@m", "nothing may stand before the host"),
        ("http://m:port", "port"),
        ("http://m m", "holds a space"),
        ("http://a,,http://b", "names no host"),
    ],
)
def test_what_is_no_address_is_named(text: str, words: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(ValueError, match=words):
        parse_origins(text)

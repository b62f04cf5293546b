"""Server-sent events as bytes (marathon-v2-api 11)."""

import pytest

from koinon_core.wire.server_sent import frame_comment, frame_event


def test_the_id_is_the_last_line_of_an_event() -> None:
    """Old readers take the type from the first line and the data from the second."""
    assert b"event: a\r\ndata: {}\r\nid: 7-1\r\n\r\n" == frame_event("a", "{}", "7-1")
    assert b"event: a\r\ndata: {}\r\n\r\n" == frame_event("a", "{}")


def test_a_comment_is_a_line_that_readers_skip() -> None:
    """It begins with a colon."""
    assert b": all since 7-1\r\n\r\n" == frame_comment("all since 7-1")


@pytest.mark.parametrize("parts", [("a\nb", "{}", None), ("a", "{}\r", None), ("a", "{}", "1\n2")])
def test_what_an_event_holds_is_one_line_each(parts: tuple[str, str, str | None]) -> None:
    """A line break would forge fields."""
    with pytest.raises(ValueError, match="one line"):
        frame_event(*parts)

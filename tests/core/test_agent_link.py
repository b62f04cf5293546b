"""The agent link's own limits."""

from koinon_core.agent_link import close_text


def test_reason_is_cut_to_a_close_frame() -> None:
    """At most 123 bytes, and never half a character."""
    assert b"bye" == close_text("bye")
    assert b"x" * 123 == close_text("x" * 200)
    assert ("\u20ac" * 41).encode() == close_text("\u20ac" * 50)
    assert ("x" + "\u20ac" * 40).encode() == close_text("x" + "\u20ac" * 50)

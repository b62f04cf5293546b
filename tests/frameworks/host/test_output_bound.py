"""A plugin's output: passed on in lines, up to so many a second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from koinon_frameworks.host.output_bound import BYTES_OF_A_LINE, OutputBound


def test_passes_whole_lines() -> None:
    """Half a line waits for its other half, and at the end for nothing."""
    bound = OutputBound(10)

    assert b"one\n" == bound.take(b"one\ntw", 0.0)
    assert b"two\n" == bound.take(b"o\n", 0.1)
    assert b"" == bound.take(b"three", 0.2)
    assert b"three\n" == bound.end()


def test_holds_back_what_is_too_much_in_a_second_and_counts_it() -> None:
    """The next second has room again."""
    bound = OutputBound(2)

    assert b"1\n2\n" == bound.take(b"1\n2\n3\n4\n", 0.0)
    assert b"" == bound.take(b"5\n", 0.9)
    assert 3 == bound.take_suppressed()
    assert 0 == bound.take_suppressed()
    assert b"6\n" == bound.take(b"6\n", 1.0)
    assert 0 == bound.take_suppressed()


def test_line_without_end_is_cut() -> None:
    """Whoever never ends a line fills no memory."""
    bound = OutputBound(1)

    assert b"" == bound.take(b"x" * BYTES_OF_A_LINE, 0.0)
    assert b"" == bound.take(b"x", 0.0)
    assert 1 == bound.take_suppressed()
    assert b"" == bound.end()


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 0.3)), max_size=30), st.integers(1, 5))
def test_every_line_is_passed_or_counted(chunks: list[tuple[bytes, float]], limit: int) -> None:
    """Nothing vanishes without a number, and no second passes more lines than the limit."""
    bound, now, passed = OutputBound(limit), 0.0, b""
    for chunk, wait in chunks:
        now += wait
        passed += bound.take(chunk, now)
    whole = b"".join(chunk for chunk, _ in chunks)

    assert whole.count(b"\n") == passed.count(b"\n") + bound.take_suppressed()
    assert passed.count(b"\n") <= limit * (int(now) + 1)

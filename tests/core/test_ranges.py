"""Ranges are sets of whole numbers, whatever intervals they were made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.errors import InvalidValue
from koinon_core.ranges import Ranges

intervals = st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
some_ranges = st.lists(intervals, max_size=6).map(lambda pairs: Ranges(tuple(pairs)))


@given(some_ranges, some_ranges)
def test_algebra_is_that_of_sets(left: Ranges, right: Ranges) -> None:
    """Union, difference, intersection, containment and size agree with Python's sets."""
    a, b = set(left), set(right)

    assert a | b == set(left | right)
    assert a - b == set(left - right)
    assert a & b == set(left & right)
    assert (a >= b) == (left >= right)
    assert len(a) == len(left)


@given(some_ranges)
def test_equal_sets_are_equal_values(numbers: Ranges) -> None:
    """One set has one form, and its text reads back as itself."""
    assert numbers == Ranges.of(numbers)
    assert numbers == Ranges.parse(str(numbers))


@pytest.mark.parametrize("text", ["31000-32000", "[a-b]", "[5-1]", "[-1-3]", "[1-2", "", "[\u00b2]"])
def test_refuses_text_that_is_no_range(text: str) -> None:
    """What can't be read is refused, never read as something else."""
    with pytest.raises(InvalidValue):
        Ranges.parse(text)

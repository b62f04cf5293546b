"""Which writes travel together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_zk import Delete, InvalidWrite, Put
from koinon_zk.batching import MAX_BYTES, MAX_OPERATIONS, Write, make_write, plan_batch, plan_spill


def put(key: str, size: int = 1) -> Write:
    """A write of one record."""
    return Write((Put(key, b"x" * size),))


def test_small_writes_travel_together() -> None:
    """All that wait, up to the number of operations a transaction may have."""
    writes = [put(str(number)) for number in range(MAX_OPERATIONS + 10)]

    assert 3 == plan_batch(writes[:3])
    assert MAX_OPERATIONS == plan_batch(writes)


def test_batch_ends_at_a_key_it_has() -> None:
    """Two writes of one key never share a batch, so that each meets what the one before left."""
    assert 2 == plan_batch([put("a"), put("b"), Write((Put("c", b""), Delete("a"))), put("d")])


def test_batch_ends_at_its_size() -> None:
    """Bytes are bounded, but the first write goes whatever its size."""
    assert 1 == plan_batch([put("a", 600_000), put("b", 600_000)])
    assert 1 == plan_batch([put("a", 3 * MAX_BYTES), put("b")])


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=20))
def test_batch_fits(sizes: list[int]) -> None:
    """Whatever waits, something goes, and more than one only within the limit."""
    writes = [put(str(number), size) for number, size in enumerate(sizes)]
    count = plan_batch(writes)

    assert 1 <= count <= len(writes)
    assert count == 1 or sum(write.size for write in writes[:count]) <= MAX_BYTES


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(1, 100), st.integers(0, 200))
def test_spilling_leaves_what_fits(sizes: list[int], single: int, total: int) -> None:
    """What stays is small each and fits together; nothing is moved that could stay."""
    spilled = plan_spill(sizes, single, total)
    left = [size for index, size in enumerate(sizes) if index not in spilled]

    assert all(size <= single for size in left)
    assert sum(left) <= total
    if all(size <= single for size in sizes) and sum(sizes) <= total:
        assert set() == spilled


def test_impossible_write_is_refused() -> None:
    """A key twice, or more keys than one request can name, is the caller's fault."""
    with pytest.raises(InvalidWrite):
        make_write([Put("a", b""), Put("a", b"")])
    with pytest.raises(InvalidWrite):
        make_write([Put(str(number), b"") for number in range(10_000)])


@pytest.mark.parametrize("expected", [-1, 0])
def test_delete_of_nothing_is_refused(expected: int) -> None:
    """A record that must not exist can't be removed."""
    with pytest.raises(InvalidWrite):
        Delete("a", expected)


def test_measure_never_falls_short() -> None:
    """A key counts as long as it may become when it is encoded."""
    assert Write((Put("€", b"12345"),)).size >= len("%E2%82%AC") + 5

"""RecordIO survives any chopping of the stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.errors import DecodeError
from koinon_core.wire import RecordDecoder, encode_record


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 17))
def test_records_come_out_as_they_went_in(records: list[bytes], step: int) -> None:
    """Whatever the borders of the chunks are."""
    stream = b"".join(encode_record(record) for record in records)
    decoder = RecordDecoder()
    decoded = [record for start in range(0, len(stream), step) for record in decoder.feed(stream[start : start + step])]

    assert records == decoded


@pytest.mark.parametrize("garbage", [b"x\n", b"-1\nx", b"<html><body>", b"99999999999999", b"\nabc"])
def test_garbage_is_told_at_once(garbage: bytes) -> None:
    """A stream that is no RecordIO does not wait for a length that never comes."""
    with pytest.raises(DecodeError):
        RecordDecoder().feed(garbage)


def test_a_record_over_the_limit_is_refused_before_it_came() -> None:
    """Nobody makes us buffer without bound."""
    with pytest.raises(DecodeError, match="over the limit"):
        RecordDecoder(max_bytes=10).feed(b"11\n")

"""Records as bytes: what goes in comes out, and harm is noticed."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_zk import CorruptRecord
from koinon_zk.framing import (
    COMPRESS_ABOVE,
    GENERATION_BYTES,
    SplitHead,
    decode_frame,
    encode_frame,
    join_chunks,
    split_frame,
)

GENERATION = "5e" * GENERATION_BYTES
HEAD = SplitHead(GENERATION, 2, 10)
VALUES = st.one_of(st.binary(max_size=300), st.binary(min_size=1, max_size=20).map(lambda seed: seed * 10_000))


@given(VALUES)
def test_value_comes_back_from_its_frame(value: bytes) -> None:
    """Any value, short or long, compressible or not, survives framing."""
    assert value == decode_frame("/a", encode_frame(value))


@given(VALUES, st.integers(1, 100_000))
def test_value_comes_back_from_its_chunks(value: bytes, chunk_bytes: int) -> None:
    """Any frame, cut in chunks of any size, is put together again by what its head says."""
    head_frame, chunks = split_frame(encode_frame(value), GENERATION, max(chunk_bytes, len(value) // 50 + 1))
    head = decode_frame("/a", head_frame)

    assert isinstance(head, SplitHead)
    assert (GENERATION, len(chunks)) == (head.generation, head.chunks)
    assert value == join_chunks("/a", head, chunks)


@given(st.data())
def test_any_harm_is_noticed(data: st.DataObject) -> None:
    """A frame with a byte changed, or cut short, is corrupt and names its path."""
    frame = encode_frame(data.draw(st.binary(max_size=100)))
    place = data.draw(st.integers(0, len(frame) - 1))
    flip = data.draw(st.integers(1, 255))
    harmed = frame[:place] + bytes([frame[place] ^ flip]) + frame[place + 1 :]

    for broken in (harmed, frame[:place], frame + b"x"):
        with pytest.raises(CorruptRecord) as caught:
            decode_frame("/a", broken)
        assert "/a" == caught.value.path


def test_long_value_is_compressed_where_it_helps() -> None:
    """Above the limit a value takes less room, unless it is noise."""
    noise = random.Random(1).randbytes(COMPRESS_ABOVE + 1)

    assert len(encode_frame(b"a" * (COMPRESS_ABOVE + 1))) < 1000
    assert len(encode_frame(b"a" * COMPRESS_ABOVE)) > COMPRESS_ABOVE
    assert len(encode_frame(noise)) < len(noise) + 50


@pytest.mark.parametrize("chunks", [[], [b"12345"], [b"12345", b"1234"], [b"1", b"2", b"34567890"]])
def test_chunks_that_do_not_fit_their_head_are_corrupt(chunks: list[bytes]) -> None:
    """Too few, too many, too short: named, never guessed at."""
    with pytest.raises(CorruptRecord):
        join_chunks("/a", HEAD, chunks)


def test_compressed_value_of_another_length_is_corrupt() -> None:
    """What is decompressed must be as long as was written down: no surprise of gigabytes."""
    frame = encode_frame(b"a" * (COMPRESS_ABOVE + 1))
    start = len(frame) - len(zlib.compress(b"a" * (COMPRESS_ABOVE + 1), level=1)) - 8
    payload = (1).to_bytes(8, "big") + frame[start + 8 :]
    header = frame[: start - 4]
    forged = header + zlib.crc32(payload, zlib.crc32(header)).to_bytes(4, "big") + payload

    with pytest.raises(CorruptRecord, match="not 1 bytes long"):
        decode_frame("/a", forged)

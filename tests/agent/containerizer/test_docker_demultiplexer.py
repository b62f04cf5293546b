"""The engine's log frames, taken apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from koinon_agent.containerizer.docker.demultiplexer import Demultiplexer, Stream

Frames = list[tuple[Stream, bytes]]
FRAMES = st.lists(st.tuples(st.sampled_from(Stream), st.binary(max_size=50)), max_size=8)


def encode(frames: Frames) -> bytes:
    """As the engine sends them."""
    return b"".join(
        bytes([stream.value, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload for stream, payload in frames
    )


def whole(frames: Frames, stream: Stream) -> bytes:
    """All that came on one stream."""
    return b"".join(payload for kind, payload in frames if kind is stream)


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 20)), known=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_output_is_whole_however_the_chunks_are_cut(frames: Frames, cuts: list[int], known: tuple[int, int]) -> None:
    """Each stream is what was sent on it without the bytes known before, wherever the network cuts."""
    skip = dict(zip(Stream, known, strict=True))
    demultiplexer = Demultiplexer(skip)
    rest, seen = encode(frames), Frames()
    for cut in cuts:
        seen += demultiplexer.feed(rest[:cut])
        rest = rest[cut:]
    seen += demultiplexer.feed(rest)

    assert {stream: whole(frames, stream)[skip[stream] :] for stream in Stream} == {
        stream: whole(seen, stream) for stream in Stream
    }
    assert demultiplexer.is_between_frames


def test_half_a_frame_is_noticed() -> None:
    """A stream that breaks inside a frame is not taken for its end."""
    demultiplexer = Demultiplexer({})
    list(demultiplexer.feed(encode([(Stream.STDOUT, b"whole")])[:-1]))

    assert not demultiplexer.is_between_frames

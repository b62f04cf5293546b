"""The engine's frames, taken apart."""

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


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 20)))
def test_output_is_whole_however_the_chunks_are_cut(frames: Frames, cuts: list[int]) -> None:
    """Each stream is what was sent on it, wherever the network cuts."""
    demultiplexer = Demultiplexer()
    rest, seen = encode(frames), Frames()
    for cut in cuts:
        seen += demultiplexer.feed(rest[:cut])
        rest = rest[cut:]
    seen += demultiplexer.feed(rest)

    assert {stream: whole(frames, stream) for stream in Stream} == {stream: whole(seen, stream) for stream in Stream}

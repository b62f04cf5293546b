"""The engine's streams taken apart: frames of stdout and stderr. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

_HEADER = 8


class Stream(Enum):
    """The two outputs of a container; the values are the engine's numbers."""

    STDOUT = 1
    STDERR = 2


class Demultiplexer:
    """Turns chunks, cut anywhere, into output.

    A frame has 8 bytes of header: the stream's number, three zeros, the payload's length in network order. Output is
    passed on as it comes, not frame by frame.
    """

    def __init__(self) -> None:
        self._header = b""
        self._stream = Stream.STDOUT
        self._left = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[Stream, bytes]]:
        """What a chunk adds to the streams, in order. Raises ValueError for what is no log stream."""
        view = memoryview(chunk)
        while view:
            if not self._left:
                view = self._take_header(view)
                continue
            payload, view = view[: self._left], view[self._left :]
            self._left -= len(payload)
            yield self._stream, bytes(payload)

    def _take_header(self, view: memoryview) -> memoryview:
        missing = _HEADER - len(self._header)
        self._header += bytes(view[:missing])
        if len(self._header) == _HEADER:
            self._stream = Stream(self._header[0])
            self._left = int.from_bytes(self._header[4:], "big")
            self._header = b""
        return view[missing:]

"""Holds what a plugin prints and logs to a number of lines a second. Pure: ``now`` is an argument."""

from __future__ import annotations

BYTES_OF_A_LINE = 8192
"""A line may be longer while others are shorter: a second's bytes are this many times its lines."""


class OutputBound:
    """Passes whole lines on, and counts what it holds back."""

    def __init__(self, lines_per_second: int) -> None:
        """So many lines in each second, and as many times ``BYTES_OF_A_LINE`` bytes."""
        self._limit = lines_per_second
        self._second = -1.0
        self._lines = self._bytes = 0
        self._rest = b""
        self.suppressed = 0
        """Lines held back since ``take_suppressed``."""

    def take(self, chunk: bytes, now: float) -> bytes:
        """What of the output may pass. A line that has not ended waits for its end, as long as it is no flood."""
        if now - self._second >= 1.0 or now < self._second:
            self._second, self._lines, self._bytes = now, 0, 0
        data = self._rest + chunk
        end = data.rfind(b"\n") + 1
        whole, self._rest = data[:end], data[end:]
        if len(self._rest) > BYTES_OF_A_LINE:
            whole, self._rest = data + b"\n", b""
        return self._bounded(whole)

    def end(self) -> bytes:
        """What never got its end, for the last time."""
        rest, self._rest = self._rest, b""
        return rest + b"\n" if rest else b""

    def take_suppressed(self) -> int:
        """How many lines were held back since this was asked last."""
        count, self.suppressed = self.suppressed, 0
        return count

    def _bounded(self, whole: bytes) -> bytes:
        count = whole.count(b"\n")
        room = self._limit * BYTES_OF_A_LINE - self._bytes
        if self._lines + count <= self._limit and len(whole) <= room:
            self._lines += count
            self._bytes += len(whole)
            return whole
        # Here alone a flood is cut line by line, and only as far as there is room.
        passed = whole.split(b"\n", max(0, self._limit - self._lines))[: max(0, self._limit - self._lines)]
        kept = b"".join(line + b"\n" for line in passed)
        if len(kept) > room:
            kept = kept[: kept.rfind(b"\n", 0, max(room, 0)) + 1] if room > 0 else b""
        lines = kept.count(b"\n")
        self._lines, self._bytes = self._lines + lines, self._bytes + len(kept)
        self.suppressed += count - lines
        return kept

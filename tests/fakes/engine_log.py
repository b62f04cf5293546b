"""An engine's log in memory: entries with stamps, the older of them thrown away, and streams of it from a moment on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field

from koinon_agent.containerizer.docker.demultiplexer import Stream

_START = 1_800_000_000


@define
class EngineLog:
    """What ``docker logs --timestamps`` would show of a container."""

    entries: list[tuple[int, Stream, bytes]] = field(factory=list)

    def add(self, stream: Stream, data: bytes, nanoseconds: int = 1) -> None:
        """The container says something, so much later than before."""
        before = self.entries[-1][0] if self.entries else _START * 10**9
        self.entries.append((before + nanoseconds, stream, data))

    def forget(self, number: int) -> None:
        """Rotate that many entries away."""
        del self.entries[:number]

    def read(self, since: str | None, *, is_terminal: bool = False) -> bytes:
        """The answer of the engine, to be cut into chunks."""
        seconds, _, rest = (since or "0.0").partition(".")
        moment = int(seconds) * 10**9 + int(rest.ljust(9, "0"))
        kept = [entry for entry in self.entries if entry[0] >= moment]
        return b"".join(_line(at, data) if is_terminal else _frame(at, stream, data) for at, stream, data in kept)

    def said(self, stream: Stream) -> bytes:
        """All that is kept of a stream."""
        return b"".join(data for _, kind, data in self.entries if kind is stream)


def _line(at: int, data: bytes) -> bytes:
    # 2027-01-15T08:00:00Z is second 1_800_000_000; tests stay within the hour.
    minutes, seconds = divmod(at // 10**9 - _START, 60)
    return f"2027-01-15T08:{minutes:02}:{seconds:02}.{at % 10**9:09}Z ".encode() + data


def _frame(at: int, stream: Stream, data: bytes) -> bytes:
    payload = _line(at, data)
    return bytes([stream.value, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def cut(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """The bytes in pieces, the last as long as it is."""
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


def joined(pieces: Iterable[tuple[Stream, bytes]], streams: Sequence[Stream] = tuple(Stream)) -> dict[Stream, bytes]:
    """What came on each stream."""
    kept = list(pieces)
    return {stream: b"".join(data for kind, data in kept if kind is stream) for stream in streams}

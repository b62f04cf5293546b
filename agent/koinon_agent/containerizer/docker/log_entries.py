"""The engine's log stream with its time stamps: entries taken apart, and where each stream stands. Pure.

An engine keeps output as entries: a line each, or 16 KiB of a longer one, with the time at which it was read. The
stamp, and the number among those of the same stamp, name an entry, also after the engine has thrown older ones away;
so whoever knows where he stood asks for what is since then and leaves out what he has.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from attrs import define, frozen

from .demultiplexer import Stream

_HEADER = struct.Struct(">B3xI")
_STAMP = 30
"""Characters of ``2026-01-31T12:00:00.123456789Z``: the engine's stamps are in UTC and all of one length."""
_SPACE = 0x20
_ENGINES_OWN = 3
"""The number of frames in which the engine says what keeps it from going on."""
_LONGEST_ENTRY = 1 << 24
_TERMINAL_ENTRY = 1 << 14
"""At a terminal nothing but a line's end, or this length, separates entries."""
_SKEW_SECONDS = 5
"""Two streams of a container are in order each, and by this much at most out of order between them."""
_BURST_BYTES = 1 << 19
"""An engine that has rotated its log twice before it noticed reads the newest file twice. No file is smaller than twice
this, so whoever was sent less within the skew was sent nothing twice: then the machine's clock was set back.
"""
_BY_NUMBER = {stream.value: stream for stream in Stream}


@frozen
class Position:
    """The last entry of a stream: its stamp, its number among those of that stamp, whether its line goes on."""

    stamp: str = ""
    count: int = 0
    is_partial: bool = False


NOWHERE = Position()


def plan_since(known: Mapping[Stream, Position]) -> str | None:
    """The moment from which the engine's entries are needed, as its API takes it; None for all of them.

    A stream that has been silent for long need not be asked for since its own last entry: had it spoken before the
    other one's last entry, that would have been read.
    """
    newest = max((position.stamp for position in known.values()), default="")
    seconds = _seconds(newest)
    if seconds is None:
        return None
    wanted = [f"{seconds - _SKEW_SECONDS}.{newest[20:29]}"] if len(set(known.values())) > 1 else []
    needed = [position for position in known.values() if _is_needed(position, newest)]
    wanted += [f"{_seconds(position.stamp)}.{position.stamp[20:29]}" for position in needed]
    return min(wanted)


def _is_needed(position: Position, newest: str) -> bool:
    """Whether a stream's last entry must come again: more of its stamp may follow it."""
    return bool(position.stamp) and (position.is_partial or position.stamp == newest)


def _seconds(stamp: str) -> int | None:
    try:
        return int(datetime.fromisoformat(f"{stamp[:19]}+00:00").timestamp()) if len(stamp) == _STAMP else None
    except ValueError:
        return None


@define
class _Track:
    """One stream: where it stands, and how far it is behind where it stood before it was read anew."""

    stamp: bytes = b""
    count: int = 0
    is_partial: bool = False
    known: tuple[bytes, int] | None = None
    is_needed: bool = False
    seen: int = 0


class _Pace:
    """How much was sent within the last seconds, by the stamps of what was sent."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, int]] = deque()
        self._sum = 0

    def add(self, newest: bytes, size: int) -> None:
        """A chunk, after entries up to that stamp."""
        second = _seconds(newest.decode(errors="replace")) or 0
        self._chunks.append((second, size))
        self._sum += size
        while self._chunks[0][0] < second - _SKEW_SECONDS:
            self._sum -= self._chunks.popleft()[1]

    @property
    def is_burst(self) -> bool:
        """Whether an engine's log may have been rotated more than once meanwhile."""
        return self._sum >= _BURST_BYTES


class EntryReader:
    """Turns chunks, cut anywhere, into output, leaving out the entries up to ``known``."""

    def __init__(self, known: Mapping[Stream, Position], *, is_terminal: bool) -> None:
        """``is_terminal``: the container has one, and its only stream comes without frames."""
        self._is_terminal = is_terminal
        self._rest = b""
        newest = max((position.stamp for position in known.values()), default="")
        self._tracks = {stream: _track(known.get(stream, NOWHERE), newest) for stream in Stream}
        self._pace = _Pace()
        self.gaps: set[Stream] = set()
        """Streams of which the engine no longer had the entry that was known last."""
        self.complaints: list[str] = []
        """What the engine said of its own, rather than the container."""

    @property
    def positions(self) -> Mapping[Stream, Position]:
        """Where each stream stands after all that was fed."""
        return {stream: _position(track) for stream, track in self._tracks.items()}

    @property
    def is_between_entries(self) -> bool:
        """Whether all that came so far was whole."""
        return not self._rest

    def feed(self, chunk: bytes) -> list[tuple[Stream, bytes]]:
        """What a chunk adds to the streams. Raises ValueError for what is no log stream."""
        self._pace.add(max(track.stamp for track in self._tracks.values()), len(chunk))
        data = self._rest + chunk if self._rest else chunk
        lists: dict[int, list[bytes]] = {stream.value: [] for stream in Stream}
        at = self._split_terminal(data, lists) if self._is_terminal else self._split_frames(data, lists)
        self._rest = data[at:]
        return [(_BY_NUMBER[number], b"".join(parts)) for number, parts in lists.items() if parts]

    def _split_frames(self, data: bytes, lists: dict[int, list[bytes]]) -> int:
        """Take whole frames; where the rest begins."""
        at, end = 0, len(data)
        while end - at >= _HEADER.size:
            number, size = _HEADER.unpack_from(data, at)
            if size > _LONGEST_ENTRY or number > _ENGINES_OWN:
                raise ValueError(f"no log stream: a frame of {size} bytes on stream {number}")
            start, stop = at + _HEADER.size, at + _HEADER.size + size
            if stop > end:
                break
            at = stop
            if number in lists:
                self._take(self._tracks[_BY_NUMBER[number]], data, start, stop, lists[number])
            elif size:
                self.complaints.append(data[start:stop].decode(errors="replace").strip())
        return at

    def _split_terminal(self, data: bytes, lists: dict[int, list[bytes]]) -> int:
        at, number = 0, Stream.STDOUT.value
        longest = _STAMP + 1 + _TERMINAL_ENTRY
        while True:
            stop = data.find(b"\n", at, at + longest) + 1 or at + longest
            if stop > len(data):
                return at
            self._take(self._tracks[Stream.STDOUT], data, at, stop, lists[number])
            at = stop

    def end(self) -> list[tuple[Stream, bytes]]:
        """What is left when no more will come: at a terminal an entry that nothing ends."""
        if not (self._is_terminal and self._rest):
            return []
        rest, self._rest, parts = self._rest, b"", list[bytes]()
        self._take(self._tracks[Stream.STDOUT], rest, 0, len(rest), parts)
        return [(Stream.STDOUT, b"".join(parts))] if parts else []

    def _take(self, track: _Track, data: bytes, start: int, stop: int, parts: list[bytes]) -> None:
        """One entry: its stamp, a space, its bytes."""
        cut = start + _STAMP
        if cut >= stop or data[cut] != _SPACE:
            cut = data.find(b" ", start, min(stop, start + 2 * _STAMP))
        stamp = data[start:cut]
        if stamp < track.stamp and track.known is None and self._pace.is_burst:
            self._expect_repetition()
        if track.known is not None and self._is_known(track, stamp):
            return
        if stamp == track.stamp:
            track.count += 1
        else:
            track.stamp, track.count = stamp, 1
        track.is_partial = data[stop - 1] != 10
        parts.append(data[cut + 1 : stop])

    def _expect_repetition(self) -> None:
        """The engine begins a file anew: all that each stream had is to come again, or part of it."""
        for track in self._tracks.values():
            track.known, track.seen, track.is_needed = (track.stamp, track.count), 0, False

    def _is_known(self, track: _Track, stamp: bytes) -> bool:
        """Whether an entry was read before. The first that was not ends the question for its stream."""
        last, count = track.known or (b"", 0)
        if stamp < last:
            return True
        if stamp == last and track.seen < count:
            track.seen += 1
            return True
        if track.is_needed and track.seen < count:
            self.gaps.update(stream for stream, each in self._tracks.items() if each is track)
        track.known = None
        return False


def _track(position: Position, newest: str) -> _Track:
    stamp = position.stamp.encode()
    known = (stamp, position.count) if stamp else None
    return _Track(stamp, position.count, position.is_partial, known, _is_needed(position, newest))


def _position(track: _Track) -> Position:
    return Position(track.stamp.decode(errors="replace"), track.count, track.is_partial)

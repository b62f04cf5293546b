"""The last events of one leader's term, as they go over the wire, within a bound. Pure.

An id is the term's epoch and a number that counts up in it, so that ids of different leaders can be compared: whatever
an older term said comes before all that a newer one says.
"""

import re
from collections import deque

import attrs
import orjson

from koinon_core.wire.server_sent import frame_event

from ..stream_events import StreamEvent

_ID = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


@attrs.frozen(order=True)
class EventId:
    """Which event: the epoch of the leader that published it, and its number, the first being 1."""

    term: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.term}-{self.sequence}"


def parse_event_id(text: str) -> EventId | None:
    """The id that a client gives back, None for a text that is none of ours."""
    found = _ID.fullmatch(text.strip())
    return None if found is None else EventId(int(found[1]), int(found[2]))


@attrs.frozen
class Kept:
    """A published event: its type, and its frames in the light and the heavy form of plans (often the same)."""

    id: EventId
    type: str
    light: bytes
    heavy: bytes

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        return len(self.light) + (len(self.heavy) if self.heavy is not self.light else 0)


@attrs.frozen
class RingLimit:
    """How much is kept: events, and the bytes of all of them."""

    events: int = 32_768
    size: int = 16 * 1024 * 1024


class EventRing:
    """What was said last in this term, oldest first. Numbers have no holes; a new event pushes out the oldest."""

    def __init__(self, term: int, limit: RingLimit | None = None) -> None:
        self.term = term
        self.size = 0
        """Bytes of all frames."""
        self.newest = 0
        """The number of the last event, 0 before the first."""
        self._limit = limit or RingLimit()
        self._kept: deque[Kept] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def oldest(self) -> int:
        """The number of the oldest event that is kept; of the next one, where none is."""
        return self.newest + 1 - len(self._kept)

    def append(self, event: StreamEvent) -> Kept:
        """Number an event and keep it. One that is larger than the bound is the only one then."""
        self.newest += 1
        kept = _encode(event, EventId(self.term, self.newest))
        self._kept.append(kept)
        self.size += kept.size
        while len(self._kept) > 1 and (len(self._kept) > self._limit.events or self.size > self._limit.size):
            self.size -= self._kept.popleft().size
        return kept

    def at(self, sequence: int) -> Kept:
        """The event of a number between `oldest` and `newest`. Raises IndexError for another."""
        index = sequence - self.oldest
        if index < 0:
            raise IndexError(f"event {sequence} is no longer kept")
        return self._kept[index]

    def holds_all_since(self, asked: EventId) -> bool:
        """Whether everything after that event is here; not for one that this term has not published."""
        return asked.term == self.term and self.oldest - 1 <= asked.sequence <= self.newest


def frame(event: StreamEvent, *, is_light: bool, event_id: EventId | None = None) -> bytes:
    """An event as it goes over the wire."""
    body = event.body() if is_light else event.heavy_body()
    return frame_event(event.type, orjson.dumps(body).decode(), None if event_id is None else str(event_id))


def _encode(event: StreamEvent, event_id: EventId) -> Kept:
    light = frame(event, is_light=True, event_id=event_id)
    heavy = frame(event, is_light=False, event_id=event_id) if event.heavy else light
    return Kept(event_id, event.type, light, heavy)

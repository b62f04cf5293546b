"""Everything published in one leader's term, to everybody who listens. Pure: the sockets are behind `Outlet`.

A subscriber who comes back with the id of the last event he saw is first told what he missed, as fast as he reads,
and hears what is new only after that. What an `Outlet` holds back for a slow reader is its own to bound.
"""

from collections.abc import Callable
from typing import Protocol

import attrs

from koinon_core.wire.server_sent import frame_comment

from .. import stream_events
from ..stream_events import ON_REQUEST, StreamEvent
from .ring import EventId, EventRing, RingLimit, frame, parse_event_id
from .subscription import Subscription

CATCH_UP = 256
"""Events that are handed to an outlet at a time while its subscriber catches up."""
_WELCOME = 3
"""Frames that may stand before those: attached, the comment on a gap, and its event."""


class Outlet(Protocol):
    """Where one subscriber's events go; none of it blocks."""

    def send_frame(self, frame: bytes) -> bool:
        """Queue a framed event; False when the outlet has ended, or ends because its reader is too slow."""

    def when_drained(self, then: Callable[[], None]) -> None:
        """Do this once all that was queued is written."""

    def cut(self, reason: str) -> None:
        """End at once."""

    def finish(self, reason: str) -> None:
        """Write what is queued, then end."""


@attrs.define(eq=False)
class Subscriber:
    """One open stream. `position` is the number of the last event he was given or does not want."""

    subscription: Subscription
    outlet: Outlet
    remote: str
    position: int = 0
    attached_as: int = 0
    """The number of his own `event_stream_attached`, which he is not told twice."""
    is_live: bool = False
    """Whether he has been told all that went before."""


class EventHub:
    """The events of one term and its subscribers."""

    def __init__(self, term: int, limit: RingLimit | None = None, outstanding: int = 1024) -> None:
        """`term` is the leader's epoch; an outlet holds back `outstanding` events at most."""
        self._ring = EventRing(term, limit)
        self._catch_up = max(1, min(CATCH_UP, outstanding - _WELCOME))
        self._subscribers: dict[Subscriber, None] = {}

    @property
    def active(self) -> int:
        """How many streams are open."""
        return len(self._subscribers)

    def publish(self, event: StreamEvent) -> None:
        """Tell everybody who wants to hear of it, and keep it. What nobody asks for is not kept."""
        if event.type in ON_REQUEST and not any(each.subscription.wants(event.type) for each in self._subscribers):
            return
        kept = self._ring.append(event)
        for subscriber in tuple(self._subscribers):
            if subscriber.is_live:
                self._tell(subscriber, kept.id.sequence)

    def attach(self, subscriber: Subscriber, last_seen: str | None, now: float) -> None:
        """Begin a stream: its `event_stream_attached` first, then what its reader missed since `last_seen`.

        Without `last_seen` it begins with what comes. With one, the first event bears no id, so that a reader who is
        gone again before he was told what he missed asks for the same once more.
        """
        attached = stream_events.stream_attached(subscriber.remote, now)
        self.publish(attached)
        self._subscribers[subscriber] = None
        if last_seen is None:
            subscriber.position = self._ring.newest - 1
        else:
            subscriber.attached_as = self._ring.newest
            self._give(subscriber, attached)
            subscriber.position = self._resume(subscriber, last_seen, now)
        self._feed(subscriber)

    def detach(self, subscriber: Subscriber, now: float) -> None:
        """The stream has ended. One that is not attached is none to end."""
        if subscriber in self._subscribers:
            del self._subscribers[subscriber]
            self.publish(stream_events.stream_detached(subscriber.remote, now))

    def close(self, reason: str) -> None:
        """The term is over: every stream ends once its reader has what was said."""
        for subscriber in tuple(self._subscribers):
            subscriber.outlet.finish(reason)

    def _resume(self, subscriber: Subscriber, last_seen: str, now: float) -> int:
        """The position to go on from. Who missed more than is kept is told so, and gets all that is."""
        asked = parse_event_id(last_seen)
        if asked is not None and self._ring.holds_all_since(asked):
            return asked.sequence
        oldest = EventId(self._ring.term, self._ring.oldest)
        subscriber.outlet.send_frame(
            frame_comment(f"what followed the event you saw last is not kept; all since {oldest} comes now")
        )
        self._give(subscriber, stream_events.stream_gap(str(oldest), now))
        return oldest.sequence - 1

    def _feed(self, subscriber: Subscriber) -> None:
        """Tell some of what went before; the rest when that is written, and what is new once none is left."""
        for _ in range(self._catch_up):
            if subscriber.position == self._ring.newest:
                subscriber.is_live = True
                return
            if subscriber.position + 1 < self._ring.oldest:
                subscriber.outlet.cut("slow consumer: what it has not read yet is no longer kept")
                return
            if not self._tell(subscriber, subscriber.position + 1):
                return
        subscriber.outlet.when_drained(lambda: self._feed(subscriber))

    def _tell(self, subscriber: Subscriber, sequence: int) -> bool:
        subscriber.position = sequence
        kept = self._ring.at(sequence)
        if sequence == subscriber.attached_as or not subscriber.subscription.wants(kept.type):
            return True
        return subscriber.outlet.send_frame(subscriber.subscription.frame_of(kept))

    @staticmethod
    def _give(subscriber: Subscriber, event: StreamEvent) -> None:
        """Tell him alone."""
        subscription = subscriber.subscription
        if subscription.wants(event.type):
            subscriber.outlet.send_frame(frame(event, is_light=subscription.is_light))

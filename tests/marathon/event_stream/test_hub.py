"""Who hears what, what a reader who comes back is told, and who is cut (marathon-v2-api 11)."""

from collections.abc import Callable

import attrs
import pytest

from koinon_marathon.event_stream import EventHub, RingLimit, Subscriber, Subscription
from koinon_marathon.stream_events import GAP, StreamEvent


@attrs.define
class Reader:
    """An outlet whose reader takes what is queued when the test says so."""

    bound: int = 1000
    waiting: list[bytes] = attrs.field(factory=list)
    read: list[bytes] = attrs.field(factory=list)
    ended: str | None = None
    _then: list[Callable[[], None]] = attrs.field(factory=list)

    def send_frame(self, frame: bytes) -> bool:
        """Queue, or end."""
        if self.ended is not None:
            return False
        self.waiting.append(frame)
        if len(self.waiting) > self.bound:
            self.cut("slow consumer")
        return self.ended is None

    def when_drained(self, then: Callable[[], None]) -> None:
        """Remember."""
        self._then.append(then)

    def cut(self, reason: str) -> None:
        """End."""
        self.ended = reason

    def finish(self, reason: str) -> None:
        """End."""
        self.ended = reason

    def take(self) -> None:
        """Read all that is queued, and what comes because it is."""
        while self.waiting or self._then:
            self.read += self.waiting
            self.waiting.clear()
            then, self._then = self._then, []
            for each in then:
                each()

    def seen(self) -> list[str]:
        """What was read: the type of each event with its id, or its comment."""
        found = []
        for frame in self.read:
            lines = dict(line.split(": ", 1) for line in frame.decode().split("\r\n") if line)
            found.append(" ".join((lines.get("event", "#"), lines.get("id", ""))).strip())
        return found


def join(hub: EventHub, *types: str, last_seen: str | None = None, reader: Reader | None = None) -> Reader:
    """A reader who has taken what he was told first."""
    reader = reader or Reader()
    hub.attach(Subscriber(Subscription(frozenset(types)), reader, "10.0.0.1"), last_seen, 0.0)
    reader.take()
    return reader


def say(hub: EventHub, *types: str) -> None:
    """Publish events that say nothing but their type."""
    for each in types:
        hub.publish(StreamEvent(each, {}, 0.0))


@pytest.fixture
def hub() -> EventHub:
    """A term of epoch 7 in which three things were said."""
    hub = EventHub(7)
    say(hub, "a", "b", "c")
    return hub


def test_the_first_event_says_that_one_listens(hub: EventHub) -> None:
    """Then comes what is new, and nothing of before."""
    reader = join(hub)
    say(hub, "d")
    reader.take()

    assert ["event_stream_attached 7-4", "d 7-5"] == reader.seen()


def test_others_hear_who_comes_and_goes(hub: EventHub) -> None:
    """As in Marathon."""
    reader, subscriber = join(hub), Subscriber(Subscription(), Reader(), "10.0.0.2")
    hub.attach(subscriber, None, 0.0)
    assert 2 == hub.active
    hub.detach(subscriber, 0.0)
    hub.detach(subscriber, 0.0)
    reader.take()

    assert ["event_stream_attached 7-5", "event_stream_detached 7-6"] == reader.seen()[1:]
    assert 1 == hub.active


def test_only_named_types_come(hub: EventHub) -> None:
    """Names that nothing has never come, and are no error."""
    reader = join(hub, "d", "f", "nonsense")
    say(hub, "d", "e", "f")
    reader.take()

    assert ["d 7-5", "f 7-7"] == reader.seen()


@pytest.mark.parametrize("event_type", ["launch_refused_event", "scheduler_disconnected_event", GAP])
def test_what_strict_clients_do_not_know_comes_on_request(hub: EventHub, event_type: str) -> None:
    """Who names no type hears only what Marathon's clients understand; what nobody asks for is not kept."""
    say(hub, event_type)
    one, other = join(hub), join(hub, event_type)
    say(hub, event_type)
    for reader in (one, other):
        reader.take()

    assert ["event_stream_attached 7-4", "event_stream_attached 7-5"] == one.seen()
    assert [f"{event_type} 7-6"] == other.seen()


def test_who_comes_back_is_told_what_was_missed(hub: EventHub) -> None:
    """The events after the one he saw, in order, then what is new; his own arrival once, without an id."""
    reader = join(hub, last_seen="7-1")
    say(hub, "d")
    reader.take()

    assert ["event_stream_attached", "b 7-2", "c 7-3", "d 7-5"] == reader.seen()


def test_nothing_is_missed_by_who_comes_back_again_and_again() -> None:
    """Connections that break after every event: each event is seen, once, in order."""
    hub, seen, last = EventHub(7), list[str](), None
    for number in range(40):
        say(hub, f"e{number}")
        reader = join(hub, *(f"e{each}" for each in range(40)), last_seen=last or "7-0")
        seen += reader.seen()
        last = reader.seen()[-1].split()[1]

    assert [f"e{number}" for number in range(40)] == [each.split()[0] for each in seen]


@pytest.mark.parametrize("last_seen", ["6-900", "7-900", "8-1", "nonsense", ""])
def test_who_saw_what_this_leader_never_said_gets_all_it_has(hub: EventHub, last_seen: str) -> None:
    """Told by a comment, which old readers skip."""
    reader = join(hub, last_seen=last_seen)

    assert ["event_stream_attached", "#", "a 7-1", "b 7-2", "c 7-3"] == reader.seen()


def test_a_gap_is_an_event_for_who_asks() -> None:
    """What was pushed out is gone: the event says where what is left begins."""
    hub = EventHub(7, RingLimit(events=2))
    say(hub, "a", "b", "c", "d")
    reader = join(hub, "c", "d", GAP, last_seen="7-1")

    # The arrival itself pushes out one more.
    assert ["#", GAP, "d 7-4"] == reader.seen()
    assert b'"oldestEventId":"7-4"' in reader.read[1]


def test_catching_up_goes_as_fast_as_the_reader_reads() -> None:
    """Much more than an outlet holds back, while new things are said: all of it, in order, and nobody is cut."""
    hub = EventHub(7, outstanding=10)
    say(hub, *(f"e{number}" for number in range(100)))
    reader = Reader(bound=10)
    hub.attach(Subscriber(Subscription(), reader, "r"), "7-0", 0.0)
    say(hub, "e100")
    waiting = len(reader.waiting)
    reader.take()
    say(hub, "e101")
    reader.take()

    assert waiting <= 10
    assert reader.ended is None
    assert [f"e{number}" for number in range(102)] == [each.split()[0] for each in reader.seen()[1:]]


def test_who_reads_slower_than_events_are_forgotten_is_cut() -> None:
    """He would miss some and not know it."""
    hub = EventHub(7, RingLimit(events=20), outstanding=10)
    say(hub, *["a"] * 20)
    reader = Reader(bound=10)
    hub.attach(Subscriber(Subscription(), reader, "r"), "7-2", 0.0)
    say(hub, *["a"] * 20)
    reader.take()

    assert reader.ended is not None
    assert "no longer kept" in reader.ended


def test_a_slow_reader_slows_nobody(hub: EventHub) -> None:
    """He is cut at his bound; the others hear everything."""
    slow, quick = join(hub, reader=Reader(bound=3)), join(hub)
    for _ in range(100):
        say(hub, "d")
        quick.take()

    assert "slow consumer" == slow.ended
    assert 100 == sum(each.startswith("d ") for each in quick.seen())
    assert len(slow.waiting) <= 4


def test_the_end_of_a_term_ends_all_streams(hub: EventHub) -> None:
    """In good order: what was said is read first."""
    readers = [join(hub), join(hub)]
    hub.close("over")

    assert ["over", "over"] == [reader.ended for reader in readers]


def test_plans_are_light_for_who_asks(hub: EventHub) -> None:
    """One event, two forms."""
    light, heavy = Reader(), Reader()
    hub.attach(Subscriber(Subscription(is_light=True), light, "l"), None, 0.0)
    hub.attach(Subscriber(Subscription(), heavy, "h"), None, 0.0)
    hub.publish(StreamEvent("deployment_info", {"plan": {"id": "1"}}, 0.0, {"plan": {"id": "1", "target": {}}}))

    assert b'"plan":{"id":"1"}' in light.waiting[-1]
    assert b'"plan":{"id":"1","target":{}}' in heavy.waiting[-1]

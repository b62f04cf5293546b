"""Recent events are numbered without holes and kept within a bound."""

import pytest

from koinon_marathon.event_stream import EventId, EventRing, RingLimit, parse_event_id
from koinon_marathon.stream_events import StreamEvent, stream_attached


def make_ring(count: int, **limit: int) -> EventRing:
    """A ring of term 7 that was given so many events."""
    ring = EventRing(7, RingLimit(**limit))
    for number in range(count):
        ring.append(StreamEvent("said", {"number": number}, 0.0))
    return ring


def test_ids_of_a_later_leader_are_greater() -> None:
    """Whatever an older term said came before; within a term the number counts."""
    ids = [EventId(7, 2), EventId(6, 99), EventId(7, 10)]

    assert ["6-99", "7-2", "7-10"] == [str(each) for each in sorted(ids)]


@pytest.mark.parametrize("text", ["", "7", "7-", "-1", "7-1-1", "a-1", "7-1x", "9" * 40 + "-1", "\u0667-1"])
def test_what_is_no_id_is_none(text: str) -> None:
    """Clients send what they like."""
    assert parse_event_id(text) is None


def test_an_id_is_read_as_it_was_written() -> None:
    """Blanks around it are the header's."""
    assert EventId(7, 12) == parse_event_id(f" {EventId(7, 12)} ")


def test_frames_carry_type_data_and_id() -> None:
    """As it goes over the wire."""
    kept = EventRing(7).append(stream_attached("10.0.0.1", 0.0))

    assert kept.light == (
        b"event: event_stream_attached\r\n"
        b'data: {"remoteAddress":"10.0.0.1","eventType":"event_stream_attached",'
        b'"timestamp":"1970-01-01T00:00:00.000Z"}\r\n'
        b"id: 7-1\r\n\r\n"
    )
    assert kept.heavy is kept.light


def test_the_oldest_go_first() -> None:
    """More events than fit."""
    ring = make_ring(10, events=3)

    assert (3, 8, 10) == (len(ring), ring.oldest, ring.newest)
    assert [8, 9, 10] == [ring.at(number).id.sequence for number in range(8, 11)]
    with pytest.raises(IndexError):
        ring.at(7)


def test_the_bytes_of_all_are_bounded() -> None:
    """Few large events push out as much as many small ones."""
    ring = make_ring(0, size=1000)
    for _ in range(50):
        ring.append(StreamEvent("large", {"text": "x" * 300}, 0.0))

    assert 2 == len(ring)
    assert ring.size == sum(ring.at(number).size for number in range(ring.oldest, ring.newest + 1)) <= 1000


def test_one_event_larger_than_the_bound_is_kept_alone() -> None:
    """It was said, and whoever is away for a moment gets it."""
    ring = make_ring(3, size=10)

    assert (1, 3) == (len(ring), ring.oldest)


@pytest.mark.parametrize(
    ("asked", "is_held"),
    [("7-10", True), ("7-9", True), ("7-7", True), ("7-6", False), ("7-11", False), ("6-9", False), ("8-1", False)],
)
def test_what_followed_an_event_is_held_or_not(asked: str, is_held: bool) -> None:
    """Not where some of it is gone, nor for the events of another leader."""
    found = parse_event_id(asked)

    assert found is not None
    assert is_held is make_ring(10, events=3).holds_all_since(found)


def test_a_new_ring_has_missed_nothing_of_its_own_term() -> None:
    """Its first event is the first of the term."""
    ring = make_ring(0)

    assert (1, 0) == (ring.oldest, ring.newest)
    assert ring.holds_all_since(EventId(7, 0))

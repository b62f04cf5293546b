"""The life of a subscription, event by event, without a network."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_core.backoff import Backoff
from koinon_core.errors import InvalidTransition
from koinon_core.ids import FrameworkId
from koinon_frameworks.driver.session_machine import (
    MAX_REDIRECTS,
    CloseStream,
    End,
    Ending,
    EndKind,
    ErrorSeen,
    EventSeen,
    MasterLost,
    MastersFound,
    OpenStream,
    Redirected,
    Refused,
    SessionEvent,
    SessionMachine,
    SessionState,
    StopRequested,
    StreamEnded,
    SubscribedSeen,
    TellDisconnected,
    Tick,
)

ONE, TWO = "http://one:5050", "http://two:5050"
ID = FrameworkId("F-0000")


def make_machine() -> SessionMachine:
    return SessionMachine(Random(1), missed_heartbeats=5, backoff=Backoff(initial=1.0, maximum=8.0))


def make_subscribed(*urls: str) -> SessionMachine:
    machine = make_machine()
    machine.handle(MastersFound(urls or (ONE,)), 0.0)
    machine.handle(SubscribedSeen(number=1, framework_id=ID, heartbeat_interval=2.0), 0.0)
    return machine


def test_subscribes_as_soon_as_a_master_is_known() -> None:
    """A found master is asked at once, without an id for a new framework."""
    told = make_machine().handle(MastersFound((ONE,)), 0.0)

    assert [OpenStream(1, ONE, None)] == told


def test_subscribes_again_by_its_id_after_the_stream_ended() -> None:
    """A lost stream is told, and the next SUBSCRIBE comes after the backoff with the framework's id."""
    machine = make_subscribed()

    ended = machine.handle(StreamEnded(1, "gone"), 10.0)
    early = machine.handle(Tick(), 10.9)
    again = machine.handle(Tick(), 11.0)

    assert [CloseStream(1), TellDisconnected("gone")] == ended
    assert [] == early
    assert [OpenStream(2, ONE, ID)] == again


def test_asks_the_next_of_several_masters_after_a_failure() -> None:
    """Fixed addresses are tried in turn, with growing pauses."""
    machine = make_machine()
    machine.handle(MastersFound((ONE, TWO)), 0.0)
    opened = []
    for number in (1, 2, 3):
        machine.handle(StreamEnded(number, "refused"), 0.0)
        assert machine.deadline is not None
        opened.append((machine.deadline, machine.handle(Tick(), machine.deadline)))

    assert [
        (1.0, [OpenStream(2, TWO, None)]),
        (2.0, [OpenStream(3, ONE, None)]),
        (4.0, [OpenStream(4, TWO, None)]),
    ] == opened


def test_follows_redirects_up_to_a_bound() -> None:
    """A redirect is followed at once; masters that point at each other end in a pause."""
    machine = make_machine()
    machine.handle(MastersFound((ONE,)), 0.0)
    for number in range(1, MAX_REDIRECTS + 1):
        followed = machine.handle(Redirected(number, TWO), 0.0)
    stopped = machine.handle(Redirected(MAX_REDIRECTS + 1, TWO), 0.0)

    assert followed == [OpenStream(MAX_REDIRECTS + 1, TWO, None)]
    assert stopped == [CloseStream(MAX_REDIRECTS + 1)]
    assert machine.state is SessionState.DISCONNECTED


def test_takes_a_silent_stream_for_dead() -> None:
    """Five heartbeat intervals without an event end a stream; each event postpones that."""
    machine = make_subscribed()
    machine.handle(EventSeen(1), 5.0)

    early = machine.handle(Tick(), 14.9)
    late = machine.handle(Tick(), 15.0)

    assert [] == early
    assert [CloseStream(1), TellDisconnected("nothing came for 10 seconds")] == late


def test_waits_while_nobody_leads() -> None:
    """Without a leader the subscription is over and no attempt is due, until one is found."""
    machine = make_subscribed()

    lost = machine.handle(MasterLost(), 1.0)

    assert [CloseStream(1), TellDisconnected("no master leads")] == lost
    assert machine.deadline is None
    assert [OpenStream(2, TWO, ID)] == machine.handle(MastersFound((TWO,)), 9.0)


def test_moves_to_a_new_leader_at_once() -> None:
    """A new leader is followed although the old stream still stands."""
    told = make_subscribed().handle(MastersFound((TWO,)), 1.0)

    assert [CloseStream(1), TellDisconnected("the leading master changed"), OpenStream(2, TWO, ID)] == told


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        (ErrorSeen(1, "Framework has been removed"), Ending(EndKind.REMOVED, "Framework has been removed")),
        (ErrorSeen(1, "Framework failed over"), Ending(EndKind.FAILED_OVER, "Framework failed over")),
        (ErrorSeen(1, "Not authorized to use role 'a'"), Ending(EndKind.ERROR, "Not authorized to use role 'a'")),
        (StopRequested(), Ending(EndKind.STOPPED)),
    ],
)
def test_ends_for_good(event: SessionEvent, ending: Ending) -> None:
    """An ERROR of the master and a stop both close the session and its stream."""
    machine = make_subscribed()

    assert machine.handle(event, 1.0) == [CloseStream(1), End(ending)]
    assert machine.state is SessionState.CLOSED


def test_a_refused_subscription_ends_the_run() -> None:
    """A 4xx to SUBSCRIBE is not tried again."""
    machine = make_machine()
    machine.handle(MastersFound((ONE,)), 0.0)

    assert [CloseStream(1), End(Ending(EndKind.REFUSED, "bad"))] == machine.handle(Refused(1, "bad"), 0.0)


def test_ignores_what_an_earlier_stream_still_says() -> None:
    """Events of a stream that was closed change nothing, even an ERROR."""
    machine = make_subscribed()
    machine.handle(MastersFound((TWO,)), 1.0)

    assert [] == machine.handle(ErrorSeen(1, "Framework failed over"), 2.0)
    assert machine.state is SessionState.SUBSCRIBING


def test_a_forbidden_event_changes_nothing() -> None:
    """The refusal of a stream that stands is a broken promise and leaves the session as it was."""
    machine = make_subscribed()

    with pytest.raises(InvalidTransition):
        machine.handle(Refused(1, "no"), 1.0)

    assert (SessionState.SUBSCRIBED, ID) == (machine.state, machine.framework_id)


EVENTS = st.sampled_from(["found", "lost", "redirect", "ended", "subscribed", "event", "tick", "stop", "error"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.floats(0.0, 100.0)), max_size=40))
def test_keeps_its_invariants_whatever_comes(story: list[tuple[str, float]]) -> None:
    """No sequence of events breaks an invariant, and a forbidden one is refused as such."""
    machine, now = make_machine(), 0.0
    for name, pause in story:
        now += pause
        number = machine.stream_number
        events: dict[str, SessionEvent] = {
            "found": MastersFound((ONE, TWO)),
            "lost": MasterLost(),
            "redirect": Redirected(number, TWO),
            "ended": StreamEnded(number, "gone"),
            "subscribed": SubscribedSeen(number=number, framework_id=ID),
            "event": EventSeen(number),
            "tick": Tick(),
            "stop": StopRequested(),
            "error": ErrorSeen(number, "no"),
        }
        try:
            machine.handle(events[name], now)
        except InvalidTransition:
            assert name in ("redirect", "subscribed")
        machine.check()


@pytest.mark.parametrize("interval", [0.0, -5.0, 1e308, float("inf"), float("nan")])
def test_silence_has_an_end_whatever_the_master_says_of_heartbeats(interval: float) -> None:
    """A nonsense of an interval counts as the usual 15 seconds: neither at once nor never is a stream given up."""
    machine = make_machine()
    machine.handle(MastersFound((ONE,)), 0.0)
    machine.handle(SubscribedSeen(number=1, framework_id=ID, heartbeat_interval=interval), 0.0)
    early = machine.handle(Tick(), 74.0)
    late = machine.handle(Tick(), 75.0)

    assert [] == early
    assert [CloseStream(1), TellDisconnected("nothing came for 75 seconds")] == late


def test_second_subscribed_is_a_sign_of_life_and_no_more() -> None:
    """Neither the id nor the patience changes by it."""
    machine = make_subscribed()
    told = machine.handle(SubscribedSeen(number=1, framework_id=FrameworkId("G"), heartbeat_interval=900.0), 5.0)

    assert [] == told
    assert (ID, 15.0) == (machine.framework_id, machine.deadline)

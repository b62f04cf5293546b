"""The life of an executor with its agent, event by event, without a network."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.errors import InvalidTransition
from koinon_frameworks.executor.session_machine import (
    ANSWER_SECONDS,
    REGISTRATION_SECONDS,
    AllTold,
    CloseStream,
    End,
    EndAsked,
    Ending,
    EndKind,
    EndTasks,
    OpenStream,
    Patience,
    SessionEvent,
    SessionMachine,
    SessionState,
    StreamEnded,
    StreamOpened,
    StreamRefused,
    TellDisconnected,
    Tick,
)

CHECKPOINTED = Patience(recovery_timeout=900.0, backoff_max=2.0, shutdown_grace=5.0)
BARE = Patience(shutdown_grace=5.0)
STOP = EndAsked(Ending(kind=EndKind.STOPPED), 4.0)


def make_subscribed(patience: Patience = CHECKPOINTED) -> SessionMachine:
    machine = SessionMachine(Random(1), patience, 0.0)
    machine.handle(Tick(), 0.0)
    machine.handle(StreamOpened(1), 0.0)
    return machine


def test_subscribes_at_once() -> None:
    """The first moment is the first attempt."""
    machine = SessionMachine(Random(1), BARE, 7.0)

    assert [OpenStream(1)] == machine.handle(Tick(), 7.0)


def test_comes_back_after_the_agent_when_it_checkpoints() -> None:
    """A lost stream is told once, and the next attempt comes within the agent's longest backoff."""
    machine = make_subscribed()
    told = machine.handle(StreamEnded(1, "reset"), 10.0)
    due = machine.deadline

    assert [CloseStream(1), TellDisconnected("reset")] == told
    assert due is not None
    assert 10.0 <= due <= 12.0
    assert [OpenStream(2)] == machine.handle(Tick(), due)


def test_without_checkpoint_the_agents_end_is_its_own() -> None:
    """Nothing survives an agent that does not checkpoint: tasks are ended at once, and then the executor."""
    machine = make_subscribed(BARE)
    told = machine.handle(StreamEnded(1, "reset"), 10.0)
    ending = Ending(kind=EndKind.AGENT_LOST, message="reset, and there is no checkpoint")

    assert [CloseStream(1), TellDisconnected(ending.message), EndTasks(ending)] == told
    assert [End(ending)] == machine.handle(AllTold(), 10.1)


def test_waits_for_the_agent_no_longer_than_the_recovery_timeout() -> None:
    """From the loss of the stream on, however often it tries and is turned away."""
    machine = make_subscribed()
    machine.handle(StreamEnded(1, "reset"), 10.0)
    now, instructions = 10.0, []
    while machine.state is not SessionState.ENDING:
        assert machine.deadline is not None
        now = machine.deadline
        instructions = machine.handle(Tick(), now)
        if machine.state is SessionState.SUBSCRIBING:
            instructions = machine.handle(StreamEnded(machine.stream_number, "refused"), now)

    assert 910.0 == now
    assert [Ending(kind=EndKind.AGENT_LOST, message="the agent did not answer in time")] == [
        each.ending for each in instructions if isinstance(each, EndTasks)
    ]


def test_looks_a_minute_for_an_agent_that_never_answered() -> None:
    """Before the first subscription an agent may still be recovering, checkpoint or not."""
    machine = SessionMachine(Random(1), BARE, 0.0)
    machine.handle(Tick(), 0.0)
    machine.handle(StreamEnded(1, "503"), REGISTRATION_SECONDS - 1)

    assert "disconnected" == machine.state.value
    machine.handle(Tick(), machine.deadline or 0.0)
    machine.handle(StreamEnded(2, "503"), REGISTRATION_SECONDS)
    assert "ending" == machine.state.value


def test_an_agent_that_does_not_answer_is_asked_again() -> None:
    """A SUBSCRIBE without an answer counts as failed."""
    machine = SessionMachine(Random(1), CHECKPOINTED, 0.0)
    machine.handle(Tick(), 0.0)

    assert [CloseStream(1)] == machine.handle(Tick(), ANSWER_SECONDS)
    assert SessionState.DISCONNECTED is machine.state


def test_ends_when_the_agent_refuses_it() -> None:
    """Who is not known, or shows the wrong token, won't be by asking again."""
    machine = SessionMachine(Random(1), CHECKPOINTED, 0.0)
    machine.handle(Tick(), 0.0)
    told = machine.handle(StreamRefused(1, "401"), 1.0)

    assert [CloseStream(1), EndTasks(Ending(kind=EndKind.REFUSED, message="401"))] == told


def test_ends_when_the_grace_is_over() -> None:
    """Tasks that don't end are waited for as long as there is time, and the ending says so."""
    machine = make_subscribed()
    machine.handle(STOP, 10.0)

    assert 14.0 == machine.deadline
    assert [] == machine.handle(Tick(), 13.9)
    assert [End(Ending(kind=EndKind.STOPPED, is_overdue=True))] == machine.handle(Tick(), 14.0)


def test_an_ending_executor_still_hears_its_agent() -> None:
    """The stream stays open for acknowledgements; what ends it then changes nothing about the end."""
    machine = make_subscribed()
    machine.handle(STOP, 10.0)

    assert machine.is_connected
    assert [CloseStream(1), TellDisconnected("gone")] == machine.handle(StreamEnded(1, "gone"), 11.0)
    assert not machine.is_connected
    assert SessionState.ENDING is machine.state


def test_a_second_wish_shortens_the_grace() -> None:
    """SHUTDOWN after a stop of its own: the earlier moment counts."""
    machine = make_subscribed()
    machine.handle(STOP, 10.0)
    machine.handle(EndAsked(Ending(kind=EndKind.SHUTDOWN), 1.0), 11.0)

    assert 12.0 == machine.deadline


def test_streams_of_the_past_are_not_heard() -> None:
    """What a closed stream still says has no effect."""
    machine = make_subscribed()
    machine.handle(StreamEnded(1, "reset"), 10.0)

    assert [] == machine.handle(StreamEnded(1, "again"), 10.1)
    assert [] == machine.handle(StreamOpened(1), 10.1)
    assert SessionState.DISCONNECTED is machine.state


def test_a_forbidden_event_changes_nothing() -> None:
    """The refusal of a stream that stands is a broken promise."""
    machine = make_subscribed()

    with pytest.raises(InvalidTransition):
        machine.handle(StreamRefused(1, "no"), 1.0)
    assert SessionState.SUBSCRIBED is machine.state


def test_second_subscribed_changes_nothing() -> None:
    """An agent may say it twice."""
    machine = make_subscribed()

    assert [] == machine.handle(StreamOpened(1), 1.0)
    assert (SessionState.SUBSCRIBED, None) == (machine.state, machine.deadline)


def test_streams_that_never_stand_are_asked_for_more_and_more_seldom() -> None:
    """An agent that takes and drops us at once is not asked twenty times a second; one that stood is, at first."""
    machine, now, pauses = make_subscribed(), 0.0, []
    for number in range(1, 200):
        machine.handle(StreamEnded(number, "dropped"), now)
        pauses.append((machine.deadline or 0.0) - now)
        now = machine.deadline or 0.0
        machine.handle(Tick(), now)
        machine.handle(StreamOpened(number + 1), now)
    machine.handle(StreamEnded(200, "dropped"), now + 60.0)

    assert 100.0 < now
    assert pauses[0] < 1.0
    assert 1.0 > (machine.deadline or 0.0) - now - 60.0


EVENTS = st.sampled_from(["open", "end", "refuse", "stop", "told", "tick"])


@given(st.booleans(), st.lists(st.tuples(EVENTS, st.floats(0.0, 400.0)), max_size=30))
def test_whatever_comes_it_holds_together(has_checkpoint: bool, story: list[tuple[str, float]]) -> None:
    """Any story keeps the invariants, ends at most once, and never asks for tasks' ends twice."""
    machine = SessionMachine(Random(1), CHECKPOINTED if has_checkpoint else BARE, 0.0)
    now, said = 0.0, []
    for name, pause in story:
        now += pause
        number = machine.stream_number
        events: dict[str, SessionEvent] = {
            "open": StreamOpened(number),
            "end": StreamEnded(number, "gone"),
            "refuse": StreamRefused(number, "no"),
            "stop": STOP,
            "told": AllTold(),
            "tick": Tick(),
        }
        if name in ("open", "refuse") and machine.state is SessionState.SUBSCRIBED:
            continue  # no stream opens twice
        said += machine.handle(events[name], now)
        machine.check()

    assert 1 >= sum(isinstance(each, End) for each in said)
    assert 1 >= sum(isinstance(each, EndTasks) for each in said)

"""The rules of one candidate's campaign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.errors import InvalidTransition
from koinon_zk import Standing, StandingKind
from koinon_zk.leadership import (
    TRANSITIONS,
    Connected,
    Disconnected,
    Event,
    Expired,
    GroupChanged,
    GroupSeen,
    Instruction,
    Join,
    Joined,
    Leadership,
    Phase,
    ReadGroup,
    Report,
)

FIRST, BEHIND, ABSENT = GroupSeen((7, 9)), GroupSeen((3, 7)), GroupSeen((3,))
TO_FOLLOWING: list[Event] = [Connected(), Joined(7)]
TO_LEADING: list[Event] = [*TO_FOLLOWING, FIRST]
TO_SUSPENDED: list[Event] = [*TO_LEADING, Disconnected()]
TO_RETURNING: list[Event] = [*TO_SUSPENDED, Connected()]


def report(kind: StandingKind, epoch: int = 8) -> Report:
    """Of the candidate with sequence number 7."""
    return Report(Standing(kind, epoch))


def play(events: list[Event]) -> tuple[Leadership, list[Instruction]]:
    """The machine after these events, and what the last one led to."""
    machine, instructions = Leadership("/masters"), list[Instruction]()
    for event in events:
        instructions = machine.handle(event)
        machine.check()
    return machine, instructions


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([Connected()], [Join()]),
        (TO_FOLLOWING, [report(StandingKind.FOLLOWING), ReadGroup()]),
        (TO_LEADING, [report(StandingKind.LEADING)]),
        ([*TO_FOLLOWING, BEHIND], []),
        ([*TO_FOLLOWING, BEHIND, GroupChanged()], [ReadGroup()]),
        ([*TO_FOLLOWING, BEHIND, GroupChanged(), FIRST], [report(StandingKind.LEADING)]),
        ([*TO_FOLLOWING, Disconnected()], []),
        ([*TO_FOLLOWING, Disconnected(), Connected()], [ReadGroup()]),
        (TO_SUSPENDED, [report(StandingKind.SUSPENDED)]),
        (TO_RETURNING, [ReadGroup()]),
        ([*TO_RETURNING, FIRST], [report(StandingKind.LEADING)]),
        ([*TO_RETURNING, Disconnected()], []),
        ([*TO_LEADING, GroupChanged()], [ReadGroup()]),
        ([*TO_LEADING, FIRST], []),
    ],
)
def test_candidate_goes_on(events: list[Event], expected: list[Instruction]) -> None:
    """Each event leads to what the rules say, and a standing is reported once."""
    assert expected == play(events)[1]


@pytest.mark.parametrize("start", [TO_LEADING, TO_RETURNING])
@pytest.mark.parametrize("blow", [BEHIND, ABSENT, Expired()], ids=str)
def test_leader_without_its_place_is_lost(start: list[Event], blow: Event) -> None:
    """A leader whose place is gone, or no longer the first, or whose session is over, is done."""
    machine, instructions = play([*start, blow])

    assert [report(StandingKind.LOST)] == instructions
    assert Phase.LOST is machine.phase


def test_suspended_leader_whose_session_expired_is_lost() -> None:
    """A session that does not survive the suspension ends the campaign."""
    assert [report(StandingKind.LOST)] == play([*TO_SUSPENDED, Expired()])[1]


def test_suspended_leader_does_not_lead_on_reconnection_alone() -> None:
    """Connected again is not LEADING again: the place must be seen first."""
    assert [ReadGroup()] == play(TO_RETURNING)[1]


@pytest.mark.parametrize(
    "blow", [[ABSENT], [Expired(), Connected()], [Disconnected(), Expired(), Connected()]], ids=str
)
def test_follower_without_its_place_stands_again(blow: list[Event]) -> None:
    """A follower that lost its place takes a new one and reports the greater epoch."""
    machine, instructions = play([*TO_FOLLOWING, *blow])

    assert [Join()] == instructions
    assert [report(StandingKind.FOLLOWING, 13), ReadGroup()] == machine.handle(Joined(12))


@pytest.mark.parametrize(
    ("events", "forbidden"),
    [
        ([], Joined(1)),
        ([], FIRST),
        (TO_SUSPENDED, FIRST),
        ([*TO_LEADING, Expired()], Connected()),
        (TO_LEADING, Joined(9)),
    ],
)
def test_forbidden_event_changes_nothing(events: list[Event], forbidden: Event) -> None:
    """An event that can't be is refused with the story so far, and the machine is as it was."""
    machine, _ = play(events)
    before = (machine.phase, machine.sequence)

    with pytest.raises(InvalidTransition) as caught:
        machine.handle(forbidden)

    assert before == (machine.phase, machine.sequence)
    assert before[0].value == caught.value.state


def test_nothing_leads_out_of_lost() -> None:
    """LOST is the end."""
    assert [] == [key for key in TRANSITIONS if key[0] is Phase.LOST]


EVENTS = st.one_of(
    st.sampled_from([Connected(), Disconnected(), Expired(), GroupChanged()]),
    st.builds(Joined, st.integers(0, 9)),
    st.builds(GroupSeen, st.lists(st.integers(0, 9), unique=True).map(tuple)),
)


@given(st.lists(EVENTS, max_size=40))
def test_leading_is_reported_on_sight_of_the_place_alone(events: list[Event]) -> None:
    """Whatever happens, LEADING follows only from a reading of the group in which one's own place is the first."""
    machine = Leadership("/masters")
    for event in events:
        try:
            instructions = machine.handle(event)
        except InvalidTransition:
            continue
        machine.check()
        if any(isinstance(each, Report) and each.standing.kind is StandingKind.LEADING for each in instructions):
            assert isinstance(event, GroupSeen)
            assert machine.sequence == min(event.sequences)

"""What the campaign tells: when to lead, when to hold still, when it is over (marathon-semantics 23)."""

from collections.abc import AsyncGenerator, Sequence

import pytest
from attrs import define, field

from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_frameworks.election import Leadership, Steps, contend, decode_candidate, detect, encode_candidate
from koinon_frameworks.errors import LeadershipEnded
from koinon_zk import QuorumRefused, Standing, StandingKind

ME = HostPort("host-1", 8080)


@define
class Campaign:
    """An election whose course is known, and what it set off."""

    kinds: Sequence[StandingKind]
    seen: list[object] = field(factory=list)
    leadership: Leadership = field(factory=lambda: Leadership(me=ME))

    async def campaign(self, data: bytes) -> AsyncGenerator[Standing, None]:
        assert ME == decode_candidate(data)
        for kind in self.kinds:
            yield Standing(kind, 7)

    @property
    def steps(self) -> Steps:
        return Steps(lead=self.seen.append, act=self.seen.append)


async def test_leading_begins_once_and_pauses_in_between() -> None:
    """A suspended leader holds still and goes on; the term begins with the first epoch alone."""
    course = [StandingKind.FOLLOWING, StandingKind.LEADING, StandingKind.SUSPENDED, StandingKind.LEADING]
    election = Campaign(course)
    await contend(election, election.leadership, election.steps)

    assert [False, True, 7, False, True] == election.seen
    assert election.leadership.is_acting


async def test_a_lost_leadership_ends_the_process() -> None:
    """With Marathon's code for it."""
    election = Campaign([StandingKind.LEADING, StandingKind.LOST])
    with pytest.raises(LeadershipEnded) as caught:
        await contend(election, election.leadership, election.steps)

    assert ExitCode.LOST_LEADERSHIP is caught.value.exit_code


async def test_a_quorum_that_refuses_us_is_named() -> None:
    """Wrong credentials are no reason to wait."""

    class Refusing(Campaign):
        async def campaign(self, data: bytes) -> AsyncGenerator[Standing, None]:
            raise QuorumRefused("/marathon", "wrong password")
            yield

    election = Refusing([])
    with pytest.raises(LeadershipEnded, match="wrong password") as caught:
        await contend(election, election.leadership, election.steps)

    assert ExitCode.ZOOKEEPER_UNREACHABLE is caught.value.exit_code


async def test_the_leader_is_followed() -> None:
    """Whoever the election shows, nobody, or a stranger's data, which is as good as nobody."""
    shown: list[HostPort | None] = []

    class Told:
        async def leaders(self) -> AsyncGenerator[bytes | None, None]:
            for data in (encode_candidate(HostPort("host-2", 1)), None, b"?", encode_candidate(ME)):
                yield data
                shown.append(leadership.leader)

    leadership = Leadership(me=ME)
    await detect(Told(), leadership)

    assert [HostPort("host-2", 1), None, None, ME] == shown
    assert not leadership.is_elsewhere

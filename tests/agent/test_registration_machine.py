"""How an agent comes under a master and stays there."""

from __future__ import annotations

from random import Random

import pytest

from koinon_agent.events import LeaderDetected, LeaderLost, LinkClosed, LinkOpened
from koinon_agent.instructions import CloseLink, Connect, Instruction
from koinon_agent.registration.machine import (
    MAX_BACKOFF_SECONDS,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationMachine,
    RegistrationRefused,
    RegistrationState,
    RetryDue,
)
from koinon_agent.timers import Moment, Timers
from koinon_core.agent_link import MasterFrame
from koinon_core.errors import InvalidTransition

FIRST, SECOND = LeaderDetected("m1", 5050), LeaderDetected("m2", 5050)


class Bench:
    """A machine with its timers."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.machine = RegistrationMachine(self.timers, Random(1), 1.0)
        self.steady = 0.0

    def handle(self, *events: RegistrationEvent) -> list[Instruction]:
        """Everything wanted, log lines aside."""
        now = Moment(wall=0.0, steady=self.steady)
        wanted = [item for event in events for item in self.machine.handle(event, now)]
        return [item for item in wanted if isinstance(item, Connect | CloseLink)]

    def delay(self) -> float:
        """Seconds until the next attempt."""
        at = self.timers.next_at()
        assert at is not None
        return at - self.steady

    def fail(self) -> None:
        """One attempt to connect that comes to nothing."""
        self.handle(RetryDue())
        self.handle(LinkClosed(self.machine.link, "refused"))

    def registered(self) -> Bench:
        """Under the first master."""
        self.handle(FIRST, RetryDue(), LinkOpened(1), RegistrationConfirmed())
        return self


def test_agent_waits_a_random_while_and_connects() -> None:
    """A detected leader is called after at most the backoff factor, by its address."""
    bench = Bench()
    bench.handle(FIRST)

    assert 0.0 <= bench.delay() <= 1.0
    assert [Connect(1, "m1", 5050)] == bench.handle(RetryDue())


def test_confirmed_agent_is_registered() -> None:
    """Opened, confirmed, registered; and no timer is left."""
    bench = Bench().registered()

    assert bench.machine.is_registered
    assert bench.timers.next_at() is None


def test_delays_grow_and_stay_below_a_minute() -> None:
    """Each failure doubles the bound of the delay, up to a minute (mesos-semantics 3.1)."""
    bench, delays = Bench(), []
    bench.handle(FIRST)
    for _ in range(40):
        bench.fail()
        delays.append(bench.delay())

    assert max(delays[:2]) <= 2.0
    assert 30.0 < max(delays) <= MAX_BACKOFF_SECONDS


def test_success_forgets_the_failures_before() -> None:
    """Who was registered and loses the link comes back soon."""
    bench = Bench()
    bench.handle(FIRST)
    for _ in range(10):
        bench.fail()
    bench.handle(RetryDue(), LinkOpened(11), RegistrationConfirmed(), LinkClosed(11, "broken"))

    assert bench.delay() <= 1.0


def test_another_leader_takes_the_agent_over() -> None:
    """A new leader ends the link to the old one at once."""
    bench = Bench().registered()

    assert [CloseLink(1, "m2:5050 leads now")] == bench.handle(SECOND)
    assert [Connect(2, "m2", 5050)] == bench.handle(RetryDue())


def test_same_leader_again_changes_nothing() -> None:
    """A detector may repeat itself."""
    bench = Bench().registered()

    assert [] == bench.handle(FIRST)
    assert bench.machine.is_registered


def test_link_outlives_the_loss_of_the_detector() -> None:
    """Nobody to ask who leads is no reason to leave a master that is there; when it goes, the agent detects anew."""
    bench = Bench().registered()
    bench.handle(LeaderLost())

    assert bench.machine.is_registered

    bench.handle(LinkClosed(1, "broken"))

    assert RegistrationState.DETECTING is bench.machine.state
    assert bench.timers.next_at() is None


def test_words_of_an_old_link_count_for_nothing() -> None:
    """The end of a link that was replaced does not end the new one."""
    bench = Bench().registered()
    bench.handle(SECOND, RetryDue())

    assert [] == bench.handle(LinkClosed(1, "late"), LinkOpened(1))
    assert RegistrationState.CONNECTING is bench.machine.state


def test_silent_master_is_left() -> None:
    """Register without an answer is tried anew."""
    bench = Bench()
    bench.handle(FIRST, RetryDue(), LinkOpened(1))

    assert [CloseLink(1, "no answer to the registration")] == bench.handle(RetryDue())


def test_refused_agent_tries_again() -> None:
    """A refusal that is not final costs a delay."""
    bench = Bench()
    bench.handle(FIRST, RetryDue(), LinkOpened(1))

    assert [CloseLink(1, "understood: not now")] == bench.handle(RegistrationRefused("not now"))
    assert [Connect(2, "m1", 5050)] == bench.handle(RetryDue())


def test_lower_epoch_is_refused() -> None:
    """Who has heard a younger master does not obey an older one."""
    bench = Bench().registered()

    assert bench.machine.admit_frame(MasterFrame(epoch=4, messages=())) is None
    assert bench.machine.admit_frame(MasterFrame(epoch=4, messages=())) is None
    assert "epoch 3 is over: a master of epoch 4 has spoken" == bench.machine.admit_frame(
        MasterFrame(epoch=3, messages=())
    )


def test_forbidden_event_changes_nothing() -> None:
    """An event that no state foresees is a broken promise, and leaves the machine as it was."""
    bench = Bench()

    with pytest.raises(InvalidTransition):
        bench.handle(RegistrationConfirmed())
    assert RegistrationState.DETECTING is bench.machine.state

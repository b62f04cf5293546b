"""The outer process's rules: when a plugin is started, held still, named, killed, given up."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_core.errors import InvalidTransition
from koinon_daemon.errors import ExitCode
from koinon_frameworks.host.restarts import RestartPolicy
from koinon_frameworks.host.watch_events import (
    AskToEnd,
    Beaten,
    Conclude,
    DumpStack,
    Ended,
    Freeze,
    IsLoaded,
    IsRunning,
    Kill,
    LastSaid,
    LeadershipResumed,
    LeadershipSuspended,
    MayAct,
    Outcome,
    Spawn,
    StopRequested,
    TellStart,
    Thaw,
    Tick,
)
from koinon_frameworks.host.watch_machine import PHASES, PULSES, Move, Patience, Phase, Pulse, WatchMachine

FAILED = Ended(Outcome.FAILED, "ouch")
PATIENCE = Patience(load=30, blocked=10, killed=20, stop=15)


class Watched:
    """A machine and the clock it goes by; every step is checked."""

    def __init__(self, *, failures: int = 3, teardown: bool = False) -> None:
        policy = RestartPolicy(max_failures=failures, stable_after=60)
        self.machine = WatchMachine("paint", PATIENCE, policy, teardown=teardown)
        self.now = 100.0

    def does(self, event: Any, after: float = 0.0) -> list[Any]:
        self.now += after
        instructions = self.machine.handle(event, self.now)
        self.machine.check()
        return instructions

    def run(self) -> Watched:
        """Loaded, told to start, running."""
        self.does(Tick())
        self.does(IsLoaded())
        self.does(MayAct(7))
        self.does(IsRunning(3600.0))
        return self


def test_begins_once_it_is_loaded_and_may_act() -> None:
    """The plugin is loaded before anybody is elected, and told to start under the epoch of this very run."""
    watched = Watched()

    assert [Spawn()] == watched.does(Tick())
    assert [] == watched.does(IsLoaded())
    assert Phase.STANDING_BY is watched.machine.phase
    assert [TellStart(7_000_001)] == watched.does(MayAct(7))


def test_failure_is_followed_by_a_start_under_a_higher_epoch() -> None:
    """After the delay, and with a number above every earlier one."""
    watched = Watched().run()

    assert [] == watched.does(FAILED)
    assert watched.now + 0.5 == watched.machine.deadline
    assert [] == watched.does(Tick(), after=0.4)
    assert [Spawn()] == watched.does(Tick(), after=0.1)
    assert [TellStart(7_000_002)] == watched.does(IsLoaded())


def test_too_many_failures_in_a_row_are_the_end() -> None:
    """The exit code says whose fault it was, the reason what happened last."""
    watched = Watched(failures=2).run()
    watched.does(FAILED)
    watched.does(Tick(), after=0.5)

    assert [Conclude(ExitCode.PLUGIN_FAILED, "given up: ouch")] == watched.does(FAILED)
    assert Phase.OVER is watched.machine.phase


def test_long_run_makes_up_for_failures() -> None:
    """Failures count in a row: an hour of work between them begins the count anew."""
    watched = Watched(failures=2).run()
    watched.does(FAILED)
    watched.does(Tick(), after=0.5)
    watched.does(IsLoaded())
    watched.does(IsRunning(3600.0))

    assert [] == watched.does(FAILED, after=60.0)
    assert 1 == watched.machine.failures


def test_plugin_that_never_loaded_is_not_tried_again() -> None:
    """A command line or a module that is wrong stays wrong."""
    watched = Watched()
    watched.does(Tick())

    wrong = Ended(Outcome.FAILED, "no such option", ExitCode.USAGE)
    assert [Conclude(ExitCode.USAGE, "no such option")] == watched.does(wrong)


def test_framework_that_ended_by_itself_is_not_started_again() -> None:
    """Nor one that the master removed: the code tells which."""
    removed = Ended(Outcome.FINISHED, "removed", ExitCode.FRAMEWORK_REMOVED)

    assert [Conclude(ExitCode.FRAMEWORK_REMOVED, "removed")] == Watched().run().does(removed)


def test_silence_is_named_then_killed() -> None:
    """A loop that stands still: first its stack goes to the log, then the process goes."""
    watched = Watched().run()
    watched.does(Beaten(), after=5)

    assert [] == watched.does(Tick(), after=9)
    (dump,) = watched.does(Tick(), after=1)
    assert isinstance(dump, DumpStack)
    assert Pulse.BLOCKED is watched.machine.pulse
    assert [] == watched.does(Tick(), after=19)
    assert [Kill("its event loop stood still")] == watched.does(Tick(), after=1)
    watched.does(FAILED)
    assert "its event loop stood still" == watched.machine.last_failure


def test_loop_that_goes_on_is_spared() -> None:
    """Being blocked for a while is no death sentence."""
    watched = Watched().run()
    watched.does(Tick(), after=10)
    watched.does(Beaten(), after=5)

    assert Pulse.BEATING is watched.machine.pulse
    assert [] == watched.does(Tick(), after=9)


def test_import_that_hangs_is_named_killed_and_not_tried_again() -> None:
    """Whoever waits for ever at import will do so next time."""
    watched = Watched()
    watched.does(Tick())
    watched.does(Beaten(), after=20)
    (dump,) = watched.does(Tick(), after=30)

    assert isinstance(dump, DumpStack)
    assert [Kill("importing it took too long")] == watched.does(Tick(), after=1)
    assert [Conclude(ExitCode.PLUGIN_FAILED, "given up: importing it took too long")] == watched.does(FAILED)


def test_doubt_about_leadership_holds_it_still() -> None:
    """SUSPENDED stops it where it stands, for as long as it lasts; silence meanwhile is nobody's fault."""
    watched = Watched().run()

    assert [Freeze()] == watched.does(LeadershipSuspended())
    assert [] == watched.does(LeadershipSuspended())
    assert [] == watched.does(Beaten())
    assert [] == watched.does(Tick(), after=1000)
    assert [Thaw()] == watched.does(LeadershipResumed())
    assert [] == watched.does(Tick(), after=9)


def test_nothing_is_started_in_doubt() -> None:
    """Neither a process that failed before the doubt, nor one that fails meanwhile."""
    watched = Watched().run()
    watched.does(LeadershipSuspended())
    watched.does(FAILED)

    assert watched.machine.deadline is None
    assert [] == watched.does(Tick(), after=100)
    assert [] == watched.does(LeadershipResumed())
    assert [Spawn()] == watched.does(Tick())


def test_a_process_that_loads_in_doubt_is_told_to_start_after_it() -> None:
    """The order waits for certainty."""
    watched = Watched()
    watched.does(Tick())
    watched.does(MayAct(7))
    watched.does(LeadershipSuspended())

    assert [] == watched.does(IsLoaded())
    assert [Thaw(), TellStart(7_000_001)] == watched.does(LeadershipResumed())


@pytest.mark.parametrize("teardown", [False, True])
def test_stop_is_orderly_and_has_its_time(teardown: bool) -> None:
    """Asked first; killed when it takes too long; the end is clean either way."""
    watched = Watched(teardown=teardown).run()

    assert [AskToEnd(teardown)] == watched.does(StopRequested())
    assert [] == watched.does(Tick(), after=14)
    assert [Kill("it did not end within 15 seconds")] == watched.does(Tick(), after=1)
    assert [Conclude(ExitCode.CLEAN, "stopped")] == watched.does(FAILED)


def test_lost_leadership_leaves_no_time() -> None:
    """Somebody else leads: nothing may be said to the master any more, least of all TEARDOWN."""
    assert [Kill("the host ends", is_fault=False)] == Watched(teardown=True).run().does(StopRequested(is_orderly=False))


@pytest.mark.parametrize(
    "events", [[Tick()], [Tick(), IsLoaded()], [Tick(), IsLoaded(), MayAct(7), LeadershipSuspended()]]
)
def test_stop_kills_what_can_not_hear(events: list[Any]) -> None:
    """A plugin at its import, one that stands by and one that is held still have nothing to put in order."""
    watched = Watched()
    for event in events:
        watched.does(event)

    assert [Kill("the host ends", is_fault=False)] == watched.does(StopRequested())
    assert [Conclude(ExitCode.CLEAN, "stopped")] == watched.does(FAILED)


def test_stop_between_two_runs_is_the_end() -> None:
    """There is no process to wait for."""
    watched = Watched().run()
    watched.does(FAILED)

    assert [Conclude(ExitCode.CLEAN, "stopped")] == watched.does(StopRequested())


@pytest.mark.parametrize("event", [IsLoaded(), IsRunning(1.0), FAILED])
def test_forbidden_event_changes_nothing(event: Any) -> None:
    """What can't be is an error, and the machine is as it was."""
    watched = Watched()
    with pytest.raises(InvalidTransition):
        watched.does(event)

    assert Phase.DOWN is watched.machine.phase


def test_every_phase_and_pulse_can_be_left() -> None:
    """The tables have no trap but the end, and every living phase knows overdue, stop and end."""
    living = set(Phase) - {Phase.DOWN, Phase.OVER}

    assert set(Phase) - {Phase.OVER} == {before for (before, _), after in PHASES.items() if after is not before}
    assert set(Pulse) == {before for (before, _), after in PULSES.items() if after is not before}
    assert living == {before for before, trigger in PHASES if trigger is Ended}
    assert living == {before for before, trigger in PHASES if trigger is Move.OVERDUE}
    assert set(Phase) == {before for before, trigger in PHASES if trigger is StopRequested}


def test_what_it_said_last_is_why_it_ended_however_long_that_takes() -> None:
    """It beats no more then: nobody takes that for a loop that stands still. One that never goes is ended."""
    machine = WatchMachine("paint", Patience(blocked=1.0, killed=1.0, stop=15.0), RestartPolicy())
    for event in (Tick(), IsLoaded(), MayAct(1), IsRunning(100.0), LastSaid()):
        machine.handle(event, 0.0)
    early = machine.handle(Tick(), 14.0)
    late = machine.handle(Tick(), 15.0)
    machine.handle(Ended(Outcome.FAILED, "KeyError: 'ouch'"), 15.1)

    assert [] == early
    assert [Kill("it did not end after it had said its last", is_fault=False)] == late
    assert "KeyError: 'ouch'" == machine.last_failure

"""The rules of the outer process: when the inner one is started, told to begin, held still, named, killed, given up.

Two tables. ``PHASES`` follows one inner process after the other, ``PULSES`` the one there is: does its loop go round,
does it stand still by itself, or is it held still because somebody else may lead. Carrying out is ``loop``'s.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from attrs import frozen

from koinon_core.errors import InvalidTransition
from koinon_daemon.errors import ExitCode

from .epochs import epoch_of
from .restarts import RestartPolicy
from .watch_events import (
    AskToEnd,
    Beaten,
    Conclude,
    DumpStack,
    Ended,
    Freeze,
    HostEvent,
    Instruction,
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


class Phase(Enum):
    """Where the plugin is in its life."""

    DOWN = "down"
    """No process: before the first start, or between two."""
    LOADING = "loading"
    STANDING_BY = "standing by"
    """Loaded, and not told to begin: somebody else leads, or nobody knows."""
    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    """Asked to end."""
    DYING = "dying"
    """Killed, not yet gone."""
    OVER = "over"


class Pulse(Enum):
    """How the inner process's loop goes."""

    BEATING = "beating"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    """Held still: leadership is in doubt."""


class Move(Enum):
    """What moves the machine, beyond the types of its events."""

    START = "start"
    RESPAWN = "respawn"
    OVERDUE = "overdue"
    GIVE_UP = "give up"


_P, _M = Phase, Move
PHASES: Final[dict[tuple[Phase, type | Move], Phase]] = {
    (_P.DOWN, _M.RESPAWN): _P.LOADING,
    (_P.DOWN, StopRequested): _P.OVER,
    (_P.LOADING, IsLoaded): _P.STANDING_BY,
    (_P.LOADING, _M.OVERDUE): _P.DYING,
    (_P.LOADING, StopRequested): _P.DYING,
    (_P.LOADING, Ended): _P.DOWN,
    (_P.STANDING_BY, _M.START): _P.STARTING,
    (_P.STANDING_BY, _M.OVERDUE): _P.DYING,
    (_P.STANDING_BY, StopRequested): _P.DYING,
    (_P.STANDING_BY, Ended): _P.DOWN,
    (_P.STARTING, IsRunning): _P.RUNNING,
    (_P.STARTING, _M.OVERDUE): _P.DYING,
    (_P.STARTING, StopRequested): _P.ENDING,
    (_P.STARTING, Ended): _P.DOWN,
    (_P.RUNNING, _M.OVERDUE): _P.DYING,
    (_P.RUNNING, StopRequested): _P.ENDING,
    (_P.RUNNING, Ended): _P.DOWN,
    (_P.ENDING, IsRunning): _P.ENDING,
    (_P.ENDING, StopRequested): _P.ENDING,
    (_P.ENDING, _M.OVERDUE): _P.DYING,
    (_P.ENDING, Ended): _P.DOWN,
    (_P.DYING, IsLoaded): _P.DYING,
    (_P.DYING, IsRunning): _P.DYING,
    (_P.DYING, StopRequested): _P.DYING,
    (_P.DYING, _M.OVERDUE): _P.DYING,
    (_P.DYING, Ended): _P.DOWN,
    (_P.DOWN, _M.GIVE_UP): _P.OVER,
    (_P.OVER, StopRequested): _P.OVER,
}
_U = Pulse
PULSES: Final[dict[tuple[Pulse, type | Move], Pulse]] = {
    (_U.BEATING, Beaten): _U.BEATING,
    (_U.BEATING, _M.OVERDUE): _U.BLOCKED,
    (_U.BEATING, LeadershipSuspended): _U.FROZEN,
    (_U.BLOCKED, Beaten): _U.BEATING,
    (_U.BLOCKED, LeadershipSuspended): _U.FROZEN,
    (_U.FROZEN, Beaten): _U.FROZEN,  # said before it was held still
    (_U.FROZEN, LeadershipSuspended): _U.FROZEN,
    (_U.FROZEN, LeadershipResumed): _U.BEATING,
}
_WATCHED = (_P.STANDING_BY, _P.STARTING, _P.RUNNING)
_ALIVE = (_P.LOADING, *_WATCHED, _P.ENDING, _P.DYING)


@frozen(kw_only=True)
class Patience:
    """Seconds that each thing may take."""

    boot: float = 60.0
    """Until the process comes to the plugin."""
    load: float = 30.0
    blocked: float = 10.0
    """Without a beat until it is named."""
    killed: float = 20.0
    """From then until it is killed."""
    stop: float = 15.0


class WatchMachine:
    """All that the outer process knows of the plugin. One door: ``handle``."""

    def __init__(self, name: str, patience: Patience, policy: RestartPolicy, *, teardown: bool = False) -> None:
        """``name`` is the plugin's; ``teardown``: a requested stop ends the framework, too."""
        self.name = name
        self.phase = Phase.DOWN
        self.pulse = Pulse.BEATING
        self.deadline: float | None = None
        """When ``Tick`` is wanted, at the latest."""
        self.failures = 0
        self.runs = 0
        self.last_failure: str | None = None
        self.next_start: float | None = None
        self.failover_timeout = float("inf")
        self._patience, self._policy, self._teardown = patience, policy, teardown
        self._term: int | None = None
        self._has_loaded = False
        self.is_stopping = False
        self._began = 0.0
        self._killed_for: str | None = None
        self._dump_asked = False
        self._has_said_last = False

    def handle(self, event: HostEvent, now: float) -> list[Instruction]:
        """Change by one event. Raises InvalidTransition, and then nothing has changed."""
        match event:
            case Tick():
                return self._tick(now)
            case IsLoaded():
                self._move(IsLoaded)
                self._has_loaded = True
                return self._begin(now) if self.phase is Phase.STANDING_BY else []
            case MayAct(term):
                self._term = term
                return self._begin(now) if self.phase is Phase.STANDING_BY else []
            case IsRunning(failover_timeout):
                self._move(IsRunning)
                self.failover_timeout = failover_timeout
                return []
            case Beaten():
                return self._beat(now)
            case LastSaid():
                # What it said is why it ended, however long its end takes.
                self._has_said_last, self.deadline = True, now + self._patience.stop
                return []
            case LeadershipSuspended() | LeadershipResumed():
                return self._hold(event, now)
            case StopRequested(is_orderly):
                return self._stop(now, is_orderly)
            case Ended():
                return self._end(event, now)

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        if self.phase is Phase.RUNNING and self._term is None:
            raise AssertionError(f"{self.name} runs without a term")
        if self.pulse is Pulse.BLOCKED and self.phase not in _ALIVE:
            raise AssertionError(f"{self.name} is blocked and {self.phase.value}")

    def _move(self, trigger: type | Move) -> None:
        after = PHASES.get((self.phase, trigger))
        if after is None:
            raise InvalidTransition(f"framework {self.name}", self.phase.value, str(trigger), ())
        self.phase = after

    def _throb(self, trigger: type | Move) -> Pulse:
        """The pulse before."""
        before, after = self.pulse, PULSES.get((self.pulse, trigger))
        if after is None:
            raise InvalidTransition(f"framework {self.name}", before.value, str(trigger), ())
        self.pulse = after
        return before

    def _begin(self, now: float) -> list[Instruction]:
        if self._term is None or self.pulse is Pulse.FROZEN:
            return []
        self._move(Move.START)
        self._began, self.deadline = now, now + self._patience.blocked
        return [TellStart(epoch_of(self._term, self.runs))]

    def _beat(self, now: float) -> list[Instruction]:
        if self.phase is Phase.LOADING and self.pulse is Pulse.BEATING and not self._dump_asked:
            # Its own imports are done, the plugin's begin.
            self.deadline = now + self._patience.load
        if self.phase not in _WATCHED:
            return []
        self._throb(Beaten)
        if self.pulse is Pulse.BEATING:
            self.deadline = now + self._patience.blocked
        return []

    def _hold(self, event: LeadershipSuspended | LeadershipResumed, now: float) -> list[Instruction]:
        if isinstance(event, LeadershipSuspended):
            before = self._throb(LeadershipSuspended)
            if self.phase not in (Phase.ENDING, Phase.DYING):
                # Who is held still can be late with nothing, and nobody is started meanwhile.
                self.deadline = None
            return [Freeze()] if self.phase in _ALIVE and before is not Pulse.FROZEN else []
        if self.pulse is not Pulse.FROZEN:
            return []
        self._throb(LeadershipResumed)
        if self.phase not in _ALIVE:
            self.deadline = now if self.next_start is None else self.next_start
            return []
        if self.phase not in (Phase.ENDING, Phase.DYING):
            self.deadline = now + (self._patience.load if self.phase is Phase.LOADING else self._patience.blocked)
        return [Thaw(), *(self._begin(now) if self.phase is Phase.STANDING_BY else [])]

    def _tick(self, now: float) -> list[Instruction]:
        if self.phase is Phase.DOWN and self.pulse is not Pulse.FROZEN and now >= (self.next_start or now):
            return self._spawn(now)
        if self.deadline is None or now < self.deadline:
            return []
        if self._has_said_last:
            self.deadline = now + self._patience.stop
            return [Kill("it did not end after it had said its last", is_fault=False)]
        if self.phase in _WATCHED and self.pulse is Pulse.BEATING:
            self._throb(Move.OVERDUE)
            self.deadline = now + self._patience.killed
            return [DumpStack(f"its event loop has stood still for {self._patience.blocked:g} seconds")]
        if self.phase is Phase.LOADING and not self._dump_asked:
            self._dump_asked, self.deadline = True, now + 1.0
            return [DumpStack(f"importing it takes more than {self._patience.load:g} seconds")]
        return self._kill(now)

    def _spawn(self, now: float) -> list[Instruction]:
        self._move(Move.RESPAWN)
        self.runs += 1
        self.next_start, self._killed_for, self._dump_asked = None, None, False
        self._has_said_last = False
        self._began, self.deadline = now, now + self._patience.boot
        return [Spawn()]

    def _kill(self, now: float) -> list[Instruction]:
        why = {
            Phase.LOADING: "importing it took too long",
            Phase.ENDING: f"it did not end within {self._patience.stop:g} seconds",
        }.get(self.phase, "its event loop stood still")
        self._move(Move.OVERDUE)
        self._killed_for = self._killed_for or why
        # Should the kernel take long about it.
        self.deadline = now + self._patience.stop
        return [Kill(self._killed_for)]

    def _stop(self, now: float, is_orderly: bool) -> list[Instruction]:
        self._move(StopRequested)
        self.is_stopping = True
        if self.phase is Phase.OVER:
            self.pulse, self.deadline, self.next_start = Pulse.BEATING, None, None
            return [Conclude(ExitCode.CLEAN, "stopped")]
        if self.phase is Phase.ENDING and self.pulse is Pulse.BEATING and is_orderly:
            self.deadline = now + self._patience.stop
            return [AskToEnd(self._teardown)]
        self.deadline, self._killed_for = now + self._patience.stop, "the host ends"
        if self.phase is Phase.ENDING:
            self._move(Move.OVERDUE)
        return [Kill("the host ends", is_fault=False)]

    def _end(self, event: Ended, now: float) -> list[Instruction]:
        was_running = self.phase is Phase.RUNNING
        self._move(Ended)
        self.deadline = None
        self.pulse = Pulse.FROZEN if self.pulse is Pulse.FROZEN else Pulse.BEATING
        if self.is_stopping:
            return self._conclude(ExitCode.CLEAN, "stopped")
        if event.outcome is Outcome.FINISHED and self._killed_for is None:
            return self._conclude(event.code, event.why)
        if not self._has_loaded and self._killed_for is None:
            return self._conclude(event.code, event.why)
        self.last_failure = self._killed_for or event.why
        self.failures = self._policy.count(self.failures, now - self._began if was_running else 0.0)
        if self._policy.is_too_many(self.failures) or (not self._has_loaded):
            return self._conclude(ExitCode.PLUGIN_FAILED, f"given up: {self.last_failure}")
        self.next_start = now + self._policy.decide_delay(self.failures, self.failover_timeout)
        self.deadline = None if self.pulse is Pulse.FROZEN else self.next_start
        return []

    def _conclude(self, code: ExitCode, why: str) -> list[Instruction]:
        self._move(Move.GIVE_UP)
        self.pulse, self.deadline = Pulse.BEATING, None
        return [Conclude(code, why)]

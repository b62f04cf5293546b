"""What happens to the outer process of a hosted framework, and what its machine has it do about that: values."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from koinon_daemon.errors import ExitCode


class Outcome(Enum):
    """What the end of an inner process means."""

    FAILED = "failed"
    """It raised, was killed, or said nothing: worth another try."""
    FINISHED = "finished"
    """The framework has ended, by itself or by the master's word: trying again would be wrong."""


@frozen
class Tick:
    """Time has passed."""


@frozen
class IsLoaded:
    """The inner process has loaded the plugin and read the command line."""


@frozen
class MayAct:
    """Nobody else leads, or no election is needed; ``term`` is higher than all before."""

    term: int


@frozen
class LeadershipSuspended:
    """The quorum can't be reached: somebody else may be elected."""


@frozen
class LeadershipResumed:
    """Nobody was."""


@frozen
class IsRunning:
    """The plugin gave a framework, whose tasks outlive its absence by so many seconds."""

    failover_timeout: float


@frozen
class Beaten:
    """The loop of the inner process goes round."""


@frozen
class LastSaid:
    """It has told how it ended, and is about to be gone: its loop goes round no more."""


@frozen
class StopRequested:
    """By a signal; ``is_orderly`` False: somebody else leads, and nothing may be said any more."""

    is_orderly: bool = True


@frozen
class Ended:
    """The inner process is gone. ``code`` is ours, where that is no reason to try again."""

    outcome: Outcome
    why: str
    code: ExitCode = ExitCode.PLUGIN_FAILED


HostEvent = (
    Tick
    | IsLoaded
    | MayAct
    | LeadershipSuspended
    | LeadershipResumed
    | IsRunning
    | Beaten
    | LastSaid
    | StopRequested
    | Ended
)


@frozen
class Spawn:
    """Start an inner process."""


@frozen
class TellStart:
    """Have it begin, under this epoch."""

    epoch: int


@frozen
class AskToEnd:
    """In good order."""

    teardown: bool


@frozen
class DumpStack:
    """Have it say where it stands still, and log that with the reason."""

    why: str


@frozen
class Kill:
    """At once. ``is_fault``: for what it did, not because the host ends."""

    why: str
    is_fault: bool = True


@frozen
class Freeze:
    """Stop it where it stands."""


@frozen
class Thaw:
    """Let it go on."""


@frozen
class Conclude:
    """Nothing more will be started: end with this code."""

    code: ExitCode
    why: str


Instruction = Spawn | TellStart | AskToEnd | DumpStack | Kill | Freeze | Thaw | Conclude

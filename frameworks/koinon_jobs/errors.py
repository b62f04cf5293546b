"""What can go wrong with jobs beyond what a person asked for wrongly, which is a ``problems.Problem``."""

from attrs import frozen

from koinon_daemon.errors import DaemonError


class JobsError(Exception):
    """The root of this package's errors."""


@frozen
class BrokenInvariant(JobsError):
    """A bug: the state contradicts itself."""

    why: str

    def __str__(self) -> str:
        return self.why


@frozen
class ScheduleLost(JobsError, DaemonError):
    """Fatal: another one writes into the store; this one must do nothing any more."""

    why: str

    def __str__(self) -> str:
        return self.why

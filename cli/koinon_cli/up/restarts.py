"""When a daemon that ended is started again, and when it is given up. Pure."""

from __future__ import annotations

from attrs import frozen

from koinon_core.backoff import Backoff
from koinon_daemon.errors import ExitCode

MAX_RESTARTS = 5
WINDOW_SECONDS = 60.0
_BACKOFF = Backoff(initial=0.5, maximum=10.0)
_LAST_WORDS = {
    ExitCode.CLEAN: "has done its work",
    ExitCode.FRAMEWORK_REMOVED: "was removed by the master",
    ExitCode.PLUGIN_FAILED: "was given up by its host, after it had tried again and again",
}


def describe_last_end(code: int) -> str | None:
    """How a framework ended for good, in words; None: the next start may go otherwise.

    A framework's host starts its plugin anew by itself. When the host ends, too, another start would do work twice.
    """
    return next((words for last, words in _LAST_WORDS.items() if last == code), None)


@frozen
class Restarts:
    """The ends of one daemon, in seconds of any clock."""

    ends: tuple[float, ...] = ()

    def add(self, now: float) -> Restarts:
        """With one more end; those longer ago than a minute are forgotten."""
        return Restarts((*(end for end in self.ends if end > now - WINDOW_SECONDS), now))

    def decide_delay(self) -> float | None:
        """Seconds until the next start, doubling with each end; None once it ended too often."""
        return None if len(self.ends) > MAX_RESTARTS else self.decide_return()

    def decide_return(self) -> float:
        """Seconds until the next start of one that was turned away, which may be welcome any time: never given up."""
        return _BACKOFF.full(len(self.ends) - 1)

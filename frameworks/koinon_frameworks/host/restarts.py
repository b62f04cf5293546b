"""When a plugin that failed is started again, and when it is given up. Pure."""

from __future__ import annotations

from attrs import frozen

from koinon_core.backoff import Backoff

LEAST_DELAY, FIRST_DELAY, LONGEST_DELAY = 0.1, 0.5, 60.0
SHARE_OF_FAILOVER = 0.25
"""What of its failover timeout a framework may spend waiting: later its tasks would be killed (mesos-v1-api 2.1)."""


@frozen(kw_only=True)
class RestartPolicy:
    """``max_failures`` in a row are too many (0: never); one that ran for ``stable_after`` seconds begins anew."""

    max_failures: int = 8
    stable_after: float = 60.0

    def count(self, failures: int, ran_for: float) -> int:
        """Failures in a row with one more, that of a run of so many seconds."""
        return 1 if ran_for >= self.stable_after else failures + 1

    def is_too_many(self, failures: int) -> bool:
        """Whether it is given up."""
        return 0 < self.max_failures <= failures

    def decide_delay(self, failures: int, failover_timeout: float) -> float:
        """Seconds until the next start, doubling with each failure in a row."""
        bound = max(LEAST_DELAY, min(LONGEST_DELAY, failover_timeout * SHARE_OF_FAILOVER))
        return Backoff(initial=FIRST_DELAY, maximum=bound).full(failures - 1)

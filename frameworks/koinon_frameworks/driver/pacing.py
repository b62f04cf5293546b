"""How fast a scheduler's calls may follow each other, so that one that floods does not drown its master. Pure."""

from __future__ import annotations

from attrs import frozen

from koinon_core.scheduler_api import Acknowledge, AcknowledgeOperationStatus, CallBody, Teardown

REPORT_INTERVAL_SECONDS = 60.0


@frozen(kw_only=True)
class HeldBack:
    """Calls that had to wait since the report before, and the longest of these waits in seconds."""

    calls: int
    longest: float


class CallPace:
    """A token bucket that holds a second's worth of calls. Whoever finds none gets a turn to wait for: turns keep the
    order in which they were asked for.

    An acknowledgement answers an update, so that the master sets its pace: as many as updates came are free. So is
    TEARDOWN, which ends a flood.
    """

    def __init__(self, per_second: float | None) -> None:
        """None: no limit."""
        self._per_second = per_second
        self._burst = max(1.0, per_second or 1.0)
        self._tokens = self._burst
        self._filled_at = float("-inf")
        self._owed = 0
        self._calls = 0
        self._longest = 0.0
        self._reported_at = float("-inf")

    def note_update(self) -> None:
        """An update came that wants to be acknowledged."""
        self._owed += 1

    def take(self, body: CallBody, now: float) -> float:
        """The seconds to wait before this call goes out: 0 as a rule."""
        if self._owed and isinstance(body, Acknowledge | AcknowledgeOperationStatus):
            self._owed -= 1
            return 0.0
        if self._per_second is None or isinstance(body, Teardown):
            return 0.0
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled_at) * self._per_second) - 1
        self._filled_at = now
        wait = max(0.0, -self._tokens / self._per_second)
        if wait:
            self._calls += 1
            self._longest = max(self._longest, wait)
        return wait

    def report(self, now: float) -> HeldBack | None:
        """What had to wait, once a minute at most; None when there is nothing to say."""
        if not self._calls or now < self._reported_at + REPORT_INTERVAL_SECONDS:
            return None
        held_back = HeldBack(calls=self._calls, longest=self._longest)
        self._calls, self._longest, self._reported_at = 0, 0.0, now
        return held_back

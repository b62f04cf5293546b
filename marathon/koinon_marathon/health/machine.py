"""One check of one task: grace, failures in a row, and when the task has to die for them (marathon-semantics 20.1).

Functions of values. Who is asked and when is `rounds`, what follows for instance and app is `answers`.
"""

from http import HTTPStatus

import attrs

from ..definition.health_checks import HealthCheck, HealthCheckProtocol
from .probes import Connected, Failed, Outcome, Prevented, Responded, TimedOut


@attrs.frozen(kw_only=True)
class Health:
    """What a check has found so far; times are seconds since 1970."""

    first_success: float | None = None
    last_success: float | None = None
    last_failure: float | None = None
    last_failure_cause: str | None = None
    consecutive_failures: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether the last that counted was a success."""
        return self.last_success is not None and self.consecutive_failures == 0

    def succeed(self, now: float) -> "Health":
        """After one more success."""
        first = now if self.first_success is None else self.first_success
        return attrs.evolve(self, first_success=first, last_success=now, consecutive_failures=0)

    def fail(self, now: float, cause: str) -> "Health":
        """After one more failure."""
        count = self.consecutive_failures + 1
        return attrs.evolve(self, last_failure=now, last_failure_cause=cause, consecutive_failures=count)


UNKNOWN = Health()
"""Nothing was heard yet."""


@attrs.frozen(kw_only=True)
class Verdict:
    """What an outcome makes of a task's health. `is_fatal`: the task has to go."""

    health: Health
    cause: str | None = None
    is_fatal: bool = False


def judge(check: HealthCheck, health: Health, outcome: Outcome, since: float, now: float) -> Verdict | None:
    """Judge an outcome for an instance that has been as it is `since` then; None where it does not count at all.

    The kill comes with one failure more than `max_consecutive_failures`, as it does in Marathon.
    """
    if isinstance(outcome, Prevented) or _is_ignored(check, outcome):
        return None
    cause = _why_not(outcome)
    if cause is None:
        return Verdict(health=health.succeed(now))
    if health.first_success is None and now < since + check.grace_period_seconds:
        return None
    is_fatal = 0 < check.max_consecutive_failures <= health.consecutive_failures
    return Verdict(health=health.fail(now, cause), cause=cause, is_fatal=is_fatal)


def _is_ignored(check: HealthCheck, outcome: Outcome) -> bool:
    if check.protocol is not HealthCheckProtocol.HTTP or not check.ignore_http1xx:
        return False
    return isinstance(outcome, Responded) and outcome.status < HTTPStatus.OK


def _why_not(outcome: Connected | Responded | Failed | TimedOut) -> str | None:
    match outcome:
        case Connected():
            return None
        case Responded(status):
            return None if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST else str(outcome)
        case Failed(cause):
            return cause
        case TimedOut():
            return str(outcome)

"""What the outcome of a probe means: well or not and why, when a task must end, which check_status. Pure.

The rules are those of mesos-semantics 7.2: failures do not count until a task was well once or its grace period is
over, and then every one is told.
"""

from __future__ import annotations

from attrs import evolve, frozen

from koinon_core.tasks import (
    CheckInfo,
    CheckStatusCommand,
    CheckStatusHttp,
    CheckStatusInfo,
    CheckStatusTcp,
    CheckType,
    HealthCheck,
)

from .probes import Answered, Connected, Exited, NotConnected, Outcome, Target

_WELL = range(200, 400)


@frozen
class Health:
    """What is known of a task's health: nothing until it was well once, or failed after its grace period."""

    is_healthy: bool | None = None
    failures: int = 0
    """One after another, up to now."""


@frozen(kw_only=True)
class HealthJudged:
    """Worth telling: the task is well now, or failed again, which ``problem`` says. An event of its machine.

    ``is_fatal``: it failed too often and must end.
    """

    is_healthy: bool
    problem: str | None = None
    is_fatal: bool = False


@frozen
class CheckAnswered:
    """What a check found, old or new. An event of the task's machine."""

    status: CheckStatusInfo


def judge(health: Health, check: HealthCheck, problem: str | None, age: float) -> tuple[Health, HealthJudged | None]:
    """Take one outcome in, ``age`` seconds after the task's start; ``problem`` is None where it is well."""
    if problem is None:
        is_news = health.is_healthy is not True
        return Health(is_healthy=True), HealthJudged(is_healthy=True) if is_news else None
    if health.is_healthy is None and age <= check.grace_period_seconds:
        return health, None
    failures = health.failures + 1
    is_fatal = failures >= check.consecutive_failures
    judged = HealthJudged(is_healthy=False, problem=problem, is_fatal=is_fatal)
    return evolve(health, is_healthy=False, failures=failures), judged


def find_problem(target: Target, outcome: Outcome) -> str | None:
    """Why a task is not well, in words for its framework; None where it is."""
    match outcome:
        case Connected() | Exited(exit_code=0):
            return None
        case Answered(status_code) if status_code in _WELL:
            return None
        case Answered(status_code):
            return f"{target} was answered with status {status_code}"
        case Exited(exit_code=code, last_line=line):
            return f"{target} exited with status {code}{f': {line}' if line else ''}"
        case _:
            return f"{target}: {outcome.reason}"


def empty_status(check: CheckInfo) -> CheckStatusInfo:
    """What is told before the first answer, and while none comes: the type alone."""
    return _status(check.type)


def find_status(check: CheckInfo, outcome: Outcome) -> CheckStatusInfo:
    """What is told of an outcome."""
    match outcome:
        case Exited(exit_code=code):
            return _status(check.type, exit_code=code)
        case Answered(status_code):
            return _status(check.type, status_code=status_code)
        case Connected():
            return _status(check.type, succeeded=True)
        case NotConnected() if check.type is CheckType.TCP:
            return _status(check.type, succeeded=False)
        case _:
            return empty_status(check)


def _status(
    kind: CheckType | None,
    *,
    exit_code: int | None = None,
    status_code: int | None = None,
    succeeded: bool | None = None,
) -> CheckStatusInfo:
    return CheckStatusInfo(
        type=kind,
        command=CheckStatusCommand(exit_code) if kind is CheckType.COMMAND else None,
        http=CheckStatusHttp(status_code) if kind is CheckType.HTTP else None,
        tcp=CheckStatusTcp(succeeded) if kind is CheckType.TCP else None,
    )

"""One check of one task: what counts, what does not, and when it is fatal (marathon-semantics 20.1)."""

from __future__ import annotations

import pytest

from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckProtocol
from koinon_marathon.health.machine import UNKNOWN, Health, judge
from koinon_marathon.health.probes import Connected, Failed, Outcome, Prevented, Responded, TimedOut
from support.probed_world import ILL, WELL, http_check

NOW = 1000.0


def _after(check: HealthCheck, *outcomes: Outcome, since: float = 0.0) -> tuple[Health, list[bool]]:
    """The health after these, a second apart, and which of them were fatal."""
    health, fatal = UNKNOWN, []
    for number, outcome in enumerate(outcomes):
        verdict = judge(check, health, outcome, since, NOW + number)
        if verdict is not None:
            health = verdict.health
            fatal.append(verdict.is_fatal)
    return health, fatal


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Responded(199, "Odd"), "199 Odd"),
        (Responded(200), None),
        (Responded(399), None),
        (Responded(400, "Bad Request"), "400 Bad Request"),
        (Connected(), None),
        (Failed("connection refused"), "connection refused"),
        (TimedOut(20.0), "timed out after 20 s"),
    ],
)
def test_what_is_a_success(outcome: Outcome, cause: str | None) -> None:
    """200 to 399, or a connection; the cause of all others says what happened."""
    verdict = judge(http_check(), UNKNOWN, outcome, 0.0, NOW)

    assert verdict is not None
    assert cause == verdict.cause == verdict.health.last_failure_cause
    assert (cause is None) is verdict.health.is_alive


def test_kill_comes_with_one_failure_more_than_the_maximum() -> None:
    """Two are allowed: the third in a row is fatal; a success in between begins the count anew."""
    check = http_check(max_consecutive_failures=2)

    assert [False, False, True, True] == _after(check, ILL, ILL, ILL, ILL)[1]
    assert [False, False, False, False, False] == _after(check, ILL, ILL, WELL, ILL, ILL)[1]


def test_zero_failures_never_kill() -> None:
    """`maxConsecutiveFailures` 0 switches kills off."""
    health, fatal = _after(http_check(max_consecutive_failures=0), *[ILL] * 9)

    assert 9 == health.consecutive_failures
    assert not any(fatal)


def test_grace_ends_with_time_or_with_the_first_success() -> None:
    """Failures within it do not count and are not shown."""
    check = http_check(grace_period_seconds=60)

    assert UNKNOWN == _after(check, ILL, ILL, ILL, since=NOW - 57)[0]
    assert 1 == _after(check, ILL, ILL, ILL, since=NOW - 58)[0].consecutive_failures
    assert 2 == _after(check, ILL, WELL, ILL, ILL, since=NOW)[0].consecutive_failures


def test_informational_answers_may_be_dropped() -> None:
    """`ignoreHttp1xx` is for HTTP alone."""
    hints = Responded(103, "Early Hints")

    assert (UNKNOWN, []) == _after(http_check(ignore_http1xx=True), hints)
    assert 1 == _after(http_check(ignore_http1xx=False), hints)[0].consecutive_failures
    tls = http_check(ignore_http1xx=True, protocol=HealthCheckProtocol.HTTPS)
    assert 1 == _after(tls, hints)[0].consecutive_failures


def test_what_keeps_us_from_asking_is_no_failure_of_the_task() -> None:
    """No more sockets here: nothing is counted."""
    assert (UNKNOWN, []) == _after(http_check(), Prevented("too many open files"))


def test_times_are_kept() -> None:
    """First and last success, last failure and its cause, which outlives the recovery."""
    health, _ = _after(http_check(), WELL, ILL, WELL)

    assert (NOW, NOW + 2, NOW + 1) == (health.first_success, health.last_success, health.last_failure)
    assert ("503 Service Unavailable", 0, True) == (
        health.last_failure_cause,
        health.consecutive_failures,
        health.is_alive,
    )

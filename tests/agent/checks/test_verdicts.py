"""What the outcome of a probe means (mesos-semantics 7.2)."""

from __future__ import annotations

import pytest

from koinon_agent.checks.probes import (
    Answered,
    CommandTarget,
    Connected,
    Exited,
    HttpTarget,
    NotConnected,
    Outcome,
    Target,
    TcpTarget,
    Unanswered,
)
from koinon_agent.checks.verdicts import Health, HealthJudged, find_problem, find_status, judge
from koinon_core.tasks import (
    CheckInfo,
    CheckStatusCommand,
    CheckStatusHttp,
    CheckStatusInfo,
    CheckStatusTcp,
    CheckType,
    HealthCheck,
)

CHECK = HealthCheck(grace_period_seconds=10.0, consecutive_failures=2)
COMMAND = CommandTarget(argv=("false",))
WEB = HttpTarget(port=80, path="/ok", is_ipv6=True)
TCP = TcpTarget(port=7)


def test_failures_do_not_count_within_the_grace_period() -> None:
    """Nothing is told of them and nothing remembered; the first after it counts as the first."""
    assert (Health(), None) == judge(Health(), CHECK, "refused", age=10.0)
    assert (Health(False, 1), HealthJudged(is_healthy=False, problem="refused")) == judge(
        Health(), CHECK, "refused", age=10.1
    )


def test_failures_count_once_a_task_was_well() -> None:
    """Whatever is left of the grace period."""
    well, told = judge(Health(), CHECK, None, age=1.0)

    assert HealthJudged(is_healthy=True) == told
    assert HealthJudged(is_healthy=False, problem="refused") == judge(well, CHECK, "refused", age=2.0)[1]


def test_success_is_told_when_it_is_news() -> None:
    """First, and after failures, which it ends; not again and again."""
    assert (Health(True), None) == judge(Health(True), CHECK, None, age=99.0)
    assert (Health(True), HealthJudged(is_healthy=True)) == judge(Health(False, 1), CHECK, None, age=99.0)


@pytest.mark.parametrize(("fatal_at", "allowed"), [(1, 0), (1, 1), (3, 3)])
def test_so_many_failures_end_a_task(fatal_at: int, allowed: int) -> None:
    """The last of consecutive_failures is fatal; zero of them are the same as one. Each is told."""
    check, health, fatal = HealthCheck(consecutive_failures=allowed), Health(True), []
    for _ in range(fatal_at):
        health, told = judge(health, check, "refused", age=99.0)
        assert told is not None
        fatal.append(told.is_fatal)

    assert [*[False] * (fatal_at - 1), True] == fatal


@pytest.mark.parametrize(
    ("expected", "target", "outcome"),
    [
        (None, WEB, Answered(200)),
        (None, WEB, Answered(399)),
        ("GET http://[::1]:80/ok was answered with status 400", WEB, Answered(400)),
        ("GET http://[::1]:80/ok: timed out after 20 s", WEB, Unanswered("timed out after 20 s")),
        (None, TCP, Connected()),
        ("TCP connection to 127.0.0.1:7: connection refused", TCP, NotConnected("connection refused")),
        (None, COMMAND, Exited(exit_code=0, last_line="fine")),
        ("Command exited with status 3", COMMAND, Exited(exit_code=3)),
        ("Command exited with status 1: no disk", COMMAND, Exited(exit_code=1, last_line="no disk")),
    ],
)
def test_problem_names_what_failed(expected: str | None, target: Target, outcome: Outcome) -> None:
    """200 to 399, a connection or exit code 0 are well; all else says what was asked and what came."""
    assert expected == find_problem(target, outcome)


@pytest.mark.parametrize(
    ("expected", "kind", "outcome"),
    [
        (CheckStatusInfo(type=CheckType.HTTP, http=CheckStatusHttp(500)), CheckType.HTTP, Answered(500)),
        (CheckStatusInfo(type=CheckType.HTTP, http=CheckStatusHttp()), CheckType.HTTP, Unanswered("refused")),
        (CheckStatusInfo(type=CheckType.TCP, tcp=CheckStatusTcp(True)), CheckType.TCP, Connected()),
        (CheckStatusInfo(type=CheckType.TCP, tcp=CheckStatusTcp(False)), CheckType.TCP, NotConnected("refused")),
        (CheckStatusInfo(type=CheckType.TCP, tcp=CheckStatusTcp()), CheckType.TCP, Unanswered("timed out")),
        (
            CheckStatusInfo(type=CheckType.COMMAND, command=CheckStatusCommand(7)),
            CheckType.COMMAND,
            Exited(exit_code=7),
        ),
        (
            CheckStatusInfo(type=CheckType.COMMAND, command=CheckStatusCommand()),
            CheckType.COMMAND,
            Unanswered("timed out"),
        ),
    ],
)
def test_status_of_a_check(expected: CheckStatusInfo, kind: CheckType, outcome: Outcome) -> None:
    """An answer is told as it came; where none came, the type alone."""
    assert expected == find_status(CheckInfo(type=kind), outcome)

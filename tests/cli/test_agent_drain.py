"""``koinon agent drain``: what is asked for, and waiting until the agent is empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.errors import ExitCode
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]
LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING")


def make_agent(state: str | None, **tasks: int) -> dict[str, Any]:
    """As /state-summary and /slaves have it."""
    drain = {} if state is None else {"drain_info": {"state": state}}
    counts = dict.fromkeys(LIVE, 0) | tasks
    return {"id": "M-S0", "hostname": "h", "active": state is None} | counts | drain


@pytest.fixture
def draining(server: RecordedServer) -> Callable[..., None]:
    """Let the master take drains, and see the agent so, one look after the other; None is no agent."""

    def record(*looks: dict[str, Any] | None) -> None:
        server.record("GET /slaves", RecordedAnswer(document={"slaves": [make_agent(None)]}))
        answers = [RecordedAnswer(document={"slaves": [] if look is None else [look]}) for look in looks]
        server.record("GET /state-summary", *answers)

    server.record("POST /api/v1", RecordedAnswer(document=None))
    return record


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"mark_gone": False}),
        (("--gone",), {"mark_gone": True}),
        (("--grace", "90secs"), {"mark_gone": False, "max_grace_period": {"seconds": 90, "nanos": 0}}),
        (("--grace", "1500ms"), {"mark_gone": False, "max_grace_period": {"seconds": 1, "nanos": 500_000_000}}),
    ],
)
def test_terms_reach_the_master(
    koinon: Koinon,
    server: RecordedServer,
    draining: Callable[..., None],
    options: tuple[str, ...],
    expected: dict[str, Any],
) -> None:
    """As DRAIN_AGENT has them."""
    draining()
    koinon("agent", "drain", "S0", *options)

    assert {"type": "DRAIN_AGENT", "drain_agent": {"agent_id": {"value": "M-S0"}} | expected} == server.seen[1].document


@pytest.mark.parametrize("options", [("--grace", "soon"), ("--timeout", "5")])
def test_terms_that_make_no_sense(koinon: Koinon, server: RecordedServer, options: tuple[str, ...]) -> None:
    """Nothing is asked; the option is named."""
    run = koinon("agent", "drain", "S0", *options)

    assert ExitCode.USAGE == run.code
    assert options[0] in run.err
    assert [] == server.seen


def test_progress_is_a_line_a_change(koinon: Koinon, draining: Callable[..., None]) -> None:
    """Where nobody watches, what stays the same is not said again."""
    two = make_agent("DRAINING", TASK_RUNNING=1, TASK_KILLING=1)
    draining(two, two, make_agent("DRAINED"))
    run = koinon("agent", "drain", "S0", "--wait")

    assert (ExitCode.OK, "M-S0 is drained\n") == (run.code, run.out)
    assert "h drains, tasks left: 2 (1 running, 1 killing)\n" == run.err


def test_wait_ends_at_its_timeout(koinon: Koinon, draining: Callable[..., None]) -> None:
    """With 6, and what is left; the drain goes on."""
    draining(make_agent("DRAINING", TASK_KILLING=3))
    run = koinon("agent", "drain", "S0", "--wait", "--timeout", "0")

    assert ExitCode.TIMED_OUT == run.code
    assert "tasks left: 3 (3 killing)" in run.err


def test_drain_that_somebody_ended_is_a_conflict(koinon: Koinon, draining: Callable[..., None]) -> None:
    """The agent is active again: waiting would never end."""
    draining(make_agent(None))

    assert ExitCode.CONFLICT == koinon("agent", "drain", "S0", "--wait").code


def test_unreachable_agent_is_waited_for(koinon: Koinon, draining: Callable[..., None]) -> None:
    """It is in no list, and drains once it is back."""
    draining(None, make_agent("DRAINED"))
    run = koinon("agent", "drain", "S0", "--wait", "--json")

    assert {"agent_id": "M-S0", "state": "drained"} == json.loads(run.out)
    assert "M-S0 is unreachable" in run.err


def test_agent_is_drained(run: Koinon, cluster: OperatedCluster) -> None:
    """The command returns when its task has ended; the agent stays drained until it is reactivated."""
    cluster.launch("leaving")
    ending = cluster.start(cluster.end_when_drained("leaving"))
    drained = run("agent", "drain", "fake", "--grace", "5mins", "--wait")
    ending.result()

    assert (ExitCode.OK, f"{cluster.agent_id} is drained\n") == (drained.code, drained.out)
    assert "drained" == run("agent", "show", "fake").facts["state"]
    assert ExitCode.OK == run("agent", "reactivate", "fake").code


def test_agent_is_drained_for_good(run: Koinon, cluster: OperatedCluster) -> None:
    """Once empty it is gone, which the command waits for."""
    cluster.launch("leaving")
    ending = cluster.start(cluster.end_when_drained("leaving"))
    gone = run("agent", "drain", "fake", "--gone", "--wait")
    ending.result()

    assert (ExitCode.OK, f"{cluster.agent_id} is gone\n") == (gone.code, gone.out)
    assert [] == run("agent", "list").rows

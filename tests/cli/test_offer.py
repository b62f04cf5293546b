"""``koinon offer``: what is offered, and why the rest is not, on a real master."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.errors import ExitCode
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]


def test_offers_are_listed_until_they_are_taken_back(run: Koinon) -> None:
    """With whoever has to answer; a deactivated agent is offered to nobody."""
    (offer,) = run("offer", "list").rows
    run("agent", "deactivate", "fake")

    assert ["raw", "*", "fake", "4", "4096", "1024"] == offer[1:]
    assert [] == run("offer", "list").rows


def test_absence_of_offers_is_explained(run: Koinon, cluster: OperatedCluster) -> None:
    """By the filter that says no, with a sentence; counted, for each agent, or as the master's JSON."""
    run("agent", "deactivate", "fake")
    counted = run("offer", "explain", "--framework", "raw", "--role", "*").rows
    each = run("offer", "explain", "--agent").rows
    document = json.loads(run("offer", "explain", "--json").out)

    reason = "the agent is deactivated: nothing of it is offered until it is activated again; its tasks go on"
    assert [["1", "raw", "*", "agent", reason]] == counted
    assert [["raw", "*", "fake", "agent", reason]] == each == run("offer", "explain", "--agent", "fake").rows
    assert [cluster.agent_id] == [one["agent_id"] for one in document["refusals"]]


def test_holder_of_everything_is_told(run: Koinon, cluster: OperatedCluster) -> None:
    """An offer that waits for an answer is why there are no others."""
    (row,) = run("offer", "explain").rows

    assert ["1", "raw", "*", "allocated"] == row[:4]
    assert f"to framework {cluster.framework_id} (role *), which has an offer to answer" in row[4]


def test_nothing_to_explain_is_said(run: Koinon) -> None:
    """Instead of an empty table; a framework that is not there is 3."""
    assert "no framework is subscribed to role nobody" in run("offer", "explain", "--role", "nobody").out
    assert ExitCode.NOT_FOUND == run("offer", "explain", "--framework", "nobody").code


def test_cluster_without_frameworks_is_said(koinon: Koinon, server: RecordedServer) -> None:
    """Nobody asks for offers there."""
    server.record("GET /koinon/explain", RecordedAnswer(document={"filters": [], "refusals": []}))
    server.record("GET /frameworks", RecordedAnswer(document={"frameworks": []}))

    assert "no framework is registered" in koinon("offer", "explain").out


def test_cluster_without_agents_is_said(koinon: Koinon, server: RecordedServer) -> None:
    """There is nothing to offer there; with an agent, it is only a matter of time."""
    server.record("GET /koinon/explain", RecordedAnswer(document={"filters": [], "refusals": []}))
    server.record("GET /frameworks", RecordedAnswer(document={"frameworks": [{"roles": ["*"]}]}))
    server.record("GET /slaves", RecordedAnswer(document={"slaves": []}), RecordedAnswer(document={"slaves": [{}]}))
    without, with_one = koinon("offer", "explain"), koinon("offer", "explain")

    assert "there is no agent to offer\n" == without.out
    assert "nothing stands in the way" in with_one.out

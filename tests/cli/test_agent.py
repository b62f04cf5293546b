"""``koinon agent``: what operators see of agents and make of them, on a real master."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.errors import ExitCode
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]


def state_of(run: Koinon, agent_id: str) -> str:
    """Where ``agent list`` sees an agent."""
    states: dict[str, str] = {row[0]: row[2] for row in run("agent", "list").rows}
    return states[agent_id]


def test_agent_is_shown_by_each_of_its_names(run: Koinon, cluster: OperatedCluster) -> None:
    """Its id, the end of it, and its host's name."""
    end = cluster.agent_id.rpartition("-")[2]
    by_id, by_end, by_host = (run("agent", "show", name) for name in (cluster.agent_id, end, "fake"))

    assert (cluster.agent_id, "active", "0/4 used") == tuple(by_id.facts[name] for name in ("id", "state", "cpus"))
    assert by_id.out == by_end.out == by_host.out


def test_agent_is_shown_with_its_tasks(run: Koinon, cluster: OperatedCluster) -> None:
    """Of whichever framework; task list --agent and --framework have the same."""
    cluster.launch("shown")
    shown, on_agent = run("agent", "show", "fake"), run("task", "list", "--agent", "fake")
    of_framework = run("task", "list", "--framework", cluster.framework_id)

    assert ["shown", "raw", "TASK_RUNNING", "fake", "1", "0"] == on_agent.rows[0]
    assert on_agent.out == of_framework.out
    assert shown.out.endswith(f"\n\n{on_agent.out}")


def test_unknown_agent_is_not_found(run: Koinon) -> None:
    """Whether the command line finds that out or the master, which is asked about whole ids."""
    listed, asked = run("agent", "drain", "S99"), run("agent", "drain", "00000000-0000-S99")

    assert (ExitCode.NOT_FOUND, ExitCode.NOT_FOUND) == (listed.code, asked.code)
    assert ("no agent is called 'S99'" in listed.err, "koinon: Unknown agent\n") == (True, asked.err)


def test_name_of_several_agents_is_no_name(koinon: Koinon, server: RecordedServer) -> None:
    """All of them are told by their ids."""
    agents = [{"id": f"M-S{number}", "hostname": "h"} for number in range(2)]
    server.record("GET /slaves", RecordedAnswer(document={"slaves": agents}))

    run = koinon("agent", "drain", "h")

    assert ExitCode.USAGE == run.code
    assert ["  M-S0", "  M-S1"] == run.err.splitlines()[1:]


def test_agents_that_are_expected_are_listed(koinon: Koinon, server: RecordedServer) -> None:
    """A new leader lists whom its predecessor knew."""
    expected = {"id": "M-S0", "hostname": "h", "port": 5051, "attributes": {"rack": "r"}}
    server.record("GET /slaves", RecordedAnswer(document={"slaves": [], "recovered_slaves": [expected]}))

    assert [["M-S0", "h:5051", "expected", "-", "-", "-", "rack:r"]] == koinon("agent", "list").rows


def test_agent_is_deactivated_and_comes_back(run: Koinon, cluster: OperatedCluster) -> None:
    """The list shows where it stands; to reactivate what is active is refused in the master's words."""
    run("agent", "deactivate", "fake")
    deactivated = state_of(run, cluster.agent_id)
    run("agent", "reactivate", "fake")
    again = run("agent", "reactivate", "fake")

    assert ("deactivated", "active") == (deactivated, state_of(run, cluster.agent_id))
    assert (ExitCode.REFUSED, "koinon: Agent is not deactivated\n") == (again.code, again.err)


def test_gone_agent_is_no_member(run: Koinon, cluster: OperatedCluster) -> None:
    """It leaves the list, and its id is known to nobody."""
    gone = run("agent", "gone", "fake", "--yes", "--json")

    assert {"agent_id": cluster.agent_id} == json.loads(gone.out)
    assert [] == run("agent", "list").rows
    assert ExitCode.NOT_FOUND == run("agent", "deactivate", cluster.agent_id).code


def test_what_can_not_be_undone_needs_a_yes(
    run: Koinon, cluster: OperatedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody can be asked it is wrong usage; whoever says no has changed nothing."""
    unasked = run("agent", "gone", "fake")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    denied = run("agent", "gone", "fake")

    assert (ExitCode.USAGE, ExitCode.FAILED) == (unasked.code, denied.code)
    assert "--yes" in unasked.err
    assert "nothing was changed" in denied.err
    assert "active" == state_of(run, cluster.agent_id)

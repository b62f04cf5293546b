"""``plan``: what would change, and where it would land."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes.recorded_server import RecordedAnswer, RecordedServer

AGENT = {
    "agent_info": {"id": {"value": "S1"}, "hostname": "h1", "resources": [{"name": "cpus"}]},
    "active": True,
    "total_resources": [],
    "version": "1.11.0",
}
PLAN = {
    "changes": [
        {
            "id": "/web",
            "action": "change",
            "fields": [
                {"path": "/cmd", "from": "a", "to": "b"},
                {"path": "/env/A", "from": "1"},
                {"path": "/container/docker/image", "to": "web:2"},
            ],
        },
        {"id": "/old", "action": "remove", "fields": [{"path": "/cmd", "from": "x"}]},
    ],
    "steps": [{"actions": [{"action": "RestartApplication", "app": "/web"}, {"action": "StartPod", "pod": "/p"}]}],
    "conflicts": [{"id": "d-1"}],
    "placement": [
        {
            "id": "/web",
            "wanted": 3,
            "placed": 2,
            "agents": [{"agentId": "S1", "hostname": "h1", "instances": 2}],
            "refusals": [
                {"agentId": "S1", "hostname": "h1", "reason": ["InsufficientCpus"], "explanation": ["cpus: short"]},
                {"agentId": "S2", "hostname": "h2", "reason": ["X"], "explanation": ["no rack", "mem: short"]},
            ],
        }
    ],
}


def app_file(tmp_path: Path) -> str:
    """One app."""
    file = tmp_path / "web.json"
    file.write_text('{"id": "/web", "cmd": "b"}')
    return str(file)


def record(server: RecordedServer, plan: dict[str, Any]) -> None:
    """A Marathon with this answer, and a master of one agent."""
    server.record("POST /koinon/plan", RecordedAnswer(document=plan))
    agents = {"type": "GET_AGENTS", "get_agents": {"agents": [AGENT]}}
    server.record("POST /api/v1", RecordedAnswer(document=agents))


def test_shows_what_would_change_and_where_it_lands(
    koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path
) -> None:
    """Fields, steps, what is in the way, then the agents; the master's are sent along as far as placing needs them."""
    record(server, PLAN)

    run = koinon("app", "plan", app_file(tmp_path))

    assert 0 == run.code
    assert [
        "/web: change",
        '  cmd: "a" -> "b"',
        '  env/A: "1" -> not set',
        '  container/docker/image: "web:2"',
        "/old: remove",
        "step 1: RestartApplication /web, StartPod /p",
        "deployment d-1 is in the way: --force would override it",
        "/web: 2 of 3 to start would find a place now",
        "  h1 (S1): 2, then: cpus: short",
        "  h2 (S2): none: no rack; mem: short",
    ] == run.out.splitlines()
    asked = server.seen[-1]
    assert ({"partialUpdate": "false"}, [{"id": "/web", "cmd": "b"}]) == (asked.query, asked.document["apps"])
    assert [
        {"active": True, "total_resources": [], "agent_info": {"id": {"value": "S1"}, "hostname": "h1"}}
    ] == asked.document["agents"]


def test_nothing_would_change(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """Said in a word."""
    record(server, {"changes": [], "steps": [], "conflicts": [], "placement": []})

    assert "nothing would change\n" == koinon("app", "plan", app_file(tmp_path)).out


def test_without_a_master_nothing_is_said_of_places(
    koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path, free_port: int
) -> None:
    """The rest is shown all the same."""
    record(server, PLAN | {"placement": []})

    run = koinon("--master", f"127.0.0.1:{free_port}", "app", "plan", app_file(tmp_path))

    assert 0 == run.code
    assert "nothing is said of places: nobody answers" in run.err
    assert "step 1" in run.out


def test_plan_for_programs(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """Marathon's answer as it is."""
    record(server, PLAN)

    assert PLAN == json.loads(koinon("group", "plan", app_file(tmp_path), "--json").out)


def test_a_refused_app_is_told_by_its_own_fields(
    koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path
) -> None:
    """No place in an array that the file does not have, and words beside Marathon's codes."""
    details = [
        {"path": "(0)/id", "errors": ["error.pattern"], "meanings": ["must be words of a-z"]},
        {"path": "(0)", "errors": ["ports must be unique"]},
    ]
    record(server, PLAN)
    server.record(
        "POST /koinon/plan", RecordedAnswer(status=422, document={"message": "Invalid JSON", "details": details})
    )

    run = koinon("app", "plan", app_file(tmp_path))

    assert [
        "koinon: Invalid JSON",
        "  /id: must be words of a-z (error.pattern)",
        "  /: ports must be unique",
    ] == run.err.splitlines()

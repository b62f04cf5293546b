"""Containers without a parent, as operators have them over HTTP: from their launch to their removal."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from fakes.operated_agent import Operated, make_credentials, operated_agent
from koinon_agent.config import AgentConfig
from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credential
from koinon_daemon.flag_values import HostPort
from support.waiting import wait_until

OWN: dict[str, Any] = {"container_id": {"value": "own"}}
WITHIN = {"container_id": {"value": "n1", "parent": {"value": "own"}}}
LOOP = "trap 'echo told; exit 5' USR1; echo begun; while true; do sleep 0.02; done"
CPUS = [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}}]
ACTIONS = ("launch_standalone_containers", "kill_standalone_containers", "remove_standalone_containers")


def folder_of(operated: Operated) -> Path:
    """The sandbox of the one that these tests start."""
    return operated.site.work_dir / "containers/own"


async def start(operated: Operated, script: str = LOOP) -> None:
    """Start it, and see it begin."""
    launched = await operated.call("LAUNCH_CONTAINER", OWN | {"command": {"value": script}, "resources": CPUS})
    assert 200 == launched.status, await launched.text()
    output = folder_of(operated) / "stdout"
    await asyncio.to_thread(wait_until, lambda: "begun" in output.read_text() or None, "its output")


async def test_it_runs_waits_and_is_removed(operated: Operated) -> None:
    """In a sandbox of its own, which goes with it; a signal reaches it; a second launch of its name starts nothing."""
    await start(operated)
    sandbox = folder_of(operated)
    again = await operated.call("LAUNCH_CONTAINER", OWN | {"command": {"value": "touch here"}})
    too_early = await operated.call("REMOVE_CONTAINER", OWN)
    read = await operated.read("READ_FILE", {"path": f"{sandbox}/stdout", "offset": 0})
    shown = await (await operated.client.get("/files/debug")).json()
    killed = await operated.call("KILL_CONTAINER", OWN | {"signal": 10})
    ended = await operated.read("WAIT_CONTAINER", OWN)
    killed_again = await operated.call("KILL_CONTAINER", OWN)
    said, files = (sandbox / "stdout").read_text(), {path.name for path in sandbox.iterdir()}
    removed = await operated.call("REMOVE_CONTAINER", OWN)
    unknown = await operated.call("WAIT_CONTAINER", OWN)

    assert (202, 500, 200, 404, 200, 404) == tuple(
        one.status for one in (again, too_early, killed, killed_again, removed, unknown)
    )
    assert {"message": "Command exited with status 5", "exit_status": 5 << 8} == ended
    assert ("begun\ntold\n", {"stdout", "stderr"}) == (said, files)
    assert len("begun\n") == read["size"]
    assert str(sandbox) == shown[str(sandbox)]
    assert not sandbox.exists()
    assert [] == list((operated.site.work_dir / "meta/containers").iterdir())


async def test_it_is_listed_where_it_is_asked_for(operated: Operated) -> None:
    """With what it uses and may use, of no framework; what runs within it beside it; nothing once it has ended."""
    await start(operated)
    within = await operated.call("LAUNCH_NESTED_CONTAINER", WITHIN | {"command": {"value": "pwd; sleep 100"}})
    output = folder_of(operated) / "containers/n1/stdout"
    await asyncio.to_thread(wait_until, lambda: output.read_text() or None, "the output of what runs within")
    plain = await operated.read("GET_CONTAINERS", {"show_nested": True})
    listed = await operated.read("GET_CONTAINERS", {"show_nested": True, "show_standalone": True})
    await operated.call("KILL_CONTAINER", OWN)
    ended = await operated.read("WAIT_CONTAINER", OWN)
    after = await operated.read("GET_CONTAINERS", {"show_standalone": True})

    assert (200, f"{folder_of(operated)}\n") == (within.status, output.read_text())
    assert ([], []) == (plain["containers"], after["containers"])
    own, nested = listed["containers"]
    assert (OWN["container_id"], {"container_id", "container_status", "resource_statistics"}) == (
        own["container_id"],
        own.keys(),
    )
    assert 0.5 == own["resource_statistics"]["cpus_soft_limit"]
    assert WITHIN == nested
    assert 9 == ended["exit_status"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({}, "command is missing, and so is container"),
        ({"command": {"value": "true"}, "limits": {"disk": {"value": 1}}}, "limits.disk cannot be had"),
        ({"command": {"value": "true", "uris": [{"value": "/etc/passwd"}]}}, "/etc/passwd"),
        ({"command": {"value": "no-such-program", "shell": False}}, "no such program"),
        ({"command": {"value": "true"}, "container": {"type": "MESOS", "hostname": "h"}}, "container.hostname"),
    ],
)
async def test_what_cannot_be_had_is_refused_in_words(operated: Operated, more: dict[str, Any], problem: str) -> None:
    """And nothing is left of it: not its sandbox, not its name."""
    refused = await operated.call("LAUNCH_CONTAINER", OWN | more)

    assert 400 == refused.status
    assert problem in await refused.text()
    assert not folder_of(operated).exists()
    assert 404 == (await operated.call("REMOVE_CONTAINER", OWN)).status


async def test_there_may_be_sessions_within_it(operated: Operated) -> None:
    """As within a task's: they run in its sandbox, and how they ended can be asked."""
    await start(operated)
    body = WITHIN | {"command": {"value": "pwd; exit 3"}}
    headers = {"Accept": "application/recordio", "Message-Accept": "application/json"}
    session = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", body, **headers)
    said = await session.read()
    ended = await operated.read("WAIT_NESTED_CONTAINER", WITHIN)

    assert 200 == session.status
    assert b64encode(f"{folder_of(operated)}\n".encode()) in said
    assert {"exit_status": 3 << 8} == ended


async def test_before_it_is_known_what_lives_on_nothing_is_said(operated: Operated) -> None:
    """A second container of a name must not be started, nor the first be called unknown."""
    assert operated.site.standalone is not None
    operated.site.standalone.is_recovered = False
    calls = ("LAUNCH_CONTAINER", "WAIT_CONTAINER", "KILL_CONTAINER", "REMOVE_CONTAINER")

    assert [503] * 4 == [(await operated.call(kind, OWN)).status for kind in calls]


async def test_each_call_has_its_own_action(tmp_path: Path) -> None:
    """Who may not is refused by the action's name, and nothing happens; who may is served; nobody sees it unasked."""
    rule = [{"principals": {"values": ["ops"]}, "users": {"type": "ANY"}}]
    acls = {"permissive": False} | dict.fromkeys((*ACTIONS, "wait_standalone_containers"), rule)
    config = AgentConfig(
        master=HostPort("m", 5050),
        work_dir=tmp_path,
        acls=parse_acls(json.dumps(acls)),
        authenticate_http_readwrite=True,
        http_credentials=make_credentials("ops", "guest"),
    )
    asked = [
        ("LAUNCH_CONTAINER", OWN | {"command": {"value": "sleep 100"}}),
        ("KILL_CONTAINER", OWN),
        ("WAIT_CONTAINER", OWN),
        ("REMOVE_CONTAINER", OWN),
    ]
    statuses = {}
    async with operated_agent(config, tmp_path) as operated:
        for kind, body in asked:
            for name in ("guest", "ops"):
                token = {"Authorization": Credential(name, name).header}
                if (kind, name) == ("KILL_CONTAINER", "guest"):
                    path = {"path": str(tmp_path / "containers/own/stdout"), "offset": 0}
                    statuses["READ_FILE", name] = (await operated.call("READ_FILE", path, **token)).status
                    listed = await operated.call("GET_CONTAINERS", {"show_standalone": True}, **token)
                    assert {"containers": []} == (await listed.json())["get_containers"]
                statuses[kind, name] = (await operated.call(kind, body, **token)).status

    assert {(kind, name): 200 if name == "ops" else 403 for kind, name in statuses} == statuses

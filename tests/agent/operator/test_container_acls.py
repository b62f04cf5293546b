"""Who may do what to nested containers: each call is its own action, judged by the user of the container around."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse

from fakes.operated_agent import Operated, make_credentials
from koinon_agent.config import AgentConfig
from koinon_core.wire import encode_record
from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credential
from koinon_daemon.flag_values import HostPort

ACTIONS = (
    "launch_nested_containers_under_parent_with_user", "launch_nested_containers_as_user", "wait_nested_containers",
    "kill_nested_containers", "remove_nested_containers", "attach_containers_output", "attach_containers_input",
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    """``ops`` may do all of it to what root runs; ``guest`` nothing, nor anybody to what others run."""
    rule = [{"principals": {"values": ["ops"]}, "users": {"values": ["root"]}}]
    images = [{"principals": {"values": ["ops"]}, "images": {"type": "ANY"}}]
    acls = {"permissive": False, "prune_images": images} | dict.fromkeys(ACTIONS, rule)
    return AgentConfig(
        master=HostPort("m", 5050),
        work_dir=tmp_path,
        acls=parse_acls(json.dumps(acls)),
        authenticate_http_readwrite=True,
        http_credentials=make_credentials("ops", "guest"),
    )


async def call(operated: Operated, name: str, kind: str, body: Any) -> ClientResponse:
    """A principal's call, its answer read unless it goes on."""
    headers = {"Authorization": Credential(name, name).header}
    document = {"type": kind, kind.lower(): body}
    if kind != "ATTACH_CONTAINER_INPUT":
        return await operated.client.post("/api/v1", json=document, headers=headers)
    headers |= {"Content-Type": "application/recordio", "Message-Content-Type": "application/json"}
    return await operated.client.post("/api/v1", data=encode_record(orjson.dumps(document)), headers=headers)


async def test_each_call_into_a_container_has_its_own_action(operated: Operated) -> None:
    """Who may not is refused by the action's name, and nothing happens; who may is served."""
    parent = await operated.run("sleep 100")
    body: dict[str, Any] = {"container_id": {"value": "n1", "parent": {"value": parent}}}
    launch = body | {"command": {"value": "sleep 100"}}
    asked = [
        ("LAUNCH_NESTED_CONTAINER", launch),
        ("ATTACH_CONTAINER_INPUT", {"type": "CONTAINER_ID"} | body),
        ("ATTACH_CONTAINER_OUTPUT", body),
        ("KILL_NESTED_CONTAINER", body),
        ("WAIT_NESTED_CONTAINER", body),
        ("REMOVE_NESTED_CONTAINER", body),
        ("PRUNE_IMAGES", {}),
    ]
    statuses = {}
    for kind, wanted in asked:
        for name in ("guest", "ops"):
            response = await call(operated, name, kind, wanted)
            statuses[kind, name] = response.status
            response.close()

    assert {(kind, name): 200 if name == "ops" else 403 for kind, name in statuses} == statuses


async def test_another_user_needs_its_own_word(operated: Operated) -> None:
    """Whoever may start commands as root in a container of root's may not as somebody else."""
    parent = await operated.run("sleep 100")
    body = {"container_id": {"value": "n1", "parent": {"value": parent}}}
    refused = await call(
        operated, "ops", "LAUNCH_NESTED_CONTAINER", body | {"command": {"value": "true", "user": "nobody"}}
    )

    assert 403 == refused.status
    assert [] == operated.site.nested_containers().within(parent)

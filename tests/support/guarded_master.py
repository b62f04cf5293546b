"""A master that asks everybody who they are, in the process, and ways to speak to it as somebody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from attrs import evolve

from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig

CREDENTIALS = Credentials.parse("ops sesame\nclerk pencil\nfw hush")
OPS, CLERK, FW = CREDENTIALS.known
WRONG = Credential("ops", "wrong")
ACLS = """{
  "register_frameworks": [{"principals": {"values": ["fw"]}, "roles": {"values": ["web", "db"]}},
                          {"principals": {"values": ["fw"]}, "roles": {"type": "NONE"}}],
  "teardown_frameworks": [{"principals": {"values": ["clerk"]}, "framework_principals": {"type": "NONE"}}],
  "get_endpoints": [{"principals": {"values": ["clerk"]}, "paths": {"values": ["/metrics/snapshot"]}},
                    {"principals": {"values": ["clerk"]}, "paths": {"type": "NONE"}}],
  "view_flags": [{"principals": {"values": ["clerk"]}, "flags": {"type": "NONE"}}],
  "view_frameworks": [{"principals": {"values": ["clerk"]}, "users": {"values": ["alice"]}},
                      {"principals": {"values": ["clerk"]}, "users": {"type": "NONE"}}],
  "view_tasks": [{"principals": {"values": ["clerk"]}, "users": {"type": "NONE"}}],
  "view_roles": [{"principals": {"values": ["clerk"]}, "roles": {"values": ["web"]}},
                 {"principals": {"values": ["clerk"]}, "roles": {"type": "NONE"}}],
  "update_weights": [{"principals": {"values": ["clerk"]}, "roles": {"type": "NONE"}}],
  "set_log_level": [{"principals": {"values": ["clerk"]}, "level": {"type": "NONE"}}],
  "access_mesos_logs": [{"principals": {"values": ["clerk"]}, "logs": {"type": "NONE"}}]
}"""
OPEN = MasterConfig(port=0, registry="in_memory")
CLOSED = evolve(
    OPEN,
    credentials=CREDENTIALS,
    authenticate_http_readonly=True,
    authenticate_http_readwrite=True,
    authenticate_http_frameworks=True,
    http_framework_authenticators="basic",
    authenticate_agents=True,
)
GUARDED = evolve(CLOSED, acls=parse_acls(ACLS))


@asynccontextmanager
async def running_master(config: MasterConfig) -> AsyncIterator[str]:
    """A master that leads alone; gives its address."""
    stop = Stop()
    app = MasterApp(config, stop)
    running = asyncio.create_task(app.run())
    await app.wait_leading()
    yield f"http://{app.server.address}"
    stop.request("the test is over")
    await running


def proof(by: Credential | None) -> dict[str, str]:
    """The headers of somebody's request."""
    return {} if by is None else {"Authorization": by.header}


async def call(session: ClientSession, url: str, by: Credential | None, **body: Any) -> tuple[int, Any]:
    """One operator's call; returns the status, and the document or the text."""
    async with session.post(f"{url}/api/v1", json=body, headers=proof(by)) as response:
        text = await response.text()
        return response.status, json.loads(text) if response.status == 200 and text else text


async def get(session: ClientSession, url: str, by: Credential | None = None) -> tuple[int, Any]:
    """Read an endpoint; returns the status, and the document or the text."""
    async with session.get(url, headers=proof(by)) as response:
        text = await response.text()
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status, json.loads(text) if is_json else text

"""Who may read of an agent, and how an agent proves to its master who it is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from attrs import evolve

from fakes.agent_bench import AgentBench, make_settings
from koinon_agent.config import AgentConfig
from koinon_agent.events import LinkClosed
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_agent.registration.master_link import LinkEvent, MasterLink
from koinon_core.agent_link import LINK_PATH
from koinon_daemon.auth import authentication
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics

Client = TestClient[Any, Any]
READERS = Credentials.parse("ops sesame")
PROOF = {"Authorization": READERS.known[0].header}
READONLY, READWRITE = "mesos-agent-readonly", "mesos-agent-readwrite"
REALMS = {
    "/state": READONLY,
    "/slave(1)/state": READONLY,
    "/flags": READONLY,
    "/metrics": READONLY,
    "/metrics/snapshot": READONLY,
    "/files/browse": READONLY,
    "/files/read": READONLY,
    "/system/stats.json": READONLY,
    "/stats.json": READONLY,
    "/logging/toggle": READWRITE,
    "/nobody/knows/this": READWRITE,
}


def make_site(work_dir: Path, *, is_closed: bool) -> Site:
    config = AgentConfig(master=HostPort("m", 5050), work_dir=work_dir, http_credentials=READERS)
    if is_closed:
        config = evolve(config, authenticate_http_readonly=True, authenticate_http_readwrite=True)
    site = Site(config, work_dir, Metrics(), 1.5)
    site.agent = AgentBench(make_settings()).registered().agent
    return site


async def test_each_path_asks_in_the_name_of_its_realm(tmp_path: Path) -> None:
    """As Mesos's agents do; health and version are everybody's (mesos-semantics 11)."""
    asked = {}
    async with TestClient(TestServer(make_agent_application(make_site(tmp_path, is_closed=True)))) as client:
        for path in REALMS:
            response = await client.get(path)
            asked[path] = (response.status, response.headers.get("WWW-Authenticate"))
        open_doors = [(await client.get(path)).status for path in ("/health", "/version", "/slave(1)/health")]
        entered = (await client.get("/state", headers=PROOF)).status

    assert {path: (401, f'Basic realm="{realm}"') for path, realm in REALMS.items()} == asked
    assert ([200] * 3, 200) == (open_doors, entered)


async def test_wrong_credentials_are_ignored_where_nobody_is_asked(tmp_path: Path) -> None:
    """Credentials alone close no door."""
    wrong = {"Authorization": Credential("ops", "wrong").header}
    async with TestClient(TestServer(make_agent_application(make_site(tmp_path, is_closed=False)))) as client:
        status = (await client.get("/state", headers=wrong)).status

    assert 200 == status


async def end_of_link(credential: Credential | None) -> str:
    """How the link of such an agent ends at a master that knows one credential and hangs up at once."""

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close(code=1000)
        return socket

    app = web.Application(middlewares=[error_middleware(), authentication(READERS, lambda _: "koinon-master-agent")])
    app.router.add_get(LINK_PATH, serve)
    events: asyncio.Queue[LinkEvent] = asyncio.Queue()
    async with TestServer(app) as server:
        address = HostPort("127.0.0.1", server.port or 0)
        await MasterLink(1, address, events.put_nowait, credential).run()
    seen = [events.get_nowait() for _ in range(events.qsize())]
    ended = seen[-1]
    assert isinstance(ended, LinkClosed)
    return ended.reason


async def test_agent_shows_its_credential_to_its_master() -> None:
    """With it the link opens; without it, or with another, the agent's log says what is missing."""
    ends = [await end_of_link(who) for who in (READERS.known[0], None, Credential("ops", "wrong"))]

    assert "closed by the master" in ends[0]
    assert ["--credential is missing" in end for end in ends] == [False, True, True]

"""What a browser asks of the other daemon and of agents: handed on, with nothing of it that could do harm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession, web
from attrs import evolve
from yarl import URL

from fakes.link_agent import LinkAgent
from koinon_core.resources_text import parse_resources
from koinon_daemon.other_sites import SAID_BY_BROWSERS
from koinon_master.config import MasterConfig
from support.guarded_master import CLERK, CLOSED, GUARDED, OPEN, OPS, proof
from support.ports import reserve_port
from support.ui_daemons import reading, running_marathon, running_master

pytestmark = pytest.mark.slow


class Stranger:
    """A server behind a relay that does whatever a bad one would, and remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        kind = request.path.rpartition("/")[2]
        if kind == "elsewhere":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
        if kind == "secret":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="theirs"'})
        if kind == "long":
            stream = web.StreamResponse()
            await stream.prepare(request)
            for _ in range(50):
                await stream.write(b"x" * 65536)
            return stream
        headers = {"Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*", "Content-Type": "text/html"}
        return web.Response(body=b"<script>alert(1)</script>", headers=headers)


@asynccontextmanager
async def stranger() -> AsyncIterator[tuple[Stranger, int]]:
    """It, and the port where it listens."""
    found, port = Stranger(), reserve_port()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield found, port
    await runner.cleanup()


def as_written(url: str) -> URL:
    """An address of which the client changes no character."""
    return URL(url, encoded=True)


async def told(response: ClientResponse) -> str:
    """The sentence of a refusal."""
    return str((await response.json())["message"])


async def test_an_answer_that_is_handed_back_is_data() -> None:
    """No cookie, no password box, no way elsewhere, no script; and of the caller only what belongs there goes along."""
    async with stranger() as (other, there), ClientSession() as session:
        config = evolve(OPEN, port=reserve_port(), ui_marathon=("http://127.0.0.1:1", f"http://127.0.0.1:{there}"))
        async with running_master(config) as (_, master):
            base = f"{master.url}/ui/api/marathon"
            async with session.get(f"{base}/page") as dead:
                why = await told(dead)
            headers = {"Cookie": "c=d", "Authorization": "Basic YTpi", "Sec-Fetch-Site": "same-origin", "Origin": "x"}
            async with session.post(f"{base}/page?a=%2F", data=b"body", headers=headers) as page:
                shown = await page.text()
            async with session.get(f"{base}/elsewhere", allow_redirects=False) as led:
                pass
            async with session.get(f"{base}/secret") as secret:
                words = await told(secret)
            async with session.get(f"{base}/long") as long:
                size = len(await long.read())
            async with session.get(f"{base}/page?jsonp=steal") as script:
                pass

    asked = other.asked[0]
    assert (502, "Marathon does not answer at http://127.0.0.1:1: Connection refused") == (dead.status, why)
    assert (200, "<script>alert(1)</script>") == (page.status, shown)
    assert "Set-Cookie" not in page.headers
    assert "Access-Control-Allow-Origin" not in page.headers
    assert "default-src 'none'; sandbox" == page.headers["Content-Security-Policy"]
    assert "nosniff" == page.headers["X-Content-Type-Options"]
    assert ("POST", "/page", "/", "Basic YTpi") == (
        asked.method,
        asked.path,
        asked.query["a"],
        asked.headers["Authorization"],
    )
    assert [] == [name for name in ("Cookie", *SAID_BY_BROWSERS) if name in asked.headers]
    assert (502, 403, 3276800, 403) == (led.status, secret.status, size, script.status)
    assert f"Marathon asks for its own name and password: open its own UI at http://127.0.0.1:{there}/ui/" == words
    assert "WWW-Authenticate" not in secret.headers


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
async def test_pages_of_other_sites_change_nothing(headers: dict[str, str], tmp_path: Path) -> None:
    """Neither here nor at the other daemon, nor outside the UI's paths: browsers send a password along everywhere."""
    port, marathon_port = reserve_port(), reserve_port()
    config = evolve(OPEN, port=port, ui_marathon=(f"http://127.0.0.1:{marathon_port}",))
    body = {"type": "UPDATE_WEIGHTS", "update_weights": {"weight_infos": [{"role": "a", "weight": 2.0}]}}
    async with (
        running_master(config) as (_, master),
        running_marathon(marathon_port, f"127.0.0.1:{port}", tmp_path) as marathon,
        ClientSession(headers=headers) as session,
    ):
        found = []
        for url in (master.url, marathon.url):
            for path in ("/ui/api/cluster/api/v1", "/ui/api/marathon/v2/apps", "/ui/api/agents/a/api/v1", "/ui/api/x"):
                async with session.post(url + path, json=body) as response:
                    found.append((response.status, await told(response) if "json" in response.content_type else ""))
        plain = []
        for url in (f"{master.url}/api/v1", f"{master.url}/teardown", f"{marathon.url}/v2/apps//a/restart"):
            async with session.post(url, data=b"frameworkId=a") as response:
                plain.append(response.status)
        async with session.get(f"{marathon.url}/v2/apps") as seen:
            pass

    assert [403] * 8 == [status for status, _ in found]
    assert "a page of another site can't change anything here" in {words for _, words in found}
    assert ([403] * 3, 200) == (plain, seen.status)


async def test_own_paths_keep_their_doors() -> None:
    """Below the prefix a path asks for the same name and refuses the same things as by itself."""
    port = reserve_port()
    async with running_master(evolve(GUARDED, port=port)) as (_, master), ClientSession() as session:

        async def compare(path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, ...]:
            found = []
            for prefix in ("", "/ui/api/cluster"):
                async with session.request(method, master.url + prefix + path, headers=headers) as response:
                    found.append((response.status, response.headers.get("WWW-Authenticate"), await response.read()))
            assert found[0][:2] == found[1][:2], path
            return tuple({status for status, _, _ in found})

        statuses = [
            await compare("/state"),
            await compare("/state", headers=proof(CLERK)),
            await compare("/flags", headers=proof(CLERK)),
            await compare("/flags", headers=proof(OPS)),
            await compare("/api/v1", "POST"),
            await compare("/api/v1/scheduler", "POST"),
            await compare("/health"),
            await compare("/nothing", headers=proof(OPS)),
        ]
        tricks = []
        for path in ("/ui/api/me", "/%2e%2e/x", "/x%0d%0aHost:%20evil", "/a%5cb"):
            async with session.get(as_written(f"{master.url}/ui/api/cluster{path}"), headers=proof(OPS)) as response:
                tricks.append(response.status)
        async with session.get(as_written(f"{master.url}/ui/%61pi/cluster/state"), headers=proof(OPS)) as spelled:
            pass

    assert [(401,), (200,), (403,), (200,), (401,), (401,), (200,), (404,)] == statuses
    assert all(status in (400, 404) for status in tricks)
    assert 404 == spelled.status


@pytest.mark.parametrize("config", [OPEN, CLOSED])
async def test_agents_are_asked_where_the_master_knows_them(config: MasterConfig) -> None:
    """Credentials go along to those agents alone that had to prove who they are."""
    async with (
        stranger() as (agent, there),
        running_master(evolve(config, port=reserve_port())) as (_, master),
        LinkAgent(master.url, credential=None if config is OPEN else OPS) as linked,
        ClientSession(headers=proof(OPS)) as session,
    ):
        linked.info = evolve(linked.info, port=there, resources=parse_resources("cpus:1"))
        url = f"{master.url}/ui/api/agents/{await linked.register()}"
        async with session.get(f"{url}/files/read?path=%2Fa") as read, session.get(f"{url}/flags") as flags:
            asked = agent.asked[-1]
        async with session.get(f"{master.url}/ui/api/agents/nobody/state") as nobody:
            words = await told(nobody)

    assert (200, 404, 404) == (read.status, flags.status, nobody.status)
    assert "agent nobody is not connected to the master" == words
    assert ("/files/read", "/a") == (asked.path, asked.query["path"])
    assert (None if config is OPEN else OPS.header) == asked.headers.get("Authorization")


async def test_marathon_asks_agents_through_the_master(tmp_path: Path) -> None:
    """Which alone knows where they are."""
    port = reserve_port()
    async with (
        stranger() as (agent, there),
        running_master(evolve(OPEN, port=port)) as (_, master),
        LinkAgent(master.url) as linked,
        running_marathon(reserve_port(), f"127.0.0.1:{port}", tmp_path) as marathon,
        ClientSession() as session,
    ):
        linked.info = evolve(linked.info, port=there, resources=parse_resources("cpus:1"))
        url = f"{marathon.url}/ui/api/agents/{await linked.register()}"
        async with reading(session, marathon.url, "frameworks") as reader:
            await reader.read_tables()
        async with session.get(f"{url}/state") as state, session.get(f"{url}/flags") as flags:
            pass
        async with session.get(as_written(f"{marathon.url}/ui/api/agents/%2e%2e/cluster/version")) as stepping_up:
            words = await told(stepping_up)

    assert (404, "this is no id of an agent") == (stepping_up.status, words)
    assert (200, 404, "/state") == (state.status, flags.status, agent.asked[-1].path)


async def test_changes_through_the_master_need_a_name_where_its_own_do() -> None:
    """Though Marathon itself asks for none: the master is no way past its own doors."""
    async with stranger() as (other, there), ClientSession() as session:
        config = evolve(
            CLOSED, authenticate_http_readonly=False, port=reserve_port(), ui_marathon=(f"http://127.0.0.1:{there}",)
        )
        async with running_master(config) as (_, master):
            base = f"{master.url}/ui/api/marathon/page"
            statuses = []
            for method, headers in (("GET", {}), ("POST", {}), ("POST", proof(OPS))):
                async with session.request(method, base, headers=headers) as response:
                    statuses.append((response.status, response.headers.get("WWW-Authenticate")))

    assert [(200, None), (401, 'Basic realm="mesos-master-readwrite"'), (200, None)] == statuses
    assert ["GET", "POST"] == [request.method for request in other.asked]

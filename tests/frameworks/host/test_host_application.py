"""What the outer process serves, whatever the plugin's does: state, numbers, refusals, and requests passed on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import evolve

from koinon_daemon.client import HttpClient
from koinon_daemon.clock import SystemClock
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_frameworks.election import Leadership
from koinon_frameworks.host.fare import Fare
from koinon_frameworks.host.http.host_application import HostApplication
from koinon_frameworks.host.http.plugin_application import NUMBERS, PRINCIPAL, TOKEN
from koinon_frameworks.host.messages import Running
from koinon_frameworks.host.restarts import RestartPolicy
from koinon_frameworks.host.watch_events import Ended, IsLoaded, IsRunning, MayAct, Outcome, Tick
from koinon_frameworks.host.watch_machine import Patience, WatchMachine

KNOWN = Credentials((Credential("ann", "hush"),))


def make_fare() -> Fare:
    machine = WatchMachine("paint", Patience(), RestartPolicy())
    return Fare(name="paint", machine=machine, token="token", leadership=Leadership(me=HostPort("127.0.0.1", 1)))


def run_plugin(fare: Fare, port: int) -> None:
    """Have it running, with its HTTP there."""
    for event in (Tick(), IsLoaded(), MayAct(1), IsRunning(100.0)):
        fare.machine.handle(event, asyncio.get_running_loop().time())
    fare.leadership.is_acting = True
    fare.running = Running(
        port=port,
        routes=("GET /a",),
        root_routes=(),
        has_page=False,
        framework_name="painter",
        failover_timeout=100.0,
        roles=("*",),
    )


@asynccontextmanager
async def served(fare: Fare, credentials: Credentials | None = None) -> AsyncIterator[str]:
    """The application on an address, which is what the host says of itself."""
    async with HttpClient() as client:
        application = HostApplication(fare, client, credentials, SystemClock()).make()
        server = HttpServer(application, Listen(port=0), grace=0.1)
        address = await server.start()
        fare.leadership.me = address
        try:
            yield f"http://{address}"
        finally:
            await server.stop()


@asynccontextmanager
async def plugin_http() -> AsyncIterator[int]:
    """Something that answers like a plugin's process: it tells how it was asked."""

    async def echo(request: web.Request) -> web.Response:
        told = {name: request.headers.get(name) for name in (TOKEN, PRINCIPAL, "Authorization")}
        return web.json_response({"path": request.path_qs, "body": await request.text(), **told})

    async def numbers(_request: web.Request) -> web.Response:
        return web.json_response({"numbers": {"coats": 7}, "timers": {}})

    app = make_application([])
    app.add_routes([web.get(NUMBERS, numbers), web.route("*", "/{tail:.*}", echo)])
    server = HttpServer(app, Listen(port=0), grace=0.1)
    try:
        yield (await server.start()).port
    finally:
        await server.stop()


async def ask(url: str, method: str = "GET", **about: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **about) as reply:
        return reply.status, await reply.text()


async def test_requests_reach_the_plugin_with_proof_of_who_asks() -> None:
    """Token and principal are the host's to say: what a client claims under these names is dropped."""
    fare = make_fare()
    async with plugin_http() as port, served(fare, KNOWN) as url:
        run_plugin(fare, port)
        forged = {TOKEN: "mine", PRINCIPAL: "root", "Authorization": KNOWN.known[0].header}
        status, text = await ask(f"{url}/paint/a?b=c", "POST", data="body", headers=forged)
        strangers = [(await ask(url + path))[0] for path in ("/", "/paint/a", "/metrics", "/health")]

    assert 200 == status
    assert '"path": "/paint/a?b=c", "body": "body"' in text
    assert f'"{TOKEN}": "token", "{PRINCIPAL}": "ann", "Authorization": null' in text
    assert [401, 401, 401, 200] == strangers


async def test_without_credentials_nobody_is_a_principal() -> None:
    """A client may claim to be anybody; the plugin does not hear it."""
    fare = make_fare()
    async with plugin_http() as port, served(fare) as url:
        run_plugin(fare, port)
        _, text = await ask(f"{url}/paint/a", headers={PRINCIPAL: "root"})

    assert f'"{PRINCIPAL}": null' in text


async def test_root_is_the_plugins_where_it_wants_it() -> None:
    """What the host answers stays its own; without root routes nothing else is there."""
    fare = make_fare()
    async with plugin_http() as port, served(fare) as url:
        run_plugin(fare, port)
        assert fare.running is not None
        nothing = await ask(f"{url}/v1/jobs")
        fare.running = evolve(fare.running, root_routes=("GET /v1/jobs",))
        something = await ask(f"{url}/v1/jobs")
        health = await ask(f"{url}/health")

    assert (404, "Nothing is here; paint answers below /paint/.") == nothing
    assert 200 == something[0]
    assert (200, '{"state": "running", "message": "paint runs, not subscribed to a master."}') == health


async def test_what_is_down_is_said_to_be() -> None:
    """503 with the reason and when it is worth asking again; the host's own page and numbers stay."""
    fare = make_fare()
    async with plugin_http() as port, served(fare) as url:
        run_plugin(fare, port)
        fare.machine.handle(Ended(Outcome.FAILED, "KeyError: 'ouch'"), asyncio.get_running_loop().time())
        fare.running = None
        status, text = await ask(f"{url}/paint/a")
        health = (await ask(f"{url}/health"))[0]
        page = await ask(f"{url}/paint/", headers={"Accept": "text/html"})
        numbers = await ask(f"{url}/metrics/snapshot")

    assert (503, 503) == (status, health)
    assert "Last failure: KeyError: 'ouch'." in text
    assert (200, True) == (page[0], "<h1>paint</h1>" in page[1])
    assert '"host/is_running":0.0' in numbers[1]


async def test_numbers_are_the_hosts_and_the_plugins() -> None:
    """In both formats; a plugin's process that is gone costs its own numbers alone."""
    fare = make_fare()
    async with served(fare) as url:
        async with plugin_http() as port:
            run_plugin(fare, port)
            flat = (await ask(f"{url}/metrics/snapshot"))[1]
            text = (await ask(f"{url}/metrics"))[1]
        gone = (await ask(f"{url}/metrics/snapshot"))[1]

    assert '"paint/coats":7.0' in flat
    assert "koinon_paint_coats 7.0" in text
    assert '"host/is_running":1.0' in gone
    assert "paint/coats" not in gone


async def test_standby_asks_the_leader_and_no_circle() -> None:
    """Everything but its own state goes to the leader; two that take each other for it find out."""
    leader, standby = make_fare(), make_fare()
    async with plugin_http() as port, served(leader) as leader_url, served(standby) as url:
        run_plugin(leader, port)
        standby.leadership.leader = leader.leadership.me
        status, text = await ask(f"{url}/paint/a")
        own = await ask(f"{url}/")
        leader.leadership.is_acting, leader.leadership.leader = False, standby.leadership.me
        circle = await ask(f"{url}/paint/a")
        standby.leadership.leader = HostPort("127.0.0.1", 1)
        away = await ask(f"{url}/paint/a")

    assert (200, True) == (status, '"path": "/paint/a"' in text)
    assert str(leader.leadership.me) in own[1]
    assert (502, True) == (circle[0], "two hosts take each other for the leader" in circle[1])
    assert (502, True) == (away[0], "can't be reached" in away[1])
    assert leader_url != url


@pytest.mark.parametrize("path", ["/paint", "/paint/"])
async def test_plugin_without_a_page_gets_the_hosts(path: str) -> None:
    """Below its name, with or without the slash."""
    fare = make_fare()
    async with plugin_http() as port, served(fare) as url:
        run_plugin(fare, port)
        status, text = await ask(url + path)

    assert (200, True) == (status, "GET /paint/a" in text)


async def test_pages_of_other_sites_change_nothing() -> None:
    """Before the plugin hears of it, or the leader, to whom a standby passes on what it has judged itself."""
    fare = make_fare()
    async with served(fare) as base, aiohttp.ClientSession() as session:
        refused = await session.post(f"{base}/paint/a", headers={"Origin": "http://evil.example"})
        own = await session.post(f"{base}/paint/a", headers={"Origin": base})

    assert (403, 503) == (refused.status, own.status)

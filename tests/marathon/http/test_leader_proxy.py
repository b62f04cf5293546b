"""A standby hands requests to the leader and answers back (marathon-v2-api 1.2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from fakes.marathon_desk import Desk, make_service, running_desk, serve
from koinon_daemon.client import HttpClient
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_marathon.http import leader_proxy
from support.ports import reserve_port


@pytest.fixture
async def leader() -> AsyncIterator[Desk]:
    """A Marathon that leads."""
    async with running_desk() as desk:
        yield desk


@pytest.fixture
async def standby(leader: Desk) -> AsyncIterator[Desk]:
    """A Marathon that knows the leader."""
    service = make_service(leader=leader.address)
    async with HttpClient() as client, ClientSession() as session:
        server = await serve(service, client)
        service.leadership.me = server.address
        yield Desk(service, server.address, session, [])
        await server.stop()


async def test_changes_through_a_standby_arrive(leader: Desk, standby: Desk) -> None:
    """Method, path, query, body and the answer's own headers pass; both sides see who passed them on."""
    created = await standby.ask("POST", "/v2/apps?force=true", {"id": "/a", "cmd": "x", "instances": 0})
    shown = await standby.ask("GET", "/v2/apps//a?embed=apps.tasks", **{"Accept-Encoding": "gzip"})
    missing = await standby.ask("GET", "/v2/apps/none")

    assert (201, f"1.1 {standby.address}") == (created.status, created.headers["X-Marathon-Via"])
    assert f"http://{leader.address}" == created.headers["X-Marathon-Leader"]
    assert created.body["deployments"][0]["id"] == created.headers["Marathon-Deployment-Id"]
    assert "/a" == shown.body["app"]["id"]
    assert (404, "App '/none' does not exist") == (missing.status, missing.body["message"])


@pytest.mark.parametrize("path", ["/v2/events?event_type=x", "//v2/events?event_type=x", "/v2/events/"])
async def test_streams_are_redirected(leader: Desk, standby: Desk, path: str) -> None:
    """An event stream is never proxied, however its address is written."""
    reply = await standby.ask("GET", path)

    assert (302, f"http://{leader.address}{path}") == (reply.status, reply.headers["Location"])


async def test_page_is_every_marathons_own(standby: Desk) -> None:
    """A standby shows the UI itself; what its page asks for is the leader's, as all of the API is."""
    ways = [await standby.ask("GET", path) for path in ("/", "/ui")]
    asset = await standby.ask("GET", "/ui/assets/none.js")

    assert [302, 308] == [way.status for way in ways]
    assert ["/ui/"] * 2 == [way.headers["Location"] for way in ways]
    assert 404 == asset.status
    assert "X-Marathon-Via" not in {name for each in (*ways, asset) for name in each.headers}


@pytest.mark.parametrize("others", ["", "1.1 other:8080, ", "1.1 other:8080,"])
async def test_a_loop_is_detected(standby: Desk, others: str) -> None:
    """A request that has been here before goes no further, whoever else has seen it."""
    reply = await standby.ask("GET", "/v2/apps", **{"X-Marathon-Via": f"{others}1.1 {standby.address}"})

    assert (502, {"message": "Detected proxying loop."}) == (reply.status, reply.body)


async def test_a_dead_leader_is_named(standby: Desk) -> None:
    """Nobody listens where the election says."""
    standby.service.leadership.leader = HostPort("127.0.0.1", reserve_port())
    reply = await standby.ask("GET", "/v2/apps")

    assert (502, {"message": "Connection to leader refused."}) == (reply.status, reply.body)


async def test_an_unknown_leader_is_waited_for(standby: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a while; then the client is told."""
    monkeypatch.setattr(leader_proxy, "PAUSE", 0.001)
    standby.service.leadership.leader = None
    reply = await standby.ask("GET", "/ping")

    assert (502, {"message": "Could not determine the current leader"}) == (reply.status, reply.body)


async def test_a_leader_of_our_own_name_is_told_of(standby: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two Marathons with one `--hostname` and port: a standby would ask itself, and says what is wrong instead."""
    monkeypatch.setattr(leader_proxy, "PAUSE", 0.001)
    standby.service.leadership.leader = standby.address
    reply = await standby.ask("GET", "/v2/apps")

    assert 502 == reply.status
    assert reply.body["message"].startswith("Could not determine the current leader: it bears our own address, 127.")


async def test_a_leader_that_is_not_ready_holds_requests(leader: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elected and still reading the store, or suspended: nothing is answered from what may be old."""
    monkeypatch.setattr(leader_proxy, "PAUSE", 0.001)
    leader.service.leadership.is_acting = False

    assert 502 == (await leader.ask("GET", "/v2/apps")).status


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[HostPort]:
    """A leader that does with every request what the handler does."""
    app = make_application([])
    app.router.add_route("*", "/{rest:.*}", handler)
    server = HttpServer(app, Listen(port=0), grace=0.1)
    yield await server.start()
    await server.stop()


async def test_the_leader_hears_who_asks(standby: Desk) -> None:
    """The client is added to those named already; headers of the connection stay there."""
    heard = list[dict[str, str]]()

    async def handler(request: web.Request) -> web.Response:
        heard.append(dict(request.headers))
        return web.Response(status=404, text="{}", headers={"X-Own": "1", "Connection": "X-Hop", "X-Hop": "1"})

    async with answering(handler) as standby.service.leadership.leader:
        headers = {"X-Forwarded-For": "10.0.0.1,10.0.0.2", "Connection": "X-Mine", "X-Mine": "1"}
        reply = await standby.ask("DELETE", "/v2/apps/a", Authorization="token=t", **headers)

    assert "10.0.0.1, 10.0.0.2, 127.0.0.1" == heard[0]["X-Forwarded-For"]
    assert ("token=t", f"1.1 {standby.address}") == (heard[0]["Authorization"], heard[0]["X-Marathon-Via"])
    assert "X-Mine" not in heard[0]
    assert (404, "1", None) == (reply.status, reply.headers["X-Own"], reply.headers.get("X-Hop"))


async def test_a_frozen_leader_is_not_waited_for_once_another_leads(
    standby: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have done what was asked, and will never say so: the client is told at the change of the leader."""
    monkeypatch.setattr(leader_proxy, "PAUSE", 0.001)

    async def handler(request: web.Request) -> web.Response:
        standby.service.leadership.leader = standby.address
        await asyncio.sleep(60)
        return web.Response()

    async with answering(handler) as standby.service.leadership.leader:
        reply = await standby.ask("POST", "/v2/apps", {"id": "/a"})

    assert 500 == reply.status
    assert reply.body["message"].endswith("gave no answer and no longer leads")


async def test_a_leader_that_breaks_off_is_a_failure(standby: Desk) -> None:
    """It may have done what was asked: no reason to say that it refused."""

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(handler) as standby.service.leadership.leader:
        reply = await standby.ask("POST", "/v2/apps", "{}")

    assert 500 == reply.status
    assert reply.body["message"].startswith("The leader gave no answer")

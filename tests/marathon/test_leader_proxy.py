"""A standby hands requests to the leader and answers back (marathon-v2-api 1.2)."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from fakes.marathon_desk import Desk, make_service, running_desk, serve
from koinon_daemon.client import HttpClient
from koinon_daemon.flag_values import HostPort
from koinon_marathon import leader_proxy
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


async def test_streams_are_redirected(leader: Desk, standby: Desk) -> None:
    """An event stream is never proxied."""
    reply = await standby.ask("GET", "/v2/events?event_type=x")

    assert (302, f"http://{leader.address}/v2/events?event_type=x") == (reply.status, reply.headers["Location"])


async def test_a_loop_is_detected(standby: Desk) -> None:
    """A request that has been here before goes no further."""
    reply = await standby.ask("GET", "/v2/apps", **{"X-Marathon-Via": f"1.1 {standby.address}"})

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


async def test_a_leader_that_is_not_ready_holds_requests(leader: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elected and still reading the store, or suspended: nothing is answered from what may be old."""
    monkeypatch.setattr(leader_proxy, "PAUSE", 0.001)
    leader.service.leadership.is_acting = False

    assert 502 == (await leader.ask("GET", "/v2/apps")).status

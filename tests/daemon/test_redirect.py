"""To the leader by 307."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.flag_values import HostPort
from koinon_daemon.redirect import Leadership, leader_location, leader_redirect

LEADER = HostPort("leader", 5050)
STANDBY = Leadership(is_self=False, leader=LEADER)
LEADING = Leadership(is_self=True, leader=LEADER)
NOBODY = Leadership(is_self=False, leader=None)


async def serve(_request: web.Request) -> web.Response:
    """What the daemon answers itself."""
    return web.Response(text="served here")


async def ask(leadership: Leadership, path: str) -> tuple[int, str | None, str]:
    """Status, Location and body that a POST to the path gets."""
    redirect = leader_redirect(lambda: leadership, exempt=("/health", "/files/"))
    app = web.Application(middlewares=[error_middleware(), redirect])
    app.router.add_post("/{path:.*}", serve)
    async with TestClient(TestServer(app)) as client:
        response = await client.post(path, data=b"body", allow_redirects=False)
        return response.status, response.headers.get("Location"), await response.text()


async def test_standby_redirects() -> None:
    """A standby answers 307 with a protocol-relative Location of the same path and query."""
    answer = await ask(STANDBY, "/master/state?task_id=a%26b&x=1")

    assert (307, "//leader:5050/master/state?task_id=a%26b&x=1", "") == answer


async def test_leader_serves() -> None:
    """The leader serves everything itself."""
    assert (200, None, "served here") == await ask(LEADING, "/master/state")


async def test_nobody_leads() -> None:
    """Without a leader the answer is 503."""
    assert (503, None, "No leader elected") == await ask(NOBODY, "/api/v1/scheduler")


@pytest.mark.parametrize("path", ["/health", "/health/", "/files/read"])
async def test_exempt_paths(path: str) -> None:
    """Exempt paths, and all beneath those that end in a slash, are served everywhere."""
    assert (200, None, "served here") == await ask(NOBODY, path)


async def test_only_exempt_paths() -> None:
    """A path that merely begins like an exempt one is redirected."""
    status, _, _ = await ask(STANDBY, "/healthy")

    assert 307 == status


def test_location_of_ipv6_leader() -> None:
    """An IPv6 leader stands in brackets."""
    assert "//[::1]:1/x" == leader_location(HostPort("::1", 1), "/x")

"""Who gets in before anything is served: passwords, origins, and no more requests than allowed (marathon-v2-api 1)."""

from base64 import b64encode
from pathlib import Path

import pytest

from fakes.marathon_desk import FLAGS, make_service, running_desk
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ExitCode
from koinon_daemon.flags import parse_flags
from koinon_daemon.keystore import KeystoreError
from koinon_daemon.supervision import Stop
from koinon_marathon.app import MarathonApp
from koinon_marathon.config import MarathonConfig
from koinon_marathon.errors import PluginBroken
from koinon_marathon.http.serving import ApiServers

BASIC = {"Authorization": f"Basic {b64encode(b'me:hush').decode()}"}


async def test_every_path_asks_for_the_password() -> None:
    """`/ping` as well as what is not there; the realm is told, a wrong password and another scheme are no better."""
    async with running_desk("--http_credentials=me:hush", "--http_realm=Lab") as desk:
        paths = ("/ping", "/v2/apps", "/v2/events", "/nowhere")
        refused = [await desk.ask("GET", path) for path in paths]
        wrong = [
            (await desk.ask("GET", "/ping", Authorization=f"Basic {b64encode(b'me:hash').decode()}")).status,
            (await desk.ask("GET", "/ping", Authorization="token=hush")).status,
        ]
        served = [(await desk.ask("GET", path, **BASIC)).status for path in ("/ping", "/v2/apps", "/nowhere")]

    assert [(401, 'Basic realm="Lab"')] * 4 == [(reply.status, reply.headers["WWW-Authenticate"]) for reply in refused]
    assert [401, 401] == wrong
    assert [200, 200, 404] == served


async def test_pages_of_one_origin_may_read() -> None:
    """The last origin counts; refusals say it, too, and what a browser asks ahead needs no password."""
    async with running_desk("--access_control_allow_origin=a.example,*", "--http_credentials=me:hush") as desk:
        ahead = await desk.ask("OPTIONS", "/v2/apps", **{"Access-Control-Request-Headers": "X-One, X-Two"})
        refused = await desk.ask("GET", "/v2/apps")
        served = await desk.ask("GET", "/v2/apps", **BASIC)
    async with running_desk() as desk:
        closed = await desk.ask("GET", "/v2/apps")

    assert (200, "X-One, X-Two", "86400") == (
        ahead.status,
        ahead.headers["Access-Control-Allow-Headers"],
        ahead.headers["Access-Control-Max-Age"],
    )
    assert [("*", "GET, HEAD, OPTIONS")] * 3 == [
        (reply.headers["Access-Control-Allow-Origin"], reply.headers["Access-Control-Allow-Methods"])
        for reply in (ahead, refused, served)
    ]
    assert "Access-Control-Allow-Origin" not in closed.headers


async def test_one_request_too_many_is_refused() -> None:
    """Streams count while they last; when one ends there is room again."""
    async with running_desk("--http_max_concurrent_requests=1") as desk:
        url = f"http://{desk.address}/v2/events"
        async with desk.session.get(url, headers={"Accept": "text/event-stream"}):
            refused = await desk.ask("GET", "/ping")
        statuses = [(await desk.ask("GET", "/ping")).status for _ in range(20)]

    assert (503, "Too many concurrent requests! Allowed: 1.") == (refused.status, refused.body["message"])
    assert 200 == statuses[-1]


async def test_packing_may_be_switched_off() -> None:
    """`--disable_http_compression`, for who has a proxy that does it."""
    sizes = []
    for flags in ((), ("--disable_http_compression",)):
        async with running_desk(*flags) as desk:
            reply = await desk.ask("GET", "/v2/info", **{"Accept-Encoding": "gzip"})
            sizes.append(reply.headers.get("Content-Encoding"))

    assert ["gzip", None] == sizes


async def test_guards_that_cannot_be_had_stop_the_start(tmp_path: Path) -> None:
    """Nothing is served without them, and the error says what is missing."""
    conf = '{"x": {"plugin": "auth.Authorizer", "implementation": "com.example.Auth"}}'
    with pytest.raises(PluginBroken, match=r"plugin x: no installed package has 'com.example.Auth'") as plugin:
        MarathonApp(parse_flags(MarathonConfig, [*FLAGS, f"--plugin_conf={conf}"], {}), Stop())
    async with HttpClient() as client:
        with pytest.raises(KeystoreError, match="No such file or directory") as keystore:
            ApiServers(make_service(f"--ssl_keystore_path={tmp_path}/none.p12"), client)

    assert (ExitCode.PLUGIN_FAILED, ExitCode.USAGE) == (plugin.value.exit_code, keystore.value.exit_code)

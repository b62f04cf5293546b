"""Who may enter which door of a real master: realms, the order of 401 and the rest, and who speaks for whom."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from attrs import evolve

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import LINK_PATH
from koinon_daemon.errors import ListenRefusedError
from koinon_daemon.flag_values import HostPort
from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from support.guarded_master import CLERK, CLOSED, CREDENTIALS, FW, OPEN, OPS, WRONG, call, get, proof, running_master

READONLY, READWRITE = "mesos-master-readonly", "mesos-master-readwrite"
REALMS = {
    "/state": READONLY,
    "/master/state": READONLY,
    "/state-summary": READONLY,
    "/slaves": READONLY,
    "/slaves/x": READONLY,
    "/frameworks": READONLY,
    "/tasks": READONLY,
    "/roles": READONLY,
    "/maintenance/status": READONLY,
    "/flags": READONLY,
    "/metrics": READONLY,
    "/metrics/snapshot": READONLY,
    "/files/browse": READONLY,
    "/quota": READWRITE,
    "/weights": READWRITE,
    "/maintenance/schedule": READWRITE,
    "/machine/down": READWRITE,
    "/machine/up": READWRITE,
    "/teardown": READWRITE,
    "/reserve": READWRITE,
    "/unreserve": READWRITE,
    "/create-volumes": READWRITE,
    "/destroy-volumes": READWRITE,
    "/logging/toggle": READWRITE,
    "/api/v1": READWRITE,
    "/api/v1/": READWRITE,
    "/master/api/v1": READWRITE,
    "/api/v1/anything": READWRITE,
    "/nobody/knows/this": READWRITE,
    "/api/v1/scheduler": "mesos-master-scheduler",
    "/master/api/v1/scheduler": "mesos-master-scheduler",
    LINK_PATH: "koinon-master-agent",
}
EVERYBODYS = ("/health", "/version", "/redirect", "/help")


async def test_each_path_asks_in_the_name_of_its_realm(closed: str, session: ClientSession) -> None:
    """GET and POST alike, as in Mesos; a path that nobody knows is the operators' (mesos-semantics 11)."""
    asked = {}
    for path in REALMS:
        for method in ("GET", "POST"):
            async with session.request(method, closed + path) as response:
                asked[method, path] = (response.status, response.headers.get("WWW-Authenticate"))

    expected = {
        (method, path): (401, f'Basic realm="{realm}"') for path, realm in REALMS.items() for method in ("GET", "POST")
    }
    assert expected == asked


async def test_some_doors_are_everybodys(closed: str, session: ClientSession) -> None:
    """Load balancers, detectors and people who look for the leader need no secret."""
    statuses = []
    for path in EVERYBODYS:
        async with session.get(closed + path, allow_redirects=False) as response:
            statuses.append(response.status)

    assert [200, 200, 307, 200] == statuses


async def test_right_secret_opens_and_wrong_one_does_not(closed: str, session: ClientSession) -> None:
    """A secret is its principal's alone."""
    statuses = [(await get(session, f"{closed}/state", by))[0] for by in (OPS, CLERK, WRONG)]

    assert [200, 200, 401] == statuses


async def test_wrong_credentials_are_ignored_where_nobody_is_asked(session: ClientSession) -> None:
    """Some clients always send some (client-notes): that is no reason to refuse them."""
    half = evolve(OPEN, credentials=CREDENTIALS, authenticate_http_readwrite=True)
    statuses = []
    for config in (OPEN, half):
        async with running_master(config) as url:
            statuses.append((await get(session, f"{url}/state", WRONG))[0])
            async with HttpFramework(url, credential=WRONG) as framework:
                assert "SUBSCRIBED" == (await framework.subscribe())["type"]

    assert [200, 200] == statuses


async def test_who_one_is_comes_before_all_else(closed: str, session: ClientSession) -> None:
    """401 before method, content type and body are looked at, and after it these as ever (mesos-v1-api 1.1)."""
    url = f"{closed}/api/v1/scheduler"
    statuses = []
    for by in (None, FW):
        async with session.get(url, headers=proof(by)) as response:
            statuses.append(response.status)
        async with session.post(url, data=b"{", headers={"Content-Type": "text/plain"} | proof(by)) as response:
            statuses.append(response.status)
        async with session.post(url, data=b"{", headers={"Content-Type": "application/json"} | proof(by)) as response:
            statuses.append(response.status)

    assert [401, 401, 401, 405, 415, 400] == statuses


async def test_standby_asks_before_it_redirects(session: ClientSession) -> None:
    """Where the leader is, is told to those who may ask."""
    stop = Stop()
    app = MasterApp(CLOSED, stop)
    app.office.note_leader(HostPort("leader", 5050))
    await app.server.start()
    statuses = []
    try:
        for by in (None, OPS):
            async with session.get(
                f"http://{app.server.address}/state?x=1", headers=proof(by), allow_redirects=False
            ) as response:
                statuses.append((response.status, response.headers.get("Location")))
    finally:
        await app.server.stop()

    assert [(401, None), (307, "//leader:5050/state?x=1")] == statuses


async def test_secret_is_shown_nowhere(closed: str, session: ClientSession) -> None:
    """Neither among the flags nor in the state, nor in the operator's answer."""
    seen = [
        await get(session, f"{closed}/flags", OPS),
        await get(session, f"{closed}/state", OPS),
        await call(session, closed, OPS, type="GET_FLAGS"),
    ]

    assert "***" == seen[0][1]["flags"]["credentials"]
    assert [] == [secret for secret in ("sesame", "pencil", "hush") if secret in str(seen)]


async def test_framework_without_a_secret_is_not_let_in(closed: str, session: ClientSession) -> None:
    """A scheduler of today's, sent without credentials."""
    body = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": "nobody", "name": "raw"}}}
    async with session.post(f"{closed}/api/v1/scheduler", json=body) as response:
        told = response.status, response.headers["WWW-Authenticate"]

    assert (401, 'Basic realm="mesos-master-scheduler"') == told


async def test_framework_is_shown_under_its_principal(closed: str, session: ClientSession) -> None:
    """Who it proved to be, also where it does not say so."""
    async with HttpFramework(closed, credential=FW) as framework:
        await framework.subscribe()
        _, document = await get(session, f"{closed}/frameworks", OPS)

    assert ["fw"] == [one["principal"] for one in document["frameworks"]]


async def test_framework_of_another_principal_is_refused(closed: str) -> None:
    """It may not say that it is somebody else (mesos-v1-api 2.1)."""
    async with HttpFramework(closed, credential=FW) as framework:
        body = {
            "type": "SUBSCRIBE",
            "subscribe": {"framework_info": {"user": "nobody", "name": "raw", "principal": "ops"}},
        }
        async with framework.session.post(framework.url, json=body) as response:
            told = response.status, await response.text()

    sentence = "Authenticated principal 'fw' does not match principal 'ops' set in `FrameworkInfo`"
    assert (400, f"Failed to validate scheduler::Call: {sentence}") == told


async def test_calls_for_somebody_elses_framework_are_refused(closed: str) -> None:
    """Even with the right stream id (mesos-v1-api 2.3)."""
    async with HttpFramework(closed, credential=FW) as framework, HttpFramework(closed, credential=OPS) as thief:
        await framework.subscribe()
        body = {"type": "REVIVE", "framework_id": framework.framework_id}
        async with thief.session.post(thief.url, json=body, headers=framework.stream_headers) as response:
            told = response.status, await response.text()

    assert (400, "Authenticated principal 'ops' does not match principal 'fw' set in `FrameworkInfo`") == told


async def test_agent_without_a_secret_is_not_let_in(closed: str) -> None:
    """The handshake of its link is refused; with the secret it is a member."""
    with pytest.raises(WSServerHandshakeError) as caught:
        async with LinkAgent(closed):
            pass
    async with LinkAgent(closed, credential=OPS) as agent:
        agent_id = await agent.register()

    assert 401 == caught.value.status
    assert agent_id.endswith("-S0")


async def test_every_door_must_ask_before_others_can_reach_it() -> None:
    """A master that listens for others asks everybody, or says which flag is missing (design 3.11)."""
    half = evolve(CLOSED, ip="0.0.0.0", authenticate_agents=False)
    whole = MasterApp(evolve(CLOSED, ip="0.0.0.0"), Stop())
    with pytest.raises(ListenRefusedError, match="Say --authenticate_agents, listen on"):
        await MasterApp(half, Stop()).server.start()
    address = await whole.server.start()
    await whole.server.stop()

    assert "0.0.0.0" == address.host


async def test_page_asks_who_one_is_and_its_assets_do_not(closed: str, session: ClientSession) -> None:
    """A browser asks its person once, for the page; the way there and the assets hold nothing of the cluster."""
    found = {}
    for path in ("/ui/", "/ui/agents", "/ui/api/none", "/ui/assets/none.js", "/"):
        async with session.get(f"{closed}{path}", allow_redirects=False) as response:
            found[path] = (response.status, response.headers.get("WWW-Authenticate"))

    asked = (401, 'Basic realm="mesos-master-readonly"')
    assert {"/ui/": asked, "/ui/agents": asked, "/ui/api/none": asked} == {k: v for k, v in found.items() if v[1]}
    assert [404, 302] == [found[path][0] for path in ("/ui/assets/none.js", "/")]

"""The stream of a real master and a real Marathon, each of which shows both, and what becomes of it when one dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession
from attrs import evolve

from koinon_web.http import stream
from koinon_zk import QuorumUrl
from support.guarded_master import CLERK, GUARDED, OPEN, OPS, proof
from support.ports import reserve_port
from support.ui_daemons import reading, running_marathon, running_master

pytestmark = pytest.mark.slow
APP = {"id": "/web", "cmd": "sleep 1"}


async def post_app(session: ClientSession, url: str, app: str) -> int:
    """Through the UI of a daemon."""
    async with session.post(f"{url}/ui/api/marathon/v2/apps", json={"id": app, "cmd": "sleep 1"}) as response:
        return response.status


def shows(app: str) -> object:
    """Whether a reader has an app."""
    return lambda reader: app in reader.tables.get("apps", {})


async def test_either_daemon_shows_both_and_goes_on_when_the_other_returns(tmp_path: Path) -> None:
    """A change made through the master is read at both; a Marathon that dies is told, and its apps come again."""
    port, marathon_port = reserve_port(), reserve_port()
    config = evolve(OPEN, port=port, ui_marathon=(f"http://127.0.0.1:{marathon_port}",))
    async with running_master(config) as (_, master), ClientSession() as session:
        address, tables = f"127.0.0.1:{port}", "frameworks,apps"
        async with running_marathon(marathon_port, address, tmp_path) as marathon:  # noqa: SIM117 - one ends before
            async with reading(session, master.url, tables) as one, reading(session, marathon.url, tables) as other:
                await one.read_tables()
                await other.read_tables()
                status = await post_app(session, master.url, "/web")
                for reader in (one, other):
                    await reader.read(lambda reader: "/web" in reader.tables["apps"])
                frameworks = [[row["name"] for row in one.tables["frameworks"].values()] for one in (one, other)]
                await marathon.end()
                await one.read(lambda reader: reader.said("out"))
                with pytest.raises(EOFError):
                    await other.read(lambda _: False)
                one.tables.pop("apps")
                async with running_marathon(marathon_port, address, tmp_path):
                    await one.read(lambda reader: "apps" in reader.tables)

    assert 201 == status
    assert [["marathon"], ["marathon"]] == frameworks
    assert ["apps"] == one.said("out")[0]["tables"]
    assert "Marathon" in one.said("out")[0]["why"]
    assert ["/web"] == list(one.tables["apps"])


async def test_reading_goes_on_where_it_was(tmp_path: Path) -> None:
    """At its position a reader gets what changed meanwhile; at one of another term everything, and both at once."""
    port = reserve_port()
    async with running_marathon(port, "127.0.0.1:1", tmp_path) as marathon, ClientSession() as session:
        for app in ("/a", "/b"):
            await post_app(session, marathon.url, app)
        async with reading(session, marathon.url, "apps,groups") as first:
            await first.read(lambda reader: len(reader.tables.get("apps", ())) == 2 and "groups" in reader.tables)
        await post_app(session, marathon.url, "/c")
        wanted = f"apps@{first.positions['apps']},groups@another-5"
        async with reading(session, marathon.url, wanted) as second:
            await second.read_tables()

    rows = {said["table"]: (said["reset"], sorted(said["put"])) for said in second.said("rows")}
    assert (True, ["/"]) == rows["groups"]
    assert rows["apps"][0] is False
    assert "/c" in rows["apps"][1]
    assert first.positions["groups"] != second.positions["groups"]


async def test_what_cant_be_read_is_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of ten thousand characters, too many readers, a method that changes; then the daemon is as it was."""
    monkeypatch.setattr(stream, "MAX_READERS", 1)
    port = reserve_port()
    async with running_master(evolve(OPEN, port=port)) as (app, master), ClientSession() as session:

        async def ask(query: str, method: str = "GET") -> tuple[int, str]:
            async with session.request(method, f"{master.url}/ui/api/stream{query}") as response:
                return response.status, (await response.json())["message"]

        refusals = [await ask(query) for query in ("", "?tables=nix", f"?tables=timeline:{'x' * 5000}")]
        posted = await ask("?tables=agents", "POST")
        async with reading(session, master.url, "agents,apps") as reader:
            await reader.read(lambda reader: "agents" in reader.tables and reader.said("out"))
            too_many = await ask("?tables=agents")
            app.office.pause("for the test")
            with pytest.raises(EOFError):
                await reader.read(lambda _: False)

    assert [400, 400, 400, 405, 503] == [status for status, _ in (*refusals, posted, too_many)]
    assert all("tables: " in words for _, words in refusals)
    assert "1 browsers read" in too_many[1]
    assert "--ui_marathon" in reader.said("out")[0]["why"]


async def test_readers_see_what_they_may(tmp_path: Path) -> None:
    """Each by the access lists, and nobody without a name where one is asked for."""
    port = reserve_port()
    async with running_master(evolve(GUARDED, port=port)) as (_, master), ClientSession() as session:
        flags = ("--mesos_authentication_principal=fw", "--mesos_authentication_secret=hush", "--mesos_role=web")
        async with running_marathon(reserve_port(), f"127.0.0.1:{port}", tmp_path, *flags):
            async with reading(session, master.url, "frameworks", proof(OPS)) as ops:
                await ops.read(lambda reader: reader.tables.get("frameworks"))
            async with reading(session, master.url, "frameworks", proof(CLERK)) as clerk:
                await clerk.read_tables()
        async with session.get(f"{master.url}/ui/api/stream?tables=agents") as nobody:
            challenge = nobody.headers["WWW-Authenticate"]

    assert ["marathon"] == [row["name"] for row in ops.tables["frameworks"].values()]
    assert {} == clerk.tables["frameworks"]
    assert (401, 'Basic realm="mesos-master-readonly"') == (nobody.status, challenge)


async def test_a_browser_may_be_pointed_at_a_standby_and_outlives_the_leader(tmp_path: Path) -> None:
    """A standby hands on reading and asking alike; whoever reads Marathon's UI sees the next master by itself."""
    zk = QuorumUrl.parse(f"sqlite://{tmp_path}/masters.db?path=/mesos")
    ports = (reserve_port(), reserve_port())
    marathon_port, other_port = reserve_port(), reserve_port()
    config = evolve(OPEN, zk=zk, zk_session_timeout=4.0, ui_marathon=(f"http://127.0.0.1:{marathon_port}",))
    async with (
        running_master(evolve(config, port=ports[0])) as (first, leader),
        ClientSession() as session,
    ):
        await first.wait_leading()
        async with (
            running_master(evolve(config, port=ports[1])) as (second, standby),
            running_marathon(marathon_port, str(zk), tmp_path) as marathon,
            running_marathon(other_port, str(zk), tmp_path) as other_marathon,
        ):
            while second.office.leader is None:  # noqa: ASYNC110 - what a detector learns has no event
                await asyncio.sleep(0.01)
            status = await post_app(session, standby.url, "/web")
            readers, unknown = [], []
            for url in (standby.url, other_marathon.url):
                # As the standby's own page asks, whose name the leader does not know for its own.
                async with session.post(f"{url}/ui/api/cluster/nothing", headers={"Origin": url}) as answer:
                    unknown.append(answer.status)
                async with reading(session, url, "cluster,apps") as reader:
                    await reader.read_tables()
                readers.append(reader)
            async with reading(session, marathon.url, "cluster,apps") as lasting:
                await lasting.read_tables()
                await leader.end()
                address = f"127.0.0.1:{ports[1]}"
                await lasting.read(lambda reader: reader.tables["cluster"]["cluster"]["leader"] == address)

    assert (201, [404, 404]) == (status, unknown)
    assert [["/web"]] * 2 == [list(reader.tables["apps"]) for reader in readers]
    assert [f"127.0.0.1:{ports[0]}"] * 2 == [reader.tables["cluster"]["cluster"]["leader"] for reader in readers]
    assert ["cluster"] == lasting.said("out")[0]["tables"]
    assert 1 == sum(said["reset"] for said in lasting.said("rows") if said["table"] == "apps")

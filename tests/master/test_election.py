"""Masters that elect their leader: redirects, takeover, and what survives it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from attrs import evolve

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.wire import plain_json
from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_daemon.supervision import Stop
from koinon_master.agents.removal_limits import Percentage
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from koinon_master.identity import leader_address, make_master_info
from koinon_zk import QuorumUrl
from support.zookeeper import ZooKeeperAddress

PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def _running(zk: str) -> AsyncIterator[tuple[MasterApp, Stop]]:
    stop = Stop()
    app = MasterApp(MasterConfig(port=0, zk=QuorumUrl.parse(zk), zk_session_timeout=4.0), stop)
    task = asyncio.create_task(app.run())
    try:
        yield app, stop
    finally:
        stop.request("the test is over")
        await task


async def _get(app: MasterApp, path: str) -> tuple[int, str | None]:
    async with ClientSession() as session:
        response = await session.get(f"http://{app.server.address}{path}", allow_redirects=False)
        return response.status, response.headers.get("Location")


async def _check_takeover(zk: str) -> None:
    """A standby redirects to the leader, takes over when it ends, and knows its agents."""
    async with asyncio.timeout(PATIENCE_SECONDS), _running(zk) as (first, first_stop):
        await first.wait_leading()
        async with _running(zk) as (second, _):
            while second.office.leader is None:  # noqa: ASYNC110 - what a detector learns has no event
                await asyncio.sleep(0.01)
            redirected = await _get(second, "/master/state?x=1")
            healthy = await _get(second, "/health")
            first_url = f"http://{first.server.address}"
            async with LinkAgent(first_url) as agent:
                agent_id = await agent.register()
            first_stop.request("give way")
            await second.wait_leading()
            async with LinkAgent(f"http://{second.server.address}") as returned:
                returned.info = agent.info
                same_id = await returned.register()
                async with HttpFramework(f"http://{second.server.address}") as framework:
                    await framework.subscribe()
                    await framework.expect("OFFERS")

    assert (307, f"//{first.server.address}/master/state?x=1") == redirected
    assert (200, None) == healthy
    assert agent_id == same_id
    assert max(agent.epochs) < min(returned.epochs)


@pytest.mark.slow
async def test_standby_takes_over_on_one_machine(tmp_path: Path) -> None:
    """The same over a SQLite file."""
    await _check_takeover(f"sqlite://{tmp_path}/quorum.db?path=/mesos")


@pytest.mark.slow
async def test_standby_takes_over_in_zookeeper(zookeeper: ZooKeeperAddress) -> None:
    """The same over a real ZooKeeper."""
    await _check_takeover(f"zk://{zookeeper.hosts}{zookeeper.path}")


async def test_nobody_leads_yet(tmp_path: Path) -> None:
    """While no leader is known, clients get 503, and health 200."""
    app = MasterApp(MasterConfig(port=0, zk=QuorumUrl.parse(f"sqlite://{tmp_path}/quorum.db")), Stop())
    await app.server.start()

    answers = [await _get(app, path) for path in ("/state", "/redirect", "/health")]
    await app.server.stop()

    assert [503, 503, 200] == [status for status, _ in answers]


async def test_lone_master_finds_its_agents_after_a_restart(tmp_path: Path) -> None:
    """With a work_dir the registry survives, under a higher epoch."""
    epochs = []
    agent = None
    for _ in range(2):
        stop = Stop()
        app = MasterApp(MasterConfig(port=0, work_dir=tmp_path), stop)
        task = asyncio.create_task(app.run())
        await app.wait_leading()
        async with LinkAgent(f"http://{app.server.address}") as now:
            now.info = now.info if agent is None else agent.info
            await now.register()
        recovered = app.office.leading_loop().master.state.tallies["slave_reregistrations"]
        agent = now
        epochs.append(app.office.epoch)
        stop.request("restart")
        await task

    assert 1 == recovered
    assert epochs[0] < epochs[1]


async def test_master_that_misses_too_many_agents_ends(tmp_path: Path) -> None:
    """Started again on its registry, with no agent coming back, it ends in words rather than give all of them up."""
    config = MasterConfig(port=0, work_dir=tmp_path)
    stop = Stop()
    first = MasterApp(config, stop)
    running = asyncio.create_task(first.run())
    await first.wait_leading()
    async with LinkAgent(f"http://{first.server.address}") as agent:
        await agent.register()
    stop.request("restart")
    await running

    strict = evolve(config, agent_reregister_timeout=0.1, recovery_agent_removal_limit=Percentage(0.0))
    failed = Stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await MasterApp(strict, failed).run()

    assert "1 of 1 agents did not come back in time" in failed.reason
    assert ExitCode.CLEAN is not failed.code


async def test_leader_that_is_cut_off_sends_nobody_to_itself(tmp_path: Path) -> None:
    """While it can't know whether it leads it answers 503, and redirects to nobody."""
    async with _running(f"sqlite://{tmp_path}/quorum.db?path=/mesos") as (app, _):
        await app.wait_leading()
        app.office.pause("suspended")
        answers = [await _get(app, path) for path in ("/state", "/redirect")]
        app.office.take(app.office.epoch)
        after = await _get(app, "/state")

    assert [503, 503] == [status for status, _ in answers]
    assert 200 == after[0]


def test_master_info_is_what_detectors_read() -> None:
    """The JSON of mesos-semantics 1, and the way back to an address."""
    info = make_master_info("id", HostPort("10.0.0.1", 5050), "m1.example")

    assert {
        "address": {"hostname": "m1.example", "ip": "10.0.0.1", "port": 5050},
        "capabilities": [{"type": "AGENT_UPDATE"}, {"type": "AGENT_DRAINING"}, {"type": "QUOTA_V2"}],
        "hostname": "m1.example",
        "id": "id",
        "ip": 16777226,
        "pid": "master@10.0.0.1:5050",
        "port": 5050,
        "version": "1.11.0",
    } == json.loads(plain_json.encode(info))
    assert HostPort("m1.example", 5050) == leader_address(info)

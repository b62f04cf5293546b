"""Who leads, as ``--master`` says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from koinon_agent.events import LeaderDetected, LeaderLost
from koinon_agent.registration.leader_watch import read_leader, watch_leader
from koinon_core.agents import Address, MasterInfo
from koinon_core.wire import plain_json
from koinon_daemon.flag_values import HostPort
from koinon_zk import QuorumUrl, Standing, connect
from support.zookeeper import ZooKeeperAddress

INFO = MasterInfo(id="m", ip=0, port=5050, hostname="h", address=Address(hostname="h", ip="10.0.0.1", port=5051))


def test_a_leader_is_found_by_its_ip() -> None:
    """Masters that write no address are found by ip and port; what can't be read leads nobody (mesos-semantics 1)."""
    old = b'{"id":"m","ip":16777343,"port":5050,"hostname":"old"}'

    assert LeaderDetected("10.0.0.1", 5051) == read_leader(plain_json.encode(INFO))
    assert LeaderDetected("127.0.0.1", 5050) == read_leader(old)
    assert LeaderLost() == read_leader(None)
    assert LeaderLost() == read_leader(b"{")


async def test_fixed_address_leads_at_once() -> None:
    """Nobody is asked."""
    seen: list[LeaderDetected | LeaderLost] = []
    await watch_leader(HostPort("m", 5050), 10.0, seen.append)

    assert [LeaderDetected("m", 5050)] == seen


async def follow(url: QuorumUrl) -> list[LeaderDetected | LeaderLost]:
    """What is posted while a leader comes and goes."""
    seen: asyncio.Queue[LeaderDetected | LeaderLost] = asyncio.Queue()
    watch = asyncio.create_task(watch_leader(url, 5.0, seen.put_nowait))
    quorum = await connect(url, 5.0)
    story = []
    try:
        async with asyncio.timeout(20):
            story.append(await seen.get())
            campaign = quorum.contender().campaign(plain_json.encode(INFO))
            leading = asyncio.create_task(_lead(campaign))
            story.append(await seen.get())
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)
            await quorum.close()
            story.append(await seen.get())
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    return story


async def _lead(campaign: AsyncIterator[Standing]) -> None:
    _ = [standing async for standing in campaign]


@pytest.mark.slow
async def test_leader_of_an_embedded_quorum_is_followed(tmp_path: Path) -> None:
    """Nobody, a leader, nobody."""
    story = await follow(QuorumUrl.parse(f"sqlite://{tmp_path}/state.db?path=/koinon"))

    assert [LeaderLost(), LeaderDetected("10.0.0.1", 5051), LeaderLost()] == story


@pytest.mark.slow
async def test_leader_in_zookeeper_is_followed(zookeeper: ZooKeeperAddress) -> None:
    """The same over ZooKeeper."""
    story = await follow(QuorumUrl.parse(zookeeper.url))

    assert [LeaderLost(), LeaderDetected("10.0.0.1", 5051), LeaderLost()] == story

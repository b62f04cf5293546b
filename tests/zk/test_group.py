"""A group in a real ZooKeeper: Mesos's own layout, so that others' detectors find us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError

from koinon_zk import Quorum, QuorumRefused, QuorumUrl, QuorumUrlError, StandingKind, connect
from support.zookeeper import ZooKeeperAddress

pytestmark = pytest.mark.slow


async def open_group(zookeeper: ZooKeeperAddress, credentials: str = "") -> Quorum:
    """A connection to the test's own path."""
    return await connect(QuorumUrl.parse(zookeeper.url.replace("zk://", f"zk://{credentials}")), 2.0)


@pytest.fixture
async def leader(zookeeper: ZooKeeperAddress) -> AsyncIterator[Quorum]:
    """A quorum whose candidate leads."""
    quorum = await open_group(zookeeper)
    async with asyncio.timeout(20):
        campaign = quorum.contender().campaign(b'{"id":"m1"}')
        async for standing in campaign:
            if standing.kind is StandingKind.LEADING:
                break
        yield quorum
    await quorum.close()


async def test_layout_is_that_of_mesos(leader: Quorum, zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """One ephemeral, sequential child with ten digits and the caller's data, and no other child."""
    children = await asyncio.to_thread(onlooker.get_children, zookeeper.path)
    data, stat = await asyncio.to_thread(onlooker.get, f"{zookeeper.path}/json.info_0000000000")

    assert ["json.info_0000000000"] == children
    assert b'{"id":"m1"}' == data
    assert stat.ephemeralOwner


async def test_close_removes_the_candidate(leader: Quorum, zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """A clean close leaves the group's path, and nobody in it."""
    await leader.close()

    assert [] == await asyncio.to_thread(onlooker.get_children, zookeeper.path)


async def test_store_beneath_the_group_is_refused(leader: Quorum, zookeeper: ZooKeeperAddress) -> None:
    """A store's znodes would look like candidates to clients that take any child for one."""
    for path in (zookeeper.path, f"{zookeeper.path}/state"):
        with pytest.raises(QuorumUrlError):
            leader.store(path)


async def test_credentials_keep_others_from_writing(zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """With user and password the creator may do all, the world only read, and a stranger's campaign is refused."""
    owner, stranger = await open_group(zookeeper, "me:secret@"), await open_group(zookeeper, "you:other@")
    async with asyncio.timeout(20):
        campaign = owner.contender().campaign(b"mine")
        await anext(campaign)
        name = f"{zookeeper.path}/json.info_0000000000"

        assert b"mine" == (await asyncio.to_thread(onlooker.get, name))[0]
        with pytest.raises(NoAuthError):
            await asyncio.to_thread(onlooker.set, name, b"theirs")
        with pytest.raises(QuorumRefused):
            await anext(stranger.contender().campaign(b"theirs"))
    await owner.close()
    await stranger.close()

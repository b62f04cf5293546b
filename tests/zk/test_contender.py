"""Campaigns through what befalls a real ZooKeeper: a restart, an expired session, a removed znode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from koinon_zk import QuorumUrl, Standing, StandingKind, connect
from support.processes import Child
from support.quorums import candidate_argv
from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble

pytestmark = pytest.mark.slow


async def next_kinds(standings: AsyncIterator[Standing], count: int) -> list[StandingKind]:
    """The next standings' kinds."""
    async with asyncio.timeout(20):
        return [(await anext(standings)).kind for _ in range(count)]


async def test_restarted_server_suspends_and_gives_back(lone_server: ZooKeeperEnsemble) -> None:
    """While the server is away the leader is SUSPENDED; its session survives, and it leads again."""
    quorum = await connect(QuorumUrl.parse(f"zk://{lone_server.hosts}/masters"), 20.0)
    standings = quorum.contender().campaign(b"one")
    before = await next_kinds(standings, 2)
    lone_server.members[0].kill()
    meanwhile = await next_kinds(standings, 1)
    lone_server.members[0].start()
    after = await next_kinds(standings, 1)
    await quorum.close()

    assert [StandingKind.FOLLOWING, StandingKind.LEADING] == before
    assert [StandingKind.SUSPENDED] == meanwhile
    assert [StandingKind.LEADING] == after


async def test_campaign_waits_for_an_ensemble(lone_server: ZooKeeperEnsemble) -> None:
    """Nobody there when a candidate comes is no error: it stands as soon as there is."""
    lone_server.members[0].kill()
    quorum = await connect(QuorumUrl.parse(f"zk://{lone_server.hosts}/masters"), 10.0)
    standing = asyncio.create_task(next_kinds(quorum.contender().campaign(b"one"), 2))
    leaders = quorum.detector().leaders()

    assert await anext(leaders) is None
    lone_server.members[0].start()
    assert [StandingKind.FOLLOWING, StandingKind.LEADING] == await standing
    await quorum.close()


def test_stopped_leader_is_succeeded_and_lost(zookeeper: ZooKeeperAddress, tmp_path: Path) -> None:
    """A leader that stands still longer than its session is succeeded, and LOST when it wakes."""
    argv = candidate_argv(zookeeper.url, "one", 0.6)
    with Child(argv, tmp_path / "one.log") as one:
        one.wait_line("^leading 1$")
        with Child(argv, tmp_path / "two.log") as two:
            two.wait_line("^following 2$")
            one.suspend()
            two.wait_line("^leading 2$")
            one.resume()
            one.wait_line("^lost 1$")

            assert 0 == one.wait_exit()


async def test_leader_without_its_znode_is_lost(zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """Somebody removes the leader's znode: LOST. A follower's: it stands again."""
    one, two = [await connect(QuorumUrl.parse(zookeeper.url), 2.0) for _ in range(2)]
    first, second = one.contender().campaign(b"one"), two.contender().campaign(b"two")
    await next_kinds(first, 2)
    follower = await anext(second)
    await asyncio.to_thread(onlooker.delete, f"{zookeeper.path}/json.info_{follower.epoch - 1:010d}")
    again = await anext(second)
    await asyncio.to_thread(onlooker.delete, f"{zookeeper.path}/json.info_0000000000")

    assert StandingKind.FOLLOWING is again.kind
    assert follower.epoch < again.epoch
    assert [StandingKind.LOST] == await next_kinds(first, 1)
    assert [StandingKind.LEADING] == await next_kinds(second, 1)
    await one.close()
    await two.close()

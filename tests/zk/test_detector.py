"""Detection while a real ZooKeeper comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from koinon_zk import QuorumUrl, StandingKind, connect
from support.quorums import wait_kind
from support.zookeeper import ZooKeeperEnsemble

pytestmark = pytest.mark.slow


async def next_leader(leaders: AsyncIterator[bytes | None]) -> bytes | None:
    """The next thing that the detector says."""
    async with asyncio.timeout(20):
        return await anext(leaders)


async def test_short_absence_is_not_the_end_of_the_leader(lone_server: ZooKeeperEnsemble) -> None:
    """A server that comes back within the session timeout changes nothing; one that stays away means None."""
    url = QuorumUrl.parse(f"zk://{lone_server.hosts}/masters")
    candidate, watcher, hasty = await connect(url, 30.0), await connect(url, 30.0), await connect(url, 0.5)
    campaign = candidate.contender().campaign(b"one")
    await wait_kind(campaign, StandingKind.LEADING)
    patient, impatient = watcher.detector().leaders(), hasty.detector().leaders()
    for leaders in (patient, impatient):
        while await next_leader(leaders) != b"one":
            pass

    waiting = asyncio.create_task(next_leader(patient))
    lone_server.members[0].kill()

    assert await next_leader(impatient) is None
    lone_server.members[0].start()
    assert b"one" == await next_leader(impatient)
    assert not waiting.done()
    await wait_kind(campaign, StandingKind.LEADING)
    await candidate.close()
    assert await waiting is None
    await watcher.close()
    await hasty.close()

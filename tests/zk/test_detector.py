"""Detection while a real ZooKeeper comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from koinon_zk import QuorumUrl, StandingKind, connect
from koinon_zk.detector import GroupDetector
from koinon_zk.group import GroupSignal, Signals
from support.quorums import wait_kind
from support.zookeeper import ZooKeeperEnsemble


async def next_leader(leaders: AsyncIterator[bytes | None]) -> bytes | None:
    """The next thing that the detector says."""
    async with asyncio.timeout(20):
        return await anext(leaders)


@pytest.mark.slow
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


class LedGroup:
    """A group with one candidate, whose signals are the test's."""

    subject = "/masters"
    grace = 60.0

    def __init__(self) -> None:
        self.signals = Signals()

    @contextmanager
    def watching(self) -> Iterator[Signals]:
        yield self.signals

    async def join(self, label: str, data: bytes) -> int:
        raise NotImplementedError

    async def leave(self, label: str, sequence: int) -> None:
        raise NotImplementedError

    async def read(self, label: str, signals: Signals) -> list[int]:
        return [1]

    async def data(self, label: str, sequence: int) -> bytes | None:
        return b"one"


@pytest.mark.parametrize("turns", range(4))
async def test_ends_when_it_is_cancelled_whatever_comes_at_that_moment(turns: int) -> None:
    """The session ends just when the daemon does: so many turns of the loop before, and within the grace."""
    group = LedGroup()
    seen: list[bytes | None] = []

    async def follow() -> None:
        async for leader in GroupDetector(group, "").leaders():
            seen.append(leader)

    following = asyncio.create_task(follow())
    for signal in (GroupSignal.CONNECTED, GroupSignal.SUSPENDED):
        group.signals.put_nowait(signal)
        await _turn(10)
    group.signals.put_nowait(GroupSignal.EXPIRED)
    await _turn(turns)
    following.cancel()
    await _turn(10)

    assert following.cancelled()
    assert b"one" == seen[0]


async def _turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)

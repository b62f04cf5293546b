"""What every election promises, over SQLite and over a real ZooKeeper: contender and detector together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from koinon_zk import Quorum, QuorumUrl, StandingKind
from support.processes import Child
from support.quorums import PATIENCE_SECONDS, candidate_argv, wait_kind

OpenQuorum = Callable[[], Awaitable[Quorum]]
T = TypeVar("T")

SESSION_TIMEOUT = 2.0


async def wait_next(items: AsyncIterator[T]) -> T:
    """The next item, or TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(items)


async def wait_leader(leaders: AsyncIterator[bytes | None], data: bytes | None) -> None:
    """Until the detector says that this is the leader's data."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for leader in leaders:
            if leader == data:
                return


async def test_first_candidate_leads_the_second_follows(open_quorum: OpenQuorum) -> None:
    """The first to come leads, whoever comes later follows, under a greater epoch."""
    one, other = await open_quorum(), await open_quorum()
    first = one.contender().campaign(b"one")
    leading = await wait_kind(first, StandingKind.LEADING)
    following = await wait_next(other.contender().campaign(b"other"))

    assert StandingKind.FOLLOWING is following.kind
    assert leading.epoch < following.epoch


async def test_clean_close_hands_over(open_quorum: OpenQuorum) -> None:
    """A leader that closes its quorum is LOST, and the follower leads long before any timeout, under its epoch."""
    one, other = await open_quorum(), await open_quorum()
    first, second = one.contender().campaign(b"one"), other.contender().campaign(b"other")
    await wait_kind(first, StandingKind.LEADING)
    following = await wait_next(second)

    await one.close()
    started = time.monotonic()
    leading = await wait_kind(second, StandingKind.LEADING)

    assert time.monotonic() - started < SESSION_TIMEOUT / 2
    assert following.epoch == leading.epoch
    assert StandingKind.LOST is (await wait_next(first)).kind
    with pytest.raises(StopAsyncIteration):
        await anext(first)


async def test_withdrawal_hands_over(open_quorum: OpenQuorum) -> None:
    """A campaign that is closed frees its place though the connection stays."""
    quorum = await open_quorum()
    first = quorum.contender().campaign(b"one")
    await wait_kind(first, StandingKind.LEADING)
    second = quorum.contender().campaign(b"other")
    await wait_next(second)

    await first.aclose()

    assert StandingKind.LEADING is (await wait_next(second)).kind


@pytest.mark.slow
async def test_cancelled_campaign_leaves_no_candidate(open_quorum: OpenQuorum) -> None:
    """A campaign that is cancelled while it joins leaves nobody behind who would lead for ever."""
    one, other = await open_quorum(), await open_quorum()
    for delay in (0.0, 0.001, 0.005, 0.1, 0.11):
        campaign = one.contender().campaign(b"one")
        task = asyncio.ensure_future(anext(campaign))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await campaign.aclose()

    await wait_kind(other.contender().campaign(b"other"), StandingKind.LEADING)


async def test_detector_follows_the_leader(open_quorum: OpenQuorum) -> None:
    """A detector says None without a leader, then each leader's data in turn, then None again."""
    watcher, one, other = await open_quorum(), await open_quorum(), await open_quorum()
    leaders = watcher.detector().leaders()
    assert await wait_next(leaders) is None

    first = one.contender().campaign(b"one")
    await wait_kind(first, StandingKind.LEADING)
    await wait_leader(leaders, b"one")
    second = other.contender().campaign(b"other")
    await wait_next(second)
    await one.close()
    await wait_leader(leaders, b"other")
    await other.close()
    await wait_leader(leaders, None)


async def test_late_detector_learns_the_present_leader(open_quorum: OpenQuorum) -> None:
    """Who asks after the election is told its outcome."""
    one, watcher = await open_quorum(), await open_quorum()
    first = one.contender().campaign(b"one")
    await wait_kind(first, StandingKind.LEADING)

    await wait_leader(watcher.detector().leaders(), b"one")


async def test_other_labels_do_not_count(open_quorum: OpenQuorum) -> None:
    """Candidates of another label under the same path neither lead nor hinder ours."""
    one, other = await open_quorum(), await open_quorum()
    old = one.contender("info_").campaign(b"old")
    await wait_kind(old, StandingKind.LEADING)
    new = other.contender().campaign(b"new")

    await wait_kind(new, StandingKind.LEADING)
    await wait_leader(one.detector().leaders(), b"new")


@pytest.mark.slow
async def test_killed_leader_is_succeeded(open_quorum: OpenQuorum, quorum_url: QuorumUrl, tmp_path: Path) -> None:
    """A leader that is killed with SIGKILL is succeeded within the session timeout and a bit."""
    with Child(candidate_argv(quorum_url, "victim", SESSION_TIMEOUT), tmp_path / "candidate.log") as victim:
        victim.wait_line("^leading")
        quorum = await open_quorum()
        standings, leaders = quorum.contender().campaign(b"heir"), quorum.detector().leaders()
        await wait_next(standings)
        await wait_leader(leaders, b"victim")

        victim.kill()
        started = time.monotonic()
        await wait_kind(standings, StandingKind.LEADING)
        await wait_leader(leaders, b"heir")

    assert time.monotonic() - started < SESSION_TIMEOUT + 1.5

"""Election on one machine: who stands still leads on, watching costs next to nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from pathlib import Path

import pytest

from koinon_zk import QuorumRefused, QuorumUrl, StandingKind, connect
from koinon_zk.group import GroupSignal
from koinon_zk.sqlite_database import Database
from koinon_zk.sqlite_group import SqliteGroup
from support.processes import Child
from support.quorums import candidate_argv


@pytest.fixture
def url(tmp_path: Path) -> QuorumUrl:
    """A database of the test's own."""
    return QuorumUrl.parse(f"sqlite://{tmp_path}/state.db?path=/masters")


@pytest.mark.slow
async def test_stopped_leader_leads_on(url: QuorumUrl, tmp_path: Path) -> None:
    """A process that is stopped keeps its lock and its place; once killed it is succeeded within half a second."""
    with Child(candidate_argv(url, "one", 1.0), tmp_path / "one.log") as one:
        one.wait_line("^leading")
        quorum = await connect(url)
        standings = quorum.contender().campaign(b"two")
        await anext(standings)
        one.suspend()
        next_standing = asyncio.ensure_future(anext(standings))
        await asyncio.sleep(0.5)
        still_waiting = not next_standing.done()
        one.kill()
        started = time.monotonic()
        standing = await next_standing
        await quorum.close()

    assert still_waiting
    assert StandingKind.LEADING is standing.kind
    assert time.monotonic() - started < 0.5


@pytest.mark.slow
async def test_idle_election_costs_next_to_nothing(url: QuorumUrl) -> None:
    """A contender and a detector that wait use well below one per cent of a processor."""
    quorum = await connect(url)
    campaign, leaders = quorum.contender().campaign(b"one"), quorum.detector().leaders()
    await anext(campaign)
    waiting = [asyncio.ensure_future(anext(leaders)), asyncio.ensure_future(anext(campaign))]
    await asyncio.gather(*waiting)
    begun = time.process_time()
    await asyncio.sleep(2.0)
    spent = time.process_time() - begun
    await quorum.close()

    assert spent / 2.0 < 0.01


async def test_a_candidate_that_comes_and_goes_between_two_looks_is_told_of(url: QuorumUrl) -> None:
    """Whoever read the group in between believes in it, and must be told to read again."""
    file = Path(f"{url.file}")
    watcher, other = (SqliteGroup(Database(file), "/masters") for _ in range(2))
    with watcher.watching() as signals:
        first = await signals.get()
        number = await other.join("one", b"")
        read = await watcher.read("one", signals)
        await other.leave("one", number)
        async with asyncio.timeout(5):
            second = await signals.get()
    for group in (watcher, other):
        await group.close()

    assert ([number], GroupSignal.CONNECTED, GroupSignal.CHANGED) == (read, first, second)


async def test_lock_files_do_not_pile_up(url: QuorumUrl) -> None:
    """Whoever leaves takes its lock file along."""
    for _ in range(3):
        quorum = await connect(url)
        await anext(quorum.contender().campaign(b"one"))
        await quorum.close()

    assert [] == os.listdir(f"{url.file}.locks")


async def test_groups_of_one_file_are_apart(url: QuorumUrl) -> None:
    """Each path has a leader of its own."""
    quorums = [await connect(url.with_path(path)) for path in ("/masters", "/marathon")]
    campaigns = [quorum.contender().campaign(b"x") for quorum in quorums]
    kinds = [[(await anext(campaign)).kind for _ in range(2)] for campaign in campaigns]
    for quorum in quorums:
        await quorum.close()

    assert [[StandingKind.FOLLOWING, StandingKind.LEADING]] * 2 == kinds


async def test_newer_format_ends_campaign_and_detection(url: QuorumUrl) -> None:
    """A database that can't be used, for good, is told to whoever watches instead of waited for."""
    connection = sqlite3.connect(str(url.file))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    quorum = await connect(url)
    leaders = quorum.detector().leaders()

    assert await anext(leaders) is None
    with pytest.raises(QuorumRefused):
        await anext(leaders)
    with pytest.raises(QuorumRefused):
        await anext(quorum.contender().campaign(b"one"))
    await quorum.close()

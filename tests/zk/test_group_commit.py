"""Writes that wait go out together, and every caller gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from koinon_zk import Put, StaleVersion, StoreUnavailable
from koinon_zk.batching import Write
from koinon_zk.group_commit import GroupCommit, Outcome


def put(key: str) -> Write:
    """A write of one record."""
    return Write((Put(key, b""),))


async def test_writes_that_wait_share_a_batch() -> None:
    """The first goes alone; what came meanwhile goes as one; answers find their callers."""
    batches: list[int] = []

    async def commit(writes: Sequence[Write]) -> Sequence[Outcome]:
        batches.append(len(writes))
        await asyncio.sleep(0)
        return [[int(write.operations[0].key)] for write in writes]

    commits = GroupCommit(commit)
    first = asyncio.create_task(commits.write(put("0")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answers = await asyncio.gather(*(commits.write(put(str(number))) for number in range(1, 9)))

    assert [0] == await first
    assert [[number] for number in range(1, 9)] == answers
    assert [1, 8] == batches


async def test_failure_of_all_reaches_each() -> None:
    """What fails the batch is raised to everybody in it, and the next write is tried again."""
    attempts = 0

    async def commit(writes: Sequence[Write]) -> Sequence[Outcome]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise StoreUnavailable("/s", "gone")
        return [StaleVersion("b", 1) for _ in writes]

    commits = GroupCommit(commit)
    answers = await asyncio.gather(commits.write(put("a")), commits.write(put("c")), return_exceptions=True)

    assert [StoreUnavailable, StoreUnavailable] == [type(answer) for answer in answers]
    with pytest.raises(StaleVersion):
        await commits.write(put("b"))


async def test_cancelled_caller_does_not_disturb_the_others() -> None:
    """A write whose caller went away is committed all the same."""
    committed: list[str] = []

    async def commit(writes: Sequence[Write]) -> Sequence[Outcome]:
        await asyncio.sleep(0)
        committed.extend(write.operations[0].key for write in writes)
        return [[1] for _ in writes]

    commits = GroupCommit(commit)
    gone = asyncio.create_task(commits.write(put("gone")))
    await asyncio.sleep(0)
    gone.cancel()

    assert [1] == await commits.write(put("kept"))
    assert ["gone", "kept"] == committed

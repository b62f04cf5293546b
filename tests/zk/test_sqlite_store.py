"""The Store over SQLite: what survives a kill, what harm does."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from koinon_zk import CorruptRecord, Put, QuorumRefused, QuorumUrl, Store, StoreUnavailable, connect
from support.processes import Child

WRITER = """
import asyncio, sys
from koinon_zk import Put, QuorumUrl, connect

async def write():
    store = (await connect(QuorumUrl.parse(sys.argv[1]))).store("/state")
    number = 0
    while True:
        numbers = range(number, number + 10)
        await asyncio.gather(*(store.write([Put(str(each), b"x" * 100)]) for each in numbers))
        number += 10
        print("acknowledged", number, flush=True)

asyncio.run(write())
"""


@pytest.fixture
def url(tmp_path: Path) -> QuorumUrl:
    """A database of the test's own."""
    return QuorumUrl.parse(f"sqlite://{tmp_path}/deep/state.db")


@pytest.fixture
async def store(url: QuorumUrl) -> AsyncIterator[Store]:
    """An empty store in it."""
    quorum = await connect(url)
    yield quorum.store("/state")
    await quorum.close()


@pytest.mark.slow
async def test_acknowledged_writes_survive_a_kill(store: Store, url: QuorumUrl, tmp_path: Path) -> None:
    """A writer killed with SIGKILL in the midst of writing loses nothing that it was told is written."""
    with Child([sys.executable, "-c", WRITER, str(url)], tmp_path / "writer.log") as writer:
        writer.wait_line("^acknowledged 200$")
        writer.kill()
        acknowledged = int(re.findall(r"acknowledged (\d+)\n", writer.output)[-1])

    assert {str(number) for number in range(acknowledged)} <= set(await store.list())


async def test_stores_of_one_file_are_apart(url: QuorumUrl) -> None:
    """Two paths are two stores, each with its own fence."""
    quorum = await connect(url)
    one, other = quorum.store("/one"), quorum.store("/other")
    await one.fence(5)
    await other.fence(2)
    await one.write([Put("a", b"1")])

    assert [1] == await other.write([Put("b", b"2")])
    assert (["a"], ["b"]) == (await one.list(), await other.list())
    await quorum.close()


async def test_unreadable_record_names_its_place(store: Store, url: QuorumUrl) -> None:
    """A row that somebody overwrote stops every reading of it, by file, store and key."""
    await store.write([Put("apps/web", b"x")])
    with sqlite3.connect(str(url.file)) as connection:
        connection.execute("UPDATE records SET frame = 'garbage'")
    connection.close()

    for read in (lambda: store.get("apps/web"), store.get_all):
        with pytest.raises(CorruptRecord) as caught:
            await read()
        assert f"{url.file}:/state/apps/web" == caught.value.path


async def test_file_that_is_no_database_is_corrupt(store: Store, url: QuorumUrl) -> None:
    """Something else in the file's place is named, and left as it is."""
    assert url.file is not None
    url.file.parent.mkdir()
    url.file.write_bytes(b"not a database, " * 100)

    with pytest.raises(CorruptRecord) as caught:
        await store.list()

    assert str(url.file) == caught.value.path


async def test_newer_format_is_refused(store: Store, url: QuorumUrl) -> None:
    """A database of a later version is not touched."""
    assert url.file is not None
    url.file.parent.mkdir()
    connection = sqlite3.connect(url.file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(QuorumRefused, match="99"):
        await store.write([Put("a", b"")])


async def test_unusable_directory_is_a_temporary_error(tmp_path: Path) -> None:
    """Where no file can be made the store is unavailable, and works once one can be."""
    (tmp_path / "blocked").write_text("a file, not a directory")
    quorum = await connect(QuorumUrl.parse(f"sqlite://{tmp_path}/blocked/state.db"))
    store = quorum.store("/state")

    with pytest.raises(StoreUnavailable):
        await store.list()
    (tmp_path / "blocked").unlink()
    assert [] == await store.list()
    await quorum.close()

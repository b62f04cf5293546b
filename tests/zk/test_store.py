"""The Store over a real ZooKeeper: what lies there, what harm does, what an absent server means."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from kazoo.client import KazooClient

from koinon_zk import (
    ABSENT,
    CorruptRecord,
    Delete,
    Put,
    QuorumUrl,
    StaleVersion,
    Store,
    StoreUnavailable,
    connect,
    session,
)
from support.quorums import wait_reachable
from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble

pytestmark = pytest.mark.slow
LARGE = random.Random(1).randbytes(2_000_000)


@pytest.fixture
async def store(zookeeper: ZooKeeperAddress) -> AsyncIterator[Store]:
    """A store at the test's own path."""
    quorum = await connect(QuorumUrl.parse(f"zk://{zookeeper.hosts}/elsewhere"), 2.0)
    opened = quorum.store(zookeeper.path)
    await wait_reachable(opened)
    yield opened
    await quorum.close()


async def test_unreadable_record_names_its_znode(
    store: Store, zookeeper: ZooKeeperAddress, onlooker: KazooClient
) -> None:
    """A record that somebody overwrote stops every reading of it, by path."""
    path = f"{zookeeper.path}/records/apps/web="
    await store.write([Put("apps/web", b"x"), Put("apps/db", b"y")])
    await asyncio.to_thread(onlooker.set, path, b"garbage")

    for read in (lambda: store.get("apps/web"), store.get_all):
        with pytest.raises(CorruptRecord) as caught:
            await read()
        assert path == caught.value.path


async def test_missing_chunk_is_corruption(store: Store, zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """A large record whose chunk is gone is corrupt, not absent."""
    await store.write([Put("large", LARGE)])
    chunks = await asyncio.to_thread(onlooker.get_children, f"{zookeeper.path}/chunks")
    await asyncio.to_thread(onlooker.delete, f"{zookeeper.path}/chunks/{chunks[0]}")

    with pytest.raises(CorruptRecord):
        await store.get("large")


async def test_chunks_are_cleared(store: Store, zookeeper: ZooKeeperAddress, onlooker: KazooClient) -> None:
    """Old chunks go with the writing that replaced them, and those of a failed writing with its failure."""

    async def count_chunks() -> int:
        return len(await asyncio.to_thread(onlooker.get_children, f"{zookeeper.path}/chunks"))

    await store.write([Put("large", LARGE)])
    await store.write([Put("large", LARGE[::-1])])
    replaced = await count_chunks()
    with pytest.raises(StaleVersion):
        await store.write([Put("large", LARGE, ABSENT)])
    failed = await count_chunks()
    await store.write([Delete("large")])

    assert (3, 3, 0) == (replaced, failed, await count_chunks())


async def test_removed_directories_are_made_again(
    store: Store, zookeeper: ZooKeeperAddress, onlooker: KazooClient
) -> None:
    """Somebody empties the store under us: the next write makes what it needs."""
    await store.write([Put("apps/web", b"x")])
    await asyncio.to_thread(onlooker.delete, zookeeper.path, recursive=True)

    assert [1] == await store.write([Put("apps/web", b"y", ABSENT)])


async def test_absent_server_is_a_temporary_error(lone_server: ZooKeeperEnsemble) -> None:
    """Without a connection every call fails at once with StoreUnavailable; with it, what was acknowledged is there."""
    quorum = await connect(QuorumUrl.parse(f"zk://{lone_server.hosts}/masters"), 10.0)
    store = quorum.store("/state")
    await wait_reachable(store)
    await store.write([Put("a", b"kept")])
    lone_server.members[0].kill()

    with pytest.raises(StoreUnavailable):
        await store.write([Put("a", b"lost")])
    with pytest.raises(StoreUnavailable):
        await store.list()
    lone_server.members[0].start()
    await wait_reachable(store)
    record = await store.get("a")

    assert record is not None
    assert b"kept" == record.value
    await quorum.close()


async def test_old_servers_are_read_one_by_one(
    store: Store, zookeeper: ZooKeeperAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server does not know the request for many readings, the same is found without it."""
    await store.write([Put("a/b/c", b"1"), Put("a/d", b"2"), Put("e", LARGE)])
    found = await store.get_all()
    monkeypatch.setattr(session, "knows_bulk_reads", lambda _answer: False)
    quorum = await connect(QuorumUrl.parse(f"zk://{zookeeper.hosts}/elsewhere"), 2.0)
    alone = await (await wait_reachable(quorum.store(zookeeper.path))).get_all()
    await quorum.close()

    assert ["a/b/c", "a/d", "e"] == list(found)
    assert found == alone
    assert LARGE == alone["e"].value

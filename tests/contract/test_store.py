"""What every Store promises, in memory, over SQLite and over a real ZooKeeper."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from koinon_zk import ABSENT, Delete, Fenced, InvalidKey, InvalidWrite, Put, Record, StaleVersion, Store

OpenStore = Callable[[], Awaitable[Store]]

LARGE = random.Random(1).randbytes(2_500_000)
ODD_KEYS = ["a", "a/b", "a b/ä€😀", "../x", "./.", "per%2Fcent", "x=", "x", "fence", "100%"]


async def test_absent_key_has_no_record(store: Store) -> None:
    """A key that nobody wrote is None, in no list, and removing it is content."""
    assert await store.get("apps/web") is None
    assert [] == await store.list()
    assert {} == await store.get_all("apps")
    assert [ABSENT] == await store.write([Delete("apps/web")])
    assert [] == await store.write([])


async def test_record_comes_back_with_its_version(store: Store) -> None:
    """What is written is read; each write makes the version greater by one, from 1."""
    created = await store.write([Put("apps/web", b"one", ABSENT)])
    replaced = await store.write([Put("apps/web", b"two", 1)])
    anyway = await store.write([Put("apps/web", b"", None)])

    assert ([1], [2], [3]) == (created, replaced, anyway)
    assert Record("apps/web", b"", 3) == await store.get("apps/web")


@pytest.mark.parametrize(
    "operation",
    [Put("there", b"x", ABSENT), Put("there", b"x", 2), Put("gone", b"x", 1), Delete("there", 2), Delete("gone", 1)],
    ids=str,
)
async def test_stale_operation_fails_its_whole_write(store: Store, operation: Put | Delete) -> None:
    """A version that is not the present one refuses all operations of the write, and names the key."""
    await store.write([Put("there", b"old", ABSENT)])

    with pytest.raises(StaleVersion) as caught:
        await store.write([Put("beside", b"new"), operation])

    assert (operation.key, operation.expected) == (caught.value.key, caught.value.expected)
    assert {"there": Record("there", b"old", 1)} == await store.get_all()


async def test_removed_record_is_gone(store: Store) -> None:
    """Delete takes the record away at the version it names, and the key may come back."""
    await store.write([Put("a", b"1"), Put("b", b"2")])

    assert [ABSENT, 2] == await store.write([Delete("a", 1), Put("b", b"3", 1)])
    assert ["b"] == await store.list()
    assert [1] == await store.write([Put("a", b"4", ABSENT)])


async def test_prefix_names_a_directory(store: Store) -> None:
    """A prefix selects what lies below its slash, at any depth, sorted; never a neighbour that begins alike."""
    keys = ["apps/web/v1", "apps/web", "apps/db", "apps", "appsoid/x", "app"]
    await store.write([Put(key, key.encode()) for key in keys])

    assert ["apps/db", "apps/web", "apps/web/v1"] == await store.list("apps")
    assert {"apps/web/v1": Record("apps/web/v1", b"apps/web/v1", 1)} == await store.get_all("apps/web/")
    assert sorted(keys) == await store.list()


async def test_any_text_can_be_a_key(store: Store) -> None:
    """Keys that ZooKeeper or SQL would stumble over come back as they were."""
    await store.write([Put(key, key.encode()) for key in ODD_KEYS])

    assert sorted(ODD_KEYS) == await store.list()
    assert {key: key.encode() for key in ODD_KEYS} == {k: r.value for k, r in (await store.get_all()).items()}


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "a\0b", "\ud83d"])
async def test_key_that_is_none_is_refused(store: Store, key: str) -> None:
    """An empty key or segment is the caller's fault, on reading as on writing."""
    with pytest.raises(InvalidKey):
        await store.get(key)
    with pytest.raises(InvalidKey):
        Put(key, b"")


async def test_key_twice_is_refused(store: Store) -> None:
    """One write says one thing of each key."""
    with pytest.raises(InvalidWrite):
        await store.write([Put("a", b"1"), Delete("a")])


@pytest.mark.slow
async def test_large_value_comes_back(store: Store) -> None:
    """A value of several times ZooKeeper's limit is written, replaced and removed like any other."""
    await store.write([Put("large", LARGE, ABSENT), Put("other", LARGE[:900_000], ABSENT)])
    first = await store.get_all()
    await store.write([Put("large", LARGE[::-1], 1), Delete("other", 1)])
    second = await store.get("large")
    with pytest.raises(StaleVersion):
        await store.write([Put("large", LARGE, 1)])

    assert [LARGE, LARGE[:900_000]] == [record.value for record in first.values()]
    assert Record("large", LARGE[::-1], 2) == second
    assert [3] == await store.write([Put("large", b"small", 2)])
    assert Record("large", b"small", 3) == await store.get("large")


async def test_older_epoch_is_fenced_off(open_store: OpenStore) -> None:
    """Once a newer epoch took the store, the older one's writes and its fence are refused, and change nothing."""
    old, new = await open_store(), await open_store()
    await old.fence(3)
    await old.write([Put("a", b"old")])
    await new.fence(7)

    with pytest.raises(Fenced) as caught:
        await old.write([Put("a", b"late")])
    with pytest.raises(Fenced):
        await old.write([Put("large", LARGE)])
    with pytest.raises(Fenced):
        await old.fence(3)

    assert (3, 7) == (caught.value.epoch, caught.value.newer)
    assert [2] == await new.write([Put("a", b"new", 1)])
    assert ["a"] == await old.list()


async def test_fence_may_be_taken_again(open_store: OpenStore) -> None:
    """The same epoch takes its fence twice without harm, as after an answer that got lost."""
    store = await open_store()
    await store.fence(3)
    await store.fence(3)
    await store.fence(4)

    assert [1] == await store.write([Put("a", b"x")])


async def test_waiting_writes_fail_alone(store: Store) -> None:
    """Of many writes that wait together, a stale one fails and its neighbours don't."""
    await store.write([Put("3", b"old", ABSENT)])

    writes = [store.write([Put(str(number), b"new", ABSENT), Put(f"beside/{number}", b"")]) for number in range(100)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    assert isinstance(outcomes.pop(3), StaleVersion)
    assert [[1, 1]] * 99 == outcomes
    assert 100 + 99 == len(await store.list())


async def test_writers_lose_no_update(open_store: OpenStore) -> None:
    """Two clients that read, add and compare-and-set at once lose none of each other's additions."""

    async def add(store: Store) -> None:
        for _ in range(20):
            while True:
                record = await store.get("count")
                value, version = (int(record.value), record.version) if record else (0, ABSENT)
                try:
                    await store.write([Put("count", str(value + 1).encode(), version)])
                    break
                except StaleVersion:
                    continue

    one, other = await open_store(), await open_store()
    await asyncio.gather(add(one), add(other))

    assert Record("count", b"40", 40) == await one.get("count")


async def test_unconditional_writers_both_succeed(open_store: OpenStore) -> None:
    """Writes that expect nothing never fail for what others do to the same keys meanwhile."""
    one, other = await open_store(), await open_store()

    for _ in range(10):
        await asyncio.gather(one.write([Put("a", b"1")]), other.write([Delete("a")]), other.write([Put("b", b"2")]))

    assert b"2" == (await one.get_all())["b"].value

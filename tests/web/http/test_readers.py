"""All readers of one daemon: who is refreshed, who is woken, what each gets; without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import orjson
import pytest
from structlog.testing import capture_logs

from koinon_daemon.errors import ApiError
from koinon_web.feed import Wanted
from koinon_web.http.readers import Reader, Readers
from koinon_web.tables import Position, Table


class Cluster:
    """A source of two tables, one of which may be at fault, and of one that only ops may see."""

    def __init__(self) -> None:
        self.tables = {name: Table(name, "T") for name in ("agents", "tasks", "roles")}
        self.fault: Exception | None = None
        self.asked: list[tuple[str | None, tuple[str, ...]]] = []

    def has(self, name: str) -> bool:
        return name in self.tables

    is_behind = False

    def refresh(self, names: Collection[str], viewer: str | None) -> dict[str, Table]:
        self.asked.append((viewer, tuple(names)))
        if "roles" in names and viewer != "ops":
            raise ApiError(403, "only ops see roles")
        if "tasks" in names and self.fault is not None:
            raise self.fault
        return {name: self.tables[name] for name in names}


def rows_of(frames: list[bytes]) -> dict[str, dict[str, int]]:
    """What frames bring, by table."""
    said = [orjson.loads(frame.split(b"data: ", 1)[1]) for frame in frames]
    return {one["table"]: one["put"] for one in said}


async def news(readers: Readers, reader: Reader) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Wait until there may be some, and take it."""
    async with asyncio.timeout(5):
        await reader.fresh.wait()
    reader.fresh.clear()
    frames, out = readers.take(reader)
    return rows_of(frames), out


async def test_a_slow_reader_gets_each_row_once_as_it_is_then() -> None:
    """A thousand changes of one row are one row to whoever takes nothing meanwhile."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    reader = readers.enter([Wanted("tasks")], None)
    cluster.tables["tasks"].put("a", b"0")
    first = await news(readers, reader)
    for number in range(1000):
        cluster.tables["tasks"].put("a", b"%d" % number)
    then = await news(readers, reader)
    nothing = readers.take(reader)
    readers.leave(reader)

    assert [({"tasks": {"a": 0}}, {}), ({"tasks": {"a": 999}}, {}), ([], {})] == [first, then, nothing]


async def test_readers_of_one_place_share_the_bytes_and_one_refresh() -> None:
    """What is asked of the source is the union, once for all who may see the same."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    cluster.tables["tasks"].put("a", b"1")
    some = [readers.enter([Wanted("tasks"), Wanted("agents")], None) for _ in range(3)]
    ops = readers.enter([Wanted("roles")], "ops")
    await asyncio.wait_for(some[0].fresh.wait(), 5)
    taken = [readers.take(reader)[0] for reader in some]
    for reader in (*some, ops):
        readers.leave(reader)

    assert 3 == len({id(frames) for frames in taken})
    assert 1 == len({id(frames[0]) for frames in taken})
    assert [(None, ("tasks", "agents")), ("ops", ("roles",))] == sorted(cluster.asked, key=lambda one: str(one[0]))


async def test_a_long_table_comes_in_pieces_but_to_who_shows_it_already() -> None:
    """The first rows are read while the others are written; rows that are in view must not go for a moment."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    for number in range(5000):
        cluster.tables["tasks"].put(f"t{number}", b"1")
    new = readers.enter([Wanted("tasks")], None)
    known = readers.enter([Wanted("tasks", Position("F", 9))], None)
    pieces = []
    for _ in range(3):
        await asyncio.wait_for(new.fresh.wait(), 5)
        new.fresh.clear()
        pieces.append(len(rows_of(readers.take(new)[0])["tasks"]))
    whole = len(rows_of(readers.take(known)[0])["tasks"])
    is_more = new.fresh.is_set()
    for reader in (new, known):
        readers.leave(reader)

    assert [2000, 2000, 1000] == pieces
    assert 5000 == whole
    assert not is_more


async def test_places_of_a_former_leader_are_one() -> None:
    """Where all come back to a new leader, each from a place of its own, the whole is encoded once."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    cluster.tables["tasks"].put("a", b"1")
    some = [readers.enter([Wanted("tasks", Position("F", number))], None) for number in range(3)]
    await asyncio.wait_for(some[0].fresh.wait(), 5)
    taken = [readers.take(reader)[0] for reader in some]
    for reader in some:
        readers.leave(reader)

    assert [{"tasks": {"a": 1}}] * 3 == [rows_of(frames) for frames in taken]
    assert 1 == len({id(frames[0]) for frames in taken})


async def test_who_reads_the_other_daemon_alone_has_nobody_asked() -> None:
    """The source may ask an authorizer of every app for each viewer: not for one to whom it shows nothing."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    idle, reader = readers.enter([], "ops"), readers.enter([Wanted("tasks")], None)
    await news(readers, reader)
    readers.leave(idle)
    readers.leave(reader)

    assert [(None, ("tasks",))] == cluster.asked


async def test_everybody_has_a_turn_between_two_viewers() -> None:
    """Whose tables hold only what each may see are made one after the other, not in one go."""
    order: list[str] = []

    class Slow(Cluster):
        def refresh(self, names: Collection[str], viewer: str | None) -> dict[str, Table]:
            order.append(f"for {viewer}")
            asyncio.get_running_loop().call_soon(order.append, "somebody else")
            return super().refresh(names, viewer)

    cluster = Slow()
    readers = Readers(lambda: cluster)
    some = [readers.enter([Wanted("tasks")], name) for name in ("a", "b")]
    for reader in some:
        await asyncio.wait_for(reader.fresh.wait(), 5)
        readers.leave(reader)

    assert ["for", "somebody", "for"] == [one.split(" ")[0] for one in order[:3]]


async def test_a_table_at_fault_takes_no_other_along() -> None:
    """It is told as out with the reason, once, and comes again by itself."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    cluster.fault = ZeroDivisionError()
    reader = readers.enter([Wanted("tasks"), Wanted("agents"), Wanted("roles"), Wanted("usage")], None)
    with capture_logs() as logs:
        rows, out = await news(readers, reader)
    cluster.fault = None
    again, no_more = await news(readers, reader)
    readers.leave(reader)

    assert ["table_failed"] == [entry["event"] for entry in logs]
    assert {"agents": {}} == rows
    assert {"tasks", "roles", "usage"} == out.keys()
    assert "ZeroDivisionError" in out["tasks"]
    assert ("only ops see roles", "this daemon has no table usage") == (out["roles"], out["usage"])
    assert ({"tasks": {}}, {}) == (again, no_more)


async def test_nobody_is_woken_for_nothing() -> None:
    """Where no table changed, readers sleep on though the source is asked."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    reader = readers.enter([Wanted("tasks")], None)
    await news(readers, reader)
    asked = len(cluster.asked)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.fresh.wait(), 0.25)
    readers.leave(reader)

    assert len(cluster.asked) >= asked + 1


async def test_nothing_is_refreshed_while_nobody_reads() -> None:
    """The last reader who leaves ends it."""
    cluster = Cluster()
    readers = Readers(lambda: cluster)
    reader = readers.enter([Wanted("tasks")], None)
    await news(readers, reader)
    readers.leave(reader)
    asked = len(cluster.asked)
    await asyncio.sleep(0)

    assert (0, asked) == (len(readers), len(cluster.asked))
    assert readers._refreshing is None


async def test_another_source_ends_all_streams() -> None:
    """Another term has other tables: readers come anew. Without a source nobody gets in."""
    sources: list[Cluster] = [Cluster()]
    readers = Readers(lambda: sources[0] if sources else None)
    reader = readers.enter([Wanted("tasks")], None)
    await news(readers, reader)
    sources[0] = Cluster()
    await asyncio.wait_for(reader.fresh.wait(), 5)
    is_over = reader.is_over
    sources.clear()

    with pytest.raises(ApiError) as caught:
        readers.enter([Wanted("tasks")], None)
    readers.leave(reader)
    assert is_over
    assert 503 == caught.value.status

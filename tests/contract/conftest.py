"""What the contract suites run against: each implementation of a store, each of an election, with real parts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from koinon_zk import MemoryRecords, MemoryStore, Quorum, QuorumUrl, Store, connect
from support.quorums import wait_reachable
from support.zookeeper import ZooKeeperAddress

SESSION_TIMEOUT = 2.0
STORE_PATH = "/state"
_ZOOKEEPER = pytest.param("zookeeper", marks=pytest.mark.slow)

OpenQuorum = Callable[[], Awaitable[Quorum]]
OpenStore = Callable[[], Awaitable[Store]]


def make_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> QuorumUrl:
    """The address of a group that is this test's alone."""
    if kind == "sqlite":
        return QuorumUrl.parse(f"sqlite://{folder / 'quorum.db'}?path=/masters")
    address: ZooKeeperAddress = request.getfixturevalue("zookeeper")
    return QuorumUrl.parse(f"{address.url}/masters")


@pytest.fixture(params=["sqlite", _ZOOKEEPER])
def quorum_url(request: pytest.FixtureRequest, tmp_path: Path) -> QuorumUrl:
    """Where the quorum under test is."""
    return make_url(request.param, request, tmp_path)


async def _open(url: QuorumUrl, opened: list[Quorum]) -> Quorum:
    quorum = await connect(url, SESSION_TIMEOUT)
    opened.append(quorum)
    return quorum


@pytest.fixture
async def open_quorum(quorum_url: QuorumUrl) -> AsyncIterator[OpenQuorum]:
    """Opens as many connections to the quorum as a test calls for."""
    opened: list[Quorum] = []
    yield lambda: _open(quorum_url, opened)
    for quorum in opened:
        await quorum.close()


@pytest.fixture(params=["memory", "sqlite", _ZOOKEEPER])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens as many clients of one store as a test calls for."""
    opened: list[Quorum] = []
    shared = MemoryRecords()
    url = None if request.param == "memory" else make_url(request.param, request, tmp_path)

    async def open_one() -> Store:
        if url is None:
            return MemoryStore(shared)
        store = (await _open(url, opened)).store(url.path.removesuffix("/masters") + STORE_PATH)
        return await wait_reachable(store)

    yield open_one
    for quorum in opened:
        await quorum.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    """One client of an empty store."""
    return await open_store()

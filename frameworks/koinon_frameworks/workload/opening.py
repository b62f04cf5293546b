"""Opens the records of a workload by the address of a quorum, for whoever has no host that would do it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from koinon_core.clock import Clock
from koinon_zk import QuorumUrl, connect

from ..store import FrameworkStore

STORE_PATH = "/koinon-workloads"


@asynccontextmanager
async def open_store(url: str, name: str, clock: Clock) -> AsyncIterator[FrameworkStore]:
    """The records of the workload of that name. Whoever opened them before is refused from now on.

    ``url``: ``zk://host:port,.../path`` or ``sqlite:///directory/file.db``. Raises QuorumUrlError, Fenced where
    somebody opened it later by his clock, and what reading raises.
    """
    quorum = await connect(QuorumUrl.parse(url))
    try:
        store = quorum.store(f"{STORE_PATH}/{quote(name, safe='')}")
        await store.fence(round(clock.now() * 1000))
        yield await FrameworkStore.open(store, clock)
    finally:
        await quorum.close()

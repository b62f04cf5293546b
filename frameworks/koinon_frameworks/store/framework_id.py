"""A framework's id alone in its store, for those that keep no tasks there: ``FrameworkStore``'s keeper and no more."""

from __future__ import annotations

from random import Random

from koinon_core.ids import FrameworkId
from koinon_zk import Delete, Put, Store

from .framework_store import FRAMEWORK_KEY
from .record_codec import dump_framework_id, load_framework_id
from .writing import Writing


class StoredFrameworkId:
    """A ``FrameworkIdKeeper`` over the record that ``FrameworkStore`` keeps it in."""

    def __init__(self, store: Store, rng: Random) -> None:
        """``store`` holds this framework's records alone; ``rng`` spreads attempts while it is away."""
        self._store = store
        self._writing = Writing(store, rng)

    async def load(self) -> FrameworkId | None:
        """The id that the framework had. Raises UnreadableRecord, CorruptRecord, StoreUnavailable."""
        found = await self._store.get(FRAMEWORK_KEY)
        return None if found is None else load_framework_id(FRAMEWORK_KEY, found.value)

    async def save(self, framework_id: FrameworkId) -> None:
        """Keep it; waits as long as the store is away. Raises Fenced."""
        await self._writing.store_all([Put(FRAMEWORK_KEY, dump_framework_id(framework_id))])

    async def forget(self) -> None:
        """Drop it; waits as long as the store is away. Raises Fenced."""
        await self._writing.store_all([Delete(FRAMEWORK_KEY)])

"""Writes of one framework: each key one change at a time, again and again while the store is away."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final, TypeVar

import structlog

from koinon_core.backoff import Backoff
from koinon_zk import Operation, Store, StoreUnavailable

STORE_BACKOFF: Final = Backoff(initial=0.1, maximum=5.0, jitter=0.5)

T = TypeVar("T")
_logger = structlog.get_logger(__name__)


async def insist(ask: Callable[[], Awaitable[T]], rng: Random) -> T:
    """Ask a store what may be asked twice, again and again while it is away. Raises whatever else comes of it."""
    for attempt in itertools.count():
        try:
            return await ask()
        except StoreUnavailable as error:
            _logger.warning("store_unavailable", error=str(error), attempt=attempt)
            await asyncio.sleep(STORE_BACKOFF.delay(attempt, rng))
    raise AssertionError("one never stops counting")


class Writing:
    """Changes on their way into a store."""

    def __init__(self, store: Store, rng: Random) -> None:
        """``rng`` spreads attempts after the store was away."""
        self._store = store
        self._rng = rng
        self._taken: dict[str, asyncio.Event] = {}
        self._changes: set[asyncio.Task[Any]] = set()

    async def in_turn(self, keys: Iterable[str], change: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a change while nobody else changes these keys. A caller that is cancelled does not take it back."""
        running = asyncio.create_task(self._run(frozenset(keys), change), name="framework-store")
        self._changes.add(running)
        running.add_done_callback(self._changes.discard)
        return await asyncio.shield(running)

    async def store_all(self, operations: Sequence[Operation]) -> None:
        """Have them stored, all or none. Stored twice they are as good as once: while the store is away, try again."""
        await insist(lambda: self._store.write(operations), self._rng)

    async def _run(self, keys: frozenset[str], change: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._turn(keys):
            return await change()

    @asynccontextmanager
    async def _turn(self, keys: frozenset[str]) -> AsyncIterator[None]:
        """All keys at once, so that no two changes wait for each other."""
        while waits := next((self._taken[key] for key in keys if key in self._taken), None):
            await waits.wait()
        is_over = asyncio.Event()
        self._taken.update(dict.fromkeys(keys, is_over))
        try:
            yield
        finally:
            for key in keys:
                del self._taken[key]
            is_over.set()

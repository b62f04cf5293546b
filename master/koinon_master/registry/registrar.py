"""Makes registry operations durable, in order, those that wait together in one write; and reads the registry back.

What the operations mean is ``records``'; versions, checksums and the fence against an old leader are the Store's.
A store that is away for longer than ``RegistryPatience`` allows ends the master: another one may reach it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog
from attrs import frozen

from koinon_core.backoff import Backoff
from koinon_core.errors import DecodeError
from koinon_core.wire import refined_json
from koinon_daemon.metrics import Metrics
from koinon_zk import CorruptRecord, Delete, Fenced, Operation, Put, Record, Store, StoreUnavailable

from ..errors import LeadershipLost, RegistryTimeout, RegistryUnreadable
from .records import STORED, Registry, RegistryOperation, Value

T = TypeVar("T")

_BATCH = 100
_KEYS = 200
"""When a write is full: more operations or more keys wait for the next one."""
_BACKOFF = Backoff(initial=0.1, maximum=5.0, jitter=0.5)
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class RegistryPatience:
    """For how many seconds a store may stay away: ``--registry_fetch_timeout`` and ``--registry_store_timeout``."""

    fetch: float = 60.0
    store: float = 20.0


class Registrar:
    """One leader's way to the registry. ``run`` writes until it is cancelled or another leader takes over."""

    def __init__(self, store: Store, metrics: Metrics, patience: RegistryPatience | None = None) -> None:
        self._store = store
        self._patience = patience or RegistryPatience()
        self._registry = Registry()
        self._queue: asyncio.Queue[RegistryOperation] = asyncio.Queue()
        self._store_time = metrics.timer("registrar/state_store_ms")
        self._fetch_time = metrics.timer("registrar/state_fetch_ms")
        self._sizes: dict[str, int] | None = None
        metrics.gauge("registrar/queued_operations", self._queue.qsize)
        metrics.gauge("registrar/registry_size_bytes", lambda: sum((self._sizes or {}).values()))
        metrics.gauge("registrar/log/recovered", lambda: self._sizes is not None)

    def submit(self, operation: RegistryOperation) -> None:
        """Make an operation durable after those before it."""
        self._queue.put_nowait(operation)

    async def take_over(self, epoch: int) -> None:
        """Keep every earlier leader from writing. Raises LeadershipLost when a later one was here already."""
        try:
            await self._persist("registry_fetch_timeout", self._patience.fetch, lambda: self._store.fence(epoch))
        except Fenced as error:
            raise LeadershipLost(str(error)) from error

    async def fetch(self) -> Registry:
        """Read everything. Raises RegistryUnreadable at the first record that can't be read, RegistryTimeout."""
        began = asyncio.get_running_loop().time()
        registry = Registry()
        try:
            records = await self._persist("registry_fetch_timeout", self._patience.fetch, self._store.get_all)
        except CorruptRecord as error:
            raise RegistryUnreadable(error.path, error.why) from error
        for key, record in records.items():
            registry.load(key, _read(key, record))
        self._registry = registry
        self._sizes = {key: len(record.value) for key, record in records.items()}
        self._fetch_time.record(asyncio.get_running_loop().time() - began)
        return registry

    async def run(self, stored: Callable[[RegistryOperation], None]) -> None:
        """Write what is submitted, and tell ``stored`` of each operation once it is durable, in order.

        Raises LeadershipLost when a later leader has fenced this one off, RegistryTimeout.
        """
        while True:
            batch, keys = self._take(await self._queue.get())
            if keys:
                await self._write(keys)
            for operation in batch:
                stored(operation)

    def _take(self, first: RegistryOperation) -> tuple[list[RegistryOperation], dict[str, None]]:
        """The operations that travel in the next write, and the keys they change."""
        batch = [first]
        keys = dict.fromkeys(self._registry.apply(first))
        while len(batch) < _BATCH and len(keys) < _KEYS and not self._queue.empty():
            batch.append(self._queue.get_nowait())
            keys.update(dict.fromkeys(self._registry.apply(batch[-1])))
        return batch, keys

    async def _write(self, keys: Iterable[str]) -> None:
        # A write holds a key once: what the record is after the whole batch.
        writes = [_to_write(key, self._registry.value(key)) for key in keys]
        began = asyncio.get_running_loop().time()
        try:
            await self._persist("registry_store_timeout", self._patience.store, lambda: self._store.write(writes))
        except Fenced as error:
            raise LeadershipLost(str(error)) from error
        self._note_sizes(writes)
        self._store_time.record(asyncio.get_running_loop().time() - began)

    def _note_sizes(self, writes: Iterable[Operation]) -> None:
        sizes = self._sizes = {} if self._sizes is None else self._sizes
        for write in writes:
            if isinstance(write, Put):
                sizes[write.key] = len(write.value)
            else:
                sizes.pop(write.key, None)

    async def _persist(self, flag: str, patience: float, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the store answers: reading and writing here can be repeated without harm."""
        try:
            async with asyncio.timeout(patience):
                return await _repeat(attempt)
        except TimeoutError as error:
            raise RegistryTimeout(flag, patience) from error


async def _repeat(attempt: Callable[[], Awaitable[T]]) -> T:
    tries = 0
    while True:
        try:
            return await attempt()
        except StoreUnavailable as error:
            _logger.warning("registry_unavailable", why=str(error), tries=tries)
            await asyncio.sleep(_BACKOFF.delay(tries, random.Random()))
            tries += 1


def _read(key: str, record: Record) -> Value:
    kind = STORED.get(key.partition("/")[0])
    if kind is None:
        raise RegistryUnreadable(key, "this master knows no such record")
    try:
        return refined_json.decode(record.value, kind)
    except DecodeError as error:
        raise RegistryUnreadable(key, str(error)) from error


def _to_write(key: str, value: Value | None) -> Operation:
    return Delete(key) if value is None else Put(key, refined_json.encode(value))

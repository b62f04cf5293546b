"""Makes registry operations durable, in order, those that wait together in one write; and reads the registry back.

What the operations mean is ``registry``'s; versions, checksums and the fence against an old leader are the Store's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from koinon_core.backoff import Backoff
from koinon_core.errors import DecodeError
from koinon_core.ids import AgentId
from koinon_core.wire import refined_json
from koinon_daemon.metrics import Metrics
from koinon_zk import CorruptRecord, Delete, Fenced, Operation, Put, Store, StoreUnavailable

from .errors import LeadershipLost, RegistryUnreadable
from .registry import AgentRecord, Registry, RegistryOperation, agent_id_of, record_of

T = TypeVar("T")

_BATCH = 100
_PREFIX = "agents"
_BACKOFF = Backoff(initial=0.1, maximum=5.0, jitter=0.5)
_logger = structlog.get_logger(__name__)


class Registrar:
    """One leader's way to the registry. ``run`` writes until it is cancelled or another leader takes over."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._queue: asyncio.Queue[RegistryOperation] = asyncio.Queue()
        self._store_time = metrics.timer("registrar/state_store_ms")
        self._fetch_time = metrics.timer("registrar/state_fetch_ms")
        metrics.gauge("registrar/queued_operations", self._queue.qsize)

    def submit(self, operation: RegistryOperation) -> None:
        """Make an operation durable after those before it."""
        self._queue.put_nowait(operation)

    async def take_over(self, epoch: int) -> None:
        """Keep every earlier leader from writing. Raises LeadershipLost when a later one was here already."""
        try:
            await self._persist(lambda: self._store.fence(epoch))
        except Fenced as error:
            raise LeadershipLost(str(error)) from error

    async def fetch(self) -> Registry:
        """Read everything. Raises RegistryUnreadable at the first record that can't be read."""
        began = asyncio.get_running_loop().time()
        try:
            records = await self._persist(lambda: self._store.get_all(_PREFIX))
        except CorruptRecord as error:
            raise RegistryUnreadable(error.path, error.why) from error
        agents = {}
        for key, record in records.items():
            try:
                agents[AgentId(key.removeprefix(f"{_PREFIX}/"))] = refined_json.decode(record.value, AgentRecord)
            except DecodeError as error:
                raise RegistryUnreadable(key, str(error)) from error
        self._fetch_time.record(asyncio.get_running_loop().time() - began)
        return Registry(agents)

    async def run(self, stored: Callable[[RegistryOperation], None]) -> None:
        """Write what is submitted, and tell ``stored`` of each operation once it is durable, in order.

        Raises LeadershipLost when a later leader has fenced this one off.
        """
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)
            for operation in batch:
                stored(operation)

    async def _write(self, batch: list[RegistryOperation]) -> None:
        # The last word on each agent is what counts, and a write holds a key once.
        last = {_key(operation): operation for operation in batch}
        writes = [_to_write(key, operation) for key, operation in last.items()]
        began = asyncio.get_running_loop().time()
        try:
            await self._persist(lambda: self._store.write(writes))
        except Fenced as error:
            raise LeadershipLost(str(error)) from error
        self._store_time.record(asyncio.get_running_loop().time() - began)

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the store answers: reading and writing here can be repeated without harm."""
        tries = 0
        while True:
            try:
                return await attempt()
            except StoreUnavailable as error:
                _logger.warning("registry_unavailable", why=str(error), tries=tries)
                await asyncio.sleep(_BACKOFF.delay(tries, random.Random()))
                tries += 1


def _key(operation: RegistryOperation) -> str:
    return f"{_PREFIX}/{agent_id_of(operation)}"


def _to_write(key: str, operation: RegistryOperation) -> Operation:
    record = record_of(operation)
    return Delete(key) if record is None else Put(key, refined_json.encode(record))

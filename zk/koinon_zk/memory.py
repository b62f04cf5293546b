"""A Store in the process, for tests of what is built on stores. Held to the same contract suite as the others."""

from collections.abc import Sequence

from .batching import make_write
from .errors import Fenced, StaleVersion
from .interfaces import ABSENT, Keys, Operation, Put, Record, Versions
from .paths import check_key


class MemoryRecords:
    """What several MemoryStores share, as several processes share a quorum."""

    def __init__(self) -> None:
        """Empty, unfenced."""
        self.records: dict[str, Record] = {}
        self.epoch = 0


class MemoryStore:
    """See ``Store``. Nothing here waits, and nothing outlives the process."""

    def __init__(self, shared: MemoryRecords | None = None) -> None:
        """``shared`` to see, and be fenced by, other stores."""
        self._shared = shared or MemoryRecords()
        self._epoch: int | None = None

    async def get(self, key: str) -> Record | None:
        """See ``Store.get``."""
        check_key(key)
        return self._shared.records.get(key)

    async def list(self, prefix: str = "") -> Keys:
        """See ``Store.list``."""
        return list(await self.get_all(prefix))

    async def get_all(self, prefix: str = "") -> dict[str, Record]:
        """See ``Store.get_all``."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        return {key: record for key, record in sorted(self._shared.records.items()) if key.startswith(start)}

    async def write(self, operations: Sequence[Operation]) -> Versions:
        """See ``Store.write``."""
        write = make_write(operations)
        if self._epoch is not None and self._shared.epoch > self._epoch:
            raise Fenced(self._epoch, self._shared.epoch)
        for operation in write.operations:
            if operation.expected is not None and operation.expected != self._version(operation.key):
                raise StaleVersion(operation.key, operation.expected)
        return [self._apply(operation) for operation in write.operations]

    async def fence(self, epoch: int) -> None:
        """See ``Store.fence``."""
        if self._shared.epoch > epoch:
            raise Fenced(epoch, self._shared.epoch)
        self._shared.epoch = self._epoch = epoch

    def _version(self, key: str) -> int:
        record = self._shared.records.get(key)
        return record.version if record else ABSENT

    def _apply(self, operation: Operation) -> int:
        if not isinstance(operation, Put):
            self._shared.records.pop(operation.key, None)
            return ABSENT
        version = self._version(operation.key) + 1
        self._shared.records[operation.key] = Record(operation.key, bytes(operation.value), version)
        return version

"""Which writes travel together, and which values must travel ahead in chunks. Arithmetic only; sending is others'."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from .errors import InvalidWrite
from .interfaces import Operation, Put

MAX_OPERATIONS = 500
MAX_BYTES = 1_000_000
"""Of one ZooKeeper request: its limit (jute.maxbuffer) is 1,048,575."""
OPERATION_OVERHEAD = 160
"""Bytes that one operation takes besides its key and value: header, version, access list."""


@frozen
class Write:
    """One caller's operations: all or none."""

    operations: tuple[Operation, ...]

    @property
    def keys(self) -> frozenset[str]:
        """What it touches."""
        return frozenset(operation.key for operation in self.operations)

    @property
    def overhead(self) -> int:
        """Bytes on the wire besides the values, about; never less."""
        return sum(OPERATION_OVERHEAD + measure_key(operation.key) for operation in self.operations)

    @property
    def size(self) -> int:
        """Bytes on the wire, about; never less."""
        return self.overhead + sum(len(each.value) for each in self.operations if isinstance(each, Put))


def measure_key(key: str) -> int:
    """Bytes that a key takes at most: percent-encoded it may be three times as long."""
    return 3 * len(key.encode())


def make_write(operations: Sequence[Operation]) -> Write:
    """Check that these can be one transaction. Raises InvalidWrite."""
    write = Write(tuple(operations))
    if len(write.keys) != len(write.operations):
        raise InvalidWrite("a key occurs twice")
    if write.overhead > MAX_BYTES // 2:
        raise InvalidWrite(f"{len(write.operations)} operations are too many")
    return write


def plan_batch(waiting: Iterable[Write]) -> int:
    """How many writes, from the front, go out together: at least one; no key twice; bounded in number and bytes."""
    keys: set[str] = set()
    operations = size = count = 0
    for write in waiting:
        operations += len(write.operations)
        size += write.size
        if count and (operations > MAX_OPERATIONS or size > MAX_BYTES or not keys.isdisjoint(write.keys)):
            return count
        keys |= write.keys
        count += 1
    return count


def plan_spill(sizes: Sequence[int], single: int, total: int) -> set[int]:
    """Which values to move into chunks, the largest first: those above ``single``, and until the rest is ``total``."""
    spilled: set[int] = set()
    left = sum(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        if sizes[index] <= single and left <= total:
            break
        spilled.add(index)
        left -= sizes[index]
    return spilled

"""The three protocols behind which a quorum hides, and their values: what each promises, never how it is kept.

Two implementations exist, over ZooKeeper and over a SQLite file on one machine; ``memory`` adds a twin in the process.
All are held to the suites in ``tests/contract``.
"""

from collections.abc import AsyncGenerator, Sequence
from enum import Enum
from typing import Final, Protocol

from attrs import field, frozen

from .errors import InvalidWrite
from .paths import MASTER_LABEL, check_key

ABSENT: Final = 0
"""The version of a key that has no record."""


class StandingKind(Enum):
    """How a candidate stands in its election."""

    FOLLOWING = "following"
    """Somebody else leads, or nobody can be told to."""
    LEADING = "leading"
    SUSPENDED = "suspended"
    """Led, and the connection is gone: stop acting until LEADING or LOST."""
    LOST = "lost"
    """Led, and does no more. The last standing of a campaign: the daemon exits (mesos-semantics 1)."""


@frozen
class Standing:
    """A candidate's standing. ``epoch`` is the number it leads under, or would: it only grows from leader to leader."""

    kind: StandingKind
    epoch: int


def _show_size(value: bytes) -> str:
    return f"<{len(value)} bytes>"


@frozen
class Record:
    """What is stored under a key. ``version`` counts the writes since the key came to be, from 1."""

    key: str
    value: bytes = field(repr=_show_size)
    version: int


def _check_key(_instance: object, _attribute: object, key: str) -> None:
    check_key(key)


def _check_expected(instance: object, _attribute: object, expected: int | None) -> None:
    lowest = ABSENT if isinstance(instance, Put) else ABSENT + 1
    if expected is not None and expected < lowest:
        raise InvalidWrite(f"expected version {expected} is below {lowest}")


@frozen
class Put:
    """Write ``value``. ``expected``: None writes in any case, ABSENT creates, a number replaces that very version."""

    key: str = field(validator=_check_key)
    value: bytes = field(repr=_show_size)
    expected: int | None = field(default=None, validator=_check_expected)


@frozen
class Delete:
    """Remove the record. ``expected``: None is content when there is none, a number removes that very version."""

    key: str = field(validator=_check_key)
    expected: int | None = field(default=None, validator=_check_expected)


Operation = Put | Delete
Versions = list[int]
Keys = list[str]


class Contender(Protocol):
    """One candidate in the election of a group (mesos-semantics 1)."""

    def campaign(self, data: bytes) -> AsyncGenerator[Standing, None]:
        """Stand for election and say how one stands, whenever that changes, until LOST.

        ``data`` is what detectors will read of this candidate. Waits for the quorum as long as it takes. Closing the
        iterator withdraws the candidate at once. Raises QuorumRefused when the quorum won't have us.
        """
        ...


class Detector(Protocol):
    """Tells who leads a group, without being a candidate."""

    def leaders(self) -> AsyncGenerator[bytes | None, None]:
        """The leader's data, now and after each change; None: nobody leads, or nobody can be asked.

        A connection that comes back within the session timeout changes nothing. A slow reader gets the latest.
        """
        ...


class Store(Protocol):
    """Records under slash-separated keys, changed by compare-and-set.

    A version belongs to one life of a key: it starts at 1 again when a removed key comes back. Every method raises
    StoreUnavailable while there is no connection.
    """

    async def get(self, key: str) -> Record | None:
        """The record of ``key``. Raises CorruptRecord when it can't be read."""
        ...

    async def list(self, prefix: str = "") -> Keys:
        """The keys below ``prefix/`` at any depth, sorted; all of them for ``""``."""
        ...

    async def get_all(self, prefix: str = "") -> dict[str, Record]:
        """The records below ``prefix/`` by key, sorted. Raises CorruptRecord for the first that can't be read."""
        ...

    async def write(self, operations: Sequence[Operation]) -> Versions:
        """Apply all or none, and return the new version of each (ABSENT for a removed one).

        Raises StaleVersion, Fenced, InvalidWrite (a key twice, or too many for one transaction). Writes that wait at
        the same time travel together, and fail each on its own.
        """
        ...

    async def fence(self, epoch: int) -> None:
        """Take the store over: from now on every write of this object is refused once a newer epoch has done so.

        Raises Fenced when a newer one has already.
        """
        ...


class Quorum(Protocol):
    """One connection to a quorum, and what can be had from it."""

    def contender(self, label: str = MASTER_LABEL) -> Contender:
        """A candidate in the election of the URL's path."""
        ...

    def detector(self, label: str = MASTER_LABEL) -> Detector:
        """A view of that election's leader."""
        ...

    def store(self, path: str) -> Store:
        """The store at the absolute ``path``, which may not lie beneath the election's: others read the children there.

        Raises ValueError for such a path.
        """
        ...

    async def close(self) -> None:
        """End the session. Whoever led here is succeeded at once."""
        ...

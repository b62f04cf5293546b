"""What can go wrong with a quorum. An error has fields; its class says whose fault it is, and whether to try again."""

from attrs import frozen


class QuorumError(Exception):
    """The root of this package's errors."""


@frozen
class QuorumUrlError(QuorumError, ValueError):
    """The caller's fault: ``text`` (credentials blotted out) is no address of a quorum; ``why`` is for a person."""

    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.text!r} is not a quorum URL: {self.why}"


@frozen
class InvalidKey(QuorumError, ValueError):
    """The caller's fault: ``key`` can't name a record."""

    key: str
    why: str

    def __str__(self) -> str:
        return f"record key {self.key!r} {self.why}"


@frozen
class InvalidWrite(QuorumError, ValueError):
    """The caller's fault: these operations can't be one atomic write."""

    why: str

    def __str__(self) -> str:
        return f"not one atomic write: {self.why}"


@frozen
class QuorumUnavailable(QuorumError):
    """Temporary: the connection is down or was lost on the way. Whether a request took effect is open."""

    why: str

    def __str__(self) -> str:
        return f"quorum unavailable: {self.why}"


@frozen
class QuorumRefused(QuorumError):
    """Fatal: the quorum answers, but not us: credentials, rights, a format that this version doesn't know."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@frozen
class StoreUnavailable(QuorumError):
    """Temporary: no answer from the store. A write may or may not have been applied: read before repeating it."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"store {self.path} unavailable: {self.why}"


@frozen
class StaleVersion(QuorumError):
    """The caller worked on an old reading: ``key`` is no longer at version ``expected`` (0: it does exist)."""

    key: str
    expected: int

    def __str__(self) -> str:
        return f"{self.key} is not at version {self.expected}" if self.expected else f"{self.key} exists already"


@frozen
class Fenced(QuorumError):
    """Fatal for a leader: ``newer`` has taken the store over from ``epoch``; nothing was written."""

    epoch: int
    newer: int

    def __str__(self) -> str:
        return f"epoch {self.epoch} is fenced off by epoch {self.newer}"


@frozen
class CorruptRecord(QuorumError):
    """Fatal: what is stored at ``path`` can't be read. A start stops here; nothing is skipped."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"corrupt record at {self.path}: {self.why}"


class ZnodeFailure(Exception):
    """What ZooKeeper says of one znode. Never leaves this package: contenders and stores know what it means."""


@frozen
class Missing(ZnodeFailure):
    """There is no such znode."""

    path: str


@frozen
class Present(ZnodeFailure):
    """There is such a znode already."""

    path: str


@frozen
class OtherVersion(ZnodeFailure):
    """The znode is at another version than was required."""

    path: str

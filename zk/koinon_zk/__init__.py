"""Everything that needs a quorum: election, detection, storage; over ZooKeeper, or embedded on one machine."""

from .errors import (
    CorruptRecord,
    Fenced,
    InvalidKey,
    InvalidWrite,
    QuorumError,
    QuorumRefused,
    QuorumUnavailable,
    QuorumUrlError,
    StaleVersion,
    StoreUnavailable,
)
from .interfaces import (
    ABSENT,
    Contender,
    Delete,
    Detector,
    Operation,
    Put,
    Quorum,
    Record,
    Standing,
    StandingKind,
    Store,
)
from .memory import MemoryRecords, MemoryStore
from .paths import MASTER_LABEL
from .quorum import connect
from .url import QuorumUrl

__all__ = [
    "ABSENT",
    "MASTER_LABEL",
    "Contender",
    "CorruptRecord",
    "Delete",
    "Detector",
    "Fenced",
    "InvalidKey",
    "InvalidWrite",
    "MemoryRecords",
    "MemoryStore",
    "Operation",
    "Put",
    "Quorum",
    "QuorumError",
    "QuorumRefused",
    "QuorumUnavailable",
    "QuorumUrl",
    "QuorumUrlError",
    "Record",
    "StaleVersion",
    "Standing",
    "StandingKind",
    "Store",
    "StoreUnavailable",
    "connect",
]

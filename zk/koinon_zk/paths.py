"""Names: of candidates in an election, of records in a store. What they mean belongs to others.

Election (mesos-semantics 1): children ``<label><10 digits>`` of the group's path; whatever else is there is not ours.
Below a store's path: ``records/<directories>/<name>=``, ``chunks/<digest>.<generation>.<number>``, ``fence``.
"""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from .errors import InvalidKey

MASTER_LABEL = "json.info_"
"""Of znodes with MasterInfo as JSON, the form since Mesos 0.24."""

_SEQUENCE = re.compile(r"[0-9]{10}\Z")
_RECORD_MARK = "="
"""Ends the znode of a record, so that a key may be a record and a directory of others at once."""


def candidate_name(label: str, sequence: int) -> str:
    """The name that ZooKeeper gives a sequential child."""
    return f"{label}{sequence:010d}"


def pick_sequences(names: Iterable[str], label: str) -> list[int]:
    """The sequence numbers of the children with exactly this label, smallest (the leader's) first."""
    tails = (name[len(label) :] for name in names if name.startswith(label))
    return sorted(int(tail) for tail in tails if _SEQUENCE.match(tail))


def find_key_problem(key: str) -> str | None:
    """Say why ``key`` can't name a record, or None. A key is one or more non-empty segments joined by slashes."""
    if not key:
        return "is empty"
    if "\0" in key:
        return "contains NUL"
    if any("\ud800" <= character <= "\udfff" for character in key):
        return "is not valid Unicode"
    if not all(key.split("/")):
        return "has an empty segment"
    return None


def check_key(key: str) -> None:
    """Raise InvalidKey unless ``key`` can name a record."""
    problem = find_key_problem(key)
    if problem is not None:
        raise InvalidKey(key, problem)


def _encode(segment: str) -> str:
    if segment in (".", ".."):
        return segment.replace(".", "%2E")
    return quote(segment, safe="")


def directory_path(root: str, prefix: str) -> str:
    """The znode that holds the records whose keys begin with ``prefix/`` (all of them: ``""``)."""
    return "/".join([f"{root}/records", *(_encode(segment) for segment in prefix.split("/") if segment)])


def record_path(root: str, key: str) -> str:
    """The znode of the record ``key``."""
    return directory_path(root, key) + _RECORD_MARK


def split_children(prefix: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Sort a directory's children into the keys of records and the prefixes of deeper directories."""
    keys: list[str] = []
    directories: list[str] = []
    for name in names:
        is_record = name.endswith(_RECORD_MARK)
        segment = unquote(name.removesuffix(_RECORD_MARK))
        (keys if is_record else directories).append(f"{prefix}/{segment}" if prefix else segment)
    return keys, directories


def fence_path(root: str) -> str:
    """The znode that holds the highest epoch that took the store."""
    return f"{root}/fence"


def chunks_path(root: str) -> str:
    """The znode whose children are the parts of large records."""
    return f"{root}/chunks"


def key_digest(key: str) -> str:
    """What the names of a record's chunks begin with, so that leftovers can be told."""
    return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()


def chunk_name(key: str, generation: str, number: int) -> str:
    """The name of one part of one writing (``generation``) of the record ``key``."""
    return f"{key_digest(key)}.{generation}.{number:04d}"

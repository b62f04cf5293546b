"""The Store over SQLite: a row a record, one transaction a batch of writes, each write in a savepoint of its own."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from .batching import Write, make_write
from .errors import CorruptRecord, Fenced, QuorumError, QuorumUnavailable, StaleVersion, StoreUnavailable
from .framing import SplitHead, decode_frame, encode_frame
from .group_commit import GroupCommit, Outcome
from .interfaces import ABSENT, Keys, Operation, Put, Record, Versions
from .paths import check_key
from .sqlite_database import Database, transaction

_T = TypeVar("_T")
_AFTER_SLASH = chr(ord("/") + 1)


class SqliteStore:
    """See ``Store``."""

    def __init__(self, database: Database, path: str) -> None:
        """``path`` tells this store from the others in the file."""
        self._database = database
        self._path = path
        self._epoch: int | None = None
        self._commits = GroupCommit(self._commit)

    async def get(self, key: str) -> Record | None:
        """See ``Store.get``."""
        check_key(key)
        found = await self._reach(lambda connection: self._select(connection, "key = ?", (key,)))
        return found.get(key)

    async def list(self, prefix: str = "") -> Keys:
        """See ``Store.list``."""
        where, bounds = _below(prefix)
        query = f"SELECT key FROM records WHERE store = ? AND {where} ORDER BY key"
        rows = await self._reach(lambda connection: connection.execute(query, (self._path, *bounds)).fetchall())
        return [key for (key,) in rows]

    async def get_all(self, prefix: str = "") -> dict[str, Record]:
        """See ``Store.get_all``."""
        where, bounds = _below(prefix)
        return await self._reach(lambda connection: self._select(connection, where, bounds))

    async def write(self, operations: Sequence[Operation]) -> Versions:
        """See ``Store.write``."""
        write = make_write(operations)
        try:
            return await self._commits.write(write)
        except QuorumUnavailable as error:
            raise StoreUnavailable(self._path, error.why) from error

    async def fence(self, epoch: int) -> None:
        """See ``Store.fence``."""

        def take(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                self._check_fence(connection, epoch)
                connection.execute("INSERT OR REPLACE INTO fences VALUES (?, ?)", (self._path, epoch))

        await self._reach(take)
        self._epoch = epoch

    async def _reach(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return await self._database.run(work)
        except QuorumUnavailable as error:
            raise StoreUnavailable(self._path, error.why) from error

    def _select(self, connection: sqlite3.Connection, where: str, bounds: tuple[str, ...]) -> dict[str, Record]:
        query = f"SELECT key, version, CAST(frame AS BLOB) FROM records WHERE store = ? AND {where} ORDER BY key"
        found: dict[str, Record] = {}
        for key, version, frame in connection.execute(query, (self._path, *bounds)):
            where_it_is = f"{self._database.file}:{self._path}/{key}"
            value = decode_frame(where_it_is, frame)
            if isinstance(value, SplitHead):
                raise CorruptRecord(where_it_is, "it is a split record's head; this store splits none")
            found[key] = Record(key, value, version)
        return found

    def _check_fence(self, connection: sqlite3.Connection, epoch: int | None) -> None:
        row = connection.execute("SELECT epoch FROM fences WHERE store = ?", (self._path,)).fetchone()
        if row is not None and epoch is not None and row[0] > epoch:
            raise Fenced(epoch, row[0])

    async def _commit(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        def commit(connection: sqlite3.Connection) -> Sequence[Outcome]:
            with transaction(connection):
                self._check_fence(connection, self._epoch)
                return [self._apply(connection, write) for write in writes]

        return await self._database.run(commit)

    def _apply(self, connection: sqlite3.Connection, write: Write) -> Outcome:
        connection.execute("SAVEPOINT one")
        try:
            versions = [self._apply_one(connection, operation) for operation in write.operations]
        except QuorumError as error:
            connection.execute("ROLLBACK TO one")
            return error
        finally:
            if connection.in_transaction:
                connection.execute("RELEASE one")
        return versions

    def _apply_one(self, connection: sqlite3.Connection, operation: Operation) -> int:
        place = (self._path, operation.key)
        row = connection.execute("SELECT version FROM records WHERE store = ? AND key = ?", place).fetchone()
        version: int = row[0] if row else ABSENT
        if operation.expected is not None and operation.expected != version:
            raise StaleVersion(operation.key, operation.expected)
        if isinstance(operation, Put):
            frame = encode_frame(operation.value)
            connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (*place, version + 1, frame))
            return version + 1
        connection.execute("DELETE FROM records WHERE store = ? AND key = ?", place)
        return ABSENT


def _below(prefix: str) -> tuple[str, tuple[str, ...]]:
    """The condition that a key lies below ``prefix/``, and its parameters."""
    prefix = prefix.rstrip("/")
    return ("key > ? AND key < ?", (f"{prefix}/", f"{prefix}{_AFTER_SLASH}")) if prefix else ("key > ?", ("",))

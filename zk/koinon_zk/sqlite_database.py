"""One connection to the embedded database, and the one thread that uses it. What is in the tables belongs to others.

The file may be open in several processes: WAL, a busy timeout, and every commit on the disk before it is acknowledged.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .errors import CorruptRecord, QuorumRefused, QuorumUnavailable

_BUSY_SECONDS = 5.0
_FORMAT = 1
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS candidates (sequence INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL,"
    " label TEXT NOT NULL, lock_file TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS records (store TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,"
    " frame BLOB NOT NULL, PRIMARY KEY (store, key)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS fences (store TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {_FORMAT}",
)
_HARMED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_T = TypeVar("_T")


class Database:
    """Opens on first use, in its own thread, and opens anew after a failure."""

    def __init__(self, file: Path) -> None:
        """``file`` and its directory are made when missing."""
        self.file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do ``work`` in the thread. Raises QuorumUnavailable, QuorumRefused, CorruptRecord (of the whole file)."""
        if self._closed:
            raise QuorumUnavailable("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def peek(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """The same at once, in the calling thread; None when that can't be, and then ``run`` tells why.

        For readings of microseconds, on a Database of which nothing else is asked, so that nobody waits for it.
        """
        if self._connection is None:
            return None
        try:
            return work(self._connection)
        except sqlite3.Error:
            return None

    def _work(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            if self._connection is None:
                self._connection = self._open()
            return work(self._connection)
        except (sqlite3.Error, OSError) as error:
            self._drop_connection()
            if getattr(error, "sqlite_errorcode", None) in _HARMED:
                raise CorruptRecord(str(self.file), str(error)) from error
            raise QuorumUnavailable(f"{self.file}: {error}") from error

    async def close(self) -> None:
        """Finish what is under way and close."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._drop_connection)
        self._thread.shutdown(wait=False)

    def _open(self) -> sqlite3.Connection:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > _FORMAT:
            raise QuorumRefused(str(self.file), f"its format is {found}, newer than {_FORMAT}")
        if found < _FORMAT:
            with transaction(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

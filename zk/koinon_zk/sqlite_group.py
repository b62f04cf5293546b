"""A group on one machine: candidates are rows, and alive for as long as their process holds a lock on their file.

The kernel lets go of the lock the moment the process ends, however it ends; a stopped process keeps it, and its place.
Watching is polling: of the locks, and of SQLite's counter of changes; a few system calls, unless there was a change.
"""

import asyncio
import fcntl
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import structlog
from attrs import frozen

from .errors import QuorumError, QuorumUnavailable
from .group import GroupSignal, Signals
from .sqlite_database import Database, transaction

POLL_SECONDS = 0.1
_GRACE_SECONDS = 1.0
_T = TypeVar("_T")
_logger = structlog.get_logger(__name__)


@frozen
class _Candidate:
    sequence: int
    label: str
    lock_file: str


class SqliteGroup:
    """See ``Group``."""

    def __init__(self, database: Database, path: str) -> None:
        """``database`` is this group's own, closed by ``close``; ``path`` tells the group from others in the file."""
        self.subject = path
        self.grace = _GRACE_SECONDS
        self._database = database
        self._counter = Database(database.file)
        self._locks = Path(f"{database.file}.locks")
        self._held: dict[str, int] = {}
        """Of our candidates: by the lock file's name its descriptor."""
        self._changes: int | None = None
        self._rows: list[_Candidate] = []
        self._newest = 0
        """The highest number given so far: a candidate that came and went between two polls may have been read."""
        self._watchers: list[Signals] = []
        self._polling: asyncio.Task[None] | None = None
        self._connected = False

    @contextmanager
    def watching(self) -> Iterator[Signals]:
        """One task polls for all who watch, as long as there are any."""
        signals = Signals()
        if self._connected:
            signals.put_nowait(GroupSignal.CONNECTED)
        self._watchers.append(signals)
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll(), name=f"poll {self.subject}")
        try:
            yield signals
        finally:
            self._watchers.remove(signals)
            if not self._watchers:
                self._polling.cancel()
                self._polling, self._connected = None, False

    async def join(self, label: str, data: bytes) -> int:
        """Lock a file, then insert the row that names it: no row is ever without a lock while its process lives."""
        return await self._run(lambda connection: self._insert(connection, label, data))

    async def leave(self, label: str, sequence: int) -> None:
        """Remove the row and let the lock go."""
        with suppress(QuorumUnavailable):  # then the lock alone tells
            await self._run(lambda connection: self._remove(connection, label, sequence))

    async def close(self) -> None:
        """Give up every place that this object took, and tell all who watch."""

        def work(connection: sqlite3.Connection) -> None:
            self._bury(connection, [row for row in self._select(connection) if row.lock_file in self._held])

        try:
            if self._held:
                with suppress(QuorumUnavailable):  # then the locks alone tell
                    await self._database.run(work)
        finally:
            for name in list(self._held):
                self._release(name)
            if self._polling is not None:
                self._polling.cancel()
            self._connected = False
            self._tell(GroupSignal.EXPIRED)
            for database in (self._counter, self._database):
                await database.close()

    async def read(self, label: str, signals: Signals) -> list[int]:  # noqa: ARG002 - whoever watches is told anyway
        """The living candidates; the dead ones are buried on the way."""

        def work(connection: sqlite3.Connection) -> list[_Candidate]:
            rows = self._select(connection)
            alive = [row for row in rows if self._is_alive(row)]
            self._bury(connection, [row for row in rows if row not in alive])
            return alive

        return [row.sequence for row in await self._run(work) if row.label == label]

    async def data(self, label: str, sequence: int) -> bytes | None:  # noqa: ARG002 - numbers are unique over labels
        """The row's."""
        query = "SELECT data FROM candidates WHERE sequence = ?"
        row = await self._run(lambda connection: connection.execute(query, (sequence,)).fetchone())
        return None if row is None else bytes(row[0])

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """A failure suspends until the next poll succeeds, so that nobody waits for news that can't come."""
        try:
            return await self._database.run(work)
        except QuorumUnavailable as error:
            self._suspend(error.why)
            raise

    def _suspend(self, why: str) -> None:
        if self._connected:
            _logger.warning("election_database_unavailable", path=self.subject, why=why)
            self._connected = False
            self._tell(GroupSignal.SUSPENDED)

    def _tell(self, signal: GroupSignal) -> None:
        for signals in self._watchers:
            signals.put_nowait(signal)

    async def _poll(self) -> None:
        before: tuple[int, list[_Candidate]] = (0, [])
        while True:
            try:
                await self._refresh()
                seen = self._newest, [row for row in self._rows if self._is_alive(row)]
            except (QuorumUnavailable, OSError) as error:
                self._suspend(str(error))
            except QuorumError:  # for good: whoever watches reads now, and is told why
                self._announce(changed=True)
                return
            else:
                self._announce(changed=seen != before)
                before = seen
            await asyncio.sleep(POLL_SECONDS)

    def _announce(self, *, changed: bool) -> None:
        if not self._connected:
            self._connected = True
            self._tell(GroupSignal.CONNECTED)
        elif changed:
            self._tell(GroupSignal.CHANGED)

    async def _refresh(self) -> None:
        """Read the rows if anybody changed the file. The counter first: a change in between is seen the next time."""
        changes = self._counter.peek(_count_changes)
        if changes is None:
            changes = await self._run_counter()
        if changes != self._changes:
            self._newest, self._rows = await self._run(
                lambda connection: (_newest(connection), self._select(connection))
            )
            self._changes = changes

    async def _run_counter(self) -> int:
        """Open the counter's connection. It starts anew, so the rows are to be read in any case."""
        self._changes = None
        return await self._counter.run(_count_changes)

    def _select(self, connection: sqlite3.Connection) -> list[_Candidate]:
        query = "SELECT sequence, label, lock_file FROM candidates WHERE path = ? ORDER BY sequence"
        return [_Candidate(*row) for row in connection.execute(query, (self.subject,))]

    def _look(self, connection: sqlite3.Connection) -> tuple[int, list[_Candidate]]:
        return _newest(connection), self._select(connection)

    def _is_alive(self, row: _Candidate) -> bool:
        if row.lock_file in self._held:
            return True
        try:
            descriptor = os.open(self._locks / row.lock_file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: those who ask don't hinder each other
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _insert(self, connection: sqlite3.Connection, label: str, data: bytes) -> int:
        name = uuid.uuid4().hex
        self._locks.mkdir(parents=True, exist_ok=True)
        self._held[name] = os.open(self._locks / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._held[name], fcntl.LOCK_EX | fcntl.LOCK_NB)
            query = "INSERT INTO candidates (path, label, lock_file, data) VALUES (?, ?, ?, ?)"
            with transaction(connection):
                sequence = connection.execute(query, (self.subject, label, name, data)).lastrowid
        except BaseException:
            self._release(name)
            raise
        if sequence is None:
            raise QuorumUnavailable("the candidate got no number")
        return sequence

    def _remove(self, connection: sqlite3.Connection, label: str, sequence: int) -> None:
        rows = self._select(connection)
        self._bury(connection, [row for row in rows if (row.sequence, row.label) == (sequence, label)])

    def _bury(self, connection: sqlite3.Connection, rows: list[_Candidate]) -> None:
        if not rows:
            return
        with transaction(connection):
            for row in rows:
                connection.execute("DELETE FROM candidates WHERE sequence = ?", (row.sequence,))
        for row in rows:
            self._release(row.lock_file)

    def _release(self, name: str) -> None:
        """Remove a lock file, and let go of it if it is ours."""
        (self._locks / name).unlink(missing_ok=True)
        descriptor = self._held.pop(name, None)
        if descriptor is not None:
            os.close(descriptor)


def _newest(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'candidates'").fetchone()
    return 0 if row is None else int(row[0])


def _count_changes(connection: sqlite3.Connection) -> int:
    """A number that differs from the last one on this connection when another one has changed the file."""
    (changes,) = connection.execute("PRAGMA data_version").fetchone()
    return int(changes)

"""A quorum in a file of one machine. Which address leads here is ``quorum``'s to know."""

from pathlib import Path

from .contender import GroupContender
from .detector import GroupDetector
from .interfaces import Contender, Detector, Store
from .paths import MASTER_LABEL
from .sqlite_database import Database
from .sqlite_group import SqliteGroup
from .sqlite_store import SqliteStore
from .url import QuorumUrl


class SqliteQuorum:
    """See ``Quorum``: a thread for the election, and one for each store."""

    def __init__(self, url: QuorumUrl, file: Path) -> None:
        """``file`` is made when first used."""
        self._url = url
        self._file = file
        self._group = SqliteGroup(Database(file), url.path)
        self._stores: list[Database] = []

    def contender(self, label: str = MASTER_LABEL) -> Contender:
        """See ``Quorum.contender``."""
        return GroupContender(self._group, label)

    def detector(self, label: str = MASTER_LABEL) -> Detector:
        """See ``Quorum.detector``."""
        return GroupDetector(self._group, label)

    def store(self, path: str) -> Store:
        """See ``Quorum.store``."""
        store = SqliteStore(database := Database(self._file), self._url.of_store(path).path)
        self._stores.append(database)
        return store

    async def close(self) -> None:
        """See ``Quorum.close``."""
        await self._group.close()
        for database in self._stores:
            await database.close()

"""Opens a quorum by its address: the one place that knows which implementation belongs to which."""

from pathlib import Path

from .contender import GroupContender
from .detector import GroupDetector
from .errors import QuorumUrlError
from .group import ZooKeeperGroup
from .interfaces import Contender, Detector, Quorum, Store
from .paths import MASTER_LABEL
from .session import Session
from .sqlite_database import Database
from .sqlite_group import SqliteGroup
from .sqlite_store import SqliteStore
from .store import ZooKeeperStore
from .url import QuorumUrl


async def connect(url: QuorumUrl, session_timeout: float = 10.0) -> Quorum:
    """Begin to connect, and go on for ever; doesn't wait. ``session_timeout`` in seconds is ZooKeeper's alone."""
    if url.file is not None:
        return SqliteQuorum(url, url.file)
    session = Session(url, session_timeout)
    await session.start()
    return ZooKeeperQuorum(url, session)


class ZooKeeperQuorum:
    """See ``Quorum``: all in one session."""

    def __init__(self, url: QuorumUrl, session: Session) -> None:
        """``session`` is closed with this."""
        self._url = url
        self._session = session
        self._group = ZooKeeperGroup(session, url.path)

    def contender(self, label: str = MASTER_LABEL) -> Contender:
        """See ``Quorum.contender``."""
        return GroupContender(self._group, label)

    def detector(self, label: str = MASTER_LABEL) -> Detector:
        """See ``Quorum.detector``."""
        return GroupDetector(self._group, label)

    def store(self, path: str) -> Store:
        """See ``Quorum.store``."""
        return ZooKeeperStore(self._session, check_store_path(self._url, path))

    async def close(self) -> None:
        """See ``Quorum.close``."""
        await self._session.close()


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
        store = SqliteStore(database := Database(self._file), check_store_path(self._url, path))
        self._stores.append(database)
        return store

    async def close(self) -> None:
        """See ``Quorum.close``."""
        await self._group.close()
        for database in self._stores:
            await database.close()


def check_store_path(url: QuorumUrl, path: str) -> str:
    """The path of a store that doesn't lie in the group: pymesos takes any child there for a master."""
    path = url.with_path(path).path
    if f"{path}/".startswith(f"{url.path}/"):
        raise QuorumUrlError(path, f"a store can't lie beneath the group's path {url.path}")
    return path

"""A quorum over ZooKeeper. Which address leads here is ``quorum``'s to know."""

from .contender import GroupContender
from .detector import GroupDetector
from .group import ZooKeeperGroup
from .interfaces import Contender, Detector, Store
from .paths import MASTER_LABEL
from .session import Session
from .store import ZooKeeperStore
from .url import QuorumUrl


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
        return ZooKeeperStore(self._session, self._url.of_store(path).path)

    async def close(self) -> None:
        """See ``Quorum.close``."""
        await self._session.close()

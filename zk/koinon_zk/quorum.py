"""Opens a quorum by its address: the one place that knows which implementation belongs to which.

Each is loaded when an address asks for it: who has one machine, or no quorum at all, does not load kazoo.
"""

from .interfaces import Quorum
from .url import QuorumUrl


async def connect(url: QuorumUrl, session_timeout: float = 10.0) -> Quorum:
    """Begin to connect, and go on for ever; doesn't wait. ``session_timeout`` in seconds is ZooKeeper's alone."""
    if url.file is not None:
        from .sqlite_quorum import SqliteQuorum  # noqa: PLC0415 - see the module

        return SqliteQuorum(url, url.file)
    from .session import Session  # noqa: PLC0415 - see the module
    from .zookeeper_quorum import ZooKeeperQuorum  # noqa: PLC0415 - see the module

    session = Session(url, session_timeout)
    await session.start()
    return ZooKeeperQuorum(url, session)

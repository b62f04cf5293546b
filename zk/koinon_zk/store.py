"""The Store over ZooKeeper: a znode a record. Writing is ``commit``'s and ``fence``'s, large values are ``chunks``'.

Versions are ZooKeeper's plus one. Readings of many records are no snapshot: between them others may write.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from .batching import make_write
from .chunks import ChunkShelf, missing_chunk
from .commit import BatchCommit
from .errors import Missing, QuorumUnavailable, StoreUnavailable
from .fence import StoreFence
from .framing import SplitHead, decode_frame
from .group_commit import GroupCommit
from .interfaces import Keys, Operation, Record, Versions
from .paths import check_key, directory_path, record_path, split_children
from .session import Session

_READ_AT_ONCE = 500
_T = TypeVar("_T")


class ZooKeeperStore:
    """See ``Store``."""

    def __init__(self, session: Session, root: str) -> None:
        """``root`` is made with its parents when first written to."""
        self._session = session
        self._root = root
        self._shelf = ChunkShelf(session, root)
        self._fence = StoreFence(session, root)
        self._commits = GroupCommit(BatchCommit(session, root, self._shelf, self._fence).commit)

    async def get(self, key: str) -> Record | None:
        """See ``Store.get``."""
        check_key(key)
        return await self._reach(lambda: self._get(key))

    async def list(self, prefix: str = "") -> Keys:
        """See ``Store.list``."""
        return await self._reach(lambda: self._list(prefix))

    async def get_all(self, prefix: str = "") -> dict[str, Record]:
        """See ``Store.get_all``."""
        keys = await self.list(prefix)
        found: dict[str, Record] = {}
        for start in range(0, len(keys), _READ_AT_ONCE):
            for record in await asyncio.gather(*map(self.get, keys[start : start + _READ_AT_ONCE])):
                if record is not None:
                    found[record.key] = record
        return found

    async def write(self, operations: Sequence[Operation]) -> Versions:
        """See ``Store.write``."""
        write = make_write(operations)
        return await self._reach(lambda: self._commits.write(write))

    async def fence(self, epoch: int) -> None:
        """See ``Store.fence``."""
        await self._reach(lambda: self._fence.take(epoch))

    async def _reach(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await attempt()
        except QuorumUnavailable as error:
            raise StoreUnavailable(self._root, error.why) from error

    async def _get(self, key: str) -> Record | None:
        path = record_path(self._root, key)
        seen: tuple[bytes, int] | None = None
        while True:
            try:
                data, version = await self._session.read(path)
            except Missing:
                return None
            value = decode_frame(path, data)
            if isinstance(value, SplitHead):
                if seen == (data, version):
                    raise missing_chunk(path, value)
                seen = (data, version)
                fetched = await self._shelf.fetch(path, key, value)
                if fetched is None:
                    continue
                value = fetched
            return Record(key, value, version + 1)

    async def _list(self, prefix: str) -> Keys:
        found: Keys = []
        level = [prefix.rstrip("/")]
        while level:
            children = await asyncio.gather(*(self._children(directory) for directory in level))
            parts = [split_children(directory, names) for directory, names in zip(level, children, strict=True)]
            found.extend(key for keys, _ in parts for key in keys)
            level = [directory for _, directories in parts for directory in directories]
        return sorted(found)

    async def _children(self, prefix: str) -> Keys:
        try:
            return await self._session.children(directory_path(self._root, prefix))
        except Missing:
            return []

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
        return await self._reach(lambda: self._get_all(prefix))

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

    async def _get_all(self, prefix: str) -> dict[str, Record]:
        keys = await self._list(prefix)
        found: dict[str, Record] = {}
        for start in range(0, len(keys), _READ_AT_ONCE):
            found |= await self._read_some(keys[start : start + _READ_AT_ONCE])
        return found

    async def _read_some(self, keys: Keys) -> dict[str, Record]:
        """The records of these keys that are there, in their order; split ones are read anew, with their chunks."""
        paths = [record_path(self._root, key) for key in keys]
        found: dict[str, Record | None] = dict.fromkeys(keys)
        split: list[str] = []
        for key, path, read in zip(keys, paths, await self._session.read_many(paths), strict=True):
            if read is None:
                continue
            value = decode_frame(path, read[0])
            if isinstance(value, SplitHead):
                split.append(key)
            else:
                found[key] = Record(key, value, read[1] + 1)
        found |= zip(split, await asyncio.gather(*map(self._get, split)), strict=True)
        return {key: record for key, record in found.items() if record is not None}

    async def _list(self, prefix: str) -> Keys:
        found: Keys = []
        level = [prefix.rstrip("/")]
        while level:
            children = await self._session.children_of_many([directory_path(self._root, each) for each in level])
            parts = [split_children(directory, names or []) for directory, names in zip(level, children, strict=True)]
            found.extend(key for keys, _ in parts for key in keys)
            level = [directory for _, directories in parts for directory in directories]
        return sorted(found)

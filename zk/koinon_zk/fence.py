"""The fence of a store in ZooKeeper: one znode with the highest epoch that took the store, checked with every write."""

from collections.abc import Sequence

from .errors import CorruptRecord, Fenced, Missing
from .paths import fence_path
from .session import Change, Check, Create, Session, SetData


class StoreFence:
    """One writer's side of the fence. Until ``take`` it guards nothing."""

    def __init__(self, session: Session, root: str) -> None:
        """``root`` is the store's path."""
        self._session = session
        self._root = root
        self._path = fence_path(root)
        self._held: tuple[int, int] | None = None

    async def take(self, epoch: int) -> None:
        """Put ``epoch`` on the fence. Raises Fenced when a newer one is there."""
        await self._session.ensure(self._root, world_reads=False)
        while True:
            found = await self._read()
            if found is not None and found[0] > epoch:
                raise Fenced(epoch, found[0])
            if found is not None and found[0] == epoch:
                self._held = found
                return
            data = str(epoch).encode()
            await self._session.transact([SetData(self._path, data, found[1]) if found else Create(self._path, data)])

    def guard(self) -> Sequence[Change]:
        """What must go first in each transaction."""
        return [Check(self._path, self._held[1])] if self._held else []

    async def look(self) -> None:
        """The guard refused. Raise Fenced; or, if the fence was only touched or removed, take it again."""
        if self._held is not None:
            await self.take(self._held[0])

    async def _read(self) -> tuple[int, int] | None:
        """Epoch and version of the fence."""
        try:
            data, version = await self._session.read(self._path)
        except Missing:
            return None
        if not data.isdigit():
            raise CorruptRecord(self._path, "it holds no epoch")
        return int(data), version

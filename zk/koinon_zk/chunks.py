"""The shelf for parts of large records in ZooKeeper: put up ahead of their head, fetched with it, cleared behind it.

A part that no head names is rubbish of a writing that failed; it goes when its record is written next.
"""

import asyncio
import uuid
from collections.abc import Sequence

from .errors import CorruptRecord, Missing, QuorumUnavailable
from .framing import SplitHead, join_chunks, split_frame
from .paths import chunk_name, chunks_path, key_digest
from .session import Change, Check, Create, Refused, Session


class ChunkShelf:
    """The chunks of one store."""

    def __init__(self, session: Session, root: str) -> None:
        """``root`` is the store's path."""
        self._session = session
        self._root = chunks_path(root)
        self._known: dict[str, set[str]] | None = None

    async def put_up(self, key: str, frame: bytes, guard: Sequence[Change]) -> tuple[bytes, list[Check]] | Refused:
        """Store a frame's chunks, each under ``guard``: the head to write, and what must hold when it is written."""
        generation = uuid.uuid4().hex
        head, chunks = split_frame(frame, generation)
        await self._session.ensure(self._root, world_reads=False)
        names = [chunk_name(key, generation, number) for number in range(len(chunks))]
        (await self._load()).setdefault(key_digest(key), set()).update(names)
        for name, chunk in zip(names, chunks, strict=True):
            result = await self._session.transact([*guard, Create(f"{self._root}/{name}", chunk)])
            if isinstance(result, Refused):
                return result
        return head, [Check(f"{self._root}/{name}", 0) for name in names]

    async def fetch(self, path: str, key: str, head: SplitHead) -> bytes | None:
        """The value of a split record at ``path``; None when a chunk is gone: was the record written anew?"""
        names = [chunk_name(key, head.generation, number) for number in range(head.chunks)]
        reads = [self._session.read(f"{self._root}/{name}") for name in names]
        results = await asyncio.gather(*reads, return_exceptions=True)
        chunks: list[bytes] = []
        for result in results:
            if isinstance(result, Missing):
                return None
            if isinstance(result, BaseException):
                raise result
            chunks.append(result[0])
        return join_chunks(path, head, chunks)

    async def clear(self, key: str, keep: Sequence[Check]) -> None:
        """Remove the record's chunks but those to ``keep``. What can't be removed now is tried at the next writing."""
        try:
            known = (await self._load()).get(key_digest(key), set())
        except QuorumUnavailable:
            return
        await self._remove(known - {_name(check) for check in keep})

    async def drop(self, checks: Sequence[Check]) -> None:
        """Remove what was put up for a writing that failed."""
        await self._remove({_name(check) for check in checks})

    async def _remove(self, names: set[str]) -> None:
        try:
            for name in sorted(names):
                await self._session.delete(f"{self._root}/{name}")
                (await self._load()).get(name.partition(".")[0], set()).discard(name)
        except QuorumUnavailable:
            return

    async def _load(self) -> dict[str, set[str]]:
        if self._known is None:
            try:
                names = await self._session.children(self._root)
            except Missing:
                names = []
            self._known = {}
            for name in names:
                self._known.setdefault(name.partition(".")[0], set()).add(name)
        return self._known


def _name(check: Check) -> str:
    return check.path.rpartition("/")[2]


def missing_chunk(path: str, head: SplitHead) -> CorruptRecord:
    """What to raise when a head stays and its chunks are gone."""
    return CorruptRecord(path, f"some of its {head.chunks} chunks are missing (generation {head.generation})")

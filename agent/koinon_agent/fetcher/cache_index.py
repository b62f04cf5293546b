"""Which fetched files are kept, and which go first when there is no room: the least recently used. Pure.

A file that somebody copies from or that is still coming is never thrown out; a file larger than the whole cache is let
go as soon as nobody holds it.
"""

from __future__ import annotations

from collections import OrderedDict

from attrs import define, frozen


@frozen(cache_hash=True)
class CacheKey:
    """Who may use a file, and the URI that it came from (mesos-semantics 7.3)."""

    user: str | None
    uri: str


@define
class _Entry:
    size: int = 0
    holders: int = 0


class CacheIndex:
    """The files of a cache of ``limit`` bytes, least recently used first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._entries: OrderedDict[CacheKey, _Entry] = OrderedDict()

    def is_idle(self, key: CacheKey) -> bool:
        """Whether it is there and nobody holds it."""
        return key in self._entries and self._entries[key].holders == 0

    def hold(self, key: CacheKey) -> bool:
        """Use a file, one that is not there yet too. True where it was there: somebody has it or brings it."""
        is_known = key in self._entries
        entry = self._entries.setdefault(key, _Entry())
        entry.holders += 1
        self._entries.move_to_end(key)
        return is_known

    def grow(self, key: CacheKey, size: int) -> tuple[CacheKey, ...]:
        """The file has this size by now. Returns the files that must go for it."""
        entry = self._entries[key]
        self.used += size - entry.size
        entry.size = size
        return self._make_room()

    def release(self, key: CacheKey) -> tuple[CacheKey, ...]:
        """One who held it does not any more. Returns the files that must go now."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.holders -= 1
        return self._make_room()

    def drop(self, key: CacheKey) -> None:
        """The file is gone, or never came whole; those who hold it have nothing to release."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.used -= entry.size

    def _make_room(self) -> tuple[CacheKey, ...]:
        going = []
        for key, entry in list(self._entries.items()):
            if self.used <= self.limit:
                break
            if entry.holders == 0:
                going.append(key)
                self.drop(key)
        return tuple(going)

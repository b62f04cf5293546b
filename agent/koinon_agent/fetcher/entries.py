"""What of an archive may get into a sandbox: names, links, and how much of it. Pure.

An archive is somebody else's word about paths. Its rules hold whatever it was made with and whatever lies in the
sandbox already; writing without following links is ``placement.py``'s.
"""

from __future__ import annotations

from enum import Enum
from pathlib import PurePosixPath

from attrs import frozen

MIB = 1024**2


class EntryKind(Enum):
    """What an entry is."""

    FILE = "a file"
    DIRECTORY = "a directory"
    SYMLINK = "a symbolic link"
    HARDLINK = "a hard link"
    DEVICE = "a device"
    PIPE = "a named pipe"
    OTHER = "of an unknown kind"


_PLAIN = (EntryKind.FILE, EntryKind.DIRECTORY, EntryKind.SYMLINK, EntryKind.HARDLINK)


@frozen(kw_only=True)
class Entry:
    """One entry as the archive describes it; ``target`` is a link's."""

    name: str
    kind: EntryKind
    target: str = ""


@frozen(kw_only=True)
class Limits:
    """How much an archive may unpack to. The ratio, unpacked to packed, counts once ``grace_bytes`` are exceeded."""

    max_bytes: int
    max_entries: int = 100_000
    max_depth: int = 64
    max_ratio: int = 250
    grace_bytes: int = 100 * MIB


class Rules:
    """The rules of one archive of ``packed`` bytes, told entry by entry."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._packed = packed
        self._entries = 0
        self._bytes = 0
        self._links: set[PurePosixPath] = set()

    def find_problem(self, entry: Entry) -> str | None:
        """Why this entry must not be unpacked, or None: it counts from now on."""
        self._entries += 1
        if self._entries > self._limits.max_entries:
            return f"it has more than {self._limits.max_entries} entries"
        if entry.kind not in _PLAIN:
            return f"entry {entry.name!r} is {entry.kind.value}"
        problem = self._find_name_problem(entry.name)
        if problem is not None:
            return f"entry {entry.name!r} {problem}"
        path = place_of(entry.name)
        if not path.parts and entry.kind is not EntryKind.DIRECTORY:
            return f"entry {entry.name!r} has the name of the sandbox itself"
        if self._links and (through := next((parent for parent in path.parents if parent in self._links), None)):
            return f"entry {entry.name!r} lies beyond the link {str(through)!r}"
        self._links.discard(path)
        if entry.kind is EntryKind.SYMLINK:
            self._links.add(path)
            problem = find_link_problem(path, entry.target)
        elif entry.kind is EntryKind.HARDLINK:
            problem = self._find_name_problem(entry.target)
        return None if problem is None else f"entry {entry.name!r} is a link to {entry.target!r}, which {problem}"

    def find_size_problem(self, more: int) -> str | None:
        """Why these bytes are too many, or None: they count from now on."""
        limits = self._limits
        self._bytes += more
        if self._bytes > limits.max_bytes:
            return f"it unpacks to more than the {limits.max_bytes} bytes of --fetcher_max_size"
        if self._bytes > limits.grace_bytes and self._bytes > limits.max_ratio * self._packed:
            return f"it unpacks to more than {limits.max_ratio} times its size"
        return None

    def _find_name_problem(self, name: str) -> str | None:
        parts = name.split("/")
        if name.startswith("/"):
            return "is an absolute path"
        if ".." in parts:
            return "leads out of the sandbox"
        if "\0" in name:
            return "holds a NUL"
        return f"is deeper than {self._limits.max_depth} directories" if len(parts) > self._limits.max_depth else None


def place_of(name: str) -> PurePosixPath:
    """Where an entry lies beneath the sandbox; ``.`` is the sandbox itself."""
    return PurePosixPath(name)


def find_link_problem(path: PurePosixPath, target: str) -> str | None:
    """Why a symbolic link at ``path`` must not have this target, or None.

    A target goes up first, no further than the sandbox, and then down only. As nothing is written through links, a
    link's own directory is real: so going up from it leads to real directories, and a link that is met on the way down
    keeps to the same rule. Up after down would start from wherever such a link leads.
    """
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    if not target or "\0" in target:
        return "is no path"
    if target.startswith("/"):
        return "is an absolute path"
    if ups > len(path.parts) - 1:
        return "leads out of the sandbox"
    if ".." in parts[ups:]:
        return "goes up after it went down: where that leads can't be told"
    return None

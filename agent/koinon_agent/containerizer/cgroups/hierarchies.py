"""Where control groups are: which hierarchies are mounted, and in which of their groups a process is. Pure.

Reads the texts of ``/proc/self/mountinfo`` and ``/proc/<pid>/cgroup``, of version 1 (a hierarchy for some controllers
each), version 2 (one for all) and both beside one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from attrs import frozen

UNIFIED = ""
"""How version 2 is called where a hierarchy goes by its controllers: the kernel writes nothing there."""
_NO_CONTROLLERS = frozenset({"rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods"})


@frozen(kw_only=True)
class Hierarchy:
    """A mounted tree of groups. ``root`` is the group that is seen at ``mount_point``; mostly ``/``.

    ``controllers`` are empty for version 2: there each group tells them in ``cgroup.controllers``.
    """

    mount_point: Path
    root: str = "/"
    controllers: frozenset[str] = frozenset()

    @property
    def is_unified(self) -> bool:
        """Whether it is of version 2."""
        return not self.controllers

    def find_folder(self, group: str) -> Path | None:
        """Where a group is to be seen; None where the mount does not reach it."""
        path = PurePosixPath(group)
        if ".." in path.parts or not path.is_relative_to(self.root):
            return None
        return self.mount_point / path.relative_to(self.root)


def parse_hierarchies(mountinfo: str) -> tuple[Hierarchy, ...]:
    """All that are mounted, each at the first of its places."""
    found: dict[frozenset[str], Hierarchy] = {}
    for line in mountinfo.splitlines():
        head, separator, tail = line.partition(" - ")
        fields, kinds = head.split(" "), tail.split(" ", 2)
        if not separator or len(fields) < 5 or len(kinds) < 3 or kinds[0] not in ("cgroup", "cgroup2"):
            continue
        options = frozenset(kinds[2].split(",")) - _NO_CONTROLLERS
        controllers = options if kinds[0] == "cgroup" else frozenset()
        controllers = frozenset(name for name in controllers if not name.startswith("release_agent="))
        if controllers or kinds[0] == "cgroup2":
            place = Path(_unescape(fields[4]))
            found.setdefault(
                controllers, Hierarchy(mount_point=place, root=_unescape(fields[3]), controllers=controllers)
            )
    return tuple(found.values())


def parse_groups(text: str) -> Mapping[str, str]:
    """The group a process is in, by controller; that of version 2 by ``UNIFIED``."""
    groups: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            groups.update(dict.fromkeys(parts[1].split(","), parts[2]))
    return groups


def find_folders(hierarchies: tuple[Hierarchy, ...], groups: Mapping[str, str]) -> Mapping[str, Path]:
    """Where the groups of a process are to be seen, by controller and ``UNIFIED``."""
    folders: dict[str, Path] = {}
    for hierarchy in hierarchies:
        for controller in hierarchy.controllers or {UNIFIED}:
            folder = hierarchy.find_folder(groups[controller]) if controller in groups else None
            if folder is not None:
                folders[controller] = folder
    return folders


def _unescape(text: str) -> str:
    """The kernel writes blanks in octal."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")

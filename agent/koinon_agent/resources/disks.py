"""Which disks an agent's volumes can lie on, and where on each (mesos-semantics 5.5). Pure.

The root disk is the work directory's. A PATH disk is a directory that many volumes share, laid out like the root
disk's; a MOUNT disk is one volume whole, and its data lie at its very root. Roots that are relative start at the work
directory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from koinon_core.resources import DiskSource, DiskSourceType, Kind, Resources

_LOCAL = (DiskSourceType.PATH, DiskSourceType.MOUNT)
_MOUNT_TRASH = ".koinon-deleted"
"""A file system can't be left by renaming: what is deleted of a MOUNT disk stays on it, under this name, till it is."""


def find_disk_problem(given: Resources) -> str | None:
    """Why an agent can't offer these disks, or None: what ``--resources`` says of them."""
    mounted: set[str] = set()
    for item in given:
        source = None if item.kind.disk is None else item.kind.disk.source
        if item.kind.disk is not None and item.kind.disk.persistence is not None:
            return f"{item}: persistent volumes are made by frameworks and operators, not by flags"
        if source is None:
            continue
        if item.kind.name != "disk":
            return f"{item}: only disk can have a disk.source"
        if source.type not in _LOCAL:
            return f"{item}: a disk.source of type {source.type.name} needs a storage plugin; PATH and MOUNT do not"
        if not source.root:
            return f"{item}: disk.source needs the root of its {source.type.name.lower()}"
        if source.type is DiskSourceType.MOUNT and source.root in mounted:
            return f"{item}: the mount {source.root} is given twice, and a MOUNT disk is had whole"
        mounted |= {source.root} if source.type is DiskSourceType.MOUNT else set()
    return None


def volume_path(work_dir: Path, kind: Kind) -> Path:
    """Where the data of a persistent volume are. Role and id were checked when the volume was made."""
    disk = kind.disk
    if disk is None or disk.persistence is None:
        raise ValueError(f"{kind.name} is no persistent volume")
    if disk.source is None:
        return _volumes(work_dir) / _role_folder(kind) / disk.persistence.id
    root = disk_root(work_dir, disk.source)
    if disk.source.type is DiskSourceType.MOUNT:
        return root
    return _volumes(root) / _role_folder(kind) / disk.persistence.id


def disk_root(work_dir: Path, source: DiskSource) -> Path:
    """The directory a disk is at."""
    return work_dir / (source.root or "")


def _volumes(root: Path) -> Path:
    return root / "volumes" / "roles"


def _trash(root: Path) -> Path:
    return root / "volumes" / "deleted"


def _role_folder(kind: Kind) -> str:
    return kind.reserved_role.replace("/", " ")


@frozen
class Disks:
    """The disks of one agent: ``shared`` ones hold many volumes each, each of ``mounts`` is one volume."""

    shared: tuple[Path, ...]
    mounts: tuple[Path, ...] = ()

    @classmethod
    def of(cls, work_dir: Path, given: Resources) -> Disks:
        """Those of an absolute work directory, and of what the flags give."""
        sources = [item.kind.disk.source for item in given if item.kind.disk is not None and item.kind.disk.source]
        roots = {
            kind: tuple(disk_root(work_dir, one) for one in sources if one.type is kind)
            for kind in (DiskSourceType.PATH, DiskSourceType.MOUNT)
        }
        return cls(
            shared=tuple(dict.fromkeys((work_dir, *roots[DiskSourceType.PATH]))), mounts=roots[DiskSourceType.MOUNT]
        )

    def find_trash(self, volume: Path, name: str) -> Path | None:
        """Where the data of a volume are moved to under that name; None where the path is no volume of ours."""
        if ".." in volume.parts:
            return None
        if volume in self.mounts:
            return volume / _MOUNT_TRASH / name
        return next(
            (_trash(root) / name for root in self.shared if volume.parent.parent == _volumes(root)),
            None,
        )

    def trash_places(self, name: str) -> Iterator[Path]:
        """Everywhere that data may have been moved to under that name."""
        yield from (_trash(root) / name for root in self.shared)
        yield from (root / _MOUNT_TRASH / name for root in self.mounts)

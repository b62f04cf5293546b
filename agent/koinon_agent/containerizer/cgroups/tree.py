"""The groups of an agent's plain processes: which hierarchies they are in, and making one for a container.

Each container has a group ``<cgroups_root>/<container id>``. Beside the controllers that ``--isolation`` names they are
in one hierarchy that serves to find and kill all their processes: version 2 where the kernel can kill a group, else the
freezer. What this machine or this user's rights do not give is said once, at the start, and done without.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
from attrs import frozen

from koinon_core.ids import ContainerId

from ..interface import Workload
from .controls import MEMORY_LIMITS, Controls, decide_controls, settings_of, settings_of_resize
from .group import FREEZER, KILL, Group
from .hierarchies import UNIFIED, Hierarchy
from .membership import find_hierarchies
from .options import CgroupOptions

_logger = structlog.get_logger(__name__)

_UNIFIED_NAMES = {"blkio": "io"}
"""What version 2 calls by another name."""
_HANDED_OUT = "cgroup.subtree_control"
_OOM_GROUP = "memory.oom.group"
_SERVING = frozenset({FREEZER, "cpuacct"})
_LIMITING = frozenset({"cpu", "memory", "pids", "cpuset", "devices", "blkio", "hugetlb"})


@frozen(kw_only=True)
class _Branch:
    """The agent's part of one hierarchy: what it is there for (``keys``), and the controllers that it sets there."""

    folder: Path
    keys: frozenset[str]
    controllers: frozenset[str]

    @property
    def is_unified(self) -> bool:
        return UNIFIED in self.keys

    @property
    def is_container(self) -> bool:
        """Whether all that is in it can be killed at once."""
        return self.is_unified or FREEZER in self.keys


class CgroupTree:
    """Makes groups beneath the agent's own folders, which exist from the start on."""

    def __init__(self, options: CgroupOptions, hierarchies: tuple[Hierarchy, ...]) -> None:
        """Makes the folders; never fails."""
        self.options = options
        self._branches = tuple(_open(options, hierarchies))
        held = {controller for branch in self._branches for controller in branch.controllers}
        if missing := sorted(options.controllers - held):
            _logger.warning("cgroup_controllers_missing", controllers=missing, root=options.root)
        if options.is_contained and not any(branch.is_container for branch in self._branches):
            _logger.warning("cgroups_not_writable", root=options.root, effect="a daemon that a task leaves may live on")

    @property
    def controllers(self) -> frozenset[str]:
        """Those of the options that this machine gives."""
        return frozenset().union(*(branch.controllers for branch in self._branches))

    def decide(self, workload: Workload) -> Controls:
        """What a workload is given under the options."""
        options = self.options
        return decide_controls(workload, is_cpu_limited=options.is_cpu_limited, pids_limit=options.pids_limit)

    def find(self, container_id: ContainerId) -> Group:
        """The group of a container, as far as it is there."""
        folders = self._folders(container_id)
        return Group({key: folder for key, folder in folders.items() if folder.is_dir()})

    def make(self, container_id: ContainerId, controls: Controls) -> Group:
        """A group with these limits. Raises OSError; then nothing of it is left."""
        group = Group(self._folders(container_id))
        try:
            for branch in self._branches:
                _make(branch, branch.folder / container_id, controls)
        except OSError:
            for folder in group.folders.values():
                with suppress(OSError):
                    folder.rmdir()
            raise
        return group

    def resize(self, group: Group, controls: Controls) -> None:
        """Have a group that runs held by other limits, as far as it is held at all. Raises OSError."""
        for branch in self._branches:
            for controller in branch.controllers:
                folder = group.folders.get(UNIFIED if branch.is_unified else controller)
                if folder is not None:
                    _resize(folder, controller, controls, is_unified=branch.is_unified)

    def _folders(self, container_id: ContainerId) -> Mapping[str, Path]:
        if "/" in container_id or container_id in ("", ".", ".."):
            raise OSError(f"container id {container_id!r} cannot name a group")
        return {key: branch.folder / container_id for branch in self._branches for key in branch.keys}


def open_tree(options: CgroupOptions) -> CgroupTree:
    """The tree of this machine as it is now."""
    return CgroupTree(options, find_hierarchies())


def _open(options: CgroupOptions, hierarchies: tuple[Hierarchy, ...]) -> Iterator[_Branch]:
    """Version 2 first: where it can kill and count, the freezer and cpuacct of version 1 have nothing to add."""
    has_unified = False
    for hierarchy in sorted(hierarchies, key=lambda item: not item.is_unified):
        keys = _decide_keys(options, hierarchy.controllers, has_unified=has_unified)
        branch = _open_branch(options, hierarchy, keys) if keys else None
        if branch is not None:
            has_unified |= branch.is_unified
            yield branch


def _decide_keys(options: CgroupOptions, controllers: frozenset[str], *, has_unified: bool) -> frozenset[str]:
    """What a hierarchy is needed for. One that would limit what nobody asked to be limited is left alone."""
    if not controllers:
        return frozenset({UNIFIED}) if options.is_contained or options.controllers else frozenset()
    wanted = options.controllers & controllers
    if has_unified or not options.is_contained:
        return wanted | ({"cpuacct"} & controllers if wanted else frozenset())
    is_harmless = wanted or not controllers & _LIMITING
    return wanted | (_SERVING & controllers if is_harmless else frozenset())


def _open_branch(options: CgroupOptions, hierarchy: Hierarchy, keys: frozenset[str]) -> _Branch | None:
    folder = hierarchy.mount_point / options.root
    probe = folder / f"koinon-probe-{os.getpid()}"
    given = options.controllers & keys
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if hierarchy.is_unified:
            given = _enable(hierarchy, options.root, options.controllers)
        probe.mkdir()
        probe_kills = (probe / KILL).exists()
        probe.rmdir()
    except OSError as error:
        _logger.info("cgroup_not_writable", folder=str(folder), reason=error.strerror)
        return None
    if hierarchy.is_unified and not given and not probe_kills:
        return None
    return _Branch(folder=folder, keys=keys, controllers=given)


def _enable(hierarchy: Hierarchy, root: str, wanted: frozenset[str]) -> frozenset[str]:
    """Have the controllers in the groups beneath the root, from the mount downwards; returns those that are there."""
    folder = hierarchy.mount_point
    for step in ("", *Path(root).parts):
        folder = folder / step
        there = _words(folder / "cgroup.controllers")
        wanted = frozenset(name for name in wanted if _UNIFIED_NAMES.get(name, name) in there)
        for name in sorted(wanted):
            if _UNIFIED_NAMES.get(name, name) not in _words(folder / _HANDED_OUT):
                with suppress(OSError):  # a group that holds processes itself can't hand out any; found out below
                    (folder / _HANDED_OUT).write_text(f"+{_UNIFIED_NAMES.get(name, name)}")
        enabled = _words(folder / _HANDED_OUT)
        wanted = frozenset(name for name in wanted if _UNIFIED_NAMES.get(name, name) in enabled)
    return wanted


def _words(path: Path) -> set[str]:
    return set(path.read_text().split())


def _make(branch: _Branch, folder: Path, controls: Controls) -> None:
    folder.mkdir()
    for controller in sorted(branch.controllers):
        for name, text in settings_of(controls, controller, is_unified=branch.is_unified).items():
            (folder / name).write_text(text)
    if branch.is_unified and "memory" in branch.controllers and (folder / _OOM_GROUP).exists():
        (folder / _OOM_GROUP).write_text("1")


def _resize(folder: Path, controller: str, controls: Controls, *, is_unified: bool) -> None:
    texts = [(folder / name).read_text().strip() for name in MEMORY_LIMITS if (folder / name).exists()]
    memory_now = next((int(text) for text in texts if text.isdigit()), None)
    for name, text in settings_of_resize(controls, controller, memory_now, is_unified=is_unified).items():
        if (folder / name).exists():  # groups of an earlier life may have had fewer controllers
            (folder / name).write_text(text)

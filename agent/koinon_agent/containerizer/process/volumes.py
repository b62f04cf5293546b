"""Shows a plain process its volumes: as links in its sandbox (mesos-semantics 5.5)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path, PurePosixPath

from koinon_daemon.confined import find_beneath

from ..interface import Launch
from .spec import plan_links


def link_volumes(launch: Launch) -> None:
    """Put a link to each volume where the task looks for it, and let the task's user write to persistent ones.

    Raises OSError: a volume is not on the disk, or something else stands in the sandbox at its place; KeyError for
    an unknown user.
    """
    owner = None if launch.user is None else pwd.getpwnam(launch.user)
    for volume in launch.volumes:
        if not volume.path.is_dir():
            raise FileNotFoundError(f"the persistent volume at {volume.path} is gone")
        if owner is not None:
            os.chown(volume.path, owner.pw_uid, owner.pw_gid)
        _link(launch.sandbox, volume.container_path, volume.path)
    for shared in launch.pod.shared if launch.pod is not None else ():
        _link(launch.sandbox, shared.container_path, shared.source)
    for link in plan_links(launch.workload.container, launch.sandbox):
        is_own = link.target.is_relative_to(launch.sandbox)
        if is_own:
            _make_directory(launch.sandbox, PurePosixPath(link.target.relative_to(launch.sandbox)))
            if owner is not None:
                os.chown(link.target, owner.pw_uid, owner.pw_gid)
        elif not link.target.exists():
            raise FileNotFoundError(f"container.volumes: there is no {link.target} on this machine")
        _link(launch.sandbox, link.name, link.target)


def _link(sandbox: Path, name: str, target: Path) -> None:
    place = PurePosixPath(name)
    _make_directory(sandbox, place.parent)
    (sandbox / place).symlink_to(target)


def _make_directory(sandbox: Path, place: PurePosixPath) -> None:
    """Make it step by step: a fetched archive may have put links there that lead out of the sandbox."""
    for step in [*reversed(place.parents), place]:
        folder = sandbox / step
        if not folder.is_dir():
            folder.mkdir()
        if find_beneath(sandbox, str(step)) is None:
            raise PermissionError(f"container.volumes: {step} leads out of the sandbox")

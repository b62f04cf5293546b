"""Shows a plain process its persistent volumes: as links in its sandbox (mesos-semantics 5.5)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from ..interface import Launch


def link_volumes(launch: Launch) -> None:
    """Put a link to each volume where the task looks for it, and let the task's user write there.

    Raises OSError: a volume is gone from the disk, or something else stands in the sandbox at its place; KeyError for
    an unknown user.
    """
    owner = None if launch.user is None else pwd.getpwnam(launch.user)
    for volume in launch.volumes:
        if not volume.path.is_dir():
            raise FileNotFoundError(f"the persistent volume at {volume.path} is gone")
        if owner is not None:
            os.chown(volume.path, owner.pw_uid, owner.pw_gid)
        _link(launch.sandbox / volume.container_path, volume.path)
    for shared in launch.pod.shared if launch.pod is not None else ():
        place = launch.sandbox / shared.container_path
        if place != shared.source:
            _link(place, shared.source)


def _link(place: Path, target: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target, target_is_directory=True)

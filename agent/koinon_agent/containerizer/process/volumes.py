"""Shows a plain process its persistent volumes: as links in its sandbox (mesos-semantics 5.5)."""

from __future__ import annotations

import os
import pwd

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
        link = launch.sandbox / volume.container_path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(volume.path, target_is_directory=True)

"""Shows a plain process its volumes, also later ones: as links in its sandbox (mesos-semantics 5.5)."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path, PurePosixPath

from koinon_daemon.confined import find_beneath

from ..interface import Launch, PersistentVolume, VolumeAddition
from .spec import plan_links


def link_volumes(launch: Launch) -> None:
    """Put a link to each volume where the task looks for it, and let the task's user write to persistent ones.

    Raises OSError: a volume is not on the disk, or something else stands in the sandbox at its place; KeyError for
    an unknown user.
    """
    owner = None if launch.user is None else pwd.getpwnam(launch.user)
    for volume in launch.volumes:
        _hand_over(volume, owner)
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


def add_links(addition: VolumeAddition) -> None:
    """The same for a process that runs. A link that stands there leads to a volume of a task before, and makes way.

    Raises OSError and KeyError.
    """
    owner = None if addition.user is None else pwd.getpwnam(addition.user)
    for volume in addition.volumes:
        place = PurePosixPath(volume.container_path)
        _hand_over(volume, owner)
        folder = _open_folder(addition.sandbox, place.parent)
        try:
            _replace_link(folder, place, volume.path)
        finally:
            os.close(folder)


def _open_folder(sandbox: Path, place: PurePosixPath) -> int:
    """A descriptor of a directory in a sandbox whose processes run, and may put links in its place at any moment."""
    if place.is_absolute() or ".." in place.parts:
        raise PermissionError(f"{place} leads out of the sandbox")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    folder = os.open(sandbox, flags)
    for step in place.parts:
        try:
            with suppress(FileExistsError):
                os.mkdir(step, dir_fd=folder)
            inner = os.open(step, flags | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _replace_link(folder: int, place: PurePosixPath, target: Path) -> None:
    try:
        if os.readlink(place.name, dir_fd=folder) == str(target):
            return
        os.unlink(place.name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FileExistsError(f"something else stands at {place} in the executor's sandbox") from error
    os.symlink(target, place.name, dir_fd=folder)


def _hand_over(volume: PersistentVolume, owner: pwd.struct_passwd | None) -> None:
    if not volume.path.is_dir():
        raise FileNotFoundError(f"the persistent volume at {volume.path} is gone")
    if owner is not None:
        os.chown(volume.path, owner.pw_uid, owner.pw_gid)


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

"""Shows a plain process its volumes, also later ones: as links in its sandbox (mesos-semantics 5.5).

Nothing is made through a link: what was fetched, and processes that run in the sandbox already, may put one anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ...sandboxes.errors import Unplaceable
from ...sandboxes.placement import Owner, Placement, find_owner
from ..interface import Launch, PersistentVolume, VolumeAddition
from .spec import plan_links


def link_volumes(launch: Launch) -> None:
    """Put a link to each volume where the task looks for it, and let the task's user write to persistent ones.

    Raises OSError: a volume is not on the disk, or something else stands in the sandbox at its place; KeyError for
    an unknown user.
    """
    owner = find_owner(launch.user)
    with _open_sandbox(launch.sandbox, owner) as sandbox:
        for volume in launch.volumes:
            _hand_over(volume, owner)
            _link(sandbox, volume.container_path, volume.path)
        for shared in launch.pod.shared if launch.pod is not None else ():
            _link(sandbox, shared.container_path, shared.source)
        for link in plan_links(launch.workload.container, launch.sandbox):
            if link.target.is_relative_to(launch.sandbox):
                sandbox.make_directory(PurePosixPath(link.target.relative_to(launch.sandbox)))
            elif not link.target.exists():
                raise FileNotFoundError(f"container.volumes: there is no {link.target} on this machine")
            _link(sandbox, link.name, link.target)


def add_links(addition: VolumeAddition) -> None:
    """The same for a process that runs. A link that stands there leads to a volume of a task before, and makes way.

    Raises OSError and KeyError.
    """
    owner = find_owner(addition.user)
    with _open_sandbox(addition.sandbox, owner) as sandbox:
        for volume in addition.volumes:
            _hand_over(volume, owner)
            place = _find_place(volume.container_path)
            with sandbox.parent(place) as folder:
                _replace_link(folder, place, volume.path)


@contextmanager
def _open_sandbox(sandbox: Path, owner: Owner | None) -> Iterator[Placement]:
    try:
        with Placement(sandbox, owner) as placement:
            yield placement
    except Unplaceable as error:
        raise PermissionError(f"container.volumes: {error}") from error


def _link(sandbox: Placement, name: str, target: Path) -> None:
    place = _find_place(name)
    with sandbox.parent(place) as folder:
        os.symlink(target, place.name, dir_fd=folder)


def _find_place(name: str) -> PurePosixPath:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.parts:
        raise PermissionError(f"container.volumes: {name} leads out of the sandbox")
    return place


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


def _hand_over(volume: PersistentVolume, owner: Owner | None) -> None:
    if not volume.path.is_dir():
        raise FileNotFoundError(f"the persistent volume at {volume.path} is gone")
    if owner is not None:
        os.chown(volume.path, owner.uid, owner.gid)

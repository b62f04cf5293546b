"""Makes and deletes the directories of persistent volumes, and never anything else (mesos-semantics 5.5).

Where they are is ``disks.py``'s. A volume to be deleted is moved at once, so that one of the same name can be made
anew; that its place in the trash stays until the agent has remembered the deletion tells a restart what was done.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from koinon_core.resources import Kind

from ..instructions import ClearVolume, DeleteVolume, MakeVolume
from ..sandboxes.deletion import delete_tree
from .disks import Disks, volume_path

VolumeInstruction = MakeVolume | DeleteVolume | ClearVolume
_MODE = 0o755
_LOST_AND_FOUND = "lost+found"

_logger = structlog.get_logger(__name__)


class VolumeKeeper:
    """The volumes of one work directory, on all disks of its agent."""

    def __init__(self, work_dir: Path, disks: Disks | None = None) -> None:
        """``work_dir`` is absolute; its own disk is the only one unless ``disks`` says otherwise."""
        self._disks = disks or Disks((work_dir,))
        self._work_dir = work_dir

    def find(self, kind: Kind) -> Path:
        """Where the data of a volume are."""
        return volume_path(self._work_dir, kind)

    def check(self) -> None:
        """Look at the disks once, and say of a MOUNT that is not mounted what that means."""
        for root in self._disks.mounts:
            if not root.is_mount():
                _logger.warning("disk_not_mounted", root=str(root), effect="its volumes lie on the disk beneath")

    def make(self, path: str) -> None:
        """Make the directory of a volume. Where that fails a task that uses it will not start, and say so."""
        try:
            if self._find_trash(Path(path), "") is not None:
                Path(path).mkdir(mode=_MODE, parents=True, exist_ok=True)
        except OSError as error:
            _logger.error("volume_not_made", path=path, error=str(error))

    async def delete(self, instruction: DeleteVolume) -> bool:
        """Delete what is in a volume. False when it would not go; then the next start of the agent tries again.

        The volume is out of the way before this waits for anything.
        """
        path = Path(instruction.path)
        trash = self._find_trash(path, instruction.trash)
        if trash is None:
            return False
        try:
            self._move(path, trash)
            await asyncio.to_thread(_empty, trash)
        except OSError as error:
            _logger.error("volume_not_deleted", path=instruction.path, trash=str(trash), error=str(error))
            return False
        return True

    def _move(self, path: Path, trash: Path) -> None:
        if trash.exists():
            return
        trash.parent.mkdir(parents=True, exist_ok=True)
        if path in self._disks.mounts:
            _move_content(path, trash)
        elif path.exists():
            path.rename(trash)
        else:
            trash.mkdir()

    def clear(self, trash: str) -> None:
        """Take the empty place of a deleted volume away."""
        for place in self._disks.trash_places(trash):
            try:
                place.rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:
                _logger.warning("volume_trash_left", trash=str(place), error=str(error))
            if place.parent.parent in self._disks.mounts:
                with suppress(OSError):  # others are on their way out of there
                    place.parent.rmdir()

    def _find_trash(self, path: Path, name: str) -> Path | None:
        """Where a volume goes when it is deleted; None for what is none of ours: nothing else is ever touched."""
        trash = self._disks.find_trash(path, name)
        if trash is None:
            _logger.error("volume_path_refused", path=str(path))
        return trash


def _move_content(mount: Path, trash: Path) -> None:
    """Move all that lies on a mounted disk. Not done at one stroke, so the place gets its name when all is there."""
    partly = trash.with_name(f"{trash.name}.part")
    partly.mkdir(exist_ok=True)
    for item in mount.iterdir():
        if item not in (trash.parent, mount / _LOST_AND_FOUND):
            item.rename(partly / item.name)
    partly.rename(trash)


def _empty(directory: Path) -> None:
    """Delete what is in a directory, following no link."""
    for item in directory.iterdir():
        if item.is_dir() and not item.is_symlink():
            delete_tree(item)
        else:
            item.unlink()

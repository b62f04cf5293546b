"""Makes and deletes the directories of persistent volumes, and never anything else (mesos-semantics 5.5).

Owns the layout beneath ``<work_dir>/volumes``: ``roles/<role>/<id>``, with spaces for the slashes of a role, and
``deleted/<name>`` for data on their way out. A volume to be deleted is moved at once, so that one of the same name can
be made anew; that its place there stays until the agent has remembered the deletion tells a restart what was done.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import structlog

from koinon_core.resources import Kind

from ..instructions import ClearVolume, DeleteVolume, MakeVolume

VolumeInstruction = MakeVolume | DeleteVolume | ClearVolume
_MODE = 0o755

_logger = structlog.get_logger(__name__)


def volume_path(work_dir: Path, kind: Kind) -> Path:
    """Where the data of a persistent volume are. Role and id were checked when the volume was made."""
    persistence = None if kind.disk is None else kind.disk.persistence
    if persistence is None:
        raise ValueError(f"{kind.name} is no persistent volume")
    return work_dir / "volumes" / "roles" / kind.reserved_role.replace("/", " ") / persistence.id


class VolumeKeeper:
    """The volumes of one work directory."""

    def __init__(self, work_dir: Path) -> None:
        """``work_dir`` is absolute."""
        self._roles = work_dir / "volumes" / "roles"
        self._deleted = work_dir / "volumes" / "deleted"
        self._work_dir = work_dir

    def find(self, kind: Kind) -> Path:
        """Where the data of a volume are."""
        return volume_path(self._work_dir, kind)

    def make(self, path: str) -> None:
        """Make the directory of a volume. Where that fails a task that uses it will not start, and say so."""
        try:
            if self._is_ours(Path(path)):
                Path(path).mkdir(mode=_MODE, parents=True, exist_ok=True)
        except OSError as error:
            _logger.error("volume_not_made", path=path, error=str(error))

    async def delete(self, instruction: DeleteVolume) -> bool:
        """Delete what is in a volume. False when it would not go; then the next start of the agent tries again.

        The volume is out of the way before this waits for anything.
        """
        trash = self._deleted / instruction.trash
        try:
            self._move(Path(instruction.path), trash)
            await asyncio.to_thread(_empty, trash)
        except OSError as error:
            _logger.error("volume_not_deleted", path=instruction.path, trash=str(trash), error=str(error))
            return False
        return True

    def _move(self, path: Path, trash: Path) -> None:
        if trash.exists() or not self._is_ours(path):
            return
        trash.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.rename(trash)
        else:
            trash.mkdir()

    def clear(self, trash: str) -> None:
        """Take the empty place of a deleted volume away."""
        try:
            (self._deleted / trash).rmdir()
        except OSError as error:
            _logger.warning("volume_trash_left", trash=trash, error=str(error))

    def _is_ours(self, path: Path) -> bool:
        """Whether this is exactly ``roles/<role>/<id>``: nothing else is ever touched."""
        if path.parent.parent == self._roles and ".." not in path.parts:
            return True
        _logger.error("volume_path_refused", path=str(path))
        return False


def _empty(directory: Path) -> None:
    """Delete what is in a directory, following no link."""
    for item in directory.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()

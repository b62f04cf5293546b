"""A framework's id in a file, for a framework that runs on one machine."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from koinon_core.ids import FrameworkId

from ..errors import IdFileError

_MAX_BYTES = 1024


class FrameworkIdFile:
    """A FrameworkIdKeeper: one line in the file at ``path``, replaced whole and durable.

    A few bytes, written once in a framework's life: that is done in place rather than in a thread. Every method raises
    IdFileError, which names the path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    async def load(self) -> FrameworkId | None:
        """The id saved last. Raises IdFileError for a file that holds anything else: nobody's id is guessed."""
        try:
            with self._path.open("rb") as file:
                data = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise IdFileError(str(self._path), error.strerror or str(error)) from error
        text = data.decode("ascii", errors="replace").removesuffix("\n")
        if not text or not text.isprintable() or " " in text or len(data) == _MAX_BYTES:
            raise IdFileError(str(self._path), f"it does not hold a framework id: {data[:40]!r}")
        return FrameworkId(text)

    async def save(self, framework_id: FrameworkId) -> None:
        """Replace the file. Its directory must be there."""
        try:
            _replace(self._path, f"{framework_id}\n".encode())
        except OSError as error:
            raise IdFileError(str(self._path), error.strerror or str(error)) from error

    async def forget(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise IdFileError(str(self._path), error.strerror or str(error)) from error


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, whenever the process or the machine dies."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        unfinished = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the name durable: without this a machine that loses power may bring the old file back."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

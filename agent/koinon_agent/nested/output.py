"""The sandbox of a nested container that nobody listens to: its output in files, within a bound.

It lies in its parent's, which belongs to a task that may have put links in the way: none is followed.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from ..containerizer.session import Output
from ..sandboxes.nested import create_task_sandbox

MAX_BYTES = 10 * 1024 * 1024
"""Of one file; then it becomes ``stdout.1``, in place of an older one."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to wait for the reader of a pipe that the task may have put there.
_FILE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def nested_sandbox(parent: Path, name: str) -> Path:
    """Where the sandbox of a nested container is."""
    return parent / "containers" / name


class OutputFiles:
    """``stdout`` and ``stderr`` of one nested container."""

    def __init__(self, parent: Path, name: str, max_bytes: int = MAX_BYTES) -> None:
        """Makes the sandbox. Raises OSError."""
        create_task_sandbox(parent, nested_sandbox(parent, name))
        self._folder = _open_beneath(parent, ("containers", name))
        self._max_bytes = max_bytes
        self._files: dict[Output, int] = {}
        try:
            for output in Output:
                self._files[output] = self._open(output)
        except OSError:
            self.close()
            raise

    def write(self, output: Output, data: bytes) -> None:
        """Append. Raises OSError."""
        if os.fstat(self._files[output]).st_size + len(data) > self._max_bytes:
            self._rotate(output)
        os.write(self._files[output], data)

    def close(self) -> None:
        """Nothing more will be written."""
        for descriptor in (*self._files.values(), self._folder):
            os.close(descriptor)

    def _rotate(self, output: Output) -> None:
        with suppress(FileNotFoundError):
            name = output.value
            os.rename(name, f"{name}.1", src_dir_fd=self._folder, dst_dir_fd=self._folder)
        full, self._files[output] = self._files[output], self._open(output)
        os.close(full)

    def _open(self, output: Output) -> int:
        return os.open(output.value, _FILE, 0o644, dir_fd=self._folder)


def remove_sandbox(parent: Path, name: str) -> None:
    """Delete it with all that is in it. Raises OSError; of one that is gone nothing is said."""
    try:
        folder = _open_beneath(parent, ("containers",))
    except OSError:
        return
    try:
        shutil.rmtree(name, dir_fd=folder)
    except FileNotFoundError:
        return
    finally:
        os.close(folder)


def _open_beneath(root: Path, parts: tuple[str, ...]) -> int:
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts:
        try:
            below = os.open(part, _FOLDER, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here

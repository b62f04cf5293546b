"""How the sandbox of a task comes to be within its pod's, and the directories that it shares (mesos-semantics 7.4).

Nothing is made through a link: tasks of the pod that run already may have put one in the way.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path, PurePosixPath

from ..containerizer import SharedDirectory
from .layout import STDERR, STDOUT

_PRIVATE = 0o750
_SHARED = 0o755
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def create_task_sandbox(pod_sandbox: Path, sandbox: Path, user: str | None = None) -> None:
    """Make a task's sandbox with empty stdout and stderr. They belong to ``user``; None leaves them to the agent's.

    Raises OSError, and KeyError for a user that this machine does not know.
    """
    folder = _make_beneath(pod_sandbox, str(sandbox.relative_to(pod_sandbox)), _PRIVATE, user)
    try:
        for log in (STDOUT, STDERR):
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(log, flags, 0o644, dir_fd=folder)
            _give(descriptor, user)
            os.close(descriptor)
    finally:
        os.close(folder)


def make_shared(directory: SharedDirectory, user: str | None = None) -> None:
    """Make a directory that tasks share, unless it is there. Raises OSError and KeyError as above."""
    if not directory.root.is_dir():
        raise FileNotFoundError(f"the volume at {directory.root} is gone")
    os.close(_make_beneath(directory.root, directory.path, _SHARED, user))


def _make_beneath(root: Path, path: str, mode: int, user: str | None) -> int:
    """A descriptor of the directory; what was missing on the way there is made, and is the user's."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in PurePosixPath(path).parts:
        try:
            is_new = _make(part, mode, here)
            below = os.open(part, _OPEN, dir_fd=here)
        except NotADirectoryError as error:
            raise NotADirectoryError(f"{root / path} can't be made: {part} is a link, or no directory") from error
        finally:
            os.close(here)
        here = below
        if is_new:
            _give(here, user)
    return here


def _make(name: str, mode: int, folder: int) -> bool:
    try:
        os.mkdir(name, mode, dir_fd=folder)
    except FileExistsError:
        return False
    return True


def _give(descriptor: int, user: str | None) -> None:
    if user is not None:
        owner = pwd.getpwnam(user)
        os.fchown(descriptor, owner.pw_uid, owner.pw_gid)

"""How the sandbox of a task comes to be within its pod's, and the directories that it shares (mesos-semantics 7.4).

Nothing is made through a link: tasks of the pod that run already may have put one in the way.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from attrs import frozen

from ..containerizer import SharedDirectory
from .layout import STDERR, STDOUT, SandboxId, create_sandbox, sandbox_path

_PRIVATE = 0o750
_PASSABLE = 0o751
_SHARED = 0o755
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def create_pod_sandbox(work_dir: Path, sandbox_id: SandboxId, user: str | None = None) -> None:
    """Make the sandbox around those of a pod's tasks, unless it is there. Raises OSError and KeyError.

    Who knows the name of what is in it may go there: a task may have another user than its pod.
    """
    path = sandbox_path(work_dir, sandbox_id)
    if not path.exists():
        create_sandbox(work_dir, sandbox_id, user)
        path.chmod(_PASSABLE)


def create_task_sandbox(pod_sandbox: Path, sandbox: Path, user: str | None = None) -> None:
    """Make a task's sandbox with empty stdout and stderr. They belong to ``user``; None leaves them to the agent's.

    Raises OSError, and KeyError for a user that this machine does not know.
    """
    *above, name = sandbox.relative_to(pod_sandbox).parts
    steps = [*(_Step(part, _PASSABLE) for part in above), _Step(name, _PRIVATE, user)]
    folder = _make_beneath(pod_sandbox, steps)
    try:
        for log in (STDOUT, STDERR):
            # Not to wait for the reader of a pipe that another task may have put there.
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(log, flags, 0o644, dir_fd=folder)
            try:
                _give(descriptor, user)
            finally:
                os.close(descriptor)
    finally:
        os.close(folder)


def make_shared(directory: SharedDirectory, user: str | None = None) -> None:
    """Make a directory that tasks share, unless it is there. Raises OSError and KeyError as above."""
    if not directory.root.is_dir():
        raise FileNotFoundError(f"the volume at {directory.root} is gone")
    steps = [_Step(part, _SHARED, user) for part in PurePosixPath(directory.path).parts]
    os.close(_make_beneath(directory.root, steps))


@frozen
class _Step:
    """A directory on the way, and what it is to be like where it is new."""

    name: str
    mode: int
    user: str | None = None


def _make_beneath(root: Path, steps: Sequence[_Step]) -> int:
    """A descriptor of the last directory. Each is looked up in the one before, which nobody can swap meanwhile."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for step in steps:
        try:
            is_new = _make(step.name, step.mode, here)
            below = os.open(step.name, _OPEN, dir_fd=here)
        except NotADirectoryError as error:
            raise NotADirectoryError(f"{step.name} in {root} is a link, or no directory") from error
        finally:
            os.close(here)
        here = below
        if is_new:
            _adopt(here, step)
    return here


def _adopt(directory: int, step: _Step) -> None:
    """Make a new directory what it is to be; closed where that fails."""
    try:
        os.fchmod(directory, step.mode)  # whatever the umask
        _give(directory, step.user)
    except BaseException:
        os.close(directory)
        raise


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

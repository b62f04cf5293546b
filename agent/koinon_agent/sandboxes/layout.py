"""Where each container's files are, and how that place comes to be (mesos-semantics 7.4).

Owns the layout beneath ``<work_dir>/slaves``. When a sandbox goes is the garbage collector's business; what is fetched
into it the fetcher's; who may look into it ``http/files``'s.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from attrs import frozen

from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId

LATEST = "latest"
STDOUT = "stdout"
STDERR = "stderr"

_MODE = 0o750


@frozen(kw_only=True)
class SandboxId:
    """Whose sandbox: the ids that its path is made of. None holds a slash (mesos-semantics 2)."""

    agent_id: AgentId
    framework_id: FrameworkId
    executor_id: ExecutorId
    container_id: ContainerId


def executor_path(work_dir: Path, sandbox_id: SandboxId) -> Path:
    """The directory of an executor, with all its runs."""
    framework = work_dir / "slaves" / sandbox_id.agent_id / "frameworks" / sandbox_id.framework_id
    return framework / "executors" / sandbox_id.executor_id


def sandbox_path(work_dir: Path, sandbox_id: SandboxId) -> Path:
    """The sandbox of a container, made or not."""
    return executor_path(work_dir, sandbox_id) / "runs" / sandbox_id.container_id


def standalone_sandbox_path(work_dir: Path, container_id: ContainerId) -> Path:
    """The sandbox of a container without a parent, made or not."""
    return work_dir / "containers" / container_id


def create_sandbox(work_dir: Path, sandbox_id: SandboxId, user: str | None = None) -> Path:
    """Make the sandbox with empty stdout and stderr, point ``runs/latest`` to it, and return its path.

    They belong to ``user``; None leaves them to the agent's. Made already, they stay as they are. Raises OSError
    (disk full, no permission) and KeyError for a user that this machine does not know.
    """
    path = sandbox_path(work_dir, sandbox_id)
    create_folder(path, user)
    _point(path.parent / LATEST, sandbox_id.container_id)
    return path


def create_folder(path: Path, user: str | None = None) -> None:
    """Make a sandbox at a path that nobody but the agent writes to. Otherwise as ``create_sandbox``."""
    owner = pwd.getpwnam(user) if user is not None else None
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(_MODE)
    for log in (path / STDOUT, path / STDERR):
        log.touch()
    if owner is not None:
        for item in (path, path / STDOUT, path / STDERR):
            os.chown(item, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _point(link: Path, target: str) -> None:
    """Set a symbolic link at one stroke, so that nobody ever finds it missing."""
    fresh = link.with_name(f".{link.name}.{target}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)

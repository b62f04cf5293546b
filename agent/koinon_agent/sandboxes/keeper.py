"""Makes and deletes sandboxes in a thread, and never anything else: what is not a sandbox of this work dir stays."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

import structlog

from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId

from ..containerizer import Launch
from .deletion import delete_tree
from .layout import LATEST, SandboxId, create_folder, create_sandbox, sandbox_path, standalone_sandbox_path
from .nested import create_pod_sandbox, create_task_sandbox, make_shared

_logger = structlog.get_logger(__name__)


class SandboxKeeper:
    """The sandboxes of one work directory."""

    def __init__(self, work_dir: Path) -> None:
        """``work_dir`` is absolute."""
        self._work_dir = work_dir
        self._turn = Lock()

    def find(
        self, agent_id: AgentId, framework_id: FrameworkId, executor_id: ExecutorId, container_id: ContainerId
    ) -> Path:
        """Where a sandbox is, made or not."""
        return sandbox_path(
            self._work_dir,
            SandboxId(agent_id=agent_id, framework_id=framework_id, executor_id=executor_id, container_id=container_id),
        )

    def find_standalone(self, container_id: ContainerId) -> Path:
        """Where the sandbox of a container without a parent is, made or not."""
        return standalone_sandbox_path(self._work_dir, container_id)

    async def create(self, launch: Launch) -> None:
        """Make the sandbox of a launch. Raises OSError, and KeyError for an unknown user."""
        if launch.agent_id is None or launch.framework_id is None or launch.executor_id is None:
            await asyncio.to_thread(create_folder, self.find_standalone(launch.container_id), launch.user)
            return
        sandbox_id = SandboxId(
            agent_id=launch.agent_id,
            framework_id=launch.framework_id,
            executor_id=launch.executor_id,
            container_id=launch.container_id if launch.pod is None else launch.pod.container_id,
        )
        await asyncio.to_thread(self._create, sandbox_id, launch)

    def _create(self, sandbox_id: SandboxId, launch: Launch) -> None:
        if launch.pod is None:
            create_sandbox(self._work_dir, sandbox_id, launch.user)
            return
        with self._turn:  # the tasks of a pod come all at once
            create_pod_sandbox(self._work_dir, sandbox_id, launch.pod.user)
        create_task_sandbox(launch.pod.sandbox, launch.sandbox, launch.user)
        for directory in launch.pod.shared:
            make_shared(directory, launch.user)

    async def measure_disk(self) -> float | None:
        """The share of the disk that is in use, of what its users may have; None where that can't be told."""
        try:
            found = await asyncio.to_thread(os.statvfs, self._work_dir)
        except OSError as error:
            _logger.warning("disk_not_measured", error=str(error))
            return None
        used = found.f_blocks - found.f_bfree
        return used / (used + found.f_bavail) if used + found.f_bavail else None

    async def delete(self, sandbox: str) -> bool:
        """Delete a sandbox, and the directories above that it leaves empty. False when it would not go."""
        return await asyncio.to_thread(self._delete, Path(sandbox))

    async def delete_standalone(self, container_id: ContainerId) -> None:
        """Delete the sandbox of a container without a parent, if there is one. Raises OSError."""
        with suppress(FileNotFoundError):
            await asyncio.to_thread(delete_tree, self.find_standalone(container_id))

    def _delete(self, sandbox: Path) -> bool:
        slaves = self._work_dir / "slaves"
        if not sandbox.is_relative_to(slaves) or sandbox.parent.name != "runs":
            _logger.error("sandbox_deletion_refused", sandbox=str(sandbox))
            return False
        try:
            delete_tree(sandbox)
        except FileNotFoundError:
            _logger.info("sandbox_was_gone", sandbox=str(sandbox))
        except OSError as error:
            _logger.warning("sandbox_deletion_failed", sandbox=str(sandbox), error=str(error))
            return False
        self._prune(sandbox.parent, slaves)
        return True

    @staticmethod
    def _prune(directory: Path, top: Path) -> None:
        latest = directory / LATEST
        with suppress(OSError):  # a directory with other runs in it is to stay
            if latest.is_symlink() and not latest.exists():
                latest.unlink()
            while directory != top:
                directory.rmdir()
                directory = directory.parent

"""What the tasks of a pod share of its sandbox: volumes with a sandbox_path of type PARENT (mesos-v1-api 4.4). Pure.

The executor's own volumes, persistent ones and directories of the host, are parts of its sandbox that lie elsewhere.
Volumes that are a container's alone are the containerizer's affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from koinon_core.containers import (
    ContainerInfo,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSourceType,
)
from koinon_core.tasks import ExecutorInfo, TaskInfo

from ..containerizer import PersistentVolume, SharedDirectory
from ..settings import FindVolume
from ..tasks.launches import find_volumes


def has_image(container: ContainerInfo | None) -> bool:
    """Whether a task runs in an image; else it is a plain process."""
    return container is not None and container.mesos is not None and container.mesos.image is not None


def find_executor_volume_problem(executor: ExecutorInfo) -> str | None:
    """Why a pod can't have the volumes of its executor, or None."""
    for volume in executor.container.volumes if executor.container is not None else ():
        if volume.container_path.startswith("/") or _climbs(volume.container_path):
            return f"volume {volume.container_path!r} must have a container_path within the executor's sandbox"
        if volume.mode is not VolumeMode.RW or _host_source(volume) is None:
            return f"volume {volume.container_path!r} must be a read-write path of the host"
    return None


def find_shared_volume_problem(task: TaskInfo) -> str | None:
    """Why a task can't have what it wants of sandboxes, or None."""
    for volume, asked in _of_sandboxes(task):
        name = f"volume {volume.container_path!r}"
        if not asked.path or _climbs(asked.path):
            return f"{name} has a sandbox_path.path of {asked.path!r}, which leads to no part of a sandbox"
        if not volume.container_path or _climbs(volume.container_path):
            return f"{name} has a container_path that leads out of the sandbox"
        if not has_image(task.container) and volume.container_path.startswith("/"):
            return f"{name} must have a container_path within the sandbox: a plain process sees the host's files"
        if not has_image(task.container) and volume.mode is VolumeMode.RO:
            return f"{name} can't be read-only to a plain process"
    return None


def split_volumes(
    task: TaskInfo, sandbox: Path, mounted: tuple[PersistentVolume, ...]
) -> tuple[tuple[SharedDirectory, ...], tuple[Volume, ...]]:
    """Of a task's volumes those to be taken from its pod's ``sandbox``, and the rest. ``mounted`` are the executor's
    own volumes.
    """
    shared = []
    taken = []
    for volume, asked in _of_sandboxes(task):
        root, path = _find(PurePosixPath(asked.path.lstrip("/")), sandbox, mounted)
        shared.append(
            SharedDirectory(
                root=root,
                path=str(path),
                container_path=volume.container_path,
                is_read_only=volume.mode is VolumeMode.RO,
            )
        )
        taken.append(volume)
    volumes = task.container.volumes if task.container is not None else ()
    return tuple(shared), tuple(volume for volume in volumes if volume not in taken)


def mounted_volumes(executor: ExecutorInfo, find_volume: FindVolume) -> tuple[PersistentVolume, ...]:
    """The parts of an executor's sandbox that lie elsewhere."""
    volumes = executor.container.volumes if executor.container is not None else ()
    return find_volumes(executor, find_volume) + tuple(
        PersistentVolume(path=Path(path), container_path=volume.container_path)
        for volume in volumes
        if (path := _host_source(volume)) is not None
    )


def _of_sandboxes(task: TaskInfo) -> Iterator[tuple[Volume, SandboxPath]]:
    """Those of the parent's sandbox. What is of a task's own is its containerizer's affair."""
    for volume in task.container.volumes if task.container is not None else ():
        source = volume.source
        asked = source.sandbox_path if source is not None and source.type is VolumeSourceType.SANDBOX_PATH else None
        if asked is not None and asked.type is SandboxPathType.PARENT:
            yield volume, asked


def _find(path: PurePosixPath, sandbox: Path, mounted: tuple[PersistentVolume, ...]) -> tuple[Path, PurePosixPath]:
    for volume in mounted:
        if path.is_relative_to(volume.container_path):
            return volume.path, path.relative_to(volume.container_path)
    return sandbox, path


def _host_source(volume: Volume) -> str | None:
    source = volume.source
    if source is not None and source.type is VolumeSourceType.HOST_PATH and source.host_path is not None:
        path: str | None = source.host_path.path
    else:
        path = volume.host_path if source is None else None
    return path if path is not None and path.startswith("/") else None


def _climbs(path: str) -> bool:
    return ".." in PurePosixPath(path).parts

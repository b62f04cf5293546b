"""What a Docker container sees of the host's file system (mesos-semantics 9.1, rows 7 to 9). Pure.

Owns the way from a task's volumes to mounts. Making the directories is ``docker.py``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen

from koinon_core.containers import DockerVolume, Volume, VolumeMode, VolumeSourceType

from ..interface import PersistentVolume, Workload

SANDBOX_MOUNT = "/mnt/mesos/sandbox"
"""Where a container finds its sandbox."""

_SOURCES = (VolumeSourceType.DOCKER_VOLUME, VolumeSourceType.HOST_PATH, VolumeSourceType.SANDBOX_PATH)


@frozen(kw_only=True)
class Mounts:
    """The parts of a create request that show files, and the directories below the sandbox that they need.

    ``binds`` are paths of the host, which the engine makes where they are missing, as ``docker run -v`` does;
    ``mounts`` never lack their source and may hold a colon.
    """

    mounts: tuple[Mapping[str, Any], ...]
    binds: tuple[str, ...]
    anonymous: tuple[str, ...]
    directories: tuple[Path, ...]


def find_volume_problems(workload: Workload) -> Iterator[str]:
    """Why a container cannot have its volumes, one problem each."""
    for volume in workload.container.volumes if workload.container else ():
        if problem := _find_problem(volume):
            yield f"volume {volume.container_path!r} {problem}"


def _find_problem(volume: Volume) -> str | None:
    if not volume.container_path:
        return "has no container_path"
    if _climbs(volume.container_path) and not volume.container_path.startswith("/"):
        return "leads out of the sandbox"
    source = volume.source
    if source is not None and source.type not in _SOURCES:
        return f"has a source of type {source.type.name if source.type else None}, which Docker cannot mount"
    if source is not None and source.type is VolumeSourceType.DOCKER_VOLUME:
        return None if source.docker_volume and source.docker_volume.name else "has no docker_volume.name"
    path = _host_path(volume)
    if source is not None and path is None:
        return "has a source without its path"
    if path is not None and not path.startswith("/") and _climbs(path):
        return f"has a host path {path!r} that leads out of the sandbox"
    if path is not None and path.startswith("/") and ":" in path + volume.container_path:
        return "must not hold a colon"
    return None


def _climbs(path: str) -> bool:
    return ".." in PurePosixPath(path).parts


def _host_path(volume: Volume) -> str | None:
    if volume.source is None:
        return volume.host_path
    if volume.source.type is VolumeSourceType.HOST_PATH:
        return volume.source.host_path.path if volume.source.host_path else None
    # A task alone in its container is its own parent.
    return volume.source.sandbox_path.path.lstrip("/") if volume.source.sandbox_path else None


def plan_mounts(sandbox: Path, volumes: Sequence[Volume], persistent: Sequence[PersistentVolume] = ()) -> Mounts:
    """The sandbox and all volumes, of which none has a problem; ``persistent`` are those among the resources."""
    mounts: list[Mapping[str, Any]] = [_mount("bind", str(sandbox), SANDBOX_MOUNT, is_read_only=False)]
    binds, anonymous, directories = [], [], []
    for kept in persistent:
        target = str(PurePosixPath(SANDBOX_MOUNT, kept.container_path))
        mounts.append(_mount("bind", str(kept.path), target, is_read_only=False))
    for volume in volumes:
        target = str(PurePosixPath(SANDBOX_MOUNT, volume.container_path))
        is_read_only = volume.mode is VolumeMode.RO
        path = _host_path(volume)
        if volume.source is not None and volume.source.docker_volume is not None:
            mounts.append(_docker_volume(volume.source.docker_volume, target, is_read_only))
        elif path is None:
            anonymous.append(target)
        elif path.startswith("/"):
            binds.append(f"{path}:{target}:{'ro' if is_read_only else 'rw'}")
        else:
            directories.append(sandbox / path)
            mounts.append(_mount("bind", str(sandbox / path), target, is_read_only=is_read_only))
    return Mounts(mounts=tuple(mounts), binds=tuple(binds), anonymous=tuple(anonymous), directories=tuple(directories))


def _mount(kind: str, source: str, target: str, *, is_read_only: bool) -> dict[str, Any]:
    return {"Type": kind, "Source": source, "Target": target, "ReadOnly": is_read_only}


def _docker_volume(volume: DockerVolume, target: str, is_read_only: bool) -> Mapping[str, Any]:
    mount = _mount("volume", volume.name, target, is_read_only=is_read_only)
    if volume.driver:
        options = {item.key: item.value for item in volume.driver_options.parameter} if volume.driver_options else {}
        mount["VolumeOptions"] = {"DriverConfig": {"Name": volume.driver, "Options": options}}
    return mount

"""What a Docker container sees of the host's file system (mesos-semantics 9.1, rows 7 to 9). Pure.

Owns the way from a workload's volumes to mounts. Making the directories is ``containerizer.py``'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen

from koinon_core.containers import (
    DockerVolume,
    MountPropagationMode,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)

from ...interface import Launch, VolumeAddition, Workload

SANDBOX_MOUNT = "/mnt/mesos/sandbox"
"""Where a container finds its sandbox, unless the operator says otherwise."""

_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_PROPAGATIONS = {MountPropagationMode.HOST_TO_CONTAINER: "rslave", MountPropagationMode.BIDIRECTIONAL: "rshared"}


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


def find_volume_problems(workload: Workload, driver: str | None = None) -> Iterator[str]:
    """Why a container cannot have its volumes, one problem each. ``driver`` is the older ``docker.volume_driver``."""
    for volume in workload.container.volumes if workload.container else ():
        if problem := _find_problem(volume, driver):
            yield f"volume {volume.container_path!r} {problem}"


def _find_problem(volume: Volume, driver: str | None) -> str | None:
    if not volume.container_path:
        return "has no container_path"
    if _climbs(volume.container_path) and not volume.container_path.startswith("/"):
        return "leads out of the sandbox"
    if volume.image is not None:
        return "has an image, which Docker cannot mount"
    if volume.source is not None and (problem := _find_source_problem(volume.source)):
        return problem
    if _is_kept_by_engine(volume, driver):
        name = (_docker_volume_of(volume, driver) or DockerVolume(name="")).name
        return None if _VOLUME_NAME.fullmatch(name) else f"has {name!r} for the name of a Docker volume"
    path = _host_path(volume)
    if path is not None and not path.startswith("/") and _climbs(path):
        return f"has a host path {path!r} that leads out of the sandbox"
    if path is not None and path.startswith("/") and ":" in path + volume.container_path:
        return "must not hold a colon"
    return None


def _find_source_problem(source: VolumeSource) -> str | None:
    match source.type:
        case VolumeSourceType.DOCKER_VOLUME:
            return None if source.docker_volume and source.docker_volume.name else "has no docker_volume.name"
        case VolumeSourceType.HOST_PATH:
            if source.host_path is None or not source.host_path.path:
                return "has a source without its path"
            return None if source.host_path.path.startswith("/") else "has a host_path.path that is not absolute"
        case VolumeSourceType.SANDBOX_PATH:
            if source.sandbox_path is None or not source.sandbox_path.path:
                return "has a source without its path"
            is_parents = source.sandbox_path.type is SandboxPathType.PARENT
            return "has a sandbox_path of type PARENT, and its container has no parent" if is_parents else None
        case VolumeSourceType.SECRET:
            return "has a source of type SECRET, and no secret store is there to ask"
    return f"has a source of type {source.type.name if source.type else None}, which Docker cannot mount"


def _climbs(path: str) -> bool:
    return ".." in PurePosixPath(path).parts


def _is_kept_by_engine(volume: Volume, driver: str | None) -> bool:
    return _docker_volume_of(volume, driver) is not None


def _docker_volume_of(volume: Volume, driver: str | None) -> DockerVolume | None:
    """The engine's volume it is. With a driver for all, a host path that is not absolute is such a name."""
    if volume.source is not None:
        return volume.source.docker_volume if volume.source.type is VolumeSourceType.DOCKER_VOLUME else None
    if driver is None or volume.host_path is None or volume.host_path.startswith("/"):
        return None
    return DockerVolume(name=volume.host_path, driver=driver)


def _host_path(volume: Volume) -> str | None:
    """An absolute path of the host or one below the sandbox; None for a volume that is the container's alone."""
    if volume.source is None:
        return volume.host_path or None
    if volume.source.type is VolumeSourceType.HOST_PATH:
        return volume.source.host_path.path if volume.source.host_path else None
    return volume.source.sandbox_path.path.lstrip("/") if volume.source.sandbox_path else None


def plan_mounts(launch: Launch, sandbox_mount: str = SANDBOX_MOUNT, driver: str | None = None) -> Mounts:
    """The sandbox, the persistent volumes among the resources, and all volumes, of which none has a problem."""
    sandbox, container = launch.sandbox, launch.workload.container
    mounts: list[Mapping[str, Any]] = [_mount("bind", str(sandbox), sandbox_mount, is_read_only=False)]
    binds, anonymous, directories = [], [], []
    for kept in launch.volumes:
        target = str(PurePosixPath(sandbox_mount, kept.container_path))
        mounts.append(_mount("bind", str(kept.path), target, is_read_only=False))
    for shared in launch.pod.shared if launch.pod is not None else ():
        target = str(PurePosixPath(sandbox_mount, shared.container_path))
        mounts.append(_mount("bind", str(shared.source), target, is_read_only=shared.is_read_only))
    for volume in container.volumes if container is not None else ():
        target = str(PurePosixPath(sandbox_mount, volume.container_path))
        is_read_only = volume.mode is VolumeMode.RO
        path, kept_by_engine = _host_path(volume), _docker_volume_of(volume, driver)
        if kept_by_engine is not None:
            mounts.append(_docker_volume(kept_by_engine, target, is_read_only))
        elif path is None:
            anonymous.append(target)
        elif path.startswith("/"):
            binds.append(f"{path}:{target}:{','.join(_bind_options(volume))}")
        else:
            directories.append(sandbox / path)
            mounts.append(_mount("bind", str(sandbox / path), target, is_read_only=is_read_only))
    return Mounts(mounts=tuple(mounts), binds=tuple(binds), anonymous=tuple(anonymous), directories=tuple(directories))


def find_missing_mount(
    addition: VolumeAddition, mounted: Iterable[Mapping[str, Any]], sandbox_mount: str = SANDBOX_MOUNT
) -> str | None:
    """Why a running container does not find these volumes; None where it was started with them.

    ``mounted`` is what the engine tells of its mounts.
    """
    there = {(mount.get("Source"), mount.get("Destination")) for mount in mounted}
    for volume in addition.volumes:
        if (str(volume.path), str(PurePosixPath(sandbox_mount, volume.container_path))) not in there:
            return (
                f"a Docker container that runs cannot be given the persistent volume at {volume.container_path!r}: "
                "only those of the executor itself and of the tasks it is started with are mounted"
            )
    return None


def _bind_options(volume: Volume) -> Iterator[str]:
    yield "ro" if volume.mode is VolumeMode.RO else "rw"
    path = volume.source.host_path if volume.source is not None else None
    if path is not None and path.mount_propagation is not None and path.mount_propagation.mode in _PROPAGATIONS:
        yield _PROPAGATIONS[path.mount_propagation.mode]


def _mount(kind: str, source: str, target: str, *, is_read_only: bool) -> dict[str, Any]:
    return {"Type": kind, "Source": source, "Target": target, "ReadOnly": is_read_only}


def _docker_volume(volume: DockerVolume, target: str, is_read_only: bool) -> Mapping[str, Any]:
    mount = _mount("volume", volume.name, target, is_read_only=is_read_only)
    if volume.driver:
        options = {item.key: item.value for item in volume.driver_options.parameter} if volume.driver_options else {}
        mount["VolumeOptions"] = {"DriverConfig": {"Name": volume.driver, "Options": options}}
    return mount

"""What a plain process can be given, and what not: limits of the kernel, links to volumes, refusals by name. Pure.

A plain process shares the host's network, files and namespaces: whatever would need its own is refused.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from attrs import frozen

from koinon_core.containers import (
    ContainerInfo,
    ContainerType,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSourceType,
)
from koinon_core.linux import LinuxInfo, RLimit, RLimitType

from ..interface import Workload
from ..refusals import find_environment_problems

_UNSUPPORTED_LIMITS = (None, RLimitType.UNKNOWN)
_MOST = (1 << 63) - 1
"""What is above fits no limit that can be set from here; unlimited is said by leaving both numbers out."""


@frozen
class Link:
    """A place in the sandbox (``name``) that leads to a directory or file of the host."""

    name: str
    target: Path


def find_problems(workload: Workload) -> Iterator[str]:
    """Why a plain process can't do it, one problem each, named by the field at fault."""
    if workload.command is None or not workload.command.value:
        yield "command.value is missing"
    else:
        yield from find_environment_problems(workload.command)
    if workload.resources.scalar("gpus"):
        yield "gpus cannot be given to a plain process"
    if workload.container is not None:
        yield from _find_container_problems(workload.container)


def _find_container_problems(container: ContainerInfo) -> Iterator[str]:
    if container.type is not ContainerType.MESOS:
        yield f"container.type is {container.type.name}"
        return
    if container.mesos is not None and container.mesos.image is not None:
        yield "container.mesos.image cannot be run as a plain process"
    for volume in container.volumes:
        if problem := _find_volume_problem(volume):
            yield f"container.volumes: {volume.container_path or '(no container_path)'} {problem}"
    if any(info.name for info in container.network_infos):
        yield "a plain process cannot join a network"
    if any(info.port_mappings for info in container.network_infos):
        yield "container.network_infos.port_mappings need a network of the container's own"
    if container.hostname:
        yield "container.hostname cannot be given to a plain process"
    if container.tty_info is not None:
        yield "container.tty_info cannot be given to a plain process"
    for limit in container.rlimit_info.rlimits if container.rlimit_info else ():
        if problem := _find_rlimit_problem(limit):
            yield f"container.rlimit_info: {problem}"
    if container.linux_info is not None:
        yield from _find_linux_problems(container.linux_info)


def _find_volume_problem(volume: Volume) -> str | None:
    place = PurePosixPath(volume.container_path)
    if not volume.container_path or ".." in place.parts or place == PurePosixPath("."):
        return "is no place within the sandbox"
    if place.is_absolute():
        return "is absolute: a plain process sees the host's files, only paths within its sandbox can be linked"
    if volume.mode is not VolumeMode.RW:
        return "is to be read-only, which a link cannot be"
    if volume.image is not None:
        return "is an image, which only a container can be shown"
    if (host_path := host_path_of(volume)) is not None:
        return None if host_path.is_absolute() and ".." not in host_path.parts else "needs an absolute host_path"
    source = volume.source
    if source is not None and source.type is VolumeSourceType.SANDBOX_PATH and source.sandbox_path is not None:
        return _find_sandbox_path_problem(source.sandbox_path.type, PurePosixPath(source.sandbox_path.path))
    if source is not None and source.type is not None:
        return f"has a source of type {source.type.name}, which only a container can be shown"
    return "has neither host_path nor source"


def _find_sandbox_path_problem(kind: SandboxPathType | None, path: PurePosixPath) -> str | None:
    if kind is SandboxPathType.PARENT:
        return "has a sandbox_path of type PARENT, and a task of its own has no parent"
    if path.is_absolute() or ".." in path.parts or path == PurePosixPath("."):
        return "has a sandbox_path that leads out of the sandbox"
    return None


def host_path_of(volume: Volume) -> PurePosixPath | None:
    """The host's path behind a volume, said either way; None where it is none of the host's."""
    source = volume.source
    if source is not None and source.type is VolumeSourceType.HOST_PATH and source.host_path is not None:
        return PurePosixPath(source.host_path.path)
    return PurePosixPath(volume.host_path) if volume.host_path is not None else None


def plan_links(container: ContainerInfo | None, sandbox: Path) -> tuple[Link, ...]:
    """The links that show a process its volumes. Only for what ``find_problems`` lets through."""
    links = []
    for volume in container.volumes if container is not None else ():
        host_path = host_path_of(volume)
        if host_path is not None:
            links.append(Link(volume.container_path, Path(host_path)))
        elif volume.source is not None and volume.source.sandbox_path is not None:
            links.append(Link(volume.container_path, sandbox / volume.source.sandbox_path.path))
    return tuple(links)


def _find_rlimit_problem(limit: RLimit) -> str | None:
    name = limit.type.name if limit.type is not None else None
    if limit.type in _UNSUPPORTED_LIMITS or _number_of(limit) is None:
        return f"this machine has no limit of type {name}"
    if (limit.hard is None) != (limit.soft is None):
        return f"{name} must have both hard and soft, or neither"
    if limit.hard is not None and limit.soft is not None and not limit.soft <= limit.hard <= _MOST:
        return f"{name} must have a soft limit up to its hard one, and that up to {_MOST}"
    return None


def _number_of(limit: RLimit) -> int | None:
    name = limit.type.name.removeprefix("RLMT_") if limit.type is not None else ""
    # The module knows no name for the last of these, which is the kernel's number 10.
    return 10 if name == "LOCKS" else getattr(resource, f"RLIMIT_{name}", None)


def plan_rlimits(container: ContainerInfo | None) -> dict[int, tuple[int, int]]:
    """The kernel's number of each limit, with its soft and its hard value."""
    limits: dict[int, tuple[int, int]] = {}
    for limit in container.rlimit_info.rlimits if container is not None and container.rlimit_info else ():
        number = _number_of(limit)
        if number is not None:
            unlimited = resource.RLIM_INFINITY
            limits[number] = (unlimited, unlimited) if limit.hard is None else (limit.soft or 0, limit.hard)
    return limits


def _find_linux_problems(linux: LinuxInfo) -> Iterator[str]:
    """Its default is what a plain process has anyway: the host's namespaces, the user's own capabilities."""
    asked = {
        "capability_info": linux.capability_info,
        "bounding_capabilities": linux.bounding_capabilities,
        "effective_capabilities": linux.effective_capabilities,
        "seccomp.profile_name": linux.seccomp.profile_name if linux.seccomp is not None else None,
        "ipc_mode PRIVATE": True if linux.ipc_mode is not None and linux.ipc_mode.name == "PRIVATE" else None,
        "shm_size": linux.shm_size,
        "share_pid_namespace=false": True if linux.share_pid_namespace is False else None,
    }
    for name, value in asked.items():
        if value is not None:
            yield f"container.linux_info.{name} cannot be given to a plain process"

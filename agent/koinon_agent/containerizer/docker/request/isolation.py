"""How the kernel keeps a Docker container in: privileges, namespaces, kernel limits, a terminal (mesos-v1-api 4.4).

Pure. Owns what of LinuxInfo, RLimitInfo and TTYInfo an engine can give, and what of it reaches so far out of the
container that an operator has to allow it (``--docker_allow_privileged``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from koinon_core.containers import ContainerInfo, DockerNetwork
from koinon_core.linux import Capability, CapabilityInfo, IpcMode, LinuxInfo, RLimit, RLimitType

from ...refusals import find_terminal_problem
from .wanted import Wanted

ALLOW_FLAG = "--docker_allow_privileged"
_MEGABYTE = 1 << 20
_UNKNOWN_TO_DOCKER = (None, RLimitType.UNKNOWN, RLimitType.RLMT_AS)
_HARMLESS = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
    "LINUX_IMMUTABLE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_NICE", "SYS_PTRACE", "SYS_RESOURCE", "SYS_TTY_CONFIG",
})  # fmt: skip
"""What reaches no further than the container's own namespaces. NET_ADMIN does where they are the host's."""


def find_capability_problem(name: str, network: DockerNetwork, *, allows_privileged: bool) -> str | None:
    """Why a task may not have a capability, which may be written with ``CAP_``; None where it may."""
    plain = name.upper().removeprefix("CAP_")
    is_harmless = plain in _HARMLESS and not (plain == "NET_ADMIN" and network is DockerNetwork.HOST)
    if allows_privileged or is_harmless:
        return None
    return f"capability {plain} reaches out of the container, which this agent's {ALLOW_FLAG} does not allow"


def find_isolation_problems(container: ContainerInfo, wanted: Wanted, *, allows_privileged: bool) -> Iterator[str]:
    """Why a container cannot be kept in as it asks, one problem each."""
    if wanted.is_privileged and not allows_privileged:
        yield f"container.docker.privileged is not allowed: this agent runs without {ALLOW_FLAG}"
    for limit in container.rlimit_info.rlimits if container.rlimit_info else ():
        if problem := _find_rlimit_problem(limit):
            yield f"container.rlimit_info: {problem}"
    if problem := find_terminal_problem(container.tty_info):
        yield f"container.tty_info: {problem}"
    if container.linux_info is not None:
        yield from _find_linux_problems(container.linux_info, wanted, allows_privileged)


def _find_rlimit_problem(limit: RLimit) -> str | None:
    name = limit.type.name if limit.type else None
    if limit.type in _UNKNOWN_TO_DOCKER:
        return f"a container cannot have a limit of type {name}"
    if (limit.hard is None) != (limit.soft is None):
        return f"{name} must have both hard and soft, or neither"
    if limit.hard is not None and limit.soft is not None and limit.soft > limit.hard:
        return f"{name} has a soft limit above its hard one"
    return None


def _find_linux_problems(linux: LinuxInfo, wanted: Wanted, allows_privileged: bool) -> Iterator[str]:
    for capability in _capabilities(linux) or ():
        problem = find_capability_problem(capability, wanted.network, allows_privileged=allows_privileged)
        if problem is not None:
            yield f"container.linux_info: {problem}"
    for name, is_wanted in _reaching_out(linux).items():
        if is_wanted and not allows_privileged:
            yield f"container.linux_info.{name} is not allowed: this agent runs without {ALLOW_FLAG}"
    if linux.seccomp is not None and linux.seccomp.profile_name:
        yield "container.linux_info.seccomp.profile_name cannot be had: this agent keeps no profiles"
    if linux.ipc_mode is IpcMode.SHARE_PARENT and linux.shm_size is not None:
        yield "container.linux_info.shm_size cannot be had with an ipc_mode of SHARE_PARENT"


def _reaching_out(linux: LinuxInfo) -> dict[str, bool]:
    return {
        "seccomp.unconfined": linux.seccomp is not None and bool(linux.seccomp.unconfined),
        "share_pid_namespace": bool(linux.share_pid_namespace),
        "ipc_mode SHARE_PARENT": linux.ipc_mode is IpcMode.SHARE_PARENT,
    }


def isolation_settings(container: ContainerInfo, wanted: Wanted) -> dict[str, Any]:
    """The parts of the engine's HostConfig that follow."""
    settings: dict[str, Any] = {"Privileged": wanted.is_privileged}
    if container.rlimit_info is not None and container.rlimit_info.rlimits:
        settings["Ulimits"] = [_ulimit(limit) for limit in container.rlimit_info.rlimits]
    if (size := terminal_size(container)) is not None:
        settings["ConsoleSize"] = list(size)
    return settings | (_linux_settings(container.linux_info) if container.linux_info else {})


def terminal_size(container: ContainerInfo) -> tuple[int, int] | None:
    """Rows and columns of the terminal it asks for; None where it says nothing of them."""
    size = container.tty_info.window_size if container.tty_info is not None else None
    return (size.rows, size.columns) if size is not None else None


def _ulimit(limit: RLimit) -> dict[str, object]:
    name = limit.type.name.removeprefix("RLMT_").lower() if limit.type else ""
    unlimited = -1
    return {
        "Name": name,
        "Soft": unlimited if limit.soft is None else limit.soft,
        "Hard": unlimited if limit.hard is None else limit.hard,
    }


def _linux_settings(linux: LinuxInfo) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    capabilities = _capabilities(linux)
    if capabilities is not None:
        settings |= {"CapDrop": ["ALL"], "CapAdd": list(capabilities)}
    if linux.seccomp is not None and linux.seccomp.unconfined:
        settings["SecurityOpt"] = ["seccomp=unconfined"]
    if linux.share_pid_namespace:
        settings["PidMode"] = "host"
    if linux.ipc_mode is not None and linux.ipc_mode is not IpcMode.UNKNOWN:
        settings["IpcMode"] = "host" if linux.ipc_mode is IpcMode.SHARE_PARENT else "private"
    if linux.shm_size is not None:
        settings["ShmSize"] = linux.shm_size * _MEGABYTE
    return settings


def _capabilities(linux: LinuxInfo) -> tuple[str, ...] | None:
    """All that the container may have; None where it does not say. An engine grants what the bounding set holds."""
    sets = (linux.effective_capabilities, linux.bounding_capabilities, linux.capability_info)
    said: CapabilityInfo | None = next((one for one in sets if one is not None), None)
    if said is None:
        return None
    return tuple(item.name for item in said.capabilities if item is not Capability.UNKNOWN)

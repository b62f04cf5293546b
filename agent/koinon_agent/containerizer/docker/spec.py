"""From a task to the request that creates its Docker container, as ``docker run`` would make it (mesos-semantics 9.1).

Pure: ``find_problems`` says why a task cannot have a container, ``plan_container`` says what to create for one that
can. Talking to the engine is in ``containerizer.py``, the flags a task may add in ``parameters.py``, what is mounted
where in ``mounts.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo, DockerNetwork, PortMapping
from koinon_core.ids import ContainerId
from koinon_core.scalars import Limit, Scalar, Unlimited

from ..interface import Launch, Workload
from .mounts import SANDBOX_MOUNT, find_volume_problems, plan_mounts
from .parameters import ALIASES, LABEL_PREFIX, Setting, Shape, find_parameter_problem, read_parameter

NAME_PREFIX = "mesos-"
"""What the names of all our containers begin with; whoever looks for orphans goes by it (mesos-semantics 9.2)."""

FRAMEWORK_LABEL = f"{LABEL_PREFIX}framework"
TASK_LABEL = f"{LABEL_PREFIX}task"
AGENT_LABEL = f"{LABEL_PREFIX}agent"
EXECUTOR_LABEL = f"{LABEL_PREFIX}executor"
CONTAINER_LABEL = f"{LABEL_PREFIX}container"
LOG_START_LABEL = f"{LABEL_PREFIX}log-start"
"""Bytes that stdout and stderr held before the container, as ``12:0``: where a restarted agent counts from."""

_MEGABYTE = 1 << 20
_MIN_MEMORY = 32 * _MEGABYTE
_MIN_CPU_SHARES = 2
_CPU_PERIOD_MICROSECONDS = 100_000
_MIN_CPU_QUOTA_MICROSECONDS = 1_000
_PROTOCOLS = ("tcp", "udp", "sctp")
_NETWORK_MODES = {DockerNetwork.HOST: "host", DockerNetwork.BRIDGE: "bridge", DockerNetwork.NONE: "none"}


@frozen(kw_only=True)
class SpecOptions:
    """What the agent's flags say of every container. ``total_memory`` is the machine's, in bytes; None if unknown.

    ``is_cpu_limited``: requests of cpus are limits too (``--cgroups_enable_cfs``).
    """

    is_cpu_limited: bool = False
    total_memory: int | None = None
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()


@frozen(kw_only=True)
class ContainerSpec:
    """What to create. ``body`` is that of the engine's create request; ``directories`` must exist before."""

    name: str
    image: str
    body: Mapping[str, Any]
    directories: tuple[Path, ...] = ()
    is_pull_forced: bool = False


def container_name(container_id: ContainerId) -> str:
    """The name of a container in the engine."""
    return f"{NAME_PREFIX}{container_id}"


def full_image_name(image: str) -> str:
    """The image with its tag: ``latest`` where it has neither tag nor digest."""
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last or "@" in last else f"{image}:latest"


def find_problems(workload: Workload) -> tuple[str, ...]:
    """All that keeps a workload from running in a Docker container; empty where nothing does."""
    container = workload.container
    if container is None or container.type is not ContainerType.DOCKER:
        return ("container.type is not DOCKER",)
    if container.docker is None:
        return ("container.docker is missing",)
    return tuple(_find_docker_problems(workload, container, container.docker))


def _find_docker_problems(workload: Workload, container: ContainerInfo, docker: DockerInfo) -> Iterator[str]:
    if not docker.image:
        yield "container.docker.image is empty"
    if workload.resources.scalar("gpus"):
        yield "gpus cannot be given to a Docker container"
    if container.hostname and docker.network is DockerNetwork.HOST:
        yield "container.hostname cannot be had on the host network"
    if docker.network is DockerNetwork.USER and [bool(info.name) for info in container.network_infos] != [True]:
        yield "a USER network needs exactly one of container.network_infos, with a name"
    yield from _find_port_problems(workload, docker)
    yield from find_volume_problems(workload)
    for parameter in docker.parameters:
        if problem := find_parameter_problem(parameter, docker.network):
            yield problem


def _find_port_problems(workload: Workload, docker: DockerInfo) -> Iterator[str]:
    if docker.port_mappings and docker.network not in (DockerNetwork.BRIDGE, DockerNetwork.USER):
        yield f"container.docker.port_mappings cannot be had on a {docker.network.name} network"
    ports = workload.resources.ranges("ports")
    for mapping in docker.port_mappings:
        if mapping.host_port not in ports:
            yield f"host_port {mapping.host_port} is not among the task's ports {ports}"
        if mapping.container_port > 65535:
            yield f"container_port {mapping.container_port} is no port"
        if _protocol(mapping) not in _PROTOCOLS:
            known = ", ".join(_PROTOCOLS)
            yield f"protocol {mapping.protocol!r} of host_port {mapping.host_port} is not one of {known}"


def plan_container(launch: Launch, options: SpecOptions, log_start: tuple[int, int] = (0, 0)) -> ContainerSpec:
    """The container of a task that has no problems. ``log_start`` is what stdout and stderr hold already, in bytes."""
    workload, container = launch.workload, launch.workload.container
    if container is None or container.docker is None:
        raise ValueError(f"container {launch.container_id} is no Docker container")
    docker = container.docker
    mounts = plan_mounts(launch.sandbox, container.volumes, launch.volumes)
    host_config: dict[str, Any] = {
        "Privileged": docker.privileged,
        "NetworkMode": _network_mode(container, docker),
        "Mounts": list(mounts.mounts),
        "Binds": list(mounts.binds),
        "PortBindings": _port_bindings(docker.port_mappings),
        **_cpu(workload, options),
        **_memory(workload, options),
        **_dns(options),
    }
    body: dict[str, Any] = {
        "Image": full_image_name(docker.image),
        "Env": _environment(launch),
        "Labels": _labels(launch, log_start),
        "Volumes": {path: {} for path in mounts.anonymous},
        "ExposedPorts": {port: {} for port in _port_bindings(docker.port_mappings)},
        "HostConfig": host_config,
        **_command(workload.command),
    }
    if container.hostname:
        body["Hostname"] = container.hostname
    _apply(body, [read_parameter(parameter) for parameter in docker.parameters])
    return ContainerSpec(
        name=container_name(launch.container_id),
        image=body["Image"],
        body=_finish(body),
        directories=mounts.directories,
        is_pull_forced=bool(docker.force_pull_image),
    )


def _network_mode(container: ContainerInfo, docker: DockerInfo) -> str:
    if docker.network is DockerNetwork.USER:
        return container.network_infos[0].name or ""
    return _NETWORK_MODES[docker.network]


def _port_bindings(mappings: Sequence[PortMapping]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for mapping in mappings:
        # Marathon's convention (mesos-semantics 9.3): container port 0 is the same as the host's.
        port = f"{mapping.container_port or mapping.host_port}/{_protocol(mapping)}"
        bindings.setdefault(port, []).append({"HostPort": str(mapping.host_port)})
    return bindings


def _protocol(mapping: PortMapping) -> str:
    return (mapping.protocol or "tcp").lower()


def _limit(workload: Workload, name: str) -> Limit | None:
    return workload.limits.get(name)


def _cpu(workload: Workload, options: SpecOptions) -> dict[str, int]:
    request = workload.resources.scalar("cpus")
    limit = _limit(workload, "cpus") or (request if options.is_cpu_limited else None)
    settings = {}
    if request:
        settings["CpuShares"] = max(1024 * request.thousandths // 1000, _MIN_CPU_SHARES)
    if isinstance(limit, Scalar) and limit:
        quota = limit.thousandths * _CPU_PERIOD_MICROSECONDS // 1000
        settings["CpuPeriod"] = _CPU_PERIOD_MICROSECONDS
        settings["CpuQuota"] = max(quota, _MIN_CPU_QUOTA_MICROSECONDS)
    return settings


def _memory(workload: Workload, options: SpecOptions) -> dict[str, int]:
    request = _bytes(workload.resources.scalar("mem"))
    limit = _limit(workload, "mem")
    if limit is None:
        return {"Memory": request} if request else {}
    settings = {} if isinstance(limit, Unlimited) else {"Memory": _bytes(limit)}
    if request:
        settings["MemoryReservation"] = request
    if options.total_memory and settings.get("Memory", options.total_memory) > request:
        # Who asked for little and may take much is the first to go when the machine runs short.
        settings["OomScoreAdj"] = min(max(1000 - 1000 * request // options.total_memory, 2), 999)
    return settings


def _bytes(megabytes: Scalar) -> int:
    return max(megabytes.thousandths * _MEGABYTE // 1000, _MIN_MEMORY) if megabytes else 0


def _dns(options: SpecOptions) -> dict[str, list[str]]:
    settings = {"Dns": options.dns, "DnsSearch": options.dns_search, "DnsOptions": options.dns_options}
    return {name: list(values) for name, values in settings.items() if values}


def _environment(launch: Launch) -> dict[str, str]:
    command = launch.workload.command
    own = command.environment.as_dict() if command and command.environment else {}
    return {
        **launch.environment,
        "MESOS_DIRECTORY": str(launch.sandbox),
        **own,
        "MESOS_SANDBOX": SANDBOX_MOUNT,
        "MESOS_CONTAINER_NAME": container_name(launch.container_id),
    }


def _labels(launch: Launch, log_start: tuple[int, int]) -> dict[str, str]:
    return {
        FRAMEWORK_LABEL: launch.framework_id,
        **({TASK_LABEL: launch.task_id} if launch.task_id is not None else {}),
        AGENT_LABEL: launch.agent_id,
        EXECUTOR_LABEL: launch.executor_id,
        CONTAINER_LABEL: launch.container_id,
        LOG_START_LABEL: f"{log_start[0]}:{log_start[1]}",
    }


def _command(command: CommandInfo | None) -> dict[str, list[str]]:
    if command is None:
        return {}
    if command.shell:
        return {"Entrypoint": ["/bin/sh"], "Cmd": ["-c", command.value]} if command.value else {}
    argv = [*([command.value] if command.value else []), *command.arguments]
    return {"Cmd": argv} if argv else {}


def _apply(body: dict[str, Any], settings: Sequence[Setting]) -> None:
    for setting in settings:
        place = body
        for name in setting.path[:-1]:
            place = place.setdefault(name, {})
        last = setting.path[-1]
        if setting.shape is Shape.VALUE:
            place[last] = setting.value
        elif setting.shape is Shape.LIST:
            place.setdefault(last, []).append(setting.value)
        else:
            place.setdefault(last, {})[setting.key] = setting.value


def _finish(body: dict[str, Any]) -> dict[str, Any]:
    """The engine's own form of what was easier to gather otherwise."""
    body["Env"] = [f"{name}={value}" for name, value in body["Env"].items()]
    if aliases := body.pop(ALIASES[0], None):
        network = body["HostConfig"]["NetworkMode"]
        body["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": aliases}}}
    return body

"""From a workload to the request that creates its Docker container, as ``docker run`` makes it (mesos-semantics 9.1).

Pure: ``find_problems`` says why a workload cannot have a container, ``plan_container`` says what to create for one that
can. Each room judges and says its own part: ``networks.py``, ``dns.py``, ``limits.py``, ``isolation.py``,
``commands.py``, ``mounts.py``, ``parameters.py``; here they come together. Talking to the engine is in
``containerizer.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from koinon_core.containers import ContainerInfo
from koinon_core.ids import ContainerId

from ...interface import Launch, Workload
from ...log_limits import LogLimits
from ..images.credentials import HUB, registry_of
from ..images.pause import PAUSE_IMAGE
from ..inspection import ImageConfig
from .commands import command_settings, find_command_problems, universal_command_settings
from .dns import ContainerDns
from .isolation import find_isolation_problems, isolation_settings, terminal_size
from .limits import find_limit_problems, gpu_settings, limit_settings
from .mounts import SANDBOX_MOUNT, find_volume_problems, plan_mounts
from .networks import find_network_problems, network_mode, port_bindings
from .parameters import ALIASES, LABEL_PREFIX, Allowed, Setting, Shape, find_parameter_problem, read_parameter
from .wanted import Wanted, find_kind_problem, read_wanted

NAME_PREFIX = "mesos-"
"""What the names of all our containers begin with (mesos-semantics 9.2). Ours are known by their labels, though."""

FRAMEWORK_LABEL = f"{LABEL_PREFIX}framework"
TASK_LABEL = f"{LABEL_PREFIX}task"
AGENT_LABEL = f"{LABEL_PREFIX}agent"
EXECUTOR_LABEL = f"{LABEL_PREFIX}executor"
CONTAINER_LABEL = f"{LABEL_PREFIX}container"
LOG_START_LABEL = f"{LABEL_PREFIX}log-start"
"""Bytes that stdout and stderr held before the container, as ``12:0``: where a restarted agent counts from."""
GPUS_LABEL = f"{LABEL_PREFIX}gpus"
"""The gpus that are the container's alone, as ``0,2``; absent where it has none."""

HUB_URL = "https://registry-1.docker.io"
"""Docker's own registry, where an engine looks for what names none."""


@frozen(kw_only=True)
class SpecOptions:
    """What the agent's flags say of every container. ``total_memory`` is the machine's, in bytes; None if unknown.

    ``is_cpu_limited``: requests of cpus are limits too (``--cgroups_enable_cfs``). ``sandbox_mount``: where a container
    finds its sandbox. ``allowed``: how far a task's wishes may reach. ``registry``: whose images MESOS containers have.
    ``logs``: how much the engine keeps of their output.
    """

    is_cpu_limited: bool = False
    total_memory: int | None = None
    dns: ContainerDns = Factory(ContainerDns)
    sandbox_mount: str = SANDBOX_MOUNT
    allowed: Allowed = Factory(Allowed)
    registry: str = HUB_URL
    logs: LogLimits = Factory(LogLimits)


@frozen(kw_only=True)
class Found:
    """What was found out about this launch before its container can be planned.

    ``log_start`` is what stdout and stderr hold already, in bytes. ``image`` and ``user`` (``uid:gid``) count for MESOS
    containers, ``gpus`` are those chosen for this one. ``log_driver`` is the engine's, where a task names none.
    """

    log_start: tuple[int, int] = (0, 0)
    image: ImageConfig = Factory(ImageConfig)
    user: str | None = None
    gpus: tuple[str, ...] = ()
    log_driver: str = ""


@frozen(kw_only=True)
class ContainerSpec:
    """What to create. ``body`` is that of the engine's create request; ``directories`` must exist before.

    ``terminal`` is the rows and columns of the one it gets, where it says.
    """

    name: str
    image: str
    body: Mapping[str, Any]
    directories: tuple[Path, ...] = ()
    terminal: tuple[int, int] | None = None


def container_name(container_id: ContainerId) -> str:
    """The name of a container in the engine."""
    return f"{NAME_PREFIX}{container_id}"


def full_image_name(image: str) -> str:
    """The image with its tag: ``latest`` where it has neither tag nor digest."""
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last or "@" in last else f"{image}:latest"


def find_image_name(wanted: Wanted, options: SpecOptions) -> str:
    """The image as the engine is to look for it, from ``--docker_registry`` where that is another than the engine's."""
    name = full_image_name(wanted.image)
    if wanted.image == PAUSE_IMAGE:
        return name  # made here, and in no registry
    if not wanted.is_universal or options.registry == HUB_URL or registry_of(name) != HUB or name.startswith(f"{HUB}/"):
        return name
    return f"{options.registry.split('://', 1)[-1].rstrip('/')}/{name}"


def find_problems(workload: Workload, options: SpecOptions) -> tuple[str, ...]:
    """All that keeps a workload from running in a Docker container; empty where nothing does."""
    container = workload.container
    problem = find_kind_problem(container)
    if container is None or problem is not None:
        return (problem or "container is missing",)
    return tuple(_find_problems(workload, container, read_wanted(container), options))


def _find_problems(workload: Workload, container: ContainerInfo, wanted: Wanted, options: SpecOptions) -> Iterator[str]:
    if not wanted.image:
        field = "container.mesos.image.docker.name" if wanted.is_universal else "container.docker.image"
        yield f"{field} is empty"
    yield from find_command_problems(workload.command, is_universal=wanted.is_universal)
    yield from find_limit_problems(workload)
    yield from find_network_problems(workload, wanted)
    yield from find_volume_problems(workload, wanted.volume_driver)
    yield from find_isolation_problems(container, wanted, allows_privileged=options.allowed.privileged)
    for parameter in wanted.parameters:
        if problem := find_parameter_problem(parameter, wanted.network, options.allowed):
            yield problem


def plan_container(launch: Launch, options: SpecOptions, found: Found) -> ContainerSpec:
    """The container of a workload that has no problems."""
    workload, container = launch.workload, launch.workload.container
    if container is None:
        raise ValueError(f"container {launch.container_id} is no Docker container")
    wanted = read_wanted(container)
    mounts = plan_mounts(launch, options.sandbox_mount, wanted.volume_driver)
    ports = port_bindings(wanted.port_mappings)
    body: dict[str, Any] = {
        "Image": find_image_name(wanted, options),
        "Env": _environment(launch, options.sandbox_mount),
        "Labels": _labels(launch, found),
        "Volumes": {path: {} for path in mounts.anonymous},
        "ExposedPorts": {port: {} for port in ports},
        "Tty": container.tty_info is not None,
        "HostConfig": {
            "Mounts": list(mounts.mounts),
            "Binds": list(mounts.binds),
            "PortBindings": ports,
            **gpu_settings(found.gpus),
            **_in_pod(launch, wanted, _host_settings(workload, container, wanted, options)),
        },
        **_process(workload, wanted, options, found),
    }
    if container.hostname:
        body["Hostname"] = container.hostname
    _apply(body, [read_parameter(parameter) for parameter in wanted.parameters])
    # After the task's own word on it: how much of its output the engine keeps.
    if log_config := options.logs.settle(body["HostConfig"].get("LogConfig", {}), found.log_driver):
        body["HostConfig"]["LogConfig"] = log_config
    return ContainerSpec(
        name=container_name(launch.container_id),
        image=body["Image"],
        body=_finish(body),
        directories=mounts.directories,
        terminal=terminal_size(container),
    )


def _host_settings(
    workload: Workload, container: ContainerInfo, wanted: Wanted, options: SpecOptions
) -> dict[str, Any]:
    return {
        "NetworkMode": network_mode(wanted),
        **limit_settings(workload, is_cpu_limited=options.is_cpu_limited, total_memory=options.total_memory),
        **_dns(wanted, options),
        **isolation_settings(container, wanted),
    }


def _process(workload: Workload, wanted: Wanted, options: SpecOptions, found: Found) -> dict[str, Any]:
    if not wanted.is_universal:
        return command_settings(workload.command)
    # Whom an image names as its user counts for nothing in a MESOS container; who runs it is the framework's choice.
    user = {"User": found.user} if found.user is not None else {}
    return user | universal_command_settings(workload.command, found.image, options.sandbox_mount)


def _dns(wanted: Wanted, options: SpecOptions) -> dict[str, list[str]]:
    """What the agent's flag says, unless the container has a word of its own on it."""
    own = any(read_parameter(parameter).path[-1].startswith("Dns") for parameter in wanted.parameters)
    return {} if own else options.dns.settings_for(wanted)


def _in_pod(launch: Launch, wanted: Wanted, settings: dict[str, Any]) -> dict[str, Any]:
    """Who joins the container of its pod has neither a network nor name servers of its own."""
    if wanted.image == PAUSE_IMAGE:
        return {**settings, "IpcMode": "host" if settings.get("IpcMode") == "host" else "shareable"}
    place = launch.pod
    if place is None or not place.joins:
        return settings
    around = f"container:{container_name(place.container_id)}"
    shared = {"NetworkMode": True, "IpcMode": place.shares_ipc, "PidMode": place.shares_pids}
    own = {name: value for name, value in settings.items() if not name.startswith("Dns")}
    return own | {name: around for name, is_shared in shared.items() if is_shared}


def _environment(launch: Launch, sandbox_mount: str) -> dict[str, str]:
    command = launch.workload.command
    own = command.environment.as_dict() if command and command.environment else {}
    return {
        **launch.environment,
        "MESOS_DIRECTORY": str(launch.sandbox),
        **own,
        "MESOS_SANDBOX": sandbox_mount,
        "MESOS_CONTAINER_NAME": container_name(launch.container_id),
    }


def _labels(launch: Launch, found: Found) -> dict[str, str]:
    ids = {
        FRAMEWORK_LABEL: launch.framework_id,
        TASK_LABEL: launch.task_id,
        AGENT_LABEL: launch.agent_id,
        EXECUTOR_LABEL: launch.executor_id,
    }
    return {
        **{label: value for label, value in ids.items() if value is not None},
        CONTAINER_LABEL: launch.container_id,
        LOG_START_LABEL: f"{found.log_start[0]}:{found.log_start[1]}",
        **({GPUS_LABEL: ",".join(found.gpus)} if found.gpus else {}),
    }


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

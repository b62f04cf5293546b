"""An app and its match become the TaskInfo that the master gets: marathon-semantics 14.

Environment is `environment`, service discovery `discovery`. Checks that Marathon itself runs are no part of a task.
"""

import shlex
from collections.abc import Sequence

import attrs

from koinon_core import containers as mesos
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_core.resources import Resources
from koinon_core.tasks import (
    CheckType,
    ExecutorInfo,
    ExecutorType,
    HttpCheckInfo,
    KillPolicy,
    TaskInfo,
    TcpCheckInfo,
)
from koinon_core.tasks import HealthCheck as MesosHealthCheck

from ..definition.app_container import Container, ContainerType, HostVolume, VolumeMode
from ..definition.apps import App
from ..definition.health_checks import HTTP_PROTOCOLS, HealthCheck, HealthCheckProtocol
from ..definition.networks import Network, NetworkMode, PortMapping, is_bridge
from ..definition.path_ids import task_name
from ..options import Options
from .discovery import build_discovery, labels_of, protocols
from .environment import TaskPlace, task_environment
from .ports import AssignedPort

_COMMAND_EXECUTORS = ("", "//cmd")
_VOLUME_MODES = {VolumeMode.RO: mesos.VolumeMode.RO, VolumeMode.RW: mesos.VolumeMode.RW}


@attrs.frozen(kw_only=True)
class LaunchPlace(TaskPlace):
    """Where a task goes and what it gets there."""

    agent_id: AgentId
    resources: Resources


def build_task(app: App, place: LaunchPlace, options: Options) -> TaskInfo:
    """The task of one instance of `app`."""
    environment = mesos.Environment.of(task_environment(app, place, options.env_vars_prefix))
    is_plain = app.executor in _COMMAND_EXECUTORS
    command = _command(app, environment)
    return TaskInfo(
        name=task_name(app.id),
        task_id=place.task_id,
        agent_id=place.agent_id,
        resources=place.resources,
        command=command if is_plain else None,
        executor=None if is_plain else _custom_executor(app, place.task_id, command),
        container=_container(app, place, options),
        health_check=_first_mesos_check(app, place.ports),
        kill_policy=_kill_policy(app),
        labels=labels_of(app.labels),
        discovery=build_discovery(app, place.ports),
    )


def _command(app: App, environment: mesos.Environment) -> mesos.CommandInfo:
    uris = tuple(
        mesos.CommandUri(
            value=fetch.uri,
            executable=fetch.executable,
            extract=fetch.extract,
            cache=fetch.cache,
            output_file=fetch.dest_path,
        )
        for fetch in app.fetch
    )
    if app.cmd is not None:
        return mesos.CommandInfo(uris=uris, environment=environment, value=app.cmd, user=app.user)
    # Without an image the first argument is also what is executed; with one, the image has its entrypoint.
    has_image = app.container is not None and app.container.docker is not None
    executable = None if has_image or not app.args else app.args[0]
    return mesos.CommandInfo(
        uris=uris,
        environment=environment,
        shell=False,
        value=executable,
        arguments=app.args,
        user=app.user,
    )


def _custom_executor(app: App, task_id: TaskId, command: mesos.CommandInfo) -> ExecutorInfo:
    path = shlex.quote(app.executor)
    run = f"chmod ug+rx {path} && exec {path} {app.cmd or shlex.join(app.args)}".rstrip()
    return ExecutorInfo(
        executor_id=ExecutorId(f"marathon-{task_id}"),
        type=ExecutorType.CUSTOM,
        command=attrs.evolve(command, shell=True, value=run, arguments=()),
        name=task_name(app.id),
        source=task_id,
    )


def _kill_policy(app: App) -> KillPolicy | None:
    seconds = app.task_kill_grace_period_seconds
    return None if seconds is None else KillPolicy(mesos.DurationInfo.of_seconds(seconds))


def _container(app: App, place: LaunchPlace, options: Options) -> mesos.ContainerInfo | None:
    container = app.container
    if container is None:
        if app.is_host_networked:
            return None
        container = Container(type=ContainerType.MESOS)
    mapped = tuple(_host_mappings(app.port_mappings, place.ports))
    volumes = tuple(_volume(volume) for volume in container.volumes)
    if container.type is ContainerType.DOCKER and container.docker is not None:
        return mesos.ContainerInfo(
            type=mesos.ContainerType.DOCKER,
            volumes=volumes,
            docker=_docker(app, container, place.task_id, mapped),
            network_infos=_docker_networks(app),
        )
    return mesos.ContainerInfo(
        type=mesos.ContainerType.MESOS,
        volumes=volumes,
        mesos=_mesos_info(container),
        network_infos=_mesos_networks(app, mapped, options),
    )


def _docker(
    app: App, container: Container, task_id: TaskId, mapped: tuple[mesos.PortMapping, ...]
) -> mesos.DockerInfo | None:
    image = container.docker
    if image is None:
        return None
    network = mesos.DockerNetwork.USER
    if app.is_host_networked:
        network = mesos.DockerNetwork.HOST
    elif is_bridge(app.networks):
        network = mesos.DockerNetwork.BRIDGE
    parameters = tuple(mesos.Parameter(item.key, item.value) for item in image.parameters)
    return mesos.DockerInfo(
        image=image.image,
        network=network,
        port_mappings=mapped,
        privileged=image.privileged,
        parameters=(*parameters, mesos.Parameter("label", f"MESOS_TASK_ID={task_id}")),
        force_pull_image=image.force_pull_image,
    )


def _mesos_info(container: Container) -> mesos.MesosInfo | None:
    if container.docker is None:
        return None
    name = mesos.DockerImage(container.docker.image)
    cached = not container.docker.force_pull_image
    return mesos.MesosInfo(mesos.Image(type=mesos.ImageType.DOCKER, docker=name, cached=cached))


def _docker_networks(app: App) -> tuple[mesos.NetworkInfo, ...]:
    """The engine's own modes need no name; user networks are named."""
    return tuple(
        mesos.NetworkInfo(name=network.name, labels=labels_of(network.labels))
        for network in app.networks
        if network.mode is NetworkMode.CONTAINER
    )


def _mesos_networks(app: App, mapped: tuple[mesos.PortMapping, ...], options: Options) -> tuple[mesos.NetworkInfo, ...]:
    def name(network: Network) -> str | None:
        return options.mesos_bridge_name if network.mode is NetworkMode.BRIDGE else network.name

    return tuple(
        mesos.NetworkInfo(name=name(network), labels=labels_of(network.labels), port_mappings=mapped)
        for network in app.networks
        if network.mode is not NetworkMode.HOST
    )


def _host_mappings(mappings: Sequence[PortMapping], ports: Sequence[AssignedPort]) -> list[mesos.PortMapping]:
    return [
        mesos.PortMapping(host_port=port.host_port, container_port=port.container_port or port.host_port, protocol=word)
        for mapping, port in zip(mappings, ports, strict=False)
        if port.host_port is not None
        for word in protocols(mapping.protocol)
    ]


def _volume(volume: HostVolume) -> mesos.Volume:
    return mesos.Volume(
        mode=_VOLUME_MODES[volume.mode], container_path=volume.container_path, host_path=volume.host_path
    )


def _first_mesos_check(app: App, ports: Sequence[AssignedPort]) -> MesosHealthCheck | None:
    """The agent runs one check a task: the first that is its to run."""
    check = next((check for check in app.health_checks if check.is_run_by_mesos), None)
    if check is None:
        return None
    common = MesosHealthCheck(
        delay_seconds=float(check.delay_seconds),
        interval_seconds=float(check.interval_seconds),
        timeout_seconds=float(check.timeout_seconds),
        consecutive_failures=check.max_consecutive_failures,
        grace_period_seconds=float(check.grace_period_seconds),
    )
    if check.protocol is HealthCheckProtocol.COMMAND:
        text = check.command.value if check.command else ""
        return attrs.evolve(common, type=CheckType.COMMAND, command=mesos.CommandInfo(value=text))
    port, family = _checked_port(check, ports), mesos.IpProtocol[check.ip_protocol.value]
    if check.protocol in HTTP_PROTOCOLS:
        scheme = "https" if check.protocol is HealthCheckProtocol.MESOS_HTTPS else "http"
        http = HttpCheckInfo(port=port, protocol=family, scheme=scheme, path=check.path)
        return attrs.evolve(common, type=CheckType.HTTP, http=http)
    return attrs.evolve(common, type=CheckType.TCP, tcp=TcpCheckInfo(port=port, protocol=family))


def _checked_port(check: HealthCheck, ports: Sequence[AssignedPort]) -> int:
    """The port as the task sees it: its own inside a container, the host's on the host network."""
    if check.port is not None:
        return check.port
    index = check.port_index or 0
    if index >= len(ports):
        return 0
    return ports[index].container_port or ports[index].number

"""An app and its match become the TaskInfo that the master gets: marathon-semantics 14.

Environment is `environment`, service discovery `discovery`, volumes `mesos_volumes`, what the agent checks
`agent_checks`. Checks that Marathon itself runs are no part of a task.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence

import attrs

from koinon_core import containers as mesos
from koinon_core import linux as mesos_linux
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import UNLIMITED, Limit, Scalar
from koinon_core.tasks import ExecutorInfo, ExecutorType, KillPolicy, TaskInfo

from ..definition.app_container import Container, ContainerType
from ..definition.apps import App, Fetch
from ..definition.linux import LinuxInfo
from ..definition.networks import Network, NetworkMode, PortMapping, is_bridge
from ..definition.path_ids import task_name
from ..definition.resources import ResourceLimits, Unlimited
from ..definition.secrets import EnvValue, SecretName, SecretSource
from ..options import Options
from .agent_checks import build_check, build_health_check
from .discovery import build_discovery, labels_of, protocols
from .environment import TaskPlace, task_environment
from .mesos_volumes import build_volumes, secret_reference
from .ports import AssignedPort


@attrs.frozen(kw_only=True)
class LaunchPlace(TaskPlace):
    """Where a task goes and what it gets there; a custom executor has a share of its own."""

    agent_id: AgentId
    resources: Resources
    executor_resources: Resources = NOTHING


def build_task(app: App, place: LaunchPlace, options: Options) -> TaskInfo:
    """The task of one instance of `app`."""
    command = _command(app, _environment(app, place, options))
    executor = app.custom_executor(options.executor)
    return TaskInfo(
        name=task_name(app.id),
        task_id=place.task_id,
        agent_id=place.agent_id,
        resources=place.resources,
        command=command if executor is None else None,
        executor=None if executor is None else _custom_executor(app, place, command, executor),
        container=_container(app, place, options),
        health_check=build_health_check(app, place.ports),
        check=build_check(app, place.ports),
        kill_policy=_kill_policy(app),
        labels=labels_of(app.labels),
        discovery=build_discovery(app, place.ports),
        limits=task_limits(app.resource_limits),
    )


def task_limits(limits: ResourceLimits | None) -> dict[str, Limit] | None:
    """How far a task may go beyond its resources, as Mesos has it."""
    if limits is None:
        return None
    said = {"cpus": limits.cpus, "mem": limits.mem}
    known = {name: limit for name, limit in said.items() if limit is not None}
    return {
        name: UNLIMITED if isinstance(limit, Unlimited) else Scalar.of(limit) for name, limit in known.items()
    } or None


def _environment(app: App, place: LaunchPlace, options: Options) -> mesos.Environment:
    return build_environment(task_environment(app, place, options.env_vars_prefix), app.env, app.secrets)


def build_environment(
    plain: Mapping[str, str], said: Mapping[str, EnvValue], secrets: Mapping[str, SecretSource]
) -> mesos.Environment:
    """Plain variables, and in the place of what was `said` to be secret a reference to it."""
    secret = {name: value.secret for name, value in said.items() if isinstance(value, SecretName)}
    kept = mesos.Environment.of({name: value for name, value in plain.items() if name not in secret})
    references = tuple(
        mesos.EnvironmentVariable(
            name, type=mesos.EnvironmentVariableType.SECRET, secret=secret_reference(wanted, secrets)
        )
        for name, wanted in secret.items()
    )
    return mesos.Environment((*kept.variables, *references))


def _command(app: App, environment: mesos.Environment) -> mesos.CommandInfo:
    uris = build_uris(app.fetch)
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


def build_uris(artifacts: Iterable[Fetch]) -> tuple[mesos.CommandUri, ...]:
    """What the agent brings into the sandbox first."""
    return tuple(
        mesos.CommandUri(
            value=fetch.uri,
            executable=fetch.executable,
            extract=fetch.extract,
            cache=fetch.cache,
            output_file=fetch.dest_path,
        )
        for fetch in artifacts
    )


def _custom_executor(app: App, place: LaunchPlace, command: mesos.CommandInfo, executor: str) -> ExecutorInfo:
    path = shlex.quote(executor)
    run = f"chmod ug+rx {path} && exec {path} {app.cmd or shlex.join(app.args)}".rstrip()
    return ExecutorInfo(
        executor_id=ExecutorId(f"marathon-{place.task_id}"),
        type=ExecutorType.CUSTOM,
        command=attrs.evolve(command, shell=True, value=run, arguments=()),
        resources=place.executor_resources,
        name=task_name(app.id),
        source=place.task_id,
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
    common = mesos.ContainerInfo(
        type=mesos.ContainerType[container.type.value],
        volumes=tuple(build_volumes(container.volumes, app.secrets)),
        linux_info=build_linux_info(container.linux_info),
        tty_info=mesos_linux.TtyInfo() if app.tty and container.docker is not None else None,
    )
    if container.type is ContainerType.DOCKER and container.docker is not None:
        return attrs.evolve(
            common,
            docker=_docker(app, container, place.task_id, mapped),
            network_infos=_docker_networks(app),
        )
    return attrs.evolve(
        common,
        type=mesos.ContainerType.MESOS,
        mesos=_mesos_info(app, container),
        network_infos=_mesos_networks(app, mapped, options),
    )


def build_linux_info(linux: LinuxInfo | None) -> mesos_linux.LinuxInfo | None:
    """What is asked of Linux, as Mesos has it."""
    if linux is None:
        return None
    seccomp, ipc = linux.seccomp, linux.ipc_info
    calls = None
    if seccomp is not None:
        calls = mesos_linux.SeccompInfo(profile_name=seccomp.profile_name, unconfined=seccomp.unconfined or None)
    if ipc is None:
        return mesos_linux.LinuxInfo(seccomp=calls)
    return mesos_linux.LinuxInfo(seccomp=calls, ipc_mode=mesos_linux.IpcMode[ipc.mode.value], shm_size=ipc.shm_size)


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


def _mesos_info(app: App, container: Container) -> mesos.MesosInfo | None:
    if container.docker is None:
        return None
    config = container.docker.pull_config
    name = mesos.DockerImage(
        container.docker.image, config=None if config is None else secret_reference(config.secret, app.secrets)
    )
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

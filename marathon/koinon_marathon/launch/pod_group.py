"""A pod and its match become the group of tasks that the master gets, under one executor (marathon-semantics 22).

The executor has the pod's network and its ports; each container is a task with a share of its own. Their environment is
`pod_environment`, their checks `pod_checks`.
"""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from koinon_core import containers as mesos
from koinon_core import linux as mesos_linux
from koinon_core.offers import LaunchGroup, TaskGroupInfo
from koinon_core.resources import NOTHING, Kind, Resources
from koinon_core.tasks import ExecutorInfo, ExecutorType, KillPolicy, TaskInfo
from koinon_frameworks.matching import PORTS, take

from ..definition.linux import LinuxInfo
from ..definition.networks import Network, NetworkMode
from ..definition.pod_containers import Endpoint, PodContainer, PodImage, VolumeMount
from ..definition.pods import Pod
from ..options import Options
from .discovery import as_mapping, build_pod_discovery, labels_of, protocols
from .mesos_volumes import secret_reference
from .pod_checks import build_container_check, build_container_health
from .pod_environment import container_environment
from .pod_place import PodPlace
from .ports import AssignedPort
from .task_builder import build_environment, build_linux_info, build_uris, task_limits

_SHARED_DIRECTORY = "volumes/"
"""Where in the executor's sandbox the volumes lie that live and die with the instance."""


def build_group(pod: Pod, place: PodPlace, options: Options) -> LaunchGroup:
    """All tasks of one instance of `pod`, and their executor. Ports are the executor's, who holds the network."""
    left = place.resources
    amounts = pod.executor_resources
    share = _take(left, {"cpus": amounts.cpus, "mem": amounts.mem, "disk": amounts.disk})
    left = left - share
    executor = ExecutorInfo(
        type=ExecutorType.DEFAULT,
        executor_id=place.executor_id,
        framework_id=place.framework_id,
        resources=Resources((*share, *left.named(PORTS), *left.filter(_is_volume))),
        container=_executor_container(pod, place, options),
        labels=labels_of(pod.labels),
    )
    tasks = []
    for container in pod.containers:
        asked = container.resources
        share = _take(left, {"cpus": asked.cpus, "mem": asked.mem, "disk": asked.disk, "gpus": float(asked.gpus)})
        left = left - share
        tasks.append(_task(pod, container, attrs.evolve(place, resources=share), options))
    return LaunchGroup(executor=executor, task_group=TaskGroupInfo(tuple(tasks)))


def _is_volume(kind: Kind) -> bool:
    """A persistent volume is a part of the executor's sandbox, which the containers share by its name."""
    return kind.disk is not None and kind.disk.persistence is not None


def _take(left: Resources, amounts: Mapping[str, float]) -> Resources:
    """One share of what was matched for all. Raises ValueError where the match was too small."""
    share = NOTHING
    for name, amount in amounts.items():
        part = take(left, name, amount)
        if part is None:
            raise ValueError(f"the match holds less than {amount:g} {name}")
        share += part
    return share


def _task(pod: Pod, container: PodContainer, place: PodPlace, options: Options) -> TaskInfo:
    endpoints = tuple(place.endpoints_of(pod, container))
    lifecycle = container.lifecycle
    grace = None if lifecycle is None else lifecycle.kill_grace_period_seconds
    return TaskInfo(
        name=container.name,
        task_id=place.task_id(container),
        agent_id=place.agent_id,
        resources=place.resources,
        command=_command(pod, container, place, options),
        container=_container(pod, container),
        health_check=build_container_health(container.health_check, endpoints),
        check=build_container_check(container.check, endpoints),
        kill_policy=None if grace is None else KillPolicy(mesos.DurationInfo.of_seconds(grace)),
        labels=labels_of({**pod.labels, **container.labels}),
        discovery=build_pod_discovery(pod, endpoints),
        limits=task_limits(container.resource_limits),
    )


def _command(pod: Pod, container: PodContainer, place: PodPlace, options: Options) -> mesos.CommandInfo:
    """What runs; without a word of it the image says so."""
    plain = container_environment(pod, container, place, options.env_vars_prefix)
    said = {**pod.environment, **container.environment}
    common = mesos.CommandInfo(
        uris=build_uris(container.artifacts),
        environment=build_environment(plain, said, pod.secrets),
        shell=False,
        user=container.user or pod.user,
    )
    if container.exec is None:
        return common
    command = container.exec.command
    if command.shell is not None:
        return attrs.evolve(common, shell=True, value=command.shell)
    words = command.argv or ()
    # Without an image there is no entrypoint, so the first word is what is executed.
    has_own_entrypoint = container.image is not None and not container.exec.override_entrypoint
    return attrs.evolve(common, value=None if has_own_entrypoint or not words else words[0], arguments=words)


def _container(pod: Pod, container: PodContainer) -> mesos.ContainerInfo:
    return mesos.ContainerInfo(
        type=mesos.ContainerType.MESOS,
        mesos=None if container.image is None else _image(pod, container.image),
        volumes=tuple(_mounts(pod, container.volume_mounts)),
        linux_info=_linux_info(pod, container.linux_info),
        tty_info=mesos_linux.TtyInfo() if container.tty else None,
    )


def _image(pod: Pod, image: PodImage) -> mesos.MesosInfo:
    config = None if image.pull_config is None else secret_reference(image.pull_config.secret, pod.secrets)
    docker = mesos.DockerImage(image.id, config=config)
    return mesos.MesosInfo(mesos.Image(type=mesos.ImageType.DOCKER, docker=docker, cached=not image.force_pull))


def _mounts(pod: Pod, mounts: Iterable[VolumeMount]) -> Iterator[mesos.Volume]:
    for mount in mounts:
        volume = pod.find_volume(mount.name)
        mode = mesos.VolumeMode.RO if mount.read_only else mesos.VolumeMode.RW
        plain = mesos.Volume(mode=mode, container_path=mount.mount_path)
        if volume is None:
            continue
        if volume.host is not None:
            yield attrs.evolve(plain, host_path=volume.host)
        elif volume.persistent is not None:
            kept = mesos.SandboxPath(type=mesos.SandboxPathType.PARENT, path=volume.name)
            source = mesos.VolumeSource(type=mesos.VolumeSourceType.SANDBOX_PATH, sandbox_path=kept)
            yield attrs.evolve(plain, source=source)
        elif volume.secret is not None:
            secret = secret_reference(volume.secret, pod.secrets)
            source = mesos.VolumeSource(type=mesos.VolumeSourceType.SECRET, secret=secret)
            yield attrs.evolve(plain, mode=mesos.VolumeMode.RO, source=source)
        else:
            shared = mesos.SandboxPath(type=mesos.SandboxPathType.PARENT, path=_SHARED_DIRECTORY + volume.name)
            source = mesos.VolumeSource(type=mesos.VolumeSourceType.SANDBOX_PATH, sandbox_path=shared)
            yield attrs.evolve(plain, source=source)


def _executor_container(pod: Pod, place: PodPlace, options: Options) -> mesos.ContainerInfo:
    return mesos.ContainerInfo(
        type=mesos.ContainerType.MESOS,
        network_infos=tuple(_network(network, pod, place, options) for network in pod.networks if _is_own(network)),
        linux_info=_linux_info(pod, pod.linux_info),
    )


def _is_own(network: Network) -> bool:
    return network.mode is not NetworkMode.HOST


def _network(network: Network, pod: Pod, place: PodPlace, options: Options) -> mesos.NetworkInfo:
    """A network with the ports that lead into it: those of endpoints that name it, or none at all."""
    is_bridge = network.mode is NetworkMode.BRIDGE
    mapped = [
        mapping
        for endpoint, port in zip(pod.endpoints, place.ports, strict=True)
        if is_bridge or not endpoint.network_names or network.name in endpoint.network_names
        for mapping in _port_mappings(endpoint, port)
    ]
    return mesos.NetworkInfo(
        name=options.mesos_bridge_name if is_bridge else network.name,
        labels=labels_of(network.labels),
        port_mappings=tuple(mapped),
    )


def _port_mappings(endpoint: Endpoint, port: AssignedPort) -> Iterator[mesos.PortMapping]:
    """One for each transport: whatever is spoken on an endpoint that is not UDP goes over TCP."""
    if port.host_port is None:
        return
    for protocol in sorted({"udp" if word == "udp" else "tcp" for word in protocols(as_mapping(endpoint).protocol)}):
        own = port.container_port or port.host_port
        yield mesos.PortMapping(host_port=port.host_port, container_port=own, protocol=protocol)


def _linux_info(pod: Pod, linux: LinuxInfo | None) -> mesos_linux.LinuxInfo:
    """Each container has a cgroup of its own, as its limits ask for, but in pods from before that was so."""
    asked = build_linux_info(linux) or mesos_linux.LinuxInfo()
    return attrs.evolve(asked, share_cgroups=bool(pod.legacy_shared_cgroups))

"""Chronos's containers as those of tasks, and back.

As with Chronos, which never got so far, ports and protocols of ``networkInfos`` have no effect.
"""

from __future__ import annotations

from koinon_core import containers as core

from .definition import Container, ContainerType, ExternalVolume, Network, NetworkMode, Pair, PortMapping, Volume
from .definition import VolumeMode as Mode


def to_container_info(container: Container) -> core.ContainerInfo:
    """The container that a run is launched in. A volume that does not say may be written, as Docker's own."""
    networks = tuple(_to_network(each) for each in container.network_infos)
    if container.network_name is not None:
        networks = (core.NetworkInfo(name=container.network_name), *networks)
    is_docker = container.type is ContainerType.DOCKER
    return core.ContainerInfo(
        type=core.ContainerType[container.type.name],
        volumes=tuple(_to_volume(each) for each in container.volumes),
        docker=_to_docker(container) if is_docker else None,
        mesos=None if is_docker else core.MesosInfo(_to_image(container)),
        network_infos=networks,
    )


def from_container_info(info: core.ContainerInfo) -> Container:
    """The same as Chronos writes it; what Chronos has no word for is left out."""
    docker, image = info.docker, info.mesos.image if info.mesos else None
    named = image.docker if image else None
    mode = docker.network.name if docker else NetworkMode.HOST.name
    return Container(
        image=docker.image if docker else named.name if named else "",
        type=ContainerType[info.type.name],
        network=NetworkMode[mode] if mode in NetworkMode.__members__ else NetworkMode.HOST,
        network_infos=tuple(_from_network(each) for each in info.network_infos),
        volumes=tuple(_from_volume(each) for each in info.volumes),
        force_pull_image=bool(docker.force_pull_image) if docker else image is not None and not image.cached,
        parameters=tuple(Pair(each.key, each.value) for each in docker.parameters) if docker else (),
    )


def _to_docker(container: Container) -> core.DockerInfo:
    return core.DockerInfo(
        image=container.image,
        network=core.DockerNetwork[container.network.name],
        parameters=tuple(core.Parameter(each.key, each.value) for each in container.parameters),
        force_pull_image=container.force_pull_image,
    )


def _to_image(container: Container) -> core.Image:
    named = core.DockerImage(container.image)
    return core.Image(type=core.ImageType.DOCKER, docker=named, cached=not container.force_pull_image)


def _to_network(network: Network) -> core.NetworkInfo:
    labels = tuple(core.Label(each.key, each.value) for each in network.labels)
    return core.NetworkInfo(name=network.name, labels=core.Labels(labels) if labels else None)


def _from_network(info: core.NetworkInfo) -> Network:
    labels = info.labels.labels if info.labels else ()
    return Network(
        name=info.name or "",
        labels=tuple(Pair(each.key, each.value or "") for each in labels),
        port_mappings=tuple(
            PortMapping(host_port=each.host_port, container_port=each.container_port, protocol=each.protocol)
            for each in info.port_mappings
        ),
    )


def _to_volume(volume: Volume) -> core.Volume:
    source, external = None, volume.external
    if external is not None:
        options = tuple(core.Parameter(each.key, each.value) for each in external.options)
        driven = core.DockerVolume(
            name=external.name,
            driver=external.provider or None,
            driver_options=core.Parameters(options) if options else None,
        )
        source = core.VolumeSource(type=core.VolumeSourceType.DOCKER_VOLUME, docker_volume=driven)
    mode = core.VolumeMode[(volume.mode or Mode.RW).name]
    return core.Volume(mode=mode, container_path=volume.container_path, host_path=volume.host_path, source=source)


def _from_volume(volume: core.Volume) -> Volume:
    driven = volume.source.docker_volume if volume.source else None
    external = None
    if driven is not None:
        options = driven.driver_options.parameter if driven.driver_options else ()
        external = ExternalVolume(
            name=driven.name,
            provider=driven.driver or "",
            options=tuple(Pair(each.key, each.value) for each in options),
        )
    return Volume(
        container_path=volume.container_path,
        host_path=volume.host_path,
        mode=Mode[volume.mode.name],
        external=external,
    )

"""What makes a container or one of its volumes invalid (mesos-v1-api 2.6, 4.4). The texts are Mesos's."""

from __future__ import annotations

from koinon_core.containers import ContainerInfo, ContainerType, Volume, VolumeSource, VolumeSourceType

_SOURCES = {
    VolumeSourceType.DOCKER_VOLUME: ("docker_volume", "DOCKER_VOLUME"),
    VolumeSourceType.HOST_PATH: ("host_path", "HOST_PATH"),
    VolumeSourceType.SANDBOX_PATH: ("sandbox_path", "SANDBOX_PATH"),
    VolumeSourceType.SECRET: ("secret", "SECRET"),
    VolumeSourceType.CSI_VOLUME: ("csi_volume", "CSI"),
}
"""Which field goes with a type, and how the type is called in the text."""


def find_container_problem(container: ContainerInfo) -> str | None:
    """The first thing that is wrong with a container by itself, or None."""
    for volume in container.volumes:
        problem = _find_volume_problem(volume)
        if problem is not None:
            return f"Invalid volume: {problem}"
    if container.type is not ContainerType.DOCKER:
        return None
    if container.docker is None:
        return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"
    if any(parameter.key == "name" for parameter in container.docker.parameters):
        return "Parameter in DockerInfo must not be 'name'"
    return None


def _find_volume_problem(volume: Volume) -> str | None:
    if sum(one is not None for one in (volume.host_path, volume.image, volume.source)) != 1:
        return "Only one of them should be set: 'host_path', 'image' and 'source'"
    return None if volume.source is None else _find_source_problem(volume.source)


def _find_source_problem(source: VolumeSource) -> str | None:
    if source.type is None or source.type is VolumeSourceType.UNKNOWN:
        return "'source.type' is unknown"
    field, name = _SOURCES[source.type]
    if getattr(source, field) is None:
        return f"'source.{field}' is not set for {name} volume"
    if source.csi_volume is not None and source.csi_volume.static_provisioning is None:
        return "'source.csi_volume.static_provisioning' is not set for CSI volume"
    return None

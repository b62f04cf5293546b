"""What a container asks for, in one form for both kinds that an engine can run. Pure.

A DOCKER container says it in its DockerInfo; a MESOS container with an image of type DOCKER says it in its image and
its networks (mesos-semantics 9.4). Owns that reading; whether it can be had is judged by ``spec.py`` and its rooms.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.containers import (
    ContainerInfo,
    ContainerType,
    DockerInfo,
    DockerNetwork,
    Image,
    ImageType,
    Parameter,
    PortMapping,
)
from koinon_core.secret import Credential, Secret, SecretType

BRIDGE_NAME = "mesos-bridge"
"""What frameworks call the bridge network of a MESOS container (Marathon's ``--mesos_bridge_name``)."""
_NAMED_MODES = {
    "host": DockerNetwork.HOST,
    "none": DockerNetwork.NONE,
    "bridge": DockerNetwork.BRIDGE,
    "default": DockerNetwork.BRIDGE,
}
"""Names that are no user's networks to an engine, but its own: whoever names one has what the mode is."""


@frozen(kw_only=True)
class Wanted:
    """One container's wishes. ``network_name`` is there for a USER network.

    ``is_universal``: it is of type MESOS, whose command, user and working directory follow other rules.
    ``registry_config`` is a Docker config.json, ``credential`` an older pair of name and secret; both for the pull.
    """

    image: str
    network: DockerNetwork
    network_name: str | None = None
    port_mappings: tuple[PortMapping, ...] = ()
    is_pull_forced: bool = False
    is_privileged: bool = False
    is_universal: bool = False
    parameters: tuple[Parameter, ...] = ()
    volume_driver: str | None = None
    registry_config: bytes | None = None
    credential: Credential | None = None


def find_kind_problem(container: ContainerInfo | None) -> str | None:
    """Why this is no container for an engine at all, or None."""
    if container is None:
        return "container is missing"
    if container.type is ContainerType.DOCKER:
        return "container.docker is missing" if container.docker is None else None
    if container.mesos is None or container.mesos.image is None:
        return "container.type is MESOS and container.mesos.image is missing"
    return _find_image_problem(container.mesos.image)


def _find_image_problem(image: Image) -> str | None:
    if image.type is not ImageType.DOCKER:
        return f"container.mesos.image is of type {image.type.name}; only DOCKER images can be run"
    if image.docker is None:
        return "container.mesos.image.docker is missing"
    secret = image.docker.config
    if secret is not None and (secret.type is not SecretType.VALUE or secret.value is None):
        return "container.mesos.image.docker.config is not a secret of type VALUE: no secret store is there to ask"
    return None


def read_wanted(container: ContainerInfo) -> Wanted:
    """The wishes of a container whose kind has no problem; raises ValueError for another."""
    if container.type is ContainerType.DOCKER and container.docker is not None:
        return _read_docker(container, container.docker)
    if container.mesos is None or container.mesos.image is None:
        raise ValueError("the container has no image")
    return _read_universal(container, container.mesos.image)


def _read_docker(container: ContainerInfo, docker: DockerInfo) -> Wanted:
    network, name = _docker_network(container, docker)
    return Wanted(
        image=docker.image,
        network=network,
        network_name=name,
        port_mappings=docker.port_mappings,
        is_pull_forced=bool(docker.force_pull_image),
        is_privileged=docker.privileged,
        parameters=docker.parameters,
        volume_driver=docker.volume_driver or None,
    )


def _docker_network(container: ContainerInfo, docker: DockerInfo) -> tuple[DockerNetwork, str | None]:
    names = [info.name for info in container.network_infos if info.name]
    if docker.network is not DockerNetwork.USER or not names:
        return docker.network, None
    return _named_network(names[0])


def _named_network(name: str) -> tuple[DockerNetwork, str | None]:
    """The mode where it is one of the engine's own, so that its rules hold; else the name."""
    mode = _NAMED_MODES.get(name)
    return (DockerNetwork.USER, name) if mode is None else (mode, None)


def _read_universal(container: ContainerInfo, image: Image) -> Wanted:
    network, name = _universal_network(container)
    docker = image.docker
    if docker is None:
        raise ValueError("the image is no Docker image")
    return Wanted(
        image=docker.name,
        network=network,
        network_name=name,
        port_mappings=tuple(mapping for info in container.network_infos for mapping in info.port_mappings),
        is_pull_forced=not image.cached,
        is_universal=True,
        registry_config=_secret_bytes(docker.config),
        credential=docker.credential,
    )


def _universal_network(container: ContainerInfo) -> tuple[DockerNetwork, str | None]:
    """Without a network of its own it is on the host's; a name is a network of the engine's."""
    info = container.network_infos[0] if container.network_infos else None
    if info is None or not (info.name or info.port_mappings):
        return DockerNetwork.HOST, None
    if not info.name or info.name == BRIDGE_NAME:
        return DockerNetwork.BRIDGE, None
    return _named_network(info.name)


def _secret_bytes(secret: Secret | None) -> bytes | None:
    return secret.value.data if secret is not None and secret.value is not None else None

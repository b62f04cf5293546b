"""Old spellings into today's fields: the table of marathon-v2-api 4.2.

Two spellings that contradict each other are refused with Marathon's text; defaults are `completion`'s business.
"""

from urllib.parse import urlsplit

import attrs

from ..app_container import Container, ContainerType
from ..apps import AppUpdate, Fetch
from ..legacy import DockerNetwork, IpAddress, LegacyFields, Submission
from ..networks import HOST_NETWORKS, Network, NetworkMode, PortDefinition, PortMapping, is_host
from ..problems import Problem, Rejection, invalid_object
from .settings import Settings

_ARCHIVES = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip")


def translate(submission: Submission, settings: Settings) -> AppUpdate | Rejection:
    """The same submission in today's fields alone."""
    update, legacy = submission.update, submission.legacy
    problems = _list_problems(update, legacy)
    if problems:
        return invalid_object(problems)
    conflict = _conflict(update, legacy)
    if conflict:
        return Rejection(422, conflict)
    update = _with_fetch(update, legacy)
    if legacy.ports is not None and not update.port_definitions:
        update = attrs.evolve(update, port_definitions=tuple(PortDefinition(port=port) for port in legacy.ports))
    update = _with_mappings(update, legacy)
    networks = _legacy_networks(legacy, settings)
    return update if networks is None else _with_networks(update, networks)


def _list_problems(update: AppUpdate, legacy: LegacyFields) -> list[Problem]:
    problems = []
    if legacy.uris and update.fetch:
        problems.append(Problem("/uris", "may not be set in conjunction with fetch"))
    fixed = [port for port in legacy.ports or () if port]
    if len(fixed) != len(set(fixed)):
        problems.append(Problem("/ports", "ports must be unique"))
    return problems


def _conflict(update: AppUpdate, legacy: LegacyFields) -> str | None:
    """The first pair of spellings that cannot both be meant."""
    container = update.container
    definitions = tuple(definition.port for definition in update.port_definitions or ())
    discovered = legacy.ip_address is not None and legacy.ip_address.discovery is not None
    on_docker = container is not None and container.type is ContainerType.DOCKER
    mapped = container is not None and container.port_mappings is not None
    own_network = legacy.docker_network in (None, DockerNetwork.USER)
    rules = [
        (legacy.docker_network is DockerNetwork.NONE, "unsupported docker network type NONE"),
        (legacy.docker_network and update.networks, "must not specify both container.docker.network and networks"),
        (legacy.ip_address and update.networks, "must not specify both networks and ipAddress"),
        (mapped and legacy.docker_port_mappings, "cannot specify both portMappings and docker.portMappings"),
        (
            legacy.ports and definitions and legacy.ports != definitions,
            "cannot specify both ports and port definitions",
        ),
        (
            legacy.ip_address and own_network and (legacy.ports or definitions),
            "cannot specify both an IP address and port",
        ),
        (discovered and on_docker, "ipAddress/discovery is not allowed for Docker containers"),
    ]
    return next((message for applies, message in rules if applies), None)


def _with_fetch(update: AppUpdate, legacy: LegacyFields) -> AppUpdate:
    if legacy.uris is None or update.fetch:
        return update
    return attrs.evolve(update, fetch=tuple(Fetch(uri=uri, extract=_is_archive(uri)) for uri in legacy.uris))


def _is_archive(uri: str) -> bool:
    try:
        return urlsplit(uri).path.endswith(_ARCHIVES)
    except ValueError:
        return False  # no URI at all: validation refuses it by name


def _with_mappings(update: AppUpdate, legacy: LegacyFields) -> AppUpdate:
    container, mappings = update.container, legacy.docker_port_mappings
    if legacy.ip_address is not None and legacy.ip_address.discovery is not None:
        container = container or Container(type=ContainerType.MESOS)
        mappings = _discovery_mappings(legacy.ip_address)
    if container is None or mappings is None:
        return update
    return attrs.evolve(update, container=attrs.evolve(container, port_mappings=mappings))


def _discovery_mappings(address: IpAddress) -> tuple[PortMapping, ...]:
    ports = address.discovery.ports if address.discovery else ()
    return tuple(
        PortMapping(container_port=port.number, name=port.name, protocol=port.protocol, labels=port.labels)
        for port in ports
    )


def _legacy_networks(legacy: LegacyFields, settings: Settings) -> tuple[Network, ...] | None:
    """The networks that the old spellings name, or None where they name none."""
    if legacy.docker_network is DockerNetwork.HOST:
        return HOST_NETWORKS
    if legacy.docker_network is DockerNetwork.BRIDGE:
        return (Network(mode=NetworkMode.BRIDGE),)
    if legacy.docker_network is None and legacy.ip_address is None:
        return None
    address = legacy.ip_address or IpAddress()
    name = address.network_name or settings.default_network_name
    if legacy.docker_network is None and name == settings.bridge_name:
        return (Network(mode=NetworkMode.BRIDGE, labels=address.labels),)
    return (Network(mode=NetworkMode.CONTAINER, name=name, labels=address.labels),)


def _with_networks(update: AppUpdate, networks: tuple[Network, ...]) -> AppUpdate:
    """Put old networks in place: host mode has no mappings, any other turns plain ports into mappings."""
    container = update.container
    if is_host(networks):
        if container is not None:
            container = attrs.evolve(container, port_mappings=None)
        return attrs.evolve(update, networks=networks, container=container)
    container = container or Container(type=ContainerType.MESOS)
    mappings = container.port_mappings
    extra = (update.port_definitions or ())[len(mappings or ()) :]
    if extra or (mappings is None and update.port_definitions == ()):
        mappings = (mappings or ()) + tuple(map(_mapping_of, extra))
    container = attrs.evolve(container, port_mappings=mappings)
    return attrs.evolve(update, networks=networks, container=container, port_definitions=None)


def _mapping_of(definition: PortDefinition) -> PortMapping:
    return PortMapping(
        service_port=definition.port, protocol=definition.protocol, name=definition.name, labels=definition.labels
    )

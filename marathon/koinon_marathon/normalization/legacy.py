"""Old spellings into today's fields: the table of marathon-v2-api 4.2.

Two spellings that contradict each other are refused with Marathon's text; defaults are `completion`'s business.
"""

from urllib.parse import urlsplit

import attrs

from ..definition.app_container import Container, ContainerType
from ..definition.apps import AppUpdate, Fetch
from ..definition.legacy import DockerNetwork, IpAddress, LegacyFields, Submission
from ..definition.networks import (
    DEFAULT_MAPPINGS,
    HOST_NETWORKS,
    Network,
    NetworkMode,
    PortDefinition,
    PortMapping,
    is_host,
)
from ..definition.problems import Problem, Rejection, invalid_object
from .settings import Settings

_ARCHIVES = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip")


def translate(submission: Submission, settings: Settings, *, creates: bool) -> AppUpdate | Rejection:
    """The same submission in today's fields alone. What `creates` an app may name ports of the wrong kind."""
    update, legacy = submission.update, submission.legacy
    problems = _problems(update, legacy)
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
    if networks is None and (update.networks or not creates):
        return _with_expanded_mappings(update) if creates else update
    networks = networks or HOST_NETWORKS
    return _with_expanded_mappings(_without_mappings_on_host(attrs.evolve(update, networks=networks)))


def _problems(update: AppUpdate, legacy: LegacyFields) -> list[Problem]:
    """Spellings that contradict each other, as Marathon's validation words them."""
    container = update.container
    definitions = tuple(definition.port for definition in update.port_definitions or ())
    fixed = [port for port in legacy.ports or () if port]
    discovers = legacy.ip_address is not None and legacy.ip_address.discovery is not None
    on_docker = container is not None and container.type is ContainerType.DOCKER
    different = legacy.ports and definitions and legacy.ports != definitions
    rules: list[tuple[object, str, str]] = [
        (legacy.container.docker.credential, "/container/docker/credential", "must be empty"),
        (discovers and on_docker, "/ipAddress", "ipAddress/discovery is not allowed for Docker containers"),
        (legacy.uris and update.fetch, "/uris", "may not be set in conjunction with fetch"),
        (legacy.docker_network and update.networks, "/", "must not specify both container.docker.network and networks"),
        (legacy.ip_address and update.networks, "/", "must not specify both networks and ipAddress"),
        (len(fixed) != len(set(fixed)), "/", "ports must be unique"),
        (legacy.ip_address and (legacy.ports or definitions), "/", "cannot specify both an IP address and port"),
        (different, "/", "cannot specify both ports and port definitions"),
    ]
    return [Problem(path, message) for applies, path, message in rules if applies]


def _conflict(update: AppUpdate, legacy: LegacyFields) -> str | None:
    """What Marathon finds only while it translates, and answers without details."""
    mapped = update.container is not None and bool(update.container.port_mappings)
    discovers = legacy.ip_address is not None and legacy.ip_address.discovery is not None
    if mapped and legacy.docker_port_mappings:
        return "cannot specify both portMappings and docker.portMappings"
    if mapped and discovers:
        return "container.portMappings and ipAddress.discovery.ports must not both be set"
    if legacy.docker_network is DockerNetwork.NONE:
        return "unsupported docker network type NONE"
    return None


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
    if container is None or not (mappings or (mappings is not None and container.port_mappings is None)):
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


def _without_mappings_on_host(update: AppUpdate) -> AppUpdate:
    """On the host's network there are no mappings; they fall out where nobody asked for it in today's words."""
    if update.container is None or not is_host(update.networks or ()):
        return update
    return attrs.evolve(update, container=attrs.evolve(update.container, port_mappings=None))


def _with_expanded_mappings(update: AppUpdate) -> AppUpdate:
    """Away from the host's network plain ports only count: each that has no mapping yet gets a default one."""
    if is_host(update.networks or HOST_NETWORKS):
        return update
    container = update.container or Container(type=ContainerType.MESOS)
    mappings = DEFAULT_MAPPINGS if container.port_mappings is None else container.port_mappings
    missing = len(update.port_definitions or ()) - len(mappings)
    container = attrs.evolve(container, port_mappings=mappings + (PortMapping(),) * missing)
    return attrs.evolve(update, container=container, port_definitions=None)

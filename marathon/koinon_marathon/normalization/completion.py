"""What a definition leaves unsaid and every app has: networks, default ports, host ports behind a bridge, check ports.

Marathon-v2-api 3.3 (defaults), 3.5 and 4.1. Plain defaults of single fields stand in `apps.App`.
"""

import attrs

from ..definition.app_container import Container, ContainerType
from ..definition.apps import AppUpdate, Residency, UnreachableDisabled, UpgradeStrategy
from ..definition.health_checks import HealthCheck, HealthCheckProtocol
from ..definition.networks import (
    DEFAULT_MAPPINGS,
    DEFAULT_PORT_NAME,
    HOST_NETWORKS,
    Network,
    NetworkMode,
    PortDefinition,
    is_bridge,
    is_host,
)
from ..definition.volumes import ExternalVolume, PersistentVolume
from .settings import Settings

_ONE_AFTER_THE_OTHER = UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0)


def complete(update: AppUpdate, settings: Settings) -> AppUpdate:
    """A whole definition in today's fields, with what it left out about networks, ports and checks."""
    networks = tuple(named_network(network, settings) for network in update.networks or HOST_NETWORKS)
    update = attrs.evolve(update, networks=networks, role=update.role or settings.default_role)
    update = _complete_host_ports(update) if is_host(networks) else _complete_mappings(update, networks)
    update = _for_one_engine(_complete_for_volumes(update))
    if update.health_checks is None:
        return update
    has_ports = bool(update.port_definitions or (update.container and update.container.port_mappings))
    checks = tuple(_complete_check(check, has_ports) for check in update.health_checks)
    return attrs.evolve(update, health_checks=checks)


def named_network(network: Network, settings: Settings) -> Network:
    """A container network that names none is the default one."""
    if network.mode is NetworkMode.CONTAINER and network.name is None:
        return attrs.evolve(network, name=settings.default_network_name)
    return network


def _complete_host_ports(update: AppUpdate) -> AppUpdate:
    """An absent list becomes one port; an empty one stays and means "no port". Mappings have no place here."""
    if update.container is not None and update.container.port_mappings == ():
        update = attrs.evolve(update, container=attrs.evolve(update.container, port_mappings=None))
    if update.port_definitions is not None:
        return update
    return attrs.evolve(update, port_definitions=(PortDefinition(name=DEFAULT_PORT_NAME),))


def _complete_mappings(update: AppUpdate, networks: tuple[Network, ...]) -> AppUpdate:
    """Behind a bridge each mapping gets a host port; `requirePorts` means nothing away from the host's own network."""
    container = update.container or Container(type=ContainerType.MESOS)
    mappings = container.port_mappings
    if mappings is None:
        mappings = DEFAULT_MAPPINGS
    if is_bridge(networks):
        mappings = tuple(
            attrs.evolve(mapping, host_port=0) if mapping.host_port is None else mapping for mapping in mappings
        )
    return attrs.evolve(update, container=attrs.evolve(container, port_mappings=mappings), require_ports=False)


def _complete_for_volumes(update: AppUpdate) -> AppUpdate:
    """Two tasks must not share what one wrote: an app with such volumes shrinks before it grows, and waits for agents.

    Marathon-v2-api 3.3 (defaults of upgradeStrategy, unreachableStrategy and residency).
    """
    volumes = () if update.container is None else update.container.volumes
    is_resident = any(isinstance(volume, PersistentVolume) for volume in volumes)
    if not is_resident and not any(isinstance(volume, ExternalVolume) for volume in volumes):
        return update
    update = attrs.evolve(update, upgrade_strategy=update.upgrade_strategy or _ONE_AFTER_THE_OTHER)
    if not is_resident:
        return update
    return attrs.evolve(
        update,
        unreachable_strategy=update.unreachable_strategy or UnreachableDisabled.DISABLED,
        residency=update.residency or Residency(),
    )


def _for_one_engine(update: AppUpdate) -> AppUpdate:
    """What is for the Docker engine alone, no MESOS container has (marathon-v2-api 4.3)."""
    container = update.container
    if container is None or container.docker is None or container.type is ContainerType.DOCKER:
        return update
    if not container.docker.privileged and not container.docker.parameters:
        return update
    image = attrs.evolve(container.docker, privileged=False, parameters=())
    return attrs.evolve(update, container=attrs.evolve(container, docker=image))


def _complete_check(check: HealthCheck, has_ports: bool) -> HealthCheck:
    """Port index 0 where no port is said; `ignoreHttp1xx` only where Marathon itself speaks HTTP."""
    if check.protocol not in (HealthCheckProtocol.HTTP, HealthCheckProtocol.HTTPS):
        check = attrs.evolve(check, ignore_http1xx=False)
    wants_port = check.protocol is not HealthCheckProtocol.COMMAND and check.port is None and check.port_index is None
    return attrs.evolve(check, port_index=0) if has_ports and wants_port else check

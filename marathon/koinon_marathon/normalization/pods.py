"""What a pod leaves unsaid and every pod has: the default network's name, host ports, its role (marathon-v2-api 12)."""

import attrs

from ..definition.apps import UnreachableDisabled, UpgradeStrategy
from ..definition.networks import Network, NetworkMode
from ..definition.pod_bodies import PodBody, Scheduling
from ..definition.pod_containers import Endpoint, PodContainer
from .completion import named_network
from .settings import Settings


def complete_pod(body: PodBody, settings: Settings) -> PodBody:
    """The body with what it left out. Away from container networks each endpoint has a host port."""
    networks = tuple(named_network(network, settings) for network in body.networks)
    return attrs.evolve(
        body,
        networks=networks,
        role=body.role or settings.default_role,
        containers=tuple(_complete_container(one, networks) for one in body.containers),
        scheduling=_resident_scheduling(body) if _is_resident(body) else body.scheduling,
    )


def _complete_container(container: PodContainer, networks: tuple[Network, ...]) -> PodContainer:
    if any(network.mode is NetworkMode.CONTAINER for network in networks):
        return container
    return attrs.evolve(container, endpoints=tuple(_with_host_port(one) for one in container.endpoints))


def _with_host_port(endpoint: Endpoint) -> Endpoint:
    return endpoint if endpoint.host_port is not None else attrs.evolve(endpoint, host_port=0)


def _is_resident(body: PodBody) -> bool:
    return any(volume.persistent is not None for volume in body.volumes)


def _resident_scheduling(body: PodBody) -> Scheduling:
    """A pod with persistent volumes waits for its agent, and never runs twice on the way to a new version."""
    scheduling = body.scheduling or Scheduling()
    return attrs.evolve(
        scheduling,
        upgrade=scheduling.upgrade or UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0),
        unreachable_strategy=scheduling.unreachable_strategy or UnreachableDisabled.DISABLED,
    )

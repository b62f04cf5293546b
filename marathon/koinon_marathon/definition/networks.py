"""Networks and the ports of an app as values: marathon-v2-api 4.1.

Which combinations are allowed is `validation.networks`; choosing host ports is `ports`.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from .frozen_map import frozen_map


class NetworkMode(Enum):
    """How a task's network looks; the value is the word on the wire."""

    HOST = "host"
    BRIDGE = "container/bridge"
    CONTAINER = "container"


@attrs.frozen(kw_only=True)
class Network:
    """One network an app joins; `name` only in container mode, where `None` stands for the default network."""

    mode: NetworkMode = NetworkMode.CONTAINER
    name: str | None = None
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)


@attrs.frozen(kw_only=True)
class PortDefinition:
    """A port in host mode. `port` is its service port, and with requirePorts its host port; 0 asks for any."""

    port: int = 0
    protocol: str = "tcp"
    name: str | None = None
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)


@attrs.frozen(kw_only=True)
class PortMapping:
    """A container's port. `host_port` 0: any host port, `None`: none; `container_port` 0: the host port."""

    container_port: int = 0
    host_port: int | None = None
    service_port: int = 0
    protocol: str = "tcp"
    name: str | None = None
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    network_names: tuple[str, ...] = ()


DEFAULT_PORT_NAME = "default"
DEFAULT_MAPPINGS = (PortMapping(name=DEFAULT_PORT_NAME),)
HOST_NETWORKS = (Network(mode=NetworkMode.HOST),)


def is_host(networks: tuple[Network, ...]) -> bool:
    """Whether tasks share the agent's own network."""
    return any(network.mode is NetworkMode.HOST for network in networks)


def is_bridge(networks: tuple[Network, ...]) -> bool:
    """Whether tasks sit behind the agent's bridge."""
    return any(network.mode is NetworkMode.BRIDGE for network in networks)

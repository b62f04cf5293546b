"""The old spellings of an app's ports, networks and artifacts as values: marathon-v2-api 4.2.

They live between decoding and `normalization.legacy`, beside today's fields in a `Submission`; an `App` holds none.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from .apps import AppUpdate
from .frozen_map import frozen_map
from .networks import PortMapping


class DockerNetwork(Enum):
    """`container.docker.network` as it was before networks had a list of their own."""

    HOST = "HOST"
    BRIDGE = "BRIDGE"
    USER = "USER"
    NONE = "NONE"


@attrs.frozen(kw_only=True)
class DiscoveryPort:
    """One port that an app with an address of its own announces."""

    number: int
    name: str
    protocol: str = "tcp"
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)


@attrs.frozen
class Discovery:
    """The announced ports of an `ipAddress`."""

    ports: tuple[DiscoveryPort, ...] = ()


@attrs.frozen(kw_only=True)
class IpAddress:
    """An address of its own for each task, on a named network. Its `groups` never meant anything to us."""

    network_name: str | None = None
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    discovery: Discovery | None = None


@attrs.frozen(kw_only=True)
class DockerCredential:
    """How a registry was once told who asks; `pullConfig` took its place."""

    principal: str | None = None
    secret: str | None = None


@attrs.frozen(kw_only=True)
class LegacyDocker:
    """What `container.docker` held besides the image."""

    credential: DockerCredential | None = None
    network: DockerNetwork | None = None
    port_mappings: tuple[PortMapping, ...] | None = None


@attrs.frozen
class LegacyContainer:
    """The old part of a container."""

    docker: LegacyDocker = LegacyDocker()


@attrs.frozen(kw_only=True)
class LegacyFields:
    """Every old spelling a body may use; `None` means not said."""

    uris: tuple[str, ...] | None = None
    ports: tuple[int, ...] | None = None
    ip_address: IpAddress | None = None
    container: LegacyContainer = LegacyContainer()

    @property
    def docker_network(self) -> DockerNetwork | None:
        """The network named inside `container.docker`."""
        return self.container.docker.network

    @property
    def docker_port_mappings(self) -> tuple[PortMapping, ...] | None:
        """The mappings given inside `container.docker`."""
        return self.container.docker.port_mappings


@attrs.frozen
class Submission:
    """One app as somebody wrote it: the fields of today, and the old spellings beside them."""

    update: AppUpdate
    legacy: LegacyFields = attrs.field(factory=LegacyFields)

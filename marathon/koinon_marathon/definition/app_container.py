"""The container of an app as a value: marathon-v2-api 4.3. Owns engine and image; volumes are `volumes`."""

from enum import Enum

import attrs

from .linux import LinuxInfo
from .networks import PortMapping
from .secrets import SecretName
from .volumes import Volume


class ContainerType(Enum):
    """Which engine runs the container; the value is the word on the wire."""

    DOCKER = "DOCKER"
    MESOS = "MESOS"


@attrs.frozen
class DockerParameter:
    """One extra option for the Docker engine, as `docker run --key=value` would take it."""

    key: str
    value: str


@attrs.frozen(kw_only=True)
class DockerImage:
    """The image of either engine; `privileged` and `parameters` only mean something to the Docker engine."""

    image: str
    force_pull_image: bool = False
    privileged: bool = False
    parameters: tuple[DockerParameter, ...] = ()
    pull_config: SecretName | None = None


@attrs.frozen(kw_only=True)
class Container:
    """What a task runs in. `port_mappings` is `None` in host mode or when not said, an empty tuple says "no ports"."""

    type: ContainerType = ContainerType.DOCKER
    docker: DockerImage | None = None
    volumes: tuple[Volume, ...] = ()
    port_mappings: tuple[PortMapping, ...] | None = None
    linux_info: LinuxInfo | None = None

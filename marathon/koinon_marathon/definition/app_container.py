"""The container of an app as a value: marathon-v2-api 4.3 and 4.4.

Owns engine, image and host volumes. Persistent, external and secret volumes are refused by `codec.unsupported`.
"""

from enum import Enum

import attrs

from .networks import PortMapping


class ContainerType(Enum):
    """Which engine runs the container; the value is the word on the wire."""

    DOCKER = "DOCKER"
    MESOS = "MESOS"


class VolumeMode(Enum):
    """Whether a task may write to a volume."""

    RO = "RO"
    RW = "RW"


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


@attrs.frozen
class HostVolume:
    """A directory of the agent seen inside the container."""

    container_path: str
    host_path: str
    mode: VolumeMode


@attrs.frozen(kw_only=True)
class Container:
    """What a task runs in. `port_mappings` is `None` in host mode or when not said, an empty tuple says "no ports"."""

    type: ContainerType = ContainerType.DOCKER
    docker: DockerImage | None = None
    volumes: tuple[HostVolume, ...] = ()
    port_mappings: tuple[PortMapping, ...] | None = None

"""What to run and in what: commands, environments, images, networks, ports and volumes as the v1 API names them.

Fields and defaults are those of mesos-v1-api 4.3 and 4.4; an absent optional field is None, an absent list is empty.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .csi import CsiVolume
from .errors import InvalidValue
from .linux import CgroupInfo, LinuxInfo, RLimitInfo, TtyInfo
from .secret import Credential, Secret

MAX_NESTING = 32
"""How deep containers may lie in one another."""


@frozen
class Label:
    """A free text under a free key. Kept as it came; nothing here reads it."""

    key: str
    value: str | None = None


@frozen
class Labels:
    """A list of labels; a key may stand twice."""

    labels: tuple[Label, ...] = ()


@frozen
class Parameter:
    """A key and a value handed on to somebody else's program, such as a flag of ``docker run``."""

    key: str
    value: str


@frozen
class Parameters:
    """A list of parameters, wrapped as the API wraps it."""

    parameter: tuple[Parameter, ...] = ()


@frozen
class DurationInfo:
    """A length of time."""

    nanoseconds: int

    @classmethod
    def of_seconds(cls, seconds: float) -> DurationInfo:
        """Seconds into nanoseconds."""
        return cls(round(seconds * 1e9))

    @property
    def seconds(self) -> float:
        """The same length in seconds."""
        return self.nanoseconds / 1e9


@frozen
class TimeInfo:
    """A moment, counted from 1970."""

    nanoseconds: int

    @classmethod
    def of_seconds(cls, seconds: float) -> TimeInfo:
        """Seconds since 1970 into nanoseconds."""
        return cls(round(seconds * 1e9))

    @property
    def seconds(self) -> float:
        """The same moment in seconds since 1970."""
        return self.nanoseconds / 1e9


class EnvironmentVariableType(Enum):
    """Where the value of a variable comes from."""

    UNKNOWN = 0
    VALUE = 1
    SECRET = 2


@frozen
class EnvironmentVariable:
    """One environment variable of a task or executor."""

    name: str
    type: EnvironmentVariableType = EnvironmentVariableType.VALUE
    value: str | None = None
    secret: Secret | None = None


@frozen
class Environment:
    """The environment a command starts with, over what the agent itself adds."""

    variables: tuple[EnvironmentVariable, ...] = ()

    @classmethod
    def of(cls, variables: dict[str, str]) -> Environment:
        """Plain names and values."""
        return cls(tuple(EnvironmentVariable(name, value=value) for name, value in variables.items()))

    def as_dict(self) -> dict[str, str]:
        """Names and plain values; the later of two of one name counts."""
        return {variable.name: variable.value or "" for variable in self.variables}


@frozen(kw_only=True)
class CommandUri:
    """Something to fetch into the sandbox before the command starts."""

    value: str
    executable: bool | None = None
    extract: bool = True
    cache: bool | None = None
    output_file: str | None = None


@frozen(kw_only=True)
class CommandInfo:
    """A command line.

    ``shell`` true: ``/bin/sh -c value``, and arguments are ignored. False: ``value`` is executed with ``arguments``
    as the whole argv, argv[0] included (mesos-v1-api 4.3).
    """

    uris: tuple[CommandUri, ...] = ()
    environment: Environment | None = None
    shell: bool = True
    value: str | None = None
    arguments: tuple[str, ...] = ()
    user: str | None = None


class VolumeMode(Enum):
    """Whether a task may write to a volume."""

    RW = 1
    RO = 2


class VolumeSourceType(Enum):
    """What a volume is made from."""

    UNKNOWN = 0
    DOCKER_VOLUME = 1
    HOST_PATH = 4
    SANDBOX_PATH = 2
    SECRET = 3
    CSI_VOLUME = 5


@frozen(kw_only=True)
class DockerVolume:
    """A volume of the container engine, by name and driver."""

    name: str
    driver: str | None = None
    driver_options: Parameters | None = None


class MountPropagationMode(Enum):
    """Whether what is mounted beneath a path later on shows on the other side, too."""

    UNKNOWN = 0
    HOST_TO_CONTAINER = 1
    BIDIRECTIONAL = 2


@frozen
class MountPropagation:
    """A mode, wrapped as the API wraps it."""

    mode: MountPropagationMode | None = None


@frozen
class HostPath:
    """A path of the agent's own file system."""

    path: str
    mount_propagation: MountPropagation | None = None


class SandboxPathType(Enum):
    """Whose sandbox a path lies in."""

    UNKNOWN = 0
    SELF = 1
    PARENT = 2


@frozen(kw_only=True)
class SandboxPath:
    """A path inside a sandbox."""

    path: str
    type: SandboxPathType | None = None


@frozen(kw_only=True)
class VolumeSource:
    """Exactly one of the sources that ``type`` names."""

    type: VolumeSourceType | None = None
    docker_volume: DockerVolume | None = None
    host_path: HostPath | None = None
    sandbox_path: SandboxPath | None = None
    secret: Secret | None = None
    csi_volume: CsiVolume | None = None


class ImageType(Enum):
    """Where an image comes from."""

    APPC = 1
    DOCKER = 2


@frozen
class DockerImage:
    """An image by its name in a registry; ``config`` is a Docker config.json with what the registry wants to see."""

    name: str
    credential: Credential | None = None
    config: Secret | None = None


@frozen(kw_only=True)
class AppcImage:
    """An image of the older App Container kind."""

    name: str
    id: str | None = None
    labels: Labels | None = None


@frozen(kw_only=True)
class Image:
    """An image for the MESOS containerizer."""

    type: ImageType
    appc: AppcImage | None = None
    docker: DockerImage | None = None
    cached: bool = True


@frozen(kw_only=True)
class Volume:
    """A directory shown inside the container at ``container_path``."""

    mode: VolumeMode
    container_path: str
    host_path: str | None = None
    image: Image | None = None
    source: VolumeSource | None = None


class IpProtocol(Enum):
    """The version of an internet address."""

    IPv4 = 1
    IPv6 = 2


@frozen(kw_only=True)
class IpAddress:
    """An address a container has."""

    ip_address: str | None = None
    protocol: IpProtocol = IpProtocol.IPv4


@frozen(kw_only=True)
class PortMapping:
    """A port of the host that leads to a port of the container."""

    host_port: int
    container_port: int
    protocol: str | None = None


@frozen(kw_only=True)
class NetworkInfo:
    """A network a container joins, or, in a status, the addresses it got there."""

    ip_addresses: tuple[IpAddress, ...] = ()
    name: str | None = None
    groups: tuple[str, ...] = ()
    labels: Labels | None = None
    port_mappings: tuple[PortMapping, ...] = ()


class DockerNetwork(Enum):
    """How a Docker container reaches the network."""

    HOST = 1
    BRIDGE = 2
    NONE = 3
    USER = 4


@frozen(kw_only=True)
class DockerInfo:
    """What is special about a Docker container."""

    image: str
    network: DockerNetwork = DockerNetwork.HOST
    port_mappings: tuple[PortMapping, ...] = ()
    privileged: bool = False
    parameters: tuple[Parameter, ...] = ()
    force_pull_image: bool | None = None
    volume_driver: str | None = None


class ContainerType(Enum):
    """Which containerizer runs a container."""

    DOCKER = 1
    MESOS = 2


@frozen
class MesosInfo:
    """What is special about a container of the MESOS containerizer."""

    image: Image | None = None


@frozen(kw_only=True)
class ContainerInfo:
    """The container of a task or executor."""

    type: ContainerType
    volumes: tuple[Volume, ...] = ()
    hostname: str | None = None
    docker: DockerInfo | None = None
    mesos: MesosInfo | None = None
    network_infos: tuple[NetworkInfo, ...] = ()
    linux_info: LinuxInfo | None = None
    rlimit_info: RLimitInfo | None = None
    tty_info: TtyInfo | None = None


@frozen(kw_only=True)
class ContainerIdInfo:
    """The id of a container and, where it is nested, of the one around it, no deeper than Linux nests pid namespaces.

    Raises InvalidValue beyond that: it is the one message that can hold itself, and what is read must be writable.
    """

    value: str
    parent: ContainerIdInfo | None = None

    def __attrs_post_init__(self) -> None:
        depth, outer = 0, self.parent
        while outer is not None:
            depth, outer = depth + 1, outer.parent
        if depth > MAX_NESTING:
            raise InvalidValue("parent", f"containers are nested more than {MAX_NESTING} deep")


@frozen(kw_only=True)
class ContainerStatus:
    """What the agent knows of a running container, told with a status update."""

    container_id: ContainerIdInfo | None = None
    network_infos: tuple[NetworkInfo, ...] = ()
    cgroup_info: CgroupInfo | None = None
    executor_pid: int | None = None

"""A job as Chronos 2 and 3 wrote it: every field with Chronos's default. What becomes of each is ``fates``."""

from __future__ import annotations

from enum import Enum

import attrs

RUN_ONCE = "R1"
DEFAULT_RETRIES = 2
DEFAULT_CPUS = 0.1
DEFAULT_MEM = 128.0
DEFAULT_DISK = 256.0


class ContainerType(Enum):
    """Whose container it is."""

    DOCKER = "DOCKER"
    MESOS = "MESOS"


class NetworkMode(Enum):
    """How a container meets the network."""

    BRIDGE = "BRIDGE"
    HOST = "HOST"
    USER = "USER"


class VolumeMode(Enum):
    """Whether a volume may be written."""

    RW = "RW"
    RO = "RO"


@attrs.frozen
class Pair:
    """A parameter, an option or a label."""

    key: str
    value: str = ""


@attrs.frozen
class EnvironmentVariable:
    """What the command finds in its environment."""

    name: str
    value: str = ""


@attrs.frozen(kw_only=True)
class Fetch:
    """A file brought into the sandbox before the run."""

    uri: str
    output_file: str = ""
    executable: bool = False
    cache: bool = False
    extract: bool = True


@attrs.frozen(kw_only=True)
class ExternalVolume:
    """A volume of a driver."""

    name: str
    provider: str = ""
    options: tuple[Pair, ...] = ()


@attrs.frozen(kw_only=True)
class Volume:
    """What of outside is seen inside the container, and where."""

    container_path: str
    host_path: str | None = None
    mode: VolumeMode | None = None
    external: ExternalVolume | None = None


@attrs.frozen(kw_only=True)
class PortMapping:
    """A port of the host that leads to one of the container."""

    host_port: int
    container_port: int
    protocol: str | None = None


@attrs.frozen(kw_only=True)
class Network:
    """A network that the container joins."""

    name: str
    protocol: str | None = None
    labels: tuple[Pair, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()


@attrs.frozen(kw_only=True)
class Container:
    """The container of each run. One without an image is none, as with Chronos."""

    image: str = ""
    type: ContainerType = ContainerType.DOCKER
    network: NetworkMode = NetworkMode.HOST
    network_name: str | None = None
    network_infos: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    force_pull_image: bool = False
    parameters: tuple[Pair, ...] = ()


@attrs.frozen(kw_only=True)
class ChronosJob:
    """A definition. ``async_`` is ``async`` on the wire; ``data_job`` and ``data_processing_job_type`` say the same."""

    name: str
    command: str = ""
    shell: bool = True
    arguments: tuple[str, ...] = ()
    schedule: str | None = None
    schedule_time_zone: str = ""
    epsilon: str = ""
    parents: tuple[str, ...] = ()
    executor: str = ""
    executor_flags: str = ""
    task_info_data: str = ""
    retries: int = DEFAULT_RETRIES
    owner: str = ""
    owner_name: str = ""
    description: str = ""
    async_: bool = False
    cpus: float = 0.0
    mem: float = 0.0
    disk: float = 0.0
    disabled: bool = False
    concurrent: bool = False
    soft_error: bool = False
    high_priority: bool = False
    data_processing_job_type: bool = False
    data_job: bool = False
    max_completion_time: int = 0
    uris: tuple[str, ...] = ()
    fetch: tuple[Fetch, ...] = ()
    environment_variables: tuple[EnvironmentVariable, ...] = ()
    run_as_user: str = ""
    container: Container | None = None
    constraints: tuple[tuple[str, ...], ...] = ()
    success_count: int = 0
    error_count: int = 0
    last_success: str = ""
    last_error: str = ""
    errors_since_last_success: int = 0

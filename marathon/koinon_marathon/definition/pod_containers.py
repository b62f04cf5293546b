"""One container of a pod as a value: what runs, what it may use, where it answers (marathon-v2-api 12).

The pod around it is `pods`. A container's checks are run by the agent: Marathon runs none of its own for pods.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from .apps import Fetch
from .frozen_map import frozen_map
from .health_checks import CheckCommand, CheckExec, CheckScheme
from .linux import LinuxInfo
from .resources import ResourceLimits
from .secrets import EnvValue, SecretName


@attrs.frozen(kw_only=True)
class Exec:
    """What runs in the container. Arguments alone go to the image's entrypoint, unless that is overridden."""

    command: CheckCommand
    override_entrypoint: bool | None = None


@attrs.frozen(kw_only=True)
class ContainerResources:
    """What is set aside for one container: cores, MiB, MiB, whole GPUs."""

    cpus: float = 1.0
    mem: float = 128.0
    disk: float = 0.0
    gpus: int = 0


@attrs.frozen(kw_only=True)
class Endpoint:
    """A port that others reach. `host_port` 0: any host port, `None`: none; `container_port` 0: the host port."""

    name: str
    container_port: int | None = None
    host_port: int | None = None
    protocol: tuple[str, ...] = ()
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    network_names: tuple[str, ...] = ()


class ImageKind(Enum):
    """Where an image comes from."""

    DOCKER = "DOCKER"


@attrs.frozen(kw_only=True)
class PodImage:
    """What a container's files are."""

    kind: ImageKind
    id: str
    pull_config: SecretName | None = None
    force_pull: bool | None = None
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)


@attrs.frozen(kw_only=True)
class EndpointHttp:
    """Ask an endpoint for a path."""

    endpoint: str
    path: str | None = None
    scheme: CheckScheme = CheckScheme.HTTP


@attrs.frozen(kw_only=True)
class EndpointTcp:
    """Connect to an endpoint."""

    endpoint: str


@attrs.frozen(kw_only=True)
class ContainerHealthCheck:
    """Exactly one of the three; a container that fails it is killed, and its pod with it. Times are whole seconds."""

    http: EndpointHttp | None = None
    tcp: EndpointTcp | None = None
    exec: CheckExec | None = None
    grace_period_seconds: int = 300
    interval_seconds: int = 60
    max_consecutive_failures: int = 3
    timeout_seconds: int = 20
    delay_seconds: int = 15


@attrs.frozen(kw_only=True)
class ContainerCheck:
    """Exactly one of the three, whose result is told and has no consequence. Times are whole seconds."""

    http: EndpointHttp | None = None
    tcp: EndpointTcp | None = None
    exec: CheckExec | None = None
    interval_seconds: int = 60
    timeout_seconds: int = 20
    delay_seconds: int = 15


@attrs.frozen(kw_only=True)
class VolumeMount:
    """Where a container sees one of the pod's volumes."""

    name: str
    mount_path: str
    read_only: bool | None = None


@attrs.frozen(kw_only=True)
class Lifecycle:
    """How a container ends: seconds between asking and killing."""

    kill_grace_period_seconds: float | None = None


@attrs.frozen(kw_only=True)
class PodContainer:
    """One container of a pod, in canonical form; `None` and empty collections mean not said."""

    name: str
    exec: Exec | None = None
    resources: ContainerResources = attrs.field(factory=ContainerResources)
    resource_limits: ResourceLimits | None = None
    endpoints: tuple[Endpoint, ...] = ()
    image: PodImage | None = None
    environment: Mapping[str, EnvValue] = attrs.field(converter=frozen_map, factory=dict)
    user: str | None = None
    health_check: ContainerHealthCheck | None = None
    check: ContainerCheck | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    artifacts: tuple[Fetch, ...] = ()
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    lifecycle: Lifecycle | None = None
    tty: bool | None = None
    linux_info: LinuxInfo | None = None

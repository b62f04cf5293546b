"""The app definition as a value, and the update that changes one: marathon-v2-api 3.3.

An `App` is canonical: old spellings are gone, defaults are filled in, service ports may still be 0 before
`service_ports` assigned them. Reading and writing JSON is `codec`, rules are `validation`, versions are `versions`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import attrs

from koinon_frameworks.matching.constraints import Constraint

from .app_container import Container, ContainerType
from .frozen_map import frozen_map, optional_frozen_map
from .health_checks import AppCheck, HealthCheck, ReadinessCheck
from .networks import HOST_NETWORKS, Network, PortDefinition, PortMapping, is_host
from .path_ids import PathId
from .resources import ExecutorResources, ResourceLimits
from .secrets import EnvValue, SecretName, SecretSource
from .volumes import ExternalVolume, PersistentVolume, SecretVolume, Volume

COMMAND_EXECUTOR = "//cmd"
"""Marathon's name for a task that the agent runs itself."""
SINGLE_INSTANCE_LABEL = "MARATHON_SINGLE_INSTANCE_APP"


class KillSelection(Enum):
    """Which of equal instances dies first when an app shrinks."""

    YOUNGEST_FIRST = "YOUNGEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class UnreachableDisabled(Enum):
    """Lost instances are kept for ever and never replaced."""

    DISABLED = "disabled"


@attrs.frozen(kw_only=True)
class UnreachableStrategy:
    """Seconds until an unreachable instance is replaced, and until it is forgotten; 0 and 0 mean at once."""

    inactive_after_seconds: int = 0
    expunge_after_seconds: int = 0


Unreachable = UnreachableStrategy | UnreachableDisabled


@attrs.frozen(kw_only=True)
class UpgradeStrategy:
    """Shares of `instances`: how many must stay healthy, how many may run on top, while a new version rolls in."""

    minimum_health_capacity: float = 1.0
    maximum_over_capacity: float = 1.0


@attrs.frozen(kw_only=True)
class Fetch:
    """An artifact that the agent brings into the sandbox before the task starts."""

    uri: str
    extract: bool = True
    executable: bool = False
    cache: bool = False
    dest_path: str | None = None


class TaskLostBehavior(Enum):
    """What to do with a lost task of a resident app; kept for those who read it, as only waiting is ever done."""

    WAIT_FOREVER = "WAIT_FOREVER"
    RELAUNCH_AFTER_TIMEOUT = "RELAUNCH_AFTER_TIMEOUT"


@attrs.frozen(kw_only=True)
class Residency:
    """Shown for resident apps, without effect since volumes say it all."""

    relaunch_escalation_timeout_seconds: int = 3600
    task_lost_behavior: TaskLostBehavior = TaskLostBehavior.WAIT_FOREVER


@attrs.frozen
class VersionInfo:
    """When an app was last scaled and when its configuration last changed (UTC, whole milliseconds)."""

    last_scaling_at: datetime
    last_config_change_at: datetime


@attrs.frozen(kw_only=True)
class App:
    """One app definition in canonical form. cpus are cores, mem and disk MiB; times are whole seconds."""

    id: PathId
    cmd: str | None = None
    args: tuple[str, ...] = ()
    user: str | None = None
    env: Mapping[str, EnvValue] = attrs.field(converter=frozen_map, factory=dict)
    instances: int = 1
    cpus: float = 1.0
    mem: float = 128.0
    disk: float = 0.0
    gpus: int = 0
    executor: str = ""
    executor_resources: ExecutorResources | None = None
    resource_limits: ResourceLimits | None = None
    constraints: tuple[Constraint, ...] = ()
    accepted_resource_roles: tuple[str, ...] | None = None
    role: str = "*"
    container: Container | None = None
    networks: tuple[Network, ...] = HOST_NETWORKS
    port_definitions: tuple[PortDefinition, ...] = ()
    require_ports: bool = False
    fetch: tuple[Fetch, ...] = ()
    health_checks: tuple[HealthCheck, ...] = ()
    check: AppCheck | None = None
    readiness_checks: tuple[ReadinessCheck, ...] = ()
    backoff_seconds: int = 1
    backoff_factor: float = 1.15
    max_launch_delay_seconds: int = 300
    upgrade_strategy: UpgradeStrategy = UpgradeStrategy()
    kill_selection: KillSelection = KillSelection.YOUNGEST_FIRST
    unreachable_strategy: Unreachable = UnreachableStrategy()
    task_kill_grace_period_seconds: int | None = None
    dependencies: tuple[PathId, ...] = ()
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    secrets: Mapping[str, SecretSource] = attrs.field(converter=frozen_map, factory=dict)
    tty: bool | None = None
    residency: Residency | None = None
    version: datetime
    version_info: VersionInfo

    @property
    def is_host_networked(self) -> bool:
        """Whether ports are `port_definitions` on the agent's network rather than mappings of a container."""
        return is_host(self.networks)

    @property
    def port_mappings(self) -> tuple[PortMapping, ...]:
        """The container's mappings; empty in host mode."""
        if self.is_host_networked or self.container is None:
            return ()
        return self.container.port_mappings or ()

    @property
    def service_ports(self) -> tuple[int, ...]:
        """One for each port in definition order; 0 where none is assigned yet (marathon-semantics 8)."""
        if self.is_host_networked:
            return tuple(definition.port for definition in self.port_definitions)
        return tuple(mapping.service_port for mapping in self.port_mappings)

    @property
    def port_names(self) -> tuple[str | None, ...]:
        """The name of each port in definition order."""
        if self.is_host_networked:
            return tuple(definition.name for definition in self.port_definitions)
        return tuple(mapping.name for mapping in self.port_mappings)

    @property
    def is_docker(self) -> bool:
        """Whether the Docker engine runs this app."""
        return self.container is not None and self.container.type is ContainerType.DOCKER

    def custom_executor(self, default: str = COMMAND_EXECUTOR) -> str | None:
        """Path of the program that runs the task, None where the agent does; an app that names none has the default."""
        path = self.executor or default
        return None if path in ("", COMMAND_EXECUTOR) else path

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The container's volumes of every kind."""
        return () if self.container is None else self.container.volumes

    @property
    def persistent_volumes(self) -> tuple[PersistentVolume, ...]:
        """Those that stay with an instance."""
        return tuple(volume for volume in self.volumes if isinstance(volume, PersistentVolume))

    @property
    def is_resident(self) -> bool:
        """Whether its instances hold reservations: they have volumes to come back to."""
        return bool(self.persistent_volumes)

    @property
    def needed_secrets(self) -> tuple[str, ...]:
        """The declared secrets that a task cannot do without, in order of mention."""
        docker = None if self.container is None else self.container.docker
        names = [value.secret for value in self.env.values() if isinstance(value, SecretName)]
        names += [volume.secret for volume in self.volumes if isinstance(volume, SecretVolume)]
        for volume in self.volumes:
            if isinstance(volume, ExternalVolume):
                names += volume.external.secrets
        names += [docker.pull_config.secret] if docker is not None and docker.pull_config is not None else []
        return tuple(dict.fromkeys(names))

    @property
    def is_single_instance(self) -> bool:
        """Whether the app promises never to run twice, not even during an upgrade."""
        return self.labels.get(SINGLE_INSTANCE_LABEL) == "true"


@attrs.frozen(kw_only=True)
class AppUpdate:
    """The fields a body gave, named as in `App`; `None` means not said.

    Ids may still be relative, constraints are the lists as written, which `validation.constraints` reads.
    """

    id: str | None = None
    cmd: str | None = None
    args: tuple[str, ...] | None = None
    user: str | None = None
    env: Mapping[str, EnvValue] | None = attrs.field(converter=optional_frozen_map, default=None)
    instances: int | None = None
    cpus: float | None = None
    mem: float | None = None
    disk: float | None = None
    gpus: int | None = None
    executor: str | None = None
    executor_resources: ExecutorResources | None = None
    resource_limits: ResourceLimits | None = None
    constraints: tuple[tuple[str, ...], ...] | None = None
    accepted_resource_roles: tuple[str, ...] | None = None
    role: str | None = None
    container: Container | None = None
    networks: tuple[Network, ...] | None = None
    port_definitions: tuple[PortDefinition, ...] | None = None
    require_ports: bool | None = None
    fetch: tuple[Fetch, ...] | None = None
    health_checks: tuple[HealthCheck, ...] | None = None
    check: AppCheck | None = None
    readiness_checks: tuple[ReadinessCheck, ...] | None = None
    backoff_seconds: int | None = None
    backoff_factor: float | None = None
    max_launch_delay_seconds: int | None = None
    upgrade_strategy: UpgradeStrategy | None = None
    kill_selection: KillSelection | None = None
    unreachable_strategy: Unreachable | None = None
    task_kill_grace_period_seconds: int | None = None
    dependencies: tuple[str, ...] | None = None
    labels: Mapping[str, str] | None = attrs.field(converter=optional_frozen_map, default=None)
    secrets: Mapping[str, SecretSource] | None = attrs.field(converter=optional_frozen_map, default=None)
    tty: bool | None = None
    residency: Residency | None = None
    version: datetime | None = None

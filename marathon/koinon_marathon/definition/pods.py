"""The pod definition as a value: containers that are launched together and share network and volumes.

Marathon-v2-api 12, marathon-semantics 22. A container of its own is `pod_containers`, the nested form that people read
and write `codec.pods`, rules are `validation.pods`.
"""

from collections.abc import Mapping
from datetime import datetime

import attrs

from koinon_frameworks.matching.constraints import Constraint

from .apps import KillSelection, Unreachable, UnreachableStrategy, UpgradeStrategy, VersionInfo
from .frozen_map import frozen_map
from .linux import LinuxInfo
from .networks import Network, NetworkMode
from .path_ids import PathId
from .pod_containers import Endpoint, PodContainer
from .resources import ExecutorResources
from .secrets import EnvValue, SecretName, SecretSource
from .volumes import PersistentInfo


@attrs.frozen(kw_only=True)
class PodVolume:
    """A volume that containers mount by its name. Its kind shows by the key it has; without any it lives and dies
    with the instance.
    """

    name: str
    host: str | None = None
    persistent: PersistentInfo | None = None
    secret: str | None = None


@attrs.frozen(kw_only=True)
class Pod:
    """One pod definition in canonical form. Its first lines are those that it has in common with `App`."""

    id: PathId
    instances: int = 1
    role: str = "*"
    constraints: tuple[Constraint, ...] = ()
    accepted_resource_roles: tuple[str, ...] | None = None
    backoff_seconds: float = 1.0
    backoff_factor: float = 1.15
    max_launch_delay_seconds: float = 300.0
    upgrade_strategy: UpgradeStrategy = attrs.field(factory=UpgradeStrategy)
    kill_selection: KillSelection = KillSelection.YOUNGEST_FIRST
    unreachable_strategy: Unreachable = attrs.field(factory=UnreachableStrategy)
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    user: str | None = None
    environment: Mapping[str, EnvValue] = attrs.field(converter=frozen_map, factory=dict)
    containers: tuple[PodContainer, ...] = ()
    secrets: Mapping[str, SecretSource] = attrs.field(converter=frozen_map, factory=dict)
    volumes: tuple[PodVolume, ...] = ()
    networks: tuple[Network, ...] = ()
    executor_resources: ExecutorResources = attrs.field(factory=ExecutorResources)
    linux_info: LinuxInfo | None = None
    legacy_shared_cgroups: bool | None = None
    version: datetime
    version_info: VersionInfo

    @property
    def dependencies(self) -> tuple[PathId, ...]:
        """None: pods wait for nobody (marathon-semantics 3.2)."""
        return ()

    @property
    def is_single_instance(self) -> bool:
        """Whether it promises never to run twice: pods do not."""
        return False

    @property
    def is_host_networked(self) -> bool:
        """Whether its containers sit on the agent's network; so they do when nothing is said."""
        return not self.networks or any(network.mode is NetworkMode.HOST for network in self.networks)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Those of all containers, in order: each gets its port in this order."""
        return tuple(endpoint for container in self.containers for endpoint in container.endpoints)

    @property
    def cpus(self) -> float:
        """Cores of all containers and of the executor."""
        return _sum(self.executor_resources.cpus, *(one.resources.cpus for one in self.containers))

    @property
    def mem(self) -> float:
        """MiB of memory of all containers and of the executor."""
        return _sum(self.executor_resources.mem, *(one.resources.mem for one in self.containers))

    @property
    def disk(self) -> float:
        """MiB of disk of all containers and of the executor."""
        return _sum(self.executor_resources.disk, *(one.resources.disk for one in self.containers))

    @property
    def gpus(self) -> int:
        """GPUs of all containers."""
        return sum(one.resources.gpus for one in self.containers)

    @property
    def persistent_volumes(self) -> tuple[PodVolume, ...]:
        """Those that stay with an instance."""
        return tuple(volume for volume in self.volumes if volume.persistent is not None)

    @property
    def is_resident(self) -> bool:
        """Whether its instances hold reservations: they have volumes to come back to."""
        return bool(self.persistent_volumes)

    @property
    def needed_secrets(self) -> tuple[str, ...]:
        """The declared secrets that an instance cannot do without, in order of mention."""
        settings = (self.environment, *(one.environment for one in self.containers))
        names = [value.secret for each in settings for value in each.values() if isinstance(value, SecretName)]
        names += [volume.secret for volume in self.volumes if volume.secret is not None]
        images = [one.image for one in self.containers if one.image is not None]
        names += [image.pull_config.secret for image in images if image.pull_config is not None]
        return tuple(dict.fromkeys(names))

    def find_container(self, name: str | None) -> PodContainer | None:
        """The container of that name."""
        return next((one for one in self.containers if one.name == name), None)

    def find_volume(self, name: str) -> PodVolume | None:
        """The volume of that name."""
        return next((volume for volume in self.volumes if volume.name == name), None)


def _sum(*amounts: float) -> float:
    """In whole thousandths, as the master counts: each amount is rounded for itself."""
    return sum(round(amount * 1000) for amount in amounts) / 1000

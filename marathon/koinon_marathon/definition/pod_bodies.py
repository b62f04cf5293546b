"""A pod in the nested form that people read and write: marathon-v2-api 12. `Pod` is the same thing laid flat.

Every field that may be left out is `None` or empty here; what a pod gets then is `normalization.pods` and `pod_of`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import attrs

from koinon_frameworks.matching.constraints import Constraint, Operator

from .apps import KillSelection, Unreachable, UnreachableStrategy, UpgradeStrategy, VersionInfo
from .frozen_map import frozen_map
from .linux import LinuxInfo
from .networks import Network
from .path_ids import PathId, resolve
from .pod_containers import PodContainer
from .pods import Pod, PodVolume
from .resources import ExecutorResources
from .secrets import EnvValue, SecretSource

_SAME = ("labels", "user", "environment", "containers", "secrets", "volumes", "networks", "role", "linux_info")
"""What stands in both forms alike."""


class ScalingKind(Enum):
    """How the number of instances is found."""

    FIXED = "fixed"


@attrs.frozen(kw_only=True)
class Scaling:
    """How many instances."""

    kind: ScalingKind = ScalingKind.FIXED
    instances: int = 1


@attrs.frozen(kw_only=True)
class PodBackoff:
    """The delay after failures, in seconds and as the factor it grows by."""

    backoff: float = 1.0
    backoff_factor: float = 1.15
    max_launch_delay: float = 300.0


@attrs.frozen(kw_only=True)
class PodConstraint:
    """A constraint as pods spell it."""

    field_name: str
    operator: Operator
    value: str | None = None


@attrs.frozen(kw_only=True)
class PlacementPolicy:
    """Where instances may run."""

    constraints: tuple[PodConstraint, ...] = ()
    accepted_resource_roles: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Scheduling:
    """When and where instances start and end."""

    backoff: PodBackoff | None = None
    upgrade: UpgradeStrategy | None = None
    placement: PlacementPolicy | None = None
    kill_selection: KillSelection | None = None
    unreachable_strategy: Unreachable | None = None


@attrs.frozen(kw_only=True)
class PodBody:
    """One pod as it is written."""

    id: str
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    version: datetime | None = None
    user: str | None = None
    environment: Mapping[str, EnvValue] = attrs.field(converter=frozen_map, factory=dict)
    containers: tuple[PodContainer, ...]
    secrets: Mapping[str, SecretSource] = attrs.field(converter=frozen_map, factory=dict)
    volumes: tuple[PodVolume, ...] = ()
    networks: tuple[Network, ...] = ()
    scaling: Scaling | None = None
    scheduling: Scheduling | None = None
    executor_resources: ExecutorResources | None = None
    role: str | None = None
    linux_info: LinuxInfo | None = None
    legacy_shared_cgroups: bool | None = None

    @property
    def placement(self) -> PlacementPolicy:
        """Where instances may run; anywhere when nothing is said."""
        return (self.scheduling and self.scheduling.placement) or PlacementPolicy()


def pod_of(body: PodBody, constraints: tuple[Constraint, ...], now: datetime) -> Pod:
    """The pod that a complete body means, with the versions of a new one; its role must be known by now."""
    scheduling = body.scheduling or Scheduling()
    backoff = scheduling.backoff or PodBackoff()
    same = {name: getattr(body, name) for name in _SAME}
    return Pod(
        id=resolve(body.id),
        instances=(body.scaling or Scaling()).instances,
        constraints=constraints,
        accepted_resource_roles=body.placement.accepted_resource_roles or None,
        backoff_seconds=backoff.backoff,
        backoff_factor=backoff.backoff_factor,
        max_launch_delay_seconds=backoff.max_launch_delay,
        upgrade_strategy=scheduling.upgrade or UpgradeStrategy(),
        kill_selection=scheduling.kill_selection or KillSelection.YOUNGEST_FIRST,
        unreachable_strategy=scheduling.unreachable_strategy or UnreachableStrategy(),
        executor_resources=body.executor_resources or ExecutorResources(),
        legacy_shared_cgroups=body.legacy_shared_cgroups or None,
        version=now,
        version_info=VersionInfo(now, now),
        **same,
    )


def body_of(pod: Pod) -> PodBody:
    """The form in which the pod is written: all that it has by default is said."""
    same = {name: getattr(pod, name) for name in _SAME}
    return PodBody(
        id=PathId(pod.id),
        version=pod.version,
        scaling=Scaling(instances=pod.instances),
        scheduling=Scheduling(
            backoff=PodBackoff(
                backoff=pod.backoff_seconds,
                backoff_factor=pod.backoff_factor,
                max_launch_delay=pod.max_launch_delay_seconds,
            ),
            upgrade=pod.upgrade_strategy,
            placement=_placement(pod),
            kill_selection=pod.kill_selection,
            unreachable_strategy=pod.unreachable_strategy,
        ),
        executor_resources=pod.executor_resources,
        legacy_shared_cgroups=pod.legacy_shared_cgroups,
        **same,
    )


def _placement(pod: Pod) -> PlacementPolicy | None:
    constraints = tuple(
        PodConstraint(field_name=one.field, operator=one.operator, value=one.value or None) for one in pod.constraints
    )
    roles = pod.accepted_resource_roles or ()
    return PlacementPolicy(constraints=constraints, accepted_resource_roles=roles) if constraints or roles else None

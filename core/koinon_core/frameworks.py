"""Who a framework says it is (mesos-v1-api 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from .containers import Labels
from .ids import FrameworkId
from .roles import DEFAULT_ROLE
from .scalars import Scalar


class FrameworkCapabilityType(Enum):
    """What a framework can deal with; each switches on the behaviour of mesos-v1-api 2.8."""

    UNKNOWN = 0
    REVOCABLE_RESOURCES = 1
    TASK_KILLING_STATE = 2
    GPU_RESOURCES = 3
    SHARED_RESOURCES = 4
    PARTITION_AWARE = 5
    MULTI_ROLE = 6
    RESERVATION_REFINEMENT = 7
    REGION_AWARE = 8


@frozen
class FrameworkCapability:
    """One capability; a type we do not know is None and means nothing."""

    type: FrameworkCapabilityType | None = None


@frozen
class ResourceQuantities:
    """Amounts by resource name, all of which must be there."""

    quantities: Mapping[str, Scalar]


@frozen
class MinAllocatableResources:
    """Alternatives, one of which an offer must reach."""

    quantities: tuple[ResourceQuantities, ...] = ()


@frozen
class OfferFilters:
    """The least that an offer to one role must hold; overrides the master's flag."""

    min_allocatable_resources: MinAllocatableResources | None = None


@frozen(kw_only=True)
class FrameworkInfo:
    """A framework as it describes itself when it subscribes.

    ``failover_timeout`` is in seconds: how long its tasks outlive its absence. ``role`` and ``roles`` exclude each
    other: ``roles`` goes with the MULTI_ROLE capability.
    """

    user: str
    name: str
    id: FrameworkId | None = None
    failover_timeout: float = 0.0
    checkpoint: bool = False
    role: str | None = None
    roles: tuple[str, ...] = ()
    hostname: str | None = None
    principal: str | None = None
    webui_url: str | None = None
    capabilities: tuple[FrameworkCapability, ...] = ()
    labels: Labels | None = None
    offer_filters: Mapping[str, OfferFilters] | None = None

    def has(self, capability: FrameworkCapabilityType) -> bool:
        """Whether the framework named this capability."""
        return any(named.type is capability for named in self.capabilities)

    def all_roles(self) -> tuple[str, ...]:
        """The roles it subscribes to, whichever of the two ways it spelt them."""
        if self.has(FrameworkCapabilityType.MULTI_ROLE):
            return tuple(dict.fromkeys(self.roles))
        return (self.role or DEFAULT_ROLE,)

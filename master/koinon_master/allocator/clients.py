"""Frameworks as the allocator sees them, and each of their roles: what they can take, and whether they want it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.offer_constraints import OfferConstraints

from .offer_constraints import AgentConstraints
from .sorter import Claimant

if TYPE_CHECKING:
    from .role_tree import Role

Amounts = Mapping[str, int]
"""Thousandths by resource name."""


@frozen(cache_hash=True)
class Abilities:
    """The capabilities that decide what of an agent a framework may see (mesos-v1-api 2.8)."""

    revocable: bool
    shared: bool
    refined: bool

    @staticmethod
    def of(info: FrameworkInfo) -> Abilities:
        """What a framework says it can deal with."""
        return _abilities(
            info.has(FrameworkCapabilityType.REVOCABLE_RESOURCES),
            info.has(FrameworkCapabilityType.SHARED_RESOURCES),
            info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT),
        )


@lru_cache
def _abilities(revocable: bool, shared: bool, refined: bool) -> Abilities:
    """One object for all who can do the same: they are keys that are looked up a great deal."""
    return Abilities(revocable, shared, refined)


ABLE_TO_ALL = _abilities(revocable=True, shared=True, refined=True)


@define(eq=False)
class Client:
    """A framework."""

    id: FrameworkId
    info: FrameworkInfo
    constraints: OfferConstraints | None = None
    is_active: bool = True
    suppressed: set[str] = field(factory=set)
    abilities: Abilities = field(init=False)
    knows_gpus: bool = field(init=False)
    knows_regions: bool = field(init=False)
    subscriptions: dict[str, Subscription] = field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        self.describe(self.info, self.constraints)

    def describe(self, info: FrameworkInfo, constraints: OfferConstraints | None) -> None:
        """The framework describes itself anew."""
        self.info, self.constraints = info, constraints
        self.abilities = Abilities.of(info)
        self.knows_gpus = info.has(FrameworkCapabilityType.GPU_RESOURCES)
        self.knows_regions = info.has(FrameworkCapabilityType.REGION_AWARE)


@define(eq=False)
class Subscription(Claimant):
    """One role of one framework: what offers are made to."""

    client: Client = field(kw_only=True, repr=False)
    role: Role = field(kw_only=True, repr=False)
    is_subscribed: bool = False
    least: tuple[Amounts, ...] | None = None
    constraints: AgentConstraints | None = None

    @property
    def is_suppressed(self) -> bool:
        """Whether the framework asked not to be bothered in this role."""
        return self.role.name in self.client.suppressed

    @property
    def wants_offers(self) -> bool:
        """Whether the framework is there, in the role, and not suppressed."""
        return self.client.is_active and self.is_subscribed and not self.is_suppressed

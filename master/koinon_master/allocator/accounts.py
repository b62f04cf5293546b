"""What each agent has and who holds how much of it: the books that the allocator decides by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field

from koinon_core.agents import AgentInfo, DomainInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.resources import NOTHING, Kind, Resource, Resources
from koinon_core.roles import is_within

from .clients import Abilities

Holder = tuple[FrameworkId, str]
"""A framework and the role that it holds something in."""


@define(eq=False)
class Portion:
    """What of an agent may be offered to somebody: one object for all who see the same."""

    resources: Resources
    amounts: Mapping[str, int]
    is_worth_it: bool | None = None
    """Whether it reaches the least that the master's flag wants of an offer; None: nobody looked yet."""


NO_PORTION = Portion(NOTHING, {})


@define(eq=False)
class AgentAccount:
    """One agent's resources: all of them, and what is granted (offered or used). None carries an allocation role.

    Shared volumes are lent, not taken: ``lent`` counts the copies of each that a holder has.
    """

    id: AgentId
    info: AgentInfo
    is_active: bool = True
    is_listed: bool = True
    held: dict[Holder, Resources] = field(factory=dict)
    lent: dict[Kind, dict[Holder, int]] = field(factory=dict)
    exclusive: Resources = field(init=False)
    shared: Resources = field(init=False)
    free: Resources = field(init=False)
    is_spent: bool = field(init=False)
    """Whether nothing is free."""
    has_gpus: bool = field(init=False)
    region: str | None = field(init=False)
    is_plain: bool = field(init=False)
    is_special: bool = field(init=False)
    """Whether not everybody may be offered it."""
    _is_overdrawn: bool = False
    _portions: dict[tuple[str, Abilities], Portion] = field(factory=dict)
    _whole: Portion = NO_PORTION
    """What all see of a plain agent: kept while it may serve again."""

    def __attrs_post_init__(self) -> None:
        self.change(self.info)

    @property
    def is_open(self) -> bool:
        """Whether anything may be offered of the agent at all."""
        return self.is_active and self.is_listed

    @property
    def taken(self) -> Resources:
        """What all holders have together."""
        together = NOTHING
        for resources in self.held.values():
            together = together + resources
        return together

    @property
    def free_and_unlent(self) -> Resources:
        """What nobody holds: free resources, and shared volumes that nobody has a copy of."""
        if not self.shared:
            return self.free
        return self.free + self.shared.filter(lambda kind: kind not in self.lent)

    @property
    def open_amounts(self) -> Mapping[str, int]:
        """What is free for everyone, in thousandths: neither reserved nor revocable (mesos-semantics 5.3)."""
        return self.free.thousandths if self.is_plain else self.free.filter(is_open_kind).thousandths

    def holdings(self) -> Iterator[tuple[Holder, Resources]]:
        """What each holder has, shared volumes once."""
        for holder, resources in self.held.items():
            yield holder, resources
        for item in self.shared:
            for holder in self.lent.get(item.kind, ()):
                yield holder, Resources((item,))

    def change(self, info: AgentInfo) -> None:
        """The agent describes itself anew. It may come with less than its tasks hold: then nothing of that is free."""
        total = info.resources
        self.info = info
        self.shared = total.filter(lambda kind: kind.shared)
        self.exclusive = total.filter(lambda kind: not kind.shared) if self.shared else total
        self.has_gpus = any(item.name == "gpus" for item in total)
        self.region = region_of(info.domain)
        self.is_special = self.has_gpus or self.region is not None
        self.is_plain = all(is_open_kind(item.kind) for item in total)
        self._is_overdrawn = bool(self.held)
        self._settle()

    def take(self, holder: Holder, resources: Resources) -> None:
        """Count resources as granted."""
        self._portions = {}
        exclusive = self._lend(holder, resources) if self.shared else resources
        if exclusive is self.free:
            self.free, self.is_spent = NOTHING, True
        else:
            self._is_overdrawn = self._is_overdrawn or exclusive not in self.free
            self.free = self.free.without(exclusive)
            self.is_spent = not self.free
        if exclusive:
            before = self.held.get(holder)
            self.held[holder] = exclusive if before is None else before + exclusive

    def give_back(self, holder: Holder, resources: Resources) -> None:
        """Count resources as free again, as far as the agent still has them."""
        self._portions = {}
        exclusive = self._return(holder, resources) if self.lent else resources
        before = self.held.get(holder)
        if before is not None:
            left = NOTHING if before is exclusive else before.without(exclusive)
            if left:
                self.held[holder] = left
            else:
                del self.held[holder]
        if not self.held or self._is_overdrawn:
            self._settle()
        else:
            self.free = self.free + exclusive
            self.is_spent = not self.free

    @property
    def whole(self) -> Portion:
        """All that is free: what everybody sees of a plain agent."""
        if self._whole.resources is not self.free:
            self._whole = Portion(self.free, self.free.thousandths) if self.free else NO_PORTION
        return self._whole

    def portion(self, role: str, abilities: Abilities) -> Portion:
        """What of the free resources a role of a framework may see, whatever its quota is. Shared volumes go along
        with something that can be used up: by themselves they could be offered for ever.
        """
        if self.is_plain:
            return self.whole
        key = (role, abilities)
        portion = self._portions.get(key)
        if portion is None:
            resources = self._visible(role, abilities)
            portion = Portion(resources, resources.thousandths) if resources else NO_PORTION
            self._portions[key] = portion
        return portion

    def _visible(self, role: str, abilities: Abilities) -> Resources:
        exclusive = self.free.filter(lambda kind: may_see(kind, role, abilities))
        if not exclusive or not self.shared:
            return exclusive
        return exclusive + self.shared.filter(lambda kind: may_see(kind, role, abilities))

    def _lend(self, holder: Holder, resources: Resources) -> Resources:
        for item in resources:
            if item.kind.shared:
                copies = self.lent.setdefault(item.kind, {})
                copies[holder] = copies.get(holder, 0) + 1
        return resources.filter(lambda kind: not kind.shared)

    def _return(self, holder: Holder, resources: Resources) -> Resources:
        for item in resources:
            copies = self.lent.get(item.kind, {})
            if copies.get(holder, 0) > 1:
                copies[holder] -= 1
            elif copies.pop(holder, None) is not None and not copies:
                del self.lent[item.kind]
        return resources.filter(lambda kind: not kind.shared)

    def _settle(self) -> None:
        """Work out what is free from what there is and what is held."""
        self._portions = {}
        if not self.held:
            self.free, self._is_overdrawn = self.exclusive, False
        else:
            taken = self.taken
            self._is_overdrawn = taken not in self.exclusive
            self.free = self.exclusive.without(taken)
        self.is_spent = not self.free


def is_open_kind(kind: Kind) -> bool:
    """Whether anybody may be offered it, and count it as there to stay."""
    return not (kind.reservations or kind.revocable or kind.shared)


def may_see(kind: Kind, role: str, abilities: Abilities) -> bool:
    """Whether a role of a framework may be offered a kind of resources (mesos-semantics 5.3, 5.5)."""
    return find_blindness(kind, role, abilities) is None


def find_blindness(kind: Kind, role: str, abilities: Abilities) -> str | None:
    """Why a role of a framework may not be offered a kind of resources, or None."""
    if kind.reservations and not is_within(role, kind.reserved_role):
        return f"is reserved for role {kind.reserved_role}"
    if kind.revocable and not abilities.revocable:
        return "is revocable, and the framework lacks the capability REVOCABLE_RESOURCES"
    if kind.shared and not abilities.shared:
        return "is shared, and the framework lacks the capability SHARED_RESOURCES"
    if len(kind.reservations) > 1 and not abilities.refined:
        return "has a refined reservation, and the framework lacks the capability RESERVATION_REFINEMENT"
    return None


def describe_part(item: Resource) -> str:
    """A resource for people, with what keeps it apart."""
    return f"{item}{' (revocable)' if item.kind.revocable else ''}{' (shared)' if item.kind.shared else ''}"


def region_of(domain: DomainInfo | None) -> str | None:
    """The region that somebody said it is in, or None."""
    return None if domain is None or domain.fault_domain is None else domain.fault_domain.region.name

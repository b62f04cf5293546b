"""Resources and their algebra: what an agent has, an offer holds, a task takes.

A resource is a *kind* (its name and all that keeps two amounts apart: reservations, allocation, disk, revocable,
shared) and a *value*. Adding, taking away and comparing work kind by kind, so that nothing reserved ever mixes with
what is free. Text forms live in ``resources_text``, the two wire formats in ``wire``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property, lru_cache

from attrs import evolve, field, frozen

from .attributes import format_value
from .containers import Labels, Volume
from .errors import NotContained
from .ids import ResourceProviderId
from .ranges import Ranges
from .roles import DEFAULT_ROLE
from .scalars import ZERO, Scalar

Value = Scalar | Ranges | frozenset[str]


class ReservationType(Enum):
    """Whether an agent's flag or an operation made a reservation."""

    UNKNOWN = 0
    STATIC = 1
    DYNAMIC = 2


@frozen(kw_only=True)
class Reservation:
    """Resources set aside for ``role`` and all beneath it. Stacked ones go from the outer role to the inner."""

    role: str
    type: ReservationType = ReservationType.DYNAMIC
    principal: str | None = None
    labels: Labels | None = None


class DiskSourceType(Enum):
    """What kind of disk lies under a disk resource; none means the agent's root disk."""

    UNKNOWN = 0
    PATH = 1
    MOUNT = 2
    BLOCK = 3
    RAW = 4


@frozen(kw_only=True)
class DiskSource:
    """A disk that is not the root disk. ``root`` is the directory it is mounted at."""

    type: DiskSourceType
    root: str | None = None
    vendor: str | None = None
    id: str | None = None
    metadata: Labels | None = None
    profile: str | None = None


@frozen(kw_only=True)
class Persistence:
    """What makes a volume outlive its task: an id, unique per role on an agent."""

    id: str
    principal: str | None = None


@frozen(kw_only=True)
class Disk:
    """What is special about a disk resource."""

    persistence: Persistence | None = None
    volume: Volume | None = None
    source: DiskSource | None = None


@frozen(kw_only=True, cache_hash=True)
class Kind:
    """All that two resources must share before their amounts may be added."""

    name: str
    reservations: tuple[Reservation, ...] = ()
    allocation_role: str | None = None
    disk: Disk | None = None
    revocable: bool = False
    shared: bool = False
    provider_id: ResourceProviderId | None = None

    @property
    def reserved_role(self) -> str:
        """The role this is set aside for; ``*`` where it is for everyone."""
        return self.reservations[-1].role if self.reservations else DEFAULT_ROLE

    @property
    def is_whole(self) -> bool:
        """Whether it is had whole or not at all: persistent volumes and mounted disks (mesos-semantics 5.5)."""
        disk = self.disk
        if disk is None:
            return False
        return disk.persistence is not None or (disk.source is not None and disk.source.type is DiskSourceType.MOUNT)


@frozen
class Resource:
    """So much of a kind."""

    kind: Kind
    value: Value

    @property
    def name(self) -> str:
        """``cpus``, ``mem`` (MB), ``disk`` (MB), ``gpus``, ``ports`` or any other."""
        return self.kind.name

    def __str__(self) -> str:
        return f"{self.name}{_describe(self.kind)}:{format_value(self.value)}"


def _describe(kind: Kind) -> str:
    """What sets a kind apart, beside its name: flags' ``(role)`` where that says it all, else as Mesos writes it."""
    words = "" if kind.allocation_role is None else f"(allocated: {kind.allocation_role})"
    if len(kind.reservations) == 1 and kind.reservations[0].type is ReservationType.STATIC:
        words += f"({kind.reserved_role})"
    elif kind.reservations:
        stack = (",".join(filter(None, (one.type.name, one.role, one.principal))) for one in kind.reservations)
        words += f"(reservations: [{','.join(f'({one})' for one in stack)}])"
    if kind.disk is not None and kind.disk.persistence is not None:
        path = "" if kind.disk.volume is None else f":{kind.disk.volume.container_path}"
        words += f"[{kind.disk.persistence.id}{path}]"
    return f"{words}{'{REV}' if kind.revocable else ''}{'<SHARED>' if kind.shared else ''}"


def scalar(name: str, amount: float, *, role: str = DEFAULT_ROLE) -> Resource:
    """So much of a scalar; a ``role`` other than ``*`` makes it statically reserved."""
    return Resource(_kind(name, role), Scalar.of(amount))


def ranges(name: str, *intervals: tuple[int, int], role: str = DEFAULT_ROLE) -> Resource:
    """Inclusive intervals of numbers such as ports."""
    return Resource(_kind(name, role), Ranges(intervals))


def _kind(name: str, role: str) -> Kind:
    reserved = () if role == DEFAULT_ROLE else (Reservation(role=role, type=ReservationType.STATIC),)
    return Kind(name=name, reservations=reserved)


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left + right
    if isinstance(left, Ranges) and isinstance(right, Ranges):
        return left | right
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left | right
    raise TypeError(f"{left} and {right} are of different types")


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left - right
    if isinstance(left, Ranges) and isinstance(right, Ranges):
        return left - right
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left - right
    raise TypeError(f"{left} and {right} are of different types")


def _covers(left: Value | None, right: Value) -> bool:
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left >= right
    if isinstance(left, Ranges) and isinstance(right, Ranges):
        return left >= right
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left >= right
    return not right


def _sum_by_kind(given: Iterable[Resource]) -> tuple[Resource, ...]:
    items = tuple(given)
    amounts = {item.kind: item.value for item in items}
    if len(amounts) < len(items):
        amounts = _add_up(items)
    elif all(amounts.values()):
        return items  # as almost always: sums and differences are made kind by kind
    return tuple(Resource(kind, value) for kind, value in amounts.items() if value)


def _add_up(items: Iterable[Resource]) -> dict[Kind, Value]:
    amounts: dict[Kind, Value] = {}
    for item in items:
        present = amounts.get(item.kind)
        if present is None:
            amounts[item.kind] = item.value
        elif not item.kind.shared:  # however many hold a shared volume, there is one
            amounts[item.kind] = _add(present, item.value)
    return amounts


@frozen(eq=False)
class Resources:
    """An immutable collection with one entry a kind and none that is empty. Order carries no meaning.

    A shared kind added to itself stays as it is: how many hold a shared volume is counted by who lends it out.
    """

    items: tuple[Resource, ...] = field(default=(), converter=_sum_by_kind)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resources) and self._amounts() == other._amounts()

    def __hash__(self) -> int:
        return hash(frozenset(self.items))

    def _amounts(self) -> dict[Kind, Value]:
        return {item.kind: item.value for item in self.items}

    def __add__(self, other: Resources) -> Resources:
        return Resources(self.items + other.items)

    def __sub__(self, other: Resources) -> Resources:
        """Take away what is there. Raises NotContained for anything else, as resources never go below nothing."""
        if other not in self:
            raise NotContained(str(other), str(self))
        amounts = self._amounts()
        for item in other:
            amounts[item.kind] = _subtract(amounts[item.kind], item.value)
        return Resources(tuple(Resource(kind, value) for kind, value in amounts.items()))

    def without(self, taken: Resources) -> Resources:
        """What is left when as much of ``taken`` as is there goes away; the rest of it is nothing, not an error."""
        amounts = self._amounts()
        for item in taken:
            present = amounts.get(item.kind)
            if present is not None:
                left = _subtract(present, item.value)
                amounts[item.kind] = max(ZERO, left) if isinstance(left, Scalar) else left
        return Resources(tuple(Resource(kind, value) for kind, value in amounts.items()))

    def __contains__(self, other: Resources) -> bool:
        amounts = self._amounts()
        return all(
            amounts.get(item.kind) == item.value if item.kind.is_whole else _covers(amounts.get(item.kind), item.value)
            for item in other
        )

    def __str__(self) -> str:
        return "; ".join(str(item) for item in self.items) or "nothing"

    def filter(self, keep: Callable[[Kind], bool]) -> Resources:
        """Only the kinds that ``keep`` says yes to."""
        kept = tuple(item for item in self.items if keep(item.kind))
        return self if len(kept) == len(self.items) else Resources(kept)

    def unreserved(self) -> Resources:
        """What is set aside for nobody."""
        return self.filter(lambda kind: not kind.reservations)

    def named(self, name: str) -> Resources:
        """Only ``cpus``, only ``ports``, ..., however reserved."""
        return self.filter(lambda kind: kind.name == name)

    def allocated_to(self, role: str | None) -> Resources:
        """The same resources, marked as given to ``role`` (or to nobody)."""
        if all(item.kind.allocation_role == role for item in self.items):
            return self
        return Resources(tuple(Resource(_allocate_kind(item.kind, role), item.value) for item in self.items))

    @cached_property
    def thousandths(self) -> Mapping[str, int]:
        """The sum of the scalars by name, as whole thousandths; what is zero is absent. Not to be changed."""
        amounts: dict[str, int] = {}
        for item in self.items:
            if isinstance(item.value, Scalar):
                amounts[item.kind.name] = amounts.get(item.kind.name, 0) + item.value.thousandths
        return amounts

    def scalar(self, name: str) -> Scalar:
        """The sum of a scalar over all kinds of that name."""
        total = Scalar()
        for item in self.items:
            if item.name == name and isinstance(item.value, Scalar):
                total += item.value
        return total

    def ranges(self, name: str) -> Ranges:
        """The union of the ranges over all kinds of that name."""
        union = Ranges()
        for item in self.items:
            if item.name == name and isinstance(item.value, Ranges):
                union |= item.value
        return union


@lru_cache(maxsize=65536)
def _allocate_kind(kind: Kind, role: str | None) -> Kind:
    """Kinds are few, and marked over and over: each task of a role has the same."""
    return evolve(kind, allocation_role=role)


NOTHING = Resources()

"""What an operation makes of resources: pure arithmetic that master and agent share (mesos-semantics 5.5).

Whether the operation may be carried out at all is the business of whoever is asked to.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from .offers import Create, Destroy, GrowVolume, Operation, Reserve, ShrinkVolume, Unreserve
from .resources import NOTHING, Disk, Kind, ReservationType, Resource, Resources


@frozen
class Conversion:
    """``consumed`` becomes ``converted``; both without the mark of a role."""

    consumed: Resources
    converted: Resources

    def apply_to(self, total: Resources) -> Resources:
        """What an agent that had ``total`` has afterwards."""
        return total.without(self.consumed) + self.converted


def plan_conversion(operation: Operation) -> Conversion | None:
    """What an operation turns into what; None for launches, and for those that only storage plugins carry out."""
    conversion: Conversion | None = None
    if operation.reserve is not None:
        conversion = _reserve(operation.reserve)
    elif operation.unreserve is not None:
        conversion = _unreserve(operation.unreserve)
    elif operation.create is not None:
        conversion = _create(operation.create)
    elif operation.destroy is not None:
        conversion = _destroy(operation.destroy)
    elif operation.grow_volume is not None:
        conversion = _grow(operation.grow_volume)
    elif operation.shrink_volume is not None:
        conversion = _shrink(operation.shrink_volume)
    if conversion is None:
        return None
    return Conversion(conversion.consumed.allocated_to(None), conversion.converted.allocated_to(None))


def _reserve(reserve: Reserve) -> Conversion:
    return Conversion(reserve.source or _change_kinds(reserve.resources, _pop_reservation), reserve.resources)


def _unreserve(unreserve: Unreserve) -> Conversion:
    return Conversion(unreserve.resources, _change_kinds(unreserve.resources, _pop_reservation))


def _create(create: Create) -> Conversion:
    return Conversion(_change_kinds(create.volumes, kind_beneath), create.volumes)


def _destroy(destroy: Destroy) -> Conversion:
    return Conversion(destroy.volumes, _change_kinds(destroy.volumes, kind_beneath))


def _grow(grow: GrowVolume) -> Conversion:
    added = Resource(grow.volume.kind, grow.addition.value)
    return Conversion(Resources((grow.volume, grow.addition)), Resources((grow.volume, added)))


def _shrink(shrink: ShrinkVolume) -> Conversion:
    volume = Resources((shrink.volume,))
    smaller = volume.without(Resources((Resource(shrink.volume.kind, shrink.subtract),)))
    freed = Resources((Resource(kind_beneath(shrink.volume.kind), shrink.subtract),))
    return Conversion(volume, smaller + freed)


def _change_kinds(resources: Resources, change: Callable[[Kind], Kind]) -> Resources:
    return Resources(tuple(Resource(change(item.kind), item.value) for item in resources))


def _pop_reservation(kind: Kind) -> Kind:
    return evolve(kind, reservations=kind.reservations[:-1])


def kind_beneath(volume: Kind) -> Kind:
    """The disk that a persistent volume was made of."""
    source = None if volume.disk is None else volume.disk.source
    return evolve(volume, disk=None if source is None else Disk(source=source), shared=False)


def is_volume(kind: Kind) -> bool:
    """Whether this is a persistent volume."""
    return kind.disk is not None and kind.disk.persistence is not None


def is_converted(kind: Kind) -> bool:
    """Whether operations made this: a dynamic reservation or a persistent volume."""
    return is_volume(kind) or any(one.type is ReservationType.DYNAMIC for one in kind.reservations)


def find_origin(converted: Resources) -> Resources:
    """What an agent's flags must give for it to have these: no volumes, no reservations but the static ones."""

    def strip(kind: Kind) -> Kind:
        static = tuple(one for one in kind.reservations if one.type is not ReservationType.DYNAMIC)
        bare = kind_beneath(kind) if is_volume(kind) else kind
        return evolve(bare, reservations=static)

    return _change_kinds(converted.allocated_to(None), strip)


def allocate_operation(operation: Operation, role: str | None) -> Operation:
    """The operation with the mark of a role (or none) on all its resources, as agents and operators see it.

    (mesos-v1-api 2.5)
    """

    def mark(resource: Resource) -> Resource:
        return Resource(evolve(resource.kind, allocation_role=role), resource.value)

    reserve, unreserve, grow, shrink = (
        operation.reserve,
        operation.unreserve,
        operation.grow_volume,
        operation.shrink_volume,
    )
    create, destroy = operation.create, operation.destroy
    return evolve(
        operation,
        reserve=reserve and Reserve(resources=reserve.resources.allocated_to(role), source=reserve.source),
        unreserve=unreserve and Unreserve(unreserve.resources.allocated_to(role)),
        create=create and Create(create.volumes.allocated_to(role)),
        destroy=destroy and Destroy(destroy.volumes.allocated_to(role)),
        grow_volume=grow and GrowVolume(volume=mark(grow.volume), addition=mark(grow.addition)),
        shrink_volume=shrink and ShrinkVolume(volume=mark(shrink.volume), subtract=shrink.subtract),
    )


def shared_part(resources: Resources) -> Resources:
    """Those that any number of tasks may use at once: shared volumes."""
    return resources.filter(lambda kind: kind.shared) if any(item.kind.shared for item in resources) else NOTHING


def exclusive_part(resources: Resources) -> Resources:
    """Those that one holder alone has."""
    return resources.filter(lambda kind: not kind.shared)


def apply_converted(given: Resources, converted: Resources) -> Resources:
    """What an agent has whose flags give it ``given`` and where operations made ``converted`` of a part of that."""
    return given.without(find_origin(converted)) + converted

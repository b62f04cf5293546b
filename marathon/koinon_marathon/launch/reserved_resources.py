"""Resources that are set aside for one instance: how they are marked, made, found again and given back.

Marathon-semantics 13. Functions of resources; which offer they are used on is `residents`.
"""

from collections.abc import Sequence

import attrs

from koinon_core.containers import Label, Labels, Volume, VolumeMode
from koinon_core.ids import FrameworkId
from koinon_core.offers import Create, Destroy, Operation, OperationType, Reserve, Unreserve
from koinon_core.resources import Disk, Kind, Persistence, Reservation, ReservationType, Resource, Resources

from ..instance.instances import InstanceId
from .disks import ChosenDisk

FRAMEWORK_LABEL = "marathon_framework_id"
INSTANCE_LABEL = "marathon_task_id"


@attrs.frozen(kw_only=True)
class Owner:
    """For whom resources are set aside, and in whose name."""

    framework_id: FrameworkId
    instance_id: InstanceId
    role: str
    principal: str | None = None

    @property
    def reservation(self) -> Reservation:
        """The mark that its resources bear."""
        marks = (Label(FRAMEWORK_LABEL, self.framework_id), Label(INSTANCE_LABEL, self.instance_id))
        return Reservation(role=self.role, type=ReservationType.DYNAMIC, principal=self.principal, labels=Labels(marks))


@attrs.frozen
class NewVolume:
    """A chosen disk and the id of the volume that it becomes."""

    disk: ChosenDisk
    persistence_id: str


def is_marked(kind: Kind) -> bool:
    """Whether some Marathon set this aside for one instance: nobody else may use it."""
    return any(_label(reservation, INSTANCE_LABEL) is not None for reservation in kind.reservations)


def owner_of(kind: Kind, framework_id: FrameworkId) -> InstanceId | None:
    """The instance that this Marathon set it aside for."""
    for reservation in kind.reservations:
        found = _label(reservation, INSTANCE_LABEL)
        if found is not None and _label(reservation, FRAMEWORK_LABEL) == framework_id:
            return InstanceId(found)
    return None


def owned(resources: Resources, framework_id: FrameworkId | None) -> dict[InstanceId, Resources]:
    """What is set aside for whom, instance by instance."""
    if framework_id is None:
        return {}
    found: dict[InstanceId, list[Resource]] = {}
    for item in resources:
        owner = owner_of(item.kind, framework_id)
        if owner is not None:
            found.setdefault(owner, []).append(item)
    return {owner: Resources(tuple(items)) for owner, items in found.items()}


def volume_ids(resources: Resources) -> frozenset[str]:
    """The persistent volumes among resources."""
    disks = [item.kind.disk for item in resources if item.kind.disk is not None]
    return frozenset(disk.persistence.id for disk in disks if disk.persistence is not None)


def reserving_operations(owner: Owner, free: Resources, volumes: Sequence[NewVolume]) -> tuple[Operation, ...]:
    """Set `free` resources aside, the volumes' disks among them, and make the volumes."""
    reserved = Resources(tuple(_reserved(item, owner) for item in free))
    made = Resources(tuple(_volume(_reserved(volume.disk.resource, owner), volume, owner) for volume in volumes))
    return (
        Operation(type=OperationType.RESERVE, reserve=Reserve(resources=reserved)),
        Operation(type=OperationType.CREATE, create=Create(made)),
    )


def freeing_operations(resources: Resources) -> tuple[Operation, ...]:
    """Destroy the volumes among reserved resources and give all of them back."""
    kept = Resources(tuple(item for item in resources if _is_volume(item.kind)))
    bare = Resources(tuple(Resource(_without_volume(item.kind), item.value) for item in resources))
    destroy = Operation(type=OperationType.DESTROY, destroy=Destroy(kept))
    unreserve = Operation(type=OperationType.UNRESERVE, unreserve=Unreserve(bare))
    return (destroy, unreserve) if kept else (unreserve,)


def _label(reservation: Reservation, key: str) -> str | None:
    labels = reservation.labels.labels if reservation.labels is not None else ()
    return next((label.value for label in labels if label.key == key), None)


def _reserved(item: Resource, owner: Owner) -> Resource:
    kind = attrs.evolve(item.kind, reservations=(*item.kind.reservations, owner.reservation))
    return Resource(kind, item.value)


def _volume(item: Resource, volume: NewVolume, owner: Owner) -> Resource:
    disk = Disk(
        persistence=Persistence(id=volume.persistence_id, principal=owner.principal),
        volume=Volume(mode=VolumeMode.RW, container_path=volume.disk.path),
        source=volume.disk.source,
    )
    return Resource(attrs.evolve(item.kind, disk=disk), item.value)


def _is_volume(kind: Kind) -> bool:
    return kind.disk is not None and kind.disk.persistence is not None


def _without_volume(kind: Kind) -> Kind:
    if kind.disk is None or kind.disk.persistence is None:
        return kind
    source = kind.disk.source
    return attrs.evolve(kind, disk=None if source is None else Disk(source=source))

"""Reservations, volumes and the operations on them, as tests write them."""

from __future__ import annotations

from attrs import evolve

from koinon_core.containers import Volume, VolumeMode
from koinon_core.ids import OperationId
from koinon_core.offers import (
    Create,
    Destroy,
    GrowVolume,
    Operation,
    OperationType,
    Reserve,
    ShrinkVolume,
    Unreserve,
)
from koinon_core.resources import Disk, Persistence, Reservation, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar


def reserved(text: str, *roles: str, principal: str | None = None) -> Resources:
    """Resources that are dynamically reserved for a role, or for a stack of roles from the outer to the inner."""
    stack = tuple(Reservation(role=role, principal=principal) for role in roles)
    return Resources(
        tuple(Resource(evolve(item.kind, reservations=stack), item.value) for item in parse_resources(text))
    )


def volume(size: float, volume_id: str = "v", role: str = "r", path: str = "data", *, shared: bool = False) -> Resource:
    """A persistent volume on disk that is reserved for a role."""
    (disk,) = reserved(f"disk:{size}", role)
    kept = Disk(persistence=Persistence(id=volume_id), volume=Volume(container_path=path, mode=VolumeMode.RW))
    return Resource(evolve(disk.kind, disk=kept, shared=shared), disk.value)


def reserve(resources: Resources, operation_id: str | None = None) -> Operation:
    """A RESERVE."""
    return Operation(type=OperationType.RESERVE, id=_id(operation_id), reserve=Reserve(resources=resources))


def unreserve(resources: Resources, operation_id: str | None = None) -> Operation:
    """An UNRESERVE."""
    return Operation(type=OperationType.UNRESERVE, id=_id(operation_id), unreserve=Unreserve(resources))


def create(*volumes: Resource, operation_id: str | None = None) -> Operation:
    """A CREATE."""
    return Operation(type=OperationType.CREATE, id=_id(operation_id), create=Create(Resources(volumes)))


def destroy(*volumes: Resource, operation_id: str | None = None) -> Operation:
    """A DESTROY."""
    return Operation(type=OperationType.DESTROY, id=_id(operation_id), destroy=Destroy(Resources(volumes)))


def grow(kept: Resource, by: float, operation_id: str | None = None) -> Operation:
    """A GROW_VOLUME."""
    (disk,) = reserved("disk:1", kept.kind.reserved_role)
    body = GrowVolume(volume=kept, addition=Resource(disk.kind, Scalar.of(by)))
    return Operation(type=OperationType.GROW_VOLUME, id=_id(operation_id), grow_volume=body)


def shrink(kept: Resource, by: float, operation_id: str | None = None) -> Operation:
    """A SHRINK_VOLUME."""
    body = ShrinkVolume(volume=kept, subtract=Scalar.of(by))
    return Operation(type=OperationType.SHRINK_VOLUME, id=_id(operation_id), shrink_volume=body)


def _id(operation_id: str | None) -> OperationId | None:
    return None if operation_id is None else OperationId(operation_id)

"""What makes the resources of a task or an executor invalid, whoever offers them (mesos-v1-api 2.6, 4.2).

Texts are Mesos's. What an operation may do to resources is ``reservations``' and ``volumes``'.
"""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.ids import find_id_problem
from koinon_core.ranges import Ranges
from koinon_core.resources import Disk, Resource, Resources
from koinon_core.scalars import Scalar

from .reservations import find_resource_problem

_INTEGERS = ("gpus",)


def find_items_problem(resources: Iterable[Resource]) -> str | None:
    """The first resource that is none by itself, or None."""
    for item in resources:
        problem = _find_item_problem(item) or find_resource_problem(item)
        if problem is not None:
            return problem
    return None


def _find_item_problem(item: Resource) -> str | None:
    why = None
    if not item.name:
        why = "Empty resource name"
    elif item.name in ("cpus", "mem", "disk", "gpus") and not isinstance(item.value, Scalar):
        why = "Invalid scalar resource"
    elif item.name == "ports" and not isinstance(item.value, Ranges):
        why = "Invalid ranges resource"
    elif item.kind.shared and item.name != "disk":
        why = f"Resource {item.name} cannot be shared"
    elif item.kind.shared and (item.kind.disk is None or item.kind.disk.persistence is None):
        why = "Only persistent volumes can be shared"
    return None if why is None else f"Resource '{item}' is invalid: {why}"


def find_use_problem(resources: Resources) -> str | None:
    """Why these may not be used together by one task or executor, or None."""
    for item in resources:
        problem = _find_disk_problem(item)
        if problem is not None:
            return f"Invalid DiskInfo: {problem}"
        if item.name in _INTEGERS and isinstance(item.value, Scalar) and not float(item.value).is_integer():
            return f"Invalid '{item.name}' resource: The '{item.name}' resource must be an unsigned integer"
    return None


def _find_disk_problem(item: Resource) -> str | None:
    disk = item.kind.disk
    if disk is None:
        return None
    if disk.persistence is None:
        return None if disk.volume is None else "Non-persistent volume not supported"
    if item.kind.revocable:
        return "Persistent volumes cannot be created from revocable resources"
    if not item.kind.reservations:
        return "Persistent volumes cannot be created from unreserved resources"
    problem = find_id_problem(disk.persistence.id)
    if problem is not None:
        return f"Invalid persistence ID for persistent volume: {problem}"
    return _find_volume_problem(disk)


def _find_volume_problem(disk: Disk) -> str | None:
    if disk.volume is None:
        return "Expecting 'volume' to be set for persistent volume"
    if disk.volume.host_path is not None:
        return "Expecting 'host_path' to be unset for persistent volume"
    return None


def find_duplicate_volume(resources: Resources) -> str | None:
    """The persistence id that stands twice, or None: as a sentence."""
    seen = set()
    for item in resources:
        disk = item.kind.disk
        if disk is None or disk.persistence is None:
            continue
        name = (item.kind.reserved_role, disk.persistence.id)
        if name in seen:
            return f"Persistence ID '{disk.persistence.id}' is not unique"
        seen.add(name)
    return None


def find_roles_problem(resources: Resources) -> str | None:
    """Why these are not allocated to one role, or None."""
    roles = {item.kind.allocation_role for item in resources} - {None}
    if len(roles) <= 1:
        return None
    names = " and ".join(f"'{role}'" for role in sorted(filter(None, roles), reverse=True))
    return f"The resources have multiple allocation roles ({names}) but only one allocation role is allowed"


def find_mix_problem(resources: Resources) -> str | None:
    """Why revocable resources may not stand beside these others, or None."""
    revocable = {item.name for item in resources if item.kind.revocable}
    mixed = sorted(revocable & {item.name for item in resources if not item.kind.revocable})
    return f"Cannot use both revocable and non-revocable '{mixed[0]}' at the same time" if mixed else None

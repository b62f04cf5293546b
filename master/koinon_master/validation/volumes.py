"""What makes an operation on persistent volumes invalid (mesos-semantics 5.5). The texts are Mesos's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from koinon_core.agents import AgentCapabilityType
from koinon_core.containers import VolumeMode
from koinon_core.conversions import is_volume, kind_beneath
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import find_id_problem
from koinon_core.offers import Create, Destroy, GrowVolume, ShrinkVolume
from koinon_core.resources import Disk, DiskSourceType, Persistence, Resource, Resources
from koinon_core.scalars import ZERO, Scalar

from .reservations import Proposal, find_allocation_problem, find_resource_problem

_RESIZABLE = (None, DiskSourceType.PATH)
_PLUGINS_ALONE = "'source' is not managed by a resource provider"


def find_create_problem(proposal: Proposal, create: Create) -> str | None:
    """What is wrong with a CREATE, or None."""
    if not create.volumes:
        return "Invalid resources: none are named"
    names = {_name(item) for item in proposal.agent.info.resources if is_volume(item.kind)}
    for item in create.volumes:
        problem = (
            find_resource_problem(item)
            or find_allocation_problem(proposal, item)
            or _find_volume_problem(item)
            or _find_principal_problem(proposal, item)
            or _find_sharing_problem(proposal, item)
        )
        if problem is not None:
            return problem
        if _name(item) in names:
            return f"Persistence ID '{_name(item)[1]}' is not unique"
        names.add(_name(item))
    return None


def _name(item: Resource) -> tuple[str, str]:
    """Volumes of one role on one agent must not share an id: it is the name of their directory."""
    return item.kind.reserved_role, _persistence(item).id


def _persistence(item: Resource) -> Persistence:
    disk = item.kind.disk
    if disk is None or disk.persistence is None:
        raise ValueError(f"{item} is no persistent volume")
    return disk.persistence


def _find_volume_problem(item: Resource) -> str | None:
    disk = item.kind.disk
    problem = _find_no_volume_problem(item)
    if problem is not None or disk is None:
        return problem
    if not item.kind.reservations:
        return "Invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from unreserved resources"
    if item.kind.revocable:
        return "Invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from revocable resources"
    problem = _find_mount_problem(disk)
    if problem is not None:
        return problem
    problem = find_id_problem(_persistence(item).id)
    if problem is not None:
        return f"Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: {problem}"
    return None


def _find_no_volume_problem(item: Resource) -> str | None:
    """Why this is not so much as meant as a persistent volume, or None."""
    disk = item.kind.disk
    if disk is None:
        return f"Not a persistent volume: Resource {item} does not have DiskInfo"
    if disk.persistence is None:
        return "Not a persistent volume: 'persistence' is not set in DiskInfo"
    return None


def _find_mount_problem(disk: Disk) -> str | None:
    volume, where = disk.volume, "Invalid resources: Invalid DiskInfo: Expecting"
    if volume is None:
        return f"{where} 'volume' to be set for persistent volume"
    if volume.mode is VolumeMode.RO:
        return "Not a persistent volume: Read-only persistent volume not supported"
    if volume.host_path is not None:
        return f"{where} 'host_path' to be unset for persistent volume"
    if volume.source is not None:
        return f"{where} 'source' to be unset for persistent volume"
    path = PurePosixPath(volume.container_path)
    if not volume.container_path or path.is_absolute() or ".." in path.parts or not path.parts:
        return (
            f"{where} 'container_path' of a persistent volume to be relative and to stay in the sandbox, not "
            f"'{volume.container_path}'"
        )
    if disk.source is not None and disk.source.type in (DiskSourceType.RAW, DiskSourceType.BLOCK):
        return f"Persistent volumes cannot be created on {disk.source.type.name} disks"
    return None


def _find_principal_problem(proposal: Proposal, item: Resource) -> str | None:
    principal, own = proposal.principal, _persistence(item).principal
    if principal is None or own == principal:
        return None
    if own is None:
        return (
            f"Create volume operation attempted by principal '{principal}', but there is a volume in the operation "
            "with no principal set in 'disk.persistence'"
        )
    return (
        f"Create volume operation attempted by authenticated principal '{principal}', which does not match a volume "
        f"in the operation with principal '{own}' set in 'disk.persistence'"
    )


def _find_sharing_problem(proposal: Proposal, item: Resource) -> str | None:
    framework = proposal.framework
    if not item.kind.shared or framework is None or framework.info.has(FrameworkCapabilityType.SHARED_RESOURCES):
        return None
    return (
        f"A shared persistent volume was attempted to be created by framework {framework.id} without "
        "SHARED_RESOURCES capability"
    )


def find_destroy_problem(proposal: Proposal, destroy: Destroy) -> str | None:
    """What is wrong with a DESTROY, or None. Volumes that are not shared are in nobody's use while they are offered."""
    if not destroy.volumes:
        return "Invalid resources: none are named"
    for item in destroy.volumes:
        problem = _find_no_volume_problem(item) or find_allocation_problem(proposal, item)
        if problem is not None:
            return problem
    if destroy.volumes.allocated_to(None) not in proposal.agent.info.resources:
        return "Persistent volumes not found"
    return find_use_problem(proposal, destroy.volumes)


def find_use_problem(proposal: Proposal, volumes: Iterable[Resource]) -> str | None:
    """Which volume a task uses, or None."""
    wanted = {_name(item) for item in volumes}
    for task in proposal.agent.tasks.values():
        for item in task.resources if task.is_live else ():
            if is_volume(item.kind) and _name(item) in wanted:
                return f"Persistent volumes in use: '{_name(item)[1]}' by task '{task.id}'"
    return None


def find_grow_problem(proposal: Proposal, grow: GrowVolume) -> str | None:
    """What is wrong with a GROW_VOLUME, or None."""
    if not isinstance(grow.addition.value, Scalar) or grow.addition.value <= ZERO:
        return "The size of 'GrowVolume.addition' field must be greater than zero"
    problem = _find_resize_problem(proposal, grow.volume, ("GrowVolume", "Growing"))
    if problem is not None:
        return problem
    addition = Resources((grow.addition,)).allocated_to(None)
    beneath = Resources((Resource(kind_beneath(grow.volume.kind), grow.addition.value),)).allocated_to(None)
    if addition != beneath:
        return "Incompatible resources in the 'GrowVolume.volume' and 'GrowVolume.addition' fields"
    return find_allocation_problem(proposal, grow.addition)


def find_shrink_problem(proposal: Proposal, shrink: ShrinkVolume) -> str | None:
    """What is wrong with a SHRINK_VOLUME, or None."""
    if shrink.subtract <= ZERO:
        return "Value of 'ShrinkVolume.subtract' must be greater than zero"
    problem = _find_resize_problem(proposal, shrink.volume, ("ShrinkVolume", "Shrinking"))
    if problem is not None:
        return problem
    if not isinstance(shrink.volume.value, Scalar) or shrink.subtract >= shrink.volume.value:
        return "Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'"
    return None


def _find_resize_problem(proposal: Proposal, volume: Resource, words: tuple[str, str]) -> str | None:
    message, verb = words
    problem = _find_no_volume_problem(volume)
    if problem is not None:
        return f"Invalid persistent volume in the '{message}.volume' field: {problem.partition(': ')[2]}"
    source = None if volume.kind.disk is None else volume.kind.disk.source
    if (None if source is None else source.type) not in _RESIZABLE:
        return f"{verb} a persistent volume on a {source.type.name if source else ''} disk is not supported"
    if volume.kind.shared:
        return f"{verb} a shared persistent volume is not supported"
    if not proposal.agent_can(AgentCapabilityType.RESIZE_VOLUME):
        return f"Volume {volume} cannot be resized on an agent without RESIZE_VOLUME capability"
    return find_allocation_problem(proposal, volume)


def find_disk_problem(_proposal: Proposal, _body: object) -> str | None:
    """CREATE_DISK and DESTROY_DISK are for disks of storage plugins, and no agent here has any."""
    return _PLUGINS_ALONE

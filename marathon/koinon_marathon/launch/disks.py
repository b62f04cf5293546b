"""Which disks of an offer become an instance's persistent volumes: marathon-semantics 13 (disk types) and 12.5."""

from collections.abc import Sequence

import attrs

from koinon_core.resources import NOTHING, Disk, DiskSource, DiskSourceType, Resource, Resources
from koinon_core.scalars import Scalar
from koinon_frameworks.matching.constraints import Constraint, Operator, refuse_pattern

from ..definition.run_specs import RunSpec
from ..definition.volumes import DiskType, PersistentInfo, PersistentVolume

_SOURCES = {DiskType.PATH: DiskSourceType.PATH, DiskType.MOUNT: DiskSourceType.MOUNT}


@attrs.frozen
class WantedVolume:
    """A volume by the path that its container sees, or by a pod's name for it, and what it must be."""

    path: str
    info: PersistentInfo


@attrs.frozen
class ChosenDisk:
    """What of an offer becomes a volume."""

    path: str
    resource: Resource

    @property
    def source(self) -> DiskSource | None:
        """The disk it lies on; None for the agent's own."""
        disk = self.resource.kind.disk
        return None if disk is None else disk.source


@attrs.frozen
class DiskShortage:
    """Why the offer's disks do not do; `str()` is the sentence that people read."""

    why: str

    def __str__(self) -> str:
        return self.why


def wanted_volumes(spec: RunSpec) -> tuple[WantedVolume, ...]:
    """The persistent volumes of an app or a pod."""
    wanted = []
    for volume in spec.persistent_volumes:
        path = volume.container_path if isinstance(volume, PersistentVolume) else volume.name
        if volume.persistent is not None:
            wanted.append(WantedVolume(path, volume.persistent))
    return tuple(wanted)


def choose_disks(usable: Resources, wanted: Sequence[WantedVolume]) -> tuple[ChosenDisk, ...] | DiskShortage:
    """A disk for each volume, in order, each taken once."""
    chosen: list[ChosenDisk] = []
    for volume in wanted:
        taken = Resources(tuple(disk.resource for disk in chosen))
        found = _choose(usable.without(taken), volume)
        if isinstance(found, DiskShortage):
            return found
        chosen.append(ChosenDisk(volume.path, found))
    return tuple(chosen)


def total(disks: Sequence[ChosenDisk]) -> Resources:
    """All that was chosen."""
    return Resources(tuple(disk.resource for disk in disks)) if disks else NOTHING


def _choose(usable: Resources, volume: WantedVolume) -> Resource | DiskShortage:
    """The directory with the most room; the smallest mounted disk that is large enough, as it goes whole."""
    info = volume.info
    size = Scalar.of(info.size)
    disks = [item for item in usable if _is_of_type(item, info.type)]
    why = [text for item in disks if (text := _refusal(item, info)) is not None]
    fitting = [item for item in disks if _refusal(item, info) is None and _holds(item, size, info)]
    if not fitting:
        return DiskShortage(_explain(volume, disks, why))
    if info.type is DiskType.MOUNT:
        return min(fitting, key=_amount)
    return Resource(max(fitting, key=_amount).kind, size)


def _is_of_type(item: Resource, wanted: DiskType) -> bool:
    if item.name != "disk" or not isinstance(item.value, Scalar) or item.kind.revocable or item.kind.shared:
        return False
    disk = item.kind.disk or Disk()
    if disk.persistence is not None:
        return False
    if wanted is DiskType.ROOT:
        return disk.source is None
    return disk.source is not None and disk.source.type is _SOURCES[wanted]


def _refusal(item: Resource, info: PersistentInfo) -> str | None:
    """Why a disk is none of those that are wanted, whatever room it has."""
    source = item.kind.disk.source if item.kind.disk is not None else None
    profile = None if source is None else source.profile
    if profile != info.profile_name:
        return f"a disk has profile {profile or 'none'}, {info.profile_name or 'none'} is wanted"
    path = "" if source is None else source.root or ""
    for field, operator, value in info.constraints:
        constraint = Constraint(field, Operator(operator), value)
        refused = refuse_pattern(constraint, path)
        if refused is not None:
            return f"{constraint}: {refused}"
    return None


def _holds(item: Resource, size: Scalar, info: PersistentInfo) -> bool:
    amount = _amount(item)
    return size <= amount and (info.max_size is None or amount <= Scalar.of(info.max_size))


def _amount(item: Resource) -> Scalar:
    return item.value if isinstance(item.value, Scalar) else Scalar()


def _explain(volume: WantedVolume, disks: Sequence[Resource], why: Sequence[str]) -> str:
    info = volume.info
    wanted = f"volume {volume.path}: {info.size} MiB of a {info.type.value} disk wanted"
    if not disks:
        return f"{wanted}, none is offered"
    if len(why) == len(disks):
        return f"{wanted}, and {why[0]}"
    most = "" if info.max_size is None else f", at most {info.max_size} MiB"
    return f"{wanted}{most}, the largest free one has {max(_amount(item) for item in disks)}"

"""Taking amounts and ports out of offered resources: reservations first, nothing that must be asked for by name."""

from __future__ import annotations

from koinon_core.ranges import Ranges
from koinon_core.resources import Kind, Resource, Resources
from koinon_core.scalars import Scalar

PORTS = "ports"


def take(resources: Resources, name: str, amount: float) -> Resources | None:
    """So much of a scalar, from reservations before what is free to all; None when there is not enough.

    Volumes, special disks, shared and revocable resources are left alone: they must be asked for by name.
    """
    missing = Scalar.of(amount)
    taken: list[Resource] = []
    for item in _plain(resources, name):
        if missing and isinstance(item.value, Scalar):
            part = min(missing, item.value)
            missing -= part
            taken.append(Resource(item.kind, part))
    return None if missing else Resources(tuple(taken))


def take_ports(resources: Resources, count: int) -> Resources | None:
    """The ``count`` lowest ports, from reservations first; None when there are not that many."""
    taken: list[Resource] = []
    missing = count
    for item in _plain(resources, PORTS):
        if missing and isinstance(item.value, Ranges):
            part = _lowest(item.value, missing)
            missing -= len(part)
            taken.append(Resource(item.kind, part))
    return None if missing else Resources(tuple(taken))


def _plain(resources: Resources, name: str) -> list[Resource]:
    """The kinds of that name fit for any use, the reserved ones first."""
    found = [item for item in resources if item.name == name and _is_plain(item.kind)]
    return sorted(found, key=lambda item: not item.kind.reservations)


def _is_plain(kind: Kind) -> bool:
    return kind.disk is None and not kind.revocable and not kind.shared


def _lowest(ranges: Ranges, count: int) -> Ranges:
    intervals: list[tuple[int, int]] = []
    for begin, end in ranges.intervals:
        if count <= 0:
            break
        last = min(end, begin + count - 1)
        intervals.append((begin, last))
        count -= last - begin + 1
    return Ranges(tuple(intervals))

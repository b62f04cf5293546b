"""Taking amounts and ports out of offered resources: reservations first, nothing that must be asked for by name."""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.ranges import Ranges
from koinon_core.resources import Kind, Resource, Resources
from koinon_core.scalars import Scalar

PORTS = "ports"


def take(resources: Resources, name: str, amount: float) -> Resources | None:
    """So much of a scalar, from reservations before what is free to all; None when there is not enough.

    Volumes, special disks, shared and revocable resources are left alone: they must be asked for by name.
    """
    taken = _take(resources, name, amount)
    return None if taken is None else Resources(tuple(taken))


def take_scalars(
    resources: Resources, wanted: Iterable[tuple[str, float]]
) -> tuple[Resources, list[tuple[str, float]]]:
    """So much of each scalar, and those of which there is not enough. Each name comes once."""
    taken: list[Resource] = []
    short: list[tuple[str, float]] = []
    for name, amount in wanted:
        part = _take(resources, name, amount)
        if part is None:
            short.append((name, amount))
        else:
            taken += part
    return Resources(tuple(taken)), short


def _take(resources: Resources, name: str, amount: float) -> list[Resource] | None:
    missing = Scalar.of(amount)
    taken: list[Resource] = []
    for item in _plain(resources, name):
        if missing and isinstance(item.value, Scalar):
            part = min(missing, item.value)
            missing -= part
            taken.append(Resource(item.kind, part))
    return None if missing else taken


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
    found = [item for item in resources if item.name == name and is_plain(item.kind)]
    return found if len(found) < 2 else sorted(found, key=lambda item: not item.kind.reservations)


def is_plain(kind: Kind) -> bool:
    """Whether it is fit for any use: no special disk or volume, not revocable, shared by nobody."""
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

"""What an agent's resources are after operations on them, as master and agent would have it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from koinon_core.offers import Operation
from koinon_core.resources import Disk, Kind, Resource, Resources

Change = Callable[[Kind], Kind]


def after_operation(total: Resources, operation: Operation) -> Resources:
    """All that the agent has; launches change nothing. Raises NotContained for what it has not."""
    if operation.reserve is not None:
        return _replace(total, operation.reserve.resources, lambda kind: evolve(kind, reservations=()))
    if operation.create is not None:
        return _replace(total, operation.create.volumes, _bare)
    if operation.destroy is not None:
        return total - operation.destroy.volumes + _changed(operation.destroy.volumes, _bare)
    if operation.unreserve is not None:
        given = operation.unreserve.resources
        return total - given + _changed(given, lambda kind: evolve(kind, reservations=()))
    return total


def _replace(total: Resources, made: Resources, before: Change) -> Resources:
    return total - _changed(made, before) + made


def _changed(resources: Resources, change: Change) -> Resources:
    return Resources(tuple(Resource(change(item.kind), item.value) for item in resources))


def _bare(kind: Kind) -> Kind:
    source = kind.disk.source if kind.disk is not None else None
    return evolve(kind, disk=None if source is None else Disk(source=source))

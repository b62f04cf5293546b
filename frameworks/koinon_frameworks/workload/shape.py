"""What of a spec decides on which offers it fits: thousands of tasks of one shape are matched, and refused, as one."""

from __future__ import annotations

from attrs import frozen

from koinon_core.tasks import ExecutorInfo

from ..matching import Constraint
from .spec import TaskSpec


@frozen(cache_hash=True)
class Shape:
    """What of a spec decides where it fits: tasks of one shape can stand in for each other."""

    amounts: tuple[float, ...]
    ports: tuple[int | None, ...]
    constraints: tuple[Constraint, ...]
    roles: tuple[str, ...] | None
    executor: ExecutorInfo | None
    group: str | None
    """Constraints count tasks of one name."""


def shape_of(spec: TaskSpec) -> Shape:
    """The shape of a spec."""
    return Shape(
        (spec.cpus, spec.mem, spec.disk, spec.gpus),
        tuple(port.number for port in spec.ports),
        spec.constraints,
        spec.roles,
        spec.executor,
        spec.name if spec.constraints or spec.executor is not None else None,
    )

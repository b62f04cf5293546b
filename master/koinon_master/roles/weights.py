"""The weights that a master starts with (``--weights``): used until operators set others (mesos-semantics 12). Pure."""

from __future__ import annotations

from math import isfinite

from attrs import frozen

from koinon_core.roles import find_role_problem


@frozen
class RoleWeight:
    """How much one role counts against another's 1."""

    role: str
    weight: float

    def __str__(self) -> str:
        return f"{self.role}={self.weight:g}"


def parse_weights(text: str) -> tuple[RoleWeight, ...]:
    """Read ``web=2,batch=0.5``. Raises ValueError that names the piece at fault."""
    weights = tuple(_parse_weight(piece.strip()) for piece in text.split(",") if piece.strip())
    names = [one.role for one in weights]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the role {name!r} stands twice")
    return weights


def _parse_weight(piece: str) -> RoleWeight:
    role, equals, number = piece.partition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not equals or not (isfinite(weight) and weight > 0):
        raise ValueError(f"{piece!r} is not like web=2, with a weight of more than 0")
    if problem := find_role_problem(role):
        raise ValueError(f"{piece!r}: {problem}")
    return RoleWeight(role, weight)

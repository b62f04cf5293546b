"""What is wrong with what a person asked for: a value that names the field, never an exception."""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class ProblemKind(Enum):
    """Whose affair a problem is; HTTP has a status for each."""

    INVALID = "invalid"
    """The value can't be: 400."""
    NOT_FOUND = "not found"
    """There is no such job or run: 404."""
    CONFLICT = "conflict"
    """It can't be now, as things stand: 409."""
    UNAVAILABLE = "unavailable"
    """Nobody can tell now whether it will be; ask again later: 503."""


@frozen
class Problem:
    """``path`` is a field's, like ``$.schedule.expression`` or ``$.constraints[0].value``; ``$`` for the whole."""

    path: str
    text: str
    kind: ProblemKind = ProblemKind.INVALID

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"

"""What is wrong with a submitted definition, as values, and how Marathon words it in an answer.

Owns the shapes of marathon-v2-api 1.3 (`details` by path); sending them belongs to the HTTP edge.
"""

from collections.abc import Sequence

import attrs

INVALID_JSON = "Invalid JSON"
INVALID_OBJECT = "Object is not valid"
NO_JSON = "Please specify data in JSON format"


@attrs.frozen
class Problem:
    """One complaint about one place: `path` such as `/container/volumes(0)/hostPath`, `/` for the whole object."""

    path: str
    message: str

    def below(self, prefix: str) -> "Problem":
        """The same complaint seen from the object that holds this one at `prefix`."""
        return Problem(prefix + ("" if self.path == "/" else self.path), self.message)


@attrs.frozen
class Rejection:
    """Why a body was refused: the HTTP status, Marathon's message, and its details as a text or as problems."""

    status: int
    message: str
    details: str | tuple[Problem, ...] = ()

    def below(self, prefix: str) -> "Rejection":
        """The same refusal seen from what holds the object at `prefix`; details that are a text stay as they are."""
        if isinstance(self.details, str):
            return self
        return attrs.evolve(self, details=tuple(problem.below(prefix) for problem in self.details))

    def body(self) -> dict[str, object]:
        """The answer's JSON object: problems are grouped by path in order of first mention."""
        if isinstance(self.details, str):
            return {"message": self.message, "details": self.details}
        if not self.details:
            return {"message": self.message}
        return {"message": self.message, "details": details_by_path(self.details)}


def invalid_object(problems: Sequence[Problem]) -> Rejection:
    """The 422 for a definition that reads well but breaks a rule."""
    return Rejection(422, INVALID_OBJECT, tuple(problems))


def details_by_path(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Marathon's `details`: one entry for each distinct path, its distinct errors together."""
    grouped: dict[str, list[str]] = {}
    for problem in problems:
        errors = grouped.setdefault(problem.path, [])
        if problem.message not in errors:
            errors.append(problem.message)
    return [{"path": path, "errors": errors} for path, errors in grouped.items()]

"""What is wrong with a submitted definition, as values, and how Marathon words it in an answer.

Owns the shapes of marathon-v2-api 1.3 (`details` by path); sending them belongs to the HTTP edge.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

INVALID_JSON = "Invalid JSON"
INVALID_OBJECT = "Object is not valid"
NO_JSON = "Please specify data in JSON format"
_WORDS = {
    "error.path.missing": "is missing",
    "error.expected.int": "must be a whole number",
    "error.expected.jsnumber": "must be a number",
    "error.expected.jsstring": "must be a text",
    "error.expected.jsboolean": "must be true or false",
    "error.expected.jsarray": "must be a list",
    "error.expected.jsobject": "must be an object",
}
"""Marathon's codes that mean the same of every field."""


@attrs.frozen
class Problem:
    """One complaint about one place: `path` such as `/container/volumes(0)/hostPath`, `/` for the whole object.

    `meaning` says for people what a `message` that is one of Marathon's codes wants of this field; two complaints
    with the same code are the same.
    """

    path: str
    message: str
    meaning: str = attrs.field(default="", eq=False)

    @property
    def words(self) -> str:
        """What a person is told."""
        return self.meaning or _WORDS.get(self.message, self.message)

    def below(self, prefix: str) -> "Problem":
        """The same complaint seen from the object that holds this one at `prefix`."""
        return attrs.evolve(self, path=prefix + ("" if self.path == "/" else self.path))


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

    def body(self) -> dict[str, Any]:
        """The answer's JSON object: problems are grouped by path in order of first mention."""
        if isinstance(self.details, str):
            return {"message": self.message, "details": self.details}
        if not self.details:
            return {"message": self.message}
        return {"message": self.message, "details": details_by_path(self.details)}


def one_of(words: Iterable[str]) -> str:
    """The meaning of an unknown word where only these may stand."""
    return f"must be one of {', '.join(words)}"


def at_least(least: float) -> str:
    """The meaning of a number that is too small."""
    return f"must be {least:,.13g} or more"


def invalid_object(problems: Sequence[Problem]) -> Rejection:
    """The 422 for a definition that reads well but breaks a rule."""
    return Rejection(422, INVALID_OBJECT, tuple(problems))


def details_by_path(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Marathon's `details`: one entry for each distinct path, its distinct errors together.

    Ours besides: where there are codes among the errors, `meanings` has each in words, in the same order.
    """
    grouped: dict[str, dict[str, str]] = {}
    for problem in problems:
        grouped.setdefault(problem.path, {}).setdefault(problem.message, problem.words)
    return [
        {"path": path, "errors": list(words)}
        | ({"meanings": list(words.values())} if any(code != word for code, word in words.items()) else {})
        for path, words in grouped.items()
    ]

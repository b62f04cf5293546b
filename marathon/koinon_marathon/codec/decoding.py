"""Bodies of `/v2/apps` into submissions: syntax, types, ranges; refused in Marathon's shape (marathon-v2-api 1.3).

Old spellings are read, not understood: `normalization` translates them.
"""

import orjson

from ..definition.apps import AppUpdate
from ..definition.legacy import LegacyFields, Submission
from ..definition.problems import INVALID_JSON, NO_JSON, Problem, Rejection
from .limits import limit_problems
from .structure import structure, without_nulls

_MAX_DEPTH = 100
"""No definition is half as deep; a deeper body would only test the limits of whatever walks it."""


def decode_app(body: bytes | dict[str, object]) -> Submission | Rejection:
    """Read one app or update, from bytes or as an already parsed member of a larger body."""
    parsed = parse_json(body) if isinstance(body, bytes) else body
    return parsed if isinstance(parsed, Rejection) else _submission(without_nulls(parsed))


def decode_apps(body: bytes | object) -> tuple[Submission, ...] | Rejection:
    """Read a list of updates (PUT and PATCH of many), from bytes or as an already parsed member of a larger body.

    The first element at fault decides, its paths led by `(n)`.
    """
    parsed = parse_json(body) if isinstance(body, bytes) else body
    if isinstance(parsed, Rejection):
        return parsed
    if not isinstance(parsed, list):
        return Rejection(422, INVALID_JSON, (Problem("", "error.expected.jsarray"),))
    submissions = []
    for index, item in enumerate(parsed):
        submission = _submission(without_nulls(item))
        if isinstance(submission, Rejection):
            return submission.below(f"({index})")
        submissions.append(submission)
    return tuple(submissions)


def parse_json(body: bytes) -> object:
    """The JSON value of a body, or the Rejection of one that is empty, no JSON, or nested without end."""
    if not body.strip():
        return Rejection(400, NO_JSON, "No content to map due to end-of-input")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Rejection(400, INVALID_JSON, str(error))
    if _is_deeper(parsed, _MAX_DEPTH):
        return Rejection(400, INVALID_JSON, f"nested more than {_MAX_DEPTH} levels deep")
    return parsed


def _is_deeper(value: object, limit: int) -> bool:
    """Whether containers lie in each other more than `limit` deep; found level by level, so that no stack overflows."""
    level = [value]
    for _ in range(limit + 1):
        inner: list[object] = []
        for container in level:
            if isinstance(container, dict):
                inner += container.values()
            elif isinstance(container, list):
                inner += container
        if not inner:
            return False
        level = inner
    return True


def _submission(body: object) -> Submission | Rejection:
    update, legacy = structure(body, AppUpdate), structure(body, LegacyFields)
    if isinstance(update, list) or isinstance(legacy, list):
        problems = [problem for found in (update, legacy) if isinstance(found, list) for problem in found]
        return Rejection(422, INVALID_JSON, tuple(dict.fromkeys(problems)))
    problems = [*limit_problems(update), *limit_problems(legacy)]
    if problems:
        return Rejection(422, INVALID_JSON, tuple(problems))
    return Submission(update, legacy)

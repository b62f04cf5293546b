"""Bodies of `/v2/groups` into values: types and ranges; refused in Marathon's shape (marathon-v2-api 1.3 and 6).

The apps in them are read as those of `/v2/apps` are. `pods` is not read: groups keep theirs, whatever a body says.
"""

from datetime import datetime

import attrs

from ..definition.group_updates import GroupUpdate
from ..definition.legacy import Submission
from ..definition.path_ids import path_text_problems
from ..definition.problems import INVALID_JSON, Problem, Rejection, at_least
from .decoding import decode_app, parse_json
from .structure import structure, without_nulls


@attrs.frozen(kw_only=True)
class _Fields:
    """All of a group's update but the apps and groups in it."""

    id: str | None = None
    dependencies: tuple[str, ...] | None = None
    scale_by: float | None = None
    version: datetime | None = None
    enforce_role: bool | None = None


@attrs.frozen
class _Enforcement:
    """The body of PATCH."""

    enforce_role: bool


def decode_group(body: bytes | object) -> GroupUpdate | Rejection:
    """Read an update of a group with all that is in it, from bytes or as an already parsed member of a larger body."""
    parsed = parse_json(body) if isinstance(body, bytes) else body
    return parsed if isinstance(parsed, Rejection) else _update(without_nulls(parsed))


def decode_enforcement(body: bytes) -> bool | Rejection:
    """Read PATCH's body: whether apps must have the group's role."""
    parsed = parse_json(body)
    if isinstance(parsed, Rejection):
        return parsed
    found = structure(without_nulls(parsed), _Enforcement)
    return _invalid(found) if isinstance(found, list) else found.enforce_role


def _update(body: object) -> GroupUpdate | Rejection:
    fields = structure(body, _Fields)
    if isinstance(fields, list) or not isinstance(body, dict):
        return _invalid(fields if isinstance(fields, list) else [Problem("", "error.expected.jsobject")])
    problems = _text_problems(fields)
    if problems:
        return _invalid(problems)
    apps, groups = _apps(body.get("apps")), _groups(body.get("groups"))
    if isinstance(apps, Rejection):
        return apps
    if isinstance(groups, Rejection):
        return groups
    return GroupUpdate(apps=apps, groups=groups, **attrs.asdict(fields, recurse=False))


def _text_problems(fields: _Fields) -> list[Problem]:
    problems = [] if fields.id is None else path_text_problems(fields.id, "/id")
    for index, text in enumerate(fields.dependencies or ()):
        problems += path_text_problems(text, f"/dependencies({index})")
    if fields.scale_by is not None and fields.scale_by < 0:
        problems.append(Problem("/scaleBy", "error.min", at_least(0)))
    return problems


def _apps(items: object) -> tuple[Submission, ...] | Rejection | None:
    if items is None:
        return None
    if not isinstance(items, list):
        return _invalid([Problem("/apps", "error.expected.jsarray")])
    apps = []
    for index, item in enumerate(items):
        app = decode_app(item)
        if isinstance(app, Rejection):
            return app.below(f"/apps({index})")
        apps.append(app)
    return tuple(apps)


def _groups(items: object) -> tuple[GroupUpdate, ...] | Rejection | None:
    if items is None:
        return None
    if not isinstance(items, list):
        return _invalid([Problem("/groups", "error.expected.jsarray")])
    groups = []
    for index, item in enumerate(items):
        group = _update(item)
        if isinstance(group, Rejection):
            return group.below(f"/groups({index})")
        groups.append(group)
    return tuple(groups)


def _invalid(problems: list[Problem]) -> Rejection:
    return Rejection(422, INVALID_JSON, tuple(problems))

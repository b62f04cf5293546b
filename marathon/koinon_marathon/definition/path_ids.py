"""Path ids such as `/shop/db`: their grammar, resolution against a group, and the names derived from them.

Owns the text form only; which ids exist belongs to `groups`. Behaviour: marathon-semantics 1, marathon-v2-api 3.3.
"""

import re
from typing import NewType

from .problems import Problem

PathId = NewType("PathId", str)
"""An absolute, canonical path id: a leading slash, no empty segment, no `.` or `..`. The root group is `/`."""

ROOT = PathId("/")
MAX_LENGTH = 190
"""Letters of an id. A task's directory is named after its app, with some 60 more, and a name has 255 at most."""
RESERVED_LAST_SEGMENTS = ("restart", "tasks", "versions", ".", "..")

_SEGMENT = r"(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)"
_SEGMENT_PATTERN = re.compile(_SEGMENT)


def path_text_problems(text: str, path: str) -> list[Problem]:
    """What is said of `text`, absolute or relative, unless each segment has the shape of marathon-v2-api 3.3."""
    if all(_SEGMENT_PATTERN.fullmatch(segment) for segment in _segments_of(text)):
        return []
    words = "must be words of a-z, 0-9, - and . between slashes, each beginning and ending with a letter or a digit"
    return [Problem(path, "error.pattern", words)]


def resolve(text: str, base: PathId = ROOT) -> PathId:
    """Read `text` as seen from the group `base`: relative ids hang below it, `.` and `..` are followed up to `/`."""
    found: list[str] = [] if text.startswith("/") else _segments_of(base)
    for segment in _segments_of(text):
        if segment == "..":
            del found[-1:]
        elif segment != ".":
            found.append(segment)
    return PathId("/" + "/".join(found))


def path_id_problems(text: str, path: str = "/id") -> list[Problem]:
    """What forbids `text` as the id of an app: a bad segment, the root, a reserved last word, or too many letters."""
    segments = _segments_of(text)
    if not segments:
        return [Problem(path, "must not be empty" if not text else "must not be the root path")]
    bad = [segment for segment in segments if not _SEGMENT_PATTERN.fullmatch(segment)]
    if bad:
        return [Problem(path, f"must fully match regular expression '{_SEGMENT}'")]
    if segments[-1] in RESERVED_LAST_SEGMENTS:
        reserved = ", ".join(RESERVED_LAST_SEGMENTS)
        return [Problem(path, f"must not end with any of the following reserved keywords: {reserved}")]
    if len(text) > MAX_LENGTH:
        return [Problem(path, f"must not be longer than {MAX_LENGTH} characters, and has {len(text)}")]
    return []


def segments(path: PathId) -> list[str]:
    """The words of a path from the root down; the root has none."""
    return _segments_of(path)


def parent(path: PathId) -> PathId:
    """The group that holds `path`; the root is its own parent."""
    return PathId("/" + "/".join(_segments_of(path)[:-1]))


def ancestors(path: PathId) -> list[PathId]:
    """All groups above `path`, the root first."""
    words = _segments_of(path)
    return [PathId("/" + "/".join(words[:count])) for count in range(len(words))]


def is_below(path: PathId, group: PathId) -> bool:
    """Whether `path` lies in `group` at any depth; nothing lies below itself."""
    return path != group and _segments_of(path)[: len(_segments_of(group))] == _segments_of(group)


def safe_name(path: PathId) -> str:
    """The form in task ids and store keys, `/a/b` becomes `a_b`: reversible, since no segment may hold `_`."""
    return "_".join(_segments_of(path))


def from_safe_name(name: str) -> PathId:
    """The path that `safe_name` made this name of."""
    return PathId("/" + name.replace("_", "/"))


def task_name(path: PathId) -> str:
    """The Mesos task and discovery name: the path reversed with dots, `/a/b/c` becomes `c.b.a`."""
    return ".".join(reversed(_segments_of(path)))


def _segments_of(text: str) -> list[str]:
    return [segment for segment in text.split("/") if segment]

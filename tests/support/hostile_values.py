"""Documents that are wrong in one place, made from the table of the wire: every field of every message of a call.

Nothing here knows what a call means. A sample has every field of a message, to a depth; a wrong one is a sample in
which one field holds what its type forbids, or what its type allows and nobody expects.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from koinon_core.wire.schema.table import Field, Label, read_schema

DEPTH = 14
"""For how many levels a sample is filled; beyond stand required fields alone."""
_MESSAGES, _ENUMS = read_schema().messages, read_schema().enums
_DEEP: Any = None
for _ in range(200):
    _DEEP = [_DEEP] if _DEEP is None else {"value": _DEEP}
SHAPES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**19, -1e30, 1e308, -1e308, 5e-324),
    *("NaN", "Infinity", "-Infinity", "nan", "1e999", "-0", "9" * 25, "", "\0", "/../\n", "\u202e\U0001f4a9", "²"),
    *([], {}, [None], [[]], [{}], [1, "1"], {"": ""}, {"value": None}, {"value": {}}, {"type": "UNKNOWN"}, _DEEP),
)
"""Put in the place of any field, whatever it is."""


def sample(message: str, overrides: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[str, Any]:
    """A message with all its fields. ``overrides`` replace whole messages by their full name."""
    made: dict[str, Any] = {}
    for field in _MESSAGES[message].values():
        is_needed = field.label is Label.REQUIRED
        if field.is_choice and any(_MESSAGES[message][name].is_choice for name in made):
            continue
        if (field.type in above and not is_needed) or (len(above) > DEPTH and not is_needed):
            continue
        made[field.name] = _fill(field, overrides, (*above, message))
    return made


def _fill(field: Field, overrides: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    one = _fill_one(field, overrides, above)
    if field.label is Label.MAP:
        return {"key": one}
    return [one] if field.label is Label.REPEATED else one


def _fill_one(field: Field, overrides: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    if field.type in overrides:
        return copy.deepcopy(overrides[field.type])
    if field.type in _MESSAGES:
        return sample(field.type, overrides, above)
    if field.type in _ENUMS:
        return next((name for name in _ENUMS[field.type] if name != "UNKNOWN"), "UNKNOWN")
    return {"string": "x", "bytes": "AAAA", "bool": True, "double": 1.0}.get(field.type, 1)


def find_paths(message: str, roots: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Each field of each message within the fields ``roots`` (name to message), once, by its shortest path."""
    seen = {message}
    waiting: deque[tuple[tuple[str, ...], str]] = deque(((name,), kind) for name, kind in roots.items())
    while waiting:
        above, kind = waiting.popleft()
        if kind in seen:
            continue
        seen.add(kind)
        for field in _MESSAGES[kind].values():
            path = (*above, field.name)
            yield path, field
            if field.type in _MESSAGES and len(path) < DEPTH:
                waiting.append((path, field.type))


def put(document: dict[str, Any], message: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of a document with one place replaced; what is missing on the way there is filled in."""
    found = copy.deepcopy(document)
    at: dict[str, Any] = found
    for index, name in enumerate(path[:-1]):
        field = _MESSAGES[message][name]
        below = at.get(name)
        if not below:
            _drop_choices(at, message, field)
            below = at[name] = _fill(field, {}, path[:index])
        at = below[0] if isinstance(below, list) else _first(below) if field.label is Label.MAP else below
        message = field.type
    _drop_choices(at, message, _MESSAGES[message][path[-1]])
    at[path[-1]] = value
    return found


def _first(mapping: Mapping[str, Any]) -> Any:
    return next(iter(mapping.values()))


def _drop_choices(at: dict[str, Any], message: str, chosen: Field) -> None:
    if chosen.is_choice:
        for field in _MESSAGES[message].values():
            if field.is_choice and field is not chosen:
                at.pop(field.name, None)

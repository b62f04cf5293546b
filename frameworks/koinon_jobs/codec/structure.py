"""JSON objects to attrs values by cattrs, and its complaints as problems that name the field: ``$.schedule.cron: ...``.

Two degrees of strictness: our own API takes JSON types as they are and refuses what it does not know; Chronos took text
for numbers and passed over what it did not know. What lies across fields is the values' own to check.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

import attrs
import orjson
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.cols import homogenous_tuple_structure_factory, is_mapping, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ..problems import Problem

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
Names = Callable[[str], str]

MAX_DEPTH = 32
"""How deep a body may be nested: what a job says needs eight."""
_SAFE_INTEGER = 2**53
_SHOWN = 80


class Strictness(Enum):
    """How much of what is written otherwise is taken."""

    STRICT = "JSON types as they are; unknown members are refused"
    LENIENT = "numbers and booleans may be text, and the other way round; unknown members are passed over"


@functools.cache
def json_name(name: str) -> str:
    """``environment_variables`` is ``environmentVariables`` on the wire."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def parse_object(body: bytes) -> dict[str, Any] | Problem:
    """The JSON object of a body."""
    value = _parse(body)
    return value if isinstance(value, dict | Problem) else Problem("$", f"must be an object, not {_kind_of(value)}")


def parse_list(body: bytes) -> list[Any] | Problem:
    """The JSON list of a body."""
    value = _parse(body)
    return value if isinstance(value, list | Problem) else Problem("$", f"must be a list, not {_kind_of(value)}")


def _parse(body: bytes) -> Any:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Problem("$", f"is no JSON: {error}")
    if _depth(value) > MAX_DEPTH:
        return Problem("$", f"is nested more than {MAX_DEPTH} deep")
    return value


def without_nulls(value: object) -> object:
    """A JSON value without the members that are null: null says the same as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(item) for item in value]
    return value


class Codec:
    """Reads JSON as values and writes them, for one API. Register what is written in ways of its own upon it."""

    def __init__(self, strictness: Strictness, names: Names = json_name) -> None:
        self._names = names
        self._is_strict = strictness is Strictness.STRICT
        self._converter = Converter(detailed_validation=True, forbid_extra_keys=self._is_strict)
        converter = self._converter
        converter.register_structure_hook_factory(attrs.has, self._object_hook)
        converter.register_structure_hook_factory(
            _is_tuple, lambda kind: _only(list, "a list", homogenous_tuple_structure_factory(kind, converter))
        )
        converter.register_structure_hook_factory(
            is_mapping, lambda kind: _only(dict, "an object", mapping_structure_factory(kind, converter))
        )
        for kind, hook in (_STRICT if self._is_strict else _LENIENT).items():
            converter.register_structure_hook(kind, hook)
        converter.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _member)
        converter.register_unstructure_hook_factory(attrs.has, self._writing_hook)

    def register(self, kind: Any, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> None:
        """Values of ``kind`` are written in a way of their own. ``read`` raises ValueError with what is wrong."""
        self._converter.register_structure_hook_func(lambda found: found == kind, lambda value, _kind: read(value))
        self._converter.register_unstructure_hook_func(lambda found: found == kind, write)

    def name_of(self, field: str) -> str:
        """A field's name in JSON."""
        return self._names(field)

    def read(self, body: object, kind: type[T]) -> T | tuple[Problem, ...]:
        """A parsed JSON value as a value of ``kind``, or all that is wrong with it and where."""
        try:
            return self._converter.structure(without_nulls(body), kind)
        except (BaseValidationError, ValueError) as error:
            return tuple(self._problems(error, "$"))

    def write(self, value: Any) -> Any:
        """What ``read`` reads: all members but those that are None."""
        return without_nulls(self._converter.unstructure(value))

    def unknown_members(self, body: object, kind: type[Any], path: str = "") -> list[str]:
        """The members of a JSON object that a lenient reading passes over, as ``container.privileged``."""
        if not isinstance(body, dict):
            return []
        fields = {self._names(field.name): field.type for field in attrs.fields(attrs.resolve_types(kind))}
        found = [path + name for name in body if name not in fields]
        for name, inner in ((name, _attrs_kind(fields[name])) for name in body if name in fields):
            members = body[name] if isinstance(body[name], list) else [body[name]]
            if inner is not None:
                found += [each for item in members for each in self.unknown_members(item, inner, f"{path}{name}.")]
        return list(dict.fromkeys(found))

    def _object_hook(self, kind: type[Any]) -> Hook:
        return _only(dict, "an object", make_dict_structure_fn(kind, self._converter, **self._renamed(kind)))

    def _writing_hook(self, kind: type[Any]) -> Any:
        return make_dict_unstructure_fn(kind, self._converter, **self._renamed(kind))

    def _renamed(self, kind: type[Any]) -> dict[str, Any]:
        return {field.name: override(rename=self._names(field.name)) for field in attrs.fields(kind)}

    def _problems(self, error: BaseException, path: str) -> Iterator[Problem]:
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                path += f".{self._names(note.name)}"
            elif isinstance(note, IterableValidationNote):
                path += f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
        if isinstance(error, BaseValidationError):
            for inner in error.exceptions:
                yield from self._problems(inner, path)
        elif isinstance(error, ForbiddenExtraKeysError):
            known = [self._names(field.name) for field in attrs.fields(error.cl)]
            for name in sorted(error.extra_fields):
                yield Problem(f"{path}.{name[:_SHOWN]}", _unknown(name, known))
        elif isinstance(error, KeyError):
            yield Problem(path, "is missing")
        elif isinstance(error, ValueError):
            yield Problem(path, str(error))
        else:
            raise error


def _unknown(name: str, known: list[str]) -> str:
    spelled = {each.lower(): each for each in known}
    near = get_close_matches(name[:_SHOWN].lower(), spelled, 1, 0.6)
    return "is no field; " + (f"did you mean {spelled[near[0]]}?" if near else f"there are {', '.join(sorted(known))}")


def _text(value: object, _kind: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_kind_of(value)}")
    return value


def _bool(value: object, _kind: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_kind_of(value)}")
    return value


def _int(value: object, _kind: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _SAFE_INTEGER:
        raise ValueError(f"must be a whole number, not {_kind_of(value)}")
    return value


def _float(value: object, _kind: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be a number, not {_kind_of(value)}")
    return float(value)


def _lenient_text(value: object, kind: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else _text(value, kind)


def _lenient_bool(value: object, kind: object) -> bool:
    word = value.strip().lower() if isinstance(value, str) else None
    return word == "true" if word in ("true", "false") else _bool(value, kind)


def _lenient_int(value: object, kind: object) -> int:
    return _int(_number(value), kind)


def _lenient_float(value: object, kind: object) -> float:
    return _float(_number(value), kind)


def _number(value: object) -> object:
    if not isinstance(value, str) or len(value) > _SHOWN:
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value


_STRICT: dict[Any, Hook] = {str: _text, bool: _bool, int: _int, float: _float}
_LENIENT: dict[Any, Hook] = {str: _lenient_text, bool: _lenient_bool, int: _lenient_int, float: _lenient_float}


def _member(value: object, kind: type[Enum]) -> Enum:
    """The member of that word, in upper or lower case."""
    word = _text(value, str)
    for member in kind:
        if str(member.value).lower() == word.lower():
            return member
    raise ValueError(f"must be one of {', '.join(str(each.value) for each in kind)}, not {word[:_SHOWN]!r}")


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _attrs_kind(kind: Any) -> type[Any] | None:
    """The attrs class that a field holds, alone, as an option or in a list."""
    return next((each for each in (kind, *get_args(kind)) if isinstance(each, type) and attrs.has(each)), None)


def _only(wanted: type, name: str, fill: Hook) -> Hook:
    """``fill`` for a JSON value of the type it can iterate over; a refusal for any other."""

    def hook(value: object, target: Any) -> Any:
        if not isinstance(value, wanted):
            raise ValueError(f"must be {name}, not {_kind_of(value)}")
        return fill(value, target)

    return hook


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value)) or json.dumps(value, ensure_ascii=False)[:_SHOWN]


def _depth(value: object) -> int:
    """How deep it is nested; seen from above, so that no depth costs a stack."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth

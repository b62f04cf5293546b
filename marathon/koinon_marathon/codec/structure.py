"""The cattrs converter from JSON objects to values, strict about types, and its complaints as Marathon words them.

Owns types and enums only: ranges are `limits`, everything that needs two fields is `validation`, fields that take
values of several kinds `alternatives`.
"""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, BaseValidationError, Converter, IterableValidationNote
from cattrs.cols import homogenous_tuple_structure_factory, is_mapping, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from koinon_frameworks.matching.constraints import Constraint, Operator

from ..definition.path_ids import PathId
from ..definition.problems import Problem, one_of
from ..timestamps import invalid_timestamp, parse_timestamp
from .alternatives import ALTERNATIVES, Alternative, MissingKeysError
from .names import json_name

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
_INT_LIMIT = 2**31


class _WrongTypeError(ValueError):
    """One JSON value has the wrong type; carries Marathon's error key and what it means. Never leaves this module."""

    def __init__(self, code: str, meaning: str = "") -> None:
        super().__init__(code)
        self.meaning = meaning


def structure(body: object, kind: type[T]) -> T | list[Problem]:
    """Read a parsed JSON value as a value of `kind`, or say what is wrong with it and where (marathon-v2-api 1.3)."""
    try:
        return _CONVERTER.structure(body, kind)
    except BaseValidationError as group:
        return list(_problems(group, ""))
    except _WrongTypeError as refused:
        return [Problem("", str(refused), refused.meaning)]


def without_nulls(value: object) -> object:
    """A JSON value without the members that are null: for optional fields null equals absent."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def _problems(error: BaseException, path: str) -> Iterator[Problem]:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            path += f"/{json_name(note.name)}"
        elif isinstance(note, IterableValidationNote):
            path += f"({note.index})" if isinstance(note.index, int) else f"/{note.index}"
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _problems(inner, path)
    elif isinstance(error, KeyError):
        yield Problem(path, "error.path.missing")
    elif isinstance(error, MissingKeysError):
        yield from (Problem(f"{path}/{key}", "error.path.missing") for key in error.keys)
    elif isinstance(error, _WrongTypeError):
        yield Problem(path, str(error), error.meaning)
    else:
        raise error


def _structure_str(value: object, _kind: object) -> str:
    if not isinstance(value, str):
        raise _WrongTypeError("error.expected.jsstring")
    return value


def _structure_bool(value: object, _kind: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongTypeError("error.expected.jsboolean")
    return value


def _structure_int(value: object, _kind: object) -> int:
    number = _number(value)
    if not isinstance(number, int) or not -_INT_LIMIT <= number < _INT_LIMIT:
        raise _WrongTypeError("error.expected.int")
    return number


def _structure_float(value: object, _kind: object) -> float:
    return float(_number(value))


def _number(value: object) -> int | float:
    """A JSON number; digits in quotes too, since package tools render templates that way."""
    if isinstance(value, str):
        for read in (int, float):
            try:
                value = read(value)
                break
            except ValueError:
                continue
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongTypeError("error.expected.jsnumber")
    return value


def _structure_enum(value: object, kind: type[Enum]) -> Enum:
    """The member of that word, in upper or lower case: Marathon heeds neither, and old bodies say `docker`."""
    word = _structure_str(value, str).lower()
    for member in kind:
        if member.value.lower() == word:
            return member
    raise _WrongTypeError("error.unknown.enum.literal", one_of(str(member.value) for member in kind))


def _structure_datetime(value: object, _kind: object) -> datetime:
    text = _structure_str(value, str)
    moment = parse_timestamp(text)
    if moment is None:
        raise _WrongTypeError(invalid_timestamp(text))
    return moment


def _structure_constraint(value: object, _kind: object) -> Constraint:
    """The form `encoding` writes; what people write is checked by `validation.constraints` first."""
    field, operator, *rest = _CONVERTER.structure(value, tuple[str, ...])
    return Constraint(field, Operator(operator), *rest)


def _structure_path_id(value: object, _kind: object) -> PathId:
    return PathId(_structure_str(value, str))


def _object_hook(kind: type[Any], converter: Converter) -> Hook:
    """A hook for one attrs class, with JSON names."""
    names: dict[str, Any] = {field.name: override(rename=json_name(field.name)) for field in attrs.fields(kind)}
    return _only(dict, "error.expected.jsobject", make_dict_structure_fn(kind, converter, **names))


def _mapping_hook(kind: Any, converter: Converter) -> Hook:
    return _only(dict, "error.expected.jsobject", mapping_structure_factory(kind, converter))


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    return _only(list, "error.expected.jsarray", homogenous_tuple_structure_factory(kind, converter))


def _alternative_hook(alternative: Alternative, converter: Converter) -> Hook:
    return lambda value, _kind: converter.structure(value, alternative.kind_of(value))


def _only(wanted: type, key: str, fill: Hook) -> Hook:
    """`fill` for a JSON value of the type it can iterate over; a refusal for any other."""

    def hook(value: object, target: Any) -> Any:
        if not isinstance(value, wanted):
            raise _WrongTypeError(key)
        return fill(value, target)

    return hook


def _is_homogenous_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook_factory(attrs.has, _object_hook)
    converter.register_structure_hook_factory(_is_homogenous_tuple, _tuple_hook)
    converter.register_structure_hook_factory(is_mapping, _mapping_hook)
    converter.register_structure_hook(str, _structure_str)
    converter.register_structure_hook(bool, _structure_bool)
    converter.register_structure_hook(int, _structure_int)
    converter.register_structure_hook(float, _structure_float)
    converter.register_structure_hook(datetime, _structure_datetime)
    converter.register_structure_hook(Constraint, _structure_constraint)
    converter.register_structure_hook_func(lambda kind: kind is PathId, _structure_path_id)
    for alternative in ALTERNATIVES:
        converter.register_structure_hook_func(alternative.is_kind, _alternative_hook(alternative, converter))
    converter.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _structure_enum
    )
    return converter


_CONVERTER = _make_converter()

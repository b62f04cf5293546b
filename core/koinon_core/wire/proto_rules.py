"""The rules by which protobuf messages stand in JSON (mesos-v1-api 1.3), as hooks on a cattrs converter.

Reading is generous as Mesos is: numbers may be strings, a lone value is a list of one, null means unset, unknown keys
and unknown enum names of optional fields are ignored. Writing leaves out what is unset and what is an empty list, and
writes declared defaults.
"""

import base64
import binascii
from collections.abc import Callable
from enum import Enum
from functools import partial
from math import inf, isfinite, isnan, nan
from typing import Any, get_args

import attrs
from cattrs import Converter
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from .. import ids
from .schema.classes import message_names
from .schema.table import Label, read_schema

_WRAPPED_IDS = (
    ids.FrameworkId,
    ids.AgentId,
    ids.OfferId,
    ids.TaskId,
    ids.ExecutorId,
    ids.OperationId,
    ids.ResourceProviderId,
)
_NON_FINITE = {"Infinity": inf, "-Infinity": -inf, "NaN": nan}
_INTEGERS = {
    "int32": range(-(2**31), 2**31),
    "uint32": range(2**32),
    "int64": range(-(2**63), 2**63),
    "uint64": range(2**64),
}
_MAX_DIGITS = 20
_ANY_INTEGER = range(-(2**63), 2**64)
"""What JSON can say here: whatever was read can be written again."""


def register_proto_rules(converter: Converter) -> None:
    """Teach a converter how protobuf messages look in JSON."""
    _register_scalars(converter)
    for id_type in _WRAPPED_IDS:
        converter.register_structure_hook(id_type, _read_id)
        converter.register_unstructure_hook(id_type, _write_id)
    converter.register_structure_hook_func(_is_enum, _read_enum)
    converter.register_unstructure_hook_func(_is_enum, _write_enum)
    converter.register_structure_hook_factory(_is_list, _make_list_reader)
    converter.register_structure_hook_factory(attrs.has, _make_message_reader)
    converter.register_unstructure_hook_factory(attrs.has, _make_message_writer)


def _register_scalars(converter: Converter) -> None:
    for scalar_type, reader in ((str, _read_str), (bool, _read_bool), (int, _read_int), (float, _read_float)):
        converter.register_structure_hook(scalar_type, reader)
    converter.register_structure_hook(bytes, _read_bytes)
    converter.register_unstructure_hook(bytes, _write_bytes)
    converter.register_unstructure_hook(float, _write_float)


def _is_enum(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, Enum)


def _is_list(candidate: Any) -> bool:
    return getattr(candidate, "__origin__", None) is tuple and get_args(candidate)[-1] is Ellipsis


def _name_json_type(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
        bytes: "bytes that are not UTF-8",
    }
    return names.get(type(value), type(value).__name__)


def _expected(wanted: str, value: Any) -> ValueError:
    return ValueError(f"expected {wanted}, got {_name_json_type(value)}")


def _read_str(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise _expected("a string", value)
    return value


def _read_bool(value: Any, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise _expected("a boolean", value)


def _read_int(value: Any, _: Any) -> int:
    return _read_int_within(_ANY_INTEGER, value)


def _read_int_within(allowed: range, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif _is_digits(value) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    else:
        raise _expected("a whole number", value)
    if number not in allowed:
        raise ValueError(f"expected a whole number from {allowed.start} to {allowed.stop - 1}, got {number}")
    return number


def _is_digits(value: Any) -> bool:
    return isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) <= _MAX_DIGITS


def _read_float(value: Any, _: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return _NON_FINITE.get(value) or float(value)
        except ValueError:
            raise ValueError(f"expected a number, got {value!r}") from None
    raise _expected("a number", value)


def _write_float(value: float) -> float | str:
    if isfinite(value):
        return value
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _read_bytes(value: Any, _: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise _expected("a base64 string", value)
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("is not valid base64") from None


def _write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _read_id(value: Any, _: Any) -> str:
    if not isinstance(value, dict):
        raise _expected("an object with a value", value)
    if not isinstance(value.get("value"), str):
        raise _expected("a string as its value", value.get("value"))
    return str(value["value"])


def _write_id(value: str) -> dict[str, str]:
    return {"value": value}


def _read_enum(value: Any, enum_type: type[Enum]) -> Enum:
    if isinstance(value, str) and value in enum_type.__members__:
        return enum_type[value]
    raise ValueError(f"{value!r} is not one of {', '.join(enum_type.__members__)}")


def _write_enum(value: Enum) -> str:
    return value.name


def _make_list_reader(list_type: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    read = homogenous_tuple_structure_factory(list_type, converter)

    def read_list(value: Any, target: Any) -> Any:
        return read(value if isinstance(value, list) else [value], target)

    return read_list


def _find_optional_enums(message_type: Any) -> dict[str, type[Enum]]:
    found = {}
    for attribute in attrs.fields(attrs.resolve_types(message_type)):
        for candidate in (attribute.type, *get_args(attribute.type)):
            if _is_enum(candidate) and attribute.default is not attrs.NOTHING:
                found[attribute.name] = candidate
    return found


def _make_message_reader(message_type: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    optional_enums = _find_optional_enums(message_type)
    overrides: dict[str, Any] = {
        name: override(struct_hook=hook) for name, hook in _find_integer_hooks(message_type).items()
    }
    read = make_dict_structure_fn(message_type, converter, **overrides)

    def read_message(value: Any, target: Any) -> Any:
        if not isinstance(value, dict):
            raise _expected("an object", value)
        present = {key: item for key, item in value.items() if item is not None}
        for name, enum_type in optional_enums.items():
            if isinstance(present.get(name), str) and present[name] not in enum_type.__members__:
                del present[name]
        return read(present, target)

    return read_message


def _find_integer_hooks(message_type: Any) -> dict[str, Callable[[Any, Any], Any]]:
    """Readers of the whole numbers that the table knows the bounds of."""
    fields = read_schema().messages.get(message_names().get(message_type, ""), {})
    hooks: dict[str, Callable[[Any, Any], Any]] = {}
    for name, field in fields.items():
        if field.type in _INTEGERS and field.label is not Label.MAP:
            read_one = partial(_read_int_within, _INTEGERS[field.type])
            hooks[name] = partial(_read_ints if field.label is Label.REPEATED else _read_one, read_one)
    return hooks


def _read_one(read: Callable[[Any], int], value: Any, _: Any) -> int:
    return read(value)


def _read_ints(read: Callable[[Any], int], value: Any, _: Any) -> tuple[int, ...]:
    return tuple(read(item) for item in (value if isinstance(value, list) else [value]))


def _make_message_writer(message_type: Any, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    fields = attrs.fields(attrs.resolve_types(message_type))
    overrides: dict[str, Any] = {
        field.name: override(omit_if_default=not _is_declared_default(field.default)) for field in fields
    }
    return make_dict_unstructure_fn(message_type, converter, **overrides)


def _is_declared_default(default: Any) -> bool:
    """Whether a default is one of the protocol's own, which it writes, and not our word for unset."""
    return isinstance(default, bool | int | float | str | Enum)

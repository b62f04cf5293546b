"""The table of the wire and the classes of the core say the same."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin

import attrs
import pytest

from koinon_core import executor_api, ids
from koinon_core.agent_api import AgentCall
from koinon_core.agents import DurationValue
from koinon_core.attributes import Attribute
from koinon_core.operator_api import OperatorCall
from koinon_core.resources import Disk, DiskSource, Reservation, Resource, Resources
from koinon_core.scalars import Limit, Scalar
from koinon_core.scheduler_api import Call, Event, Subscribed
from koinon_core.wire import endpoint_json
from koinon_core.wire.schema import (
    AGENT_CALLS,
    EXECUTOR_CALLS,
    EXECUTOR_EVENTS,
    OPERATOR_CALLS,
    SCHEDULER_CALLS,
    SCHEDULER_EVENTS,
    TaggedUnion,
)
from koinon_core.wire.schema.classes import ENUMS, message_names
from koinon_core.wire.schema.table import PACKAGES, Field, Label, package_of, read_schema

SCHEMA = read_schema()
SPELT_BY_HOOKS = {Call, Event, OperatorCall, AgentCall, executor_api.Call, executor_api.Event, Resource, Disk}
CLASSES = [cls for cls in message_names() if cls not in SPELT_BY_HOOKS]
STRICTER = {(Reservation, "role"): "a reservation for nobody is none"}
ALWAYS_WRITTEN = {
    (Reservation, "type"): "as an unset one is DYNAMIC",
    (DurationValue, "seconds"): "as Mesos shows both parts",
    (DurationValue, "nanos"): "as Mesos shows both parts",
    (Subscribed, "heartbeat_interval_seconds"): "as it is always known",
}
SPECIAL_TYPES: dict[Any, str] = {
    ids.FrameworkId: "mesos.v1.FrameworkID",
    ids.AgentId: "mesos.v1.AgentID",
    ids.OfferId: "mesos.v1.OfferID",
    ids.TaskId: "mesos.v1.TaskID",
    ids.ExecutorId: "mesos.v1.ExecutorID",
    ids.OperationId: "mesos.v1.OperationID",
    ids.ResourceProviderId: "mesos.v1.ResourceProviderID",
    ids.Uuid: "bytes",
    DiskSource: "mesos.v1.Resource.DiskInfo.Source",
    Resources: "mesos.v1.Resource",
    Attribute: "mesos.v1.Attribute",
    Scalar: "mesos.v1.Value.Scalar",
    Limit: "mesos.v1.Value.Scalar",
    str: "string",
    bool: "bool",
    float: "double",
    bytes: "bytes",
}


def name_of(cls: Any) -> str:
    """A readable id for a test."""
    return str(getattr(cls, "__qualname__", cls))


def label_of(cls: Any, attribute: attrs.Attribute[Any], hint: Any) -> Label:
    """How often a field of a class may stand."""
    if (cls, attribute.name) in STRICTER:
        return Label.OPTIONAL
    if get_origin(hint) is tuple or hint is Resources:
        return Label.REPEATED
    if get_origin(hint) is Mapping:
        return Label.MAP
    return Label.REQUIRED if attribute.default is attrs.NOTHING else Label.OPTIONAL


def inner_type(hint: Any) -> Any:
    """The type of a field, of a list's items or of a map's values, without None."""
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        rest = [arm for arm in get_args(hint) if arm is not type(None)]
        return inner_type(rest[0] if len(rest) == 1 else Union[tuple(rest)])  # noqa: UP007 - made at run time
    if get_origin(hint) is tuple:
        return get_args(hint)[0]
    if get_origin(hint) is Mapping:
        return get_args(hint)[1]
    return hint


def is_compatible(hint: Any, wire_type: str) -> bool:
    """Whether the type of a class's field says what the table says."""
    if hint is int:
        return wire_type in ("int32", "int64", "uint32", "uint64")
    if hint in SPECIAL_TYPES:
        return SPECIAL_TYPES[hint] == wire_type
    if issubclass(hint, Enum):
        return {member.name: member.value for member in hint} == SCHEMA.enums[wire_type]
    name = message_names()[hint]
    return name == wire_type or SCHEMA.messages[name] == SCHEMA.messages[wire_type]


def default_of(cls: Any, attribute: attrs.Attribute[Any]) -> str | None:
    """A declared default, as the table writes it; None where unset means unset."""
    value = attribute.default
    if value is attrs.NOTHING or (cls, attribute.name) in ALWAYS_WRITTEN:
        return None
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float | int) else None


def written_default(field: Field) -> str | None:
    """The default that JSON shows: none of deprecated fields, and a required field has none."""
    return None if field.is_deprecated or field.label is Label.REQUIRED else field.default


@pytest.mark.parametrize("cls", CLASSES, ids=name_of)
def test_a_class_has_the_fields_of_its_message(cls: Any) -> None:
    """The same names, labels, types and declared defaults: neither side can gain or lose a field alone."""
    attributes = {attribute.name: attribute for attribute in attrs.fields(attrs.resolve_types(cls))}
    fields = SCHEMA.messages[message_names()[cls]]
    hints = {name: inner_or(attribute) for name, attribute in attributes.items()}
    labels = {name: label_of(cls, attribute, hints[name]) for name, attribute in attributes.items()}

    assert fields.keys() == attributes.keys()
    assert {name: field.label for name, field in fields.items()} == labels
    assert {name: written_default(field) for name, field in fields.items()} == {
        name: default_of(cls, attribute) for name, attribute in attributes.items()
    }
    assert [] == [name for name, field in fields.items() if not is_compatible(inner_type(hints[name]), field.type)]


def inner_or(attribute: attrs.Attribute[Any]) -> Any:
    """The hint of a field; of an optional list or map, the list or map."""
    arms = [arm for arm in get_args(attribute.type) if get_origin(arm) in (tuple, Mapping)]
    return arms[0] if arms and get_origin(attribute.type) in (Union, types.UnionType) else attribute.type


@pytest.mark.parametrize("enum", ENUMS, ids=name_of)
def test_an_enum_has_the_members_of_its_twin(enum: type[Enum]) -> None:
    """The same names under the same numbers."""
    assert SCHEMA.enums[f"mesos.v1.{ENUMS[enum]}"] == {member.name: member.value for member in enum}


@pytest.mark.parametrize(
    ("union", "envelope"),
    [
        (SCHEDULER_CALLS, "scheduler.Call"),
        (SCHEDULER_EVENTS, "scheduler.Event"),
        (EXECUTOR_CALLS, "executor.Call"),
        (EXECUTOR_EVENTS, "executor.Event"),
        (OPERATOR_CALLS, "master.Call"),
        (AGENT_CALLS, "agent.Call"),
    ],
)
def test_a_union_knows_every_type_of_its_envelope(union: TaggedUnion, envelope: str) -> None:
    """Each type has a class, and each class with fields has a place in the envelope."""
    name = f"mesos.v1.{envelope}"
    placed = {kind for kind, cls in union.classes.items() if attrs.fields(cls)}
    envelope_fields = {field.upper() for field in SCHEMA.messages[name]} - {"TYPE", "FRAMEWORK_ID", "EXECUTOR_ID"}

    assert SCHEMA.enums[f"{name}.Type"].keys() - {"UNKNOWN"} == union.classes.keys() - {"UNKNOWN"}
    assert envelope_fields == placed


FULL_RESOURCE = {
    "provider_id": {"value": "p"},
    "name": "disk",
    "type": "SCALAR",
    "scalar": {"value": 1.5},
    "role": "r",
    "allocation_info": {"role": "r"},
    "reservation": {"principal": "p", "labels": {"labels": [{"key": "k"}]}},
    "reservations": [{"type": "DYNAMIC", "role": "r", "principal": "p", "labels": {"labels": [{"key": "k"}]}}],
    "disk": {
        "persistence": {"id": "v", "principal": "p"},
        "volume": {"mode": "RW", "container_path": "data"},
        "source": {
            "type": "MOUNT",
            "mount": {"root": "/mnt"},
            "vendor": "v",
            "id": "i",
            "metadata": {"labels": [{"key": "k", "value": "v"}]},
            "profile": "fast",
        },
    },
    "revocable": {},
    "shared": {},
}


def test_a_resource_keeps_all_its_fields() -> None:
    """What hooks spell is held to the table, too: all fields but the two other kinds of value go in and come out."""
    read = endpoint_json.from_plain(FULL_RESOURCE, Resource)

    assert SCHEMA.messages["mesos.v1.Resource"].keys() == FULL_RESOURCE.keys() | {"ranges", "set"}
    assert FULL_RESOURCE == endpoint_json.to_plain(read)
    assert SCHEMA.messages["mesos.v1.Resource.DiskInfo"].keys() == {field.name for field in attrs.fields(Disk)}
    assert SCHEMA.messages["mesos.v1.Resource.DiskInfo.Source"].keys() - {"path", "mount"} == {
        field.name for field in attrs.fields(DiskSource)
    } - {"root"}


def test_numbers_are_distinct() -> None:
    """No two fields of a message share a number, nor two members of an enum."""
    for name, fields in SCHEMA.messages.items():
        assert len(fields) == len({field.number for field in fields.values()}), name
    for name, numbers in SCHEMA.enums.items():
        assert len(numbers) == len(set(numbers.values())), name


def test_the_whole_specification_is_there() -> None:
    """Every package, and not only what has a class today."""
    assert set(PACKAGES) == {package_of(name) for name in SCHEMA.messages}
    assert (322, 48) == (len(SCHEMA.messages), len(SCHEMA.enums))

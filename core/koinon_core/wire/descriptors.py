"""The table as protobuf descriptors, in a pool of our own, so that nobody else's ``mesos.v1`` can clash with it."""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from .schema.table import PACKAGES, SCALARS, Field, Label, read_schema

_LABELS = {
    Label.OPTIONAL: FieldDescriptorProto.LABEL_OPTIONAL,
    Label.REQUIRED: FieldDescriptorProto.LABEL_REQUIRED,
    Label.REPEATED: FieldDescriptorProto.LABEL_REPEATED,
    Label.MAP: FieldDescriptorProto.LABEL_REPEATED,
}


def message_class(name: str) -> type[Message]:
    """The class of a message by its full name. Raises KeyError when the table has no such message."""
    return GetMessageClass(_pool().FindMessageTypeByName(name))


@cache
def _pool() -> DescriptorPool:
    """All packages, each a file that depends on those before it."""
    pool = DescriptorPool()
    for file in _make_files():
        pool.Add(file)
    return pool


def _make_files() -> list[FileDescriptorProto]:
    files: dict[str, FileDescriptorProto] = {}
    for package in PACKAGES:
        files[package] = FileDescriptorProto(
            name=f"{package}.proto", package=package, syntax="proto2", dependency=[file.name for file in files.values()]
        )
    messages: dict[str, DescriptorProto] = {}
    schema = read_schema()
    # Shorter names first: whatever lies within a message comes after it.
    for name in sorted(schema.messages, key=len):
        outer, _, short = name.rpartition(".")
        made = messages[outer].nested_type.add() if outer in messages else files[outer].message_type.add()
        made.name = short
        messages[name] = made
    for name, numbers in schema.enums.items():
        outer, _, short = name.rpartition(".")
        enum = messages[outer].enum_type.add() if outer in messages else files[outer].enum_type.add()
        enum.name = short
        for value, number in numbers.items():
            enum.value.add(name=value, number=number)
    for name, fields in schema.messages.items():
        for field in fields.values():
            _add_field(messages[name], name, field)
    return list(files.values())


def _add_field(message: DescriptorProto, name: str, field: Field) -> None:
    made = message.field.add(name=field.name, number=field.number, label=_LABELS[field.label])
    if field.label is Label.MAP:
        made.type, made.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{name}.{_add_map_entry(message, field)}"
        return
    _set_type(made, field.type)
    if field.default is not None:
        made.default_value = field.default
    if field.is_choice:
        if not message.oneof_decl:
            message.oneof_decl.add(name="choice")
        made.oneof_index = 0


def _add_map_entry(message: DescriptorProto, field: Field) -> str:
    """A map is a list of entries; protobuf wants their message to be called after the field."""
    entry = message.nested_type.add(name="".join(word.title() for word in field.name.split("_")) + "Entry")
    entry.options.map_entry = True
    key = entry.field.add(name="key", number=1, label=FieldDescriptorProto.LABEL_OPTIONAL)
    key.type = FieldDescriptorProto.TYPE_STRING
    _set_type(entry.field.add(name="value", number=2, label=FieldDescriptorProto.LABEL_OPTIONAL), field.type)
    return entry.name


def _set_type(made: FieldDescriptorProto, name: str) -> None:
    if name in SCALARS:
        made.type = FieldDescriptorProto.Type.Value(f"TYPE_{name.upper()}")
    else:
        is_enum = name in read_schema().enums
        made.type = FieldDescriptorProto.TYPE_ENUM if is_enum else FieldDescriptorProto.TYPE_MESSAGE
        made.type_name = f".{name}"

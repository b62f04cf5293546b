"""Values as protobuf, by way of their JSON form: so both content types share one validation and one way to err.

A message's shape is compiled from the table on first use: how plain JSON (dicts, lists, texts) becomes a message of
protobuf's own runtime, and back. What the table does not know is dropped both ways, as proto does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import EncodeError as ProtobufEncodeError
from google.protobuf.message import Message

from ..errors import EncodeError, NotReadable
from .descriptors import message_class
from .json import JsonCodec
from .schema.classes import message_names
from .schema.table import Label, read_schema

T = TypeVar("T")
_Convert = Callable[[Any], Any]

_TO_RUNTIME: dict[str, _Convert] = {
    "double": float,  # JSON has the non-finite ones as texts
    "bytes": base64.b64decode,
    "int32": int,
    "int64": int,
    "uint32": int,
    "uint64": int,
}


class ProtobufCodec:
    """Encodes any value that is a message of the table, and decodes it again."""

    def __init__(self, json: JsonCodec) -> None:
        self._json = json

    def encode(self, value: Any) -> bytes:
        """The bytes of a value. Raises EncodeError for what is no message, or says what protobuf can't."""
        name = message_names().get(type(value))
        if name is None:
            raise EncodeError(type(value).__name__, "is no message of the protocol")
        return _serialize(name, self._json.to_plain(value))

    def decode(self, data: bytes, wanted: type[T]) -> T:
        """Read bytes. Raises DecodeError that names the path at fault."""
        name = message_names()[wanted]
        return self._json.from_plain(_parse(name, data), wanted)

    def encode_document(self, name: str, document: Any) -> bytes:
        """A document that was made as JSON (bytes, or what orjson takes) as the message of that full name."""
        if not isinstance(document, bytes):
            document = orjson.dumps(document)
        return _serialize(name, orjson.loads(document))

    def decode_document(self, name: str, data: bytes) -> Any:
        """A message of that full name as plain JSON. Raises NotReadable."""
        return _parse(name, data)


def _serialize(name: str, plain: Any) -> bytes:
    try:
        return _shape(name).to_message(plain).SerializeToString()
    except (ProtobufEncodeError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise EncodeError(name, str(error)) from error


def _parse(name: str, data: bytes) -> Any:
    shape = _shape(name)
    try:
        return shape.to_plain(shape.cls.FromString(data))
    except (ProtobufDecodeError, RecursionError):
        raise NotReadable("$", f"Failed to parse body into {name.rpartition('.')[2]} protobuf") from None
    except UnicodeDecodeError as error:
        # The runtime reads some of them only when they are asked for: keys of maps, strings within lists.
        why = f"Failed to parse body into {name.rpartition('.')[2]} protobuf: a string is not UTF-8 ({error.reason})"
        raise NotReadable("$", why) from None


class _Shape:
    """How one message goes from plain JSON to protobuf's runtime and back."""

    def __init__(self, name: str) -> None:
        self.cls = message_class(name)
        self._fields = read_schema().messages[name]
        self._inward: dict[str, _Convert | None] = {}
        self._outward: dict[int, tuple[str, _Convert | None]] = {}

    def compile(self) -> None:
        """Fill the tables; apart from the making, as messages may hold themselves."""
        for name, field in self._fields.items():
            self._inward[name] = _repeat(_to_runtime(field.type), field.label)
            self._outward[field.number] = (name, _repeat(_to_plain(field.type), field.label))

    def to_message(self, plain: Mapping[str, Any]) -> Message:
        """Plain JSON as a message. Unknown keys and null are left out."""
        return self.cls(**self.to_arguments(plain))

    def to_arguments(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Plain JSON as what the runtime's constructor takes: it makes messages of dicts by itself, in C."""
        inward = self._inward
        found = {}
        for name, value in plain.items():
            if value is None or name not in inward:
                continue
            convert = inward[name]
            made = value if convert is None else convert(value)
            if made is not None:
                found[name] = made
        return found

    def to_plain(self, message: Message) -> dict[str, Any]:
        """What is set in a message, as plain JSON; bytes stay bytes, which the JSON rules read as well.

        A string that is no UTF-8 comes as bytes, too, which those rules refuse by its path.
        """
        outward = self._outward
        plain = {}
        for descriptor, value in message.ListFields():
            name, convert = outward[descriptor.number]
            plain[name] = value if convert is None else convert(value)
        return plain


def _shape(name: str) -> _Shape:
    shape = _SHAPES.get(name)
    if shape is None:
        shape = _SHAPES[name] = _Shape(name)
        shape.compile()
    return shape


_SHAPES: dict[str, _Shape] = {}


def _to_runtime(type_name: str) -> _Convert | None:
    schema = read_schema()
    if type_name in schema.messages:
        return _shape(type_name).to_arguments
    if type_name in schema.enums:
        return schema.enums[type_name].get
    return _TO_RUNTIME.get(type_name)


def _to_plain(type_name: str) -> _Convert | None:
    schema = read_schema()
    if type_name in schema.messages:
        return _shape(type_name).to_plain
    if type_name in schema.enums:
        return {number: name for name, number in schema.enums[type_name].items()}.__getitem__
    return None


def _repeat(convert: _Convert | None, label: Label) -> _Convert | None:
    """The same for a list or a map of it. What converts to None, an unknown name of an enum, is left out."""
    if label is Label.REPEATED:
        if convert is None:
            return list
        return lambda items: [made for item in items if (made := convert(item)) is not None]
    if label is Label.MAP:
        if convert is None:
            return dict
        return lambda items: {key: convert(item) for key, item in items.items()}
    return convert

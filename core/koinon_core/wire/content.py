"""The two content types of the API, behind one face for edges: a codec for each, by the way resources are spelt."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any, Protocol, TypeVar

from .json import JsonCodec, endpoint_json, plain_json, refined_json
from .resource_rules import ResourceFormat

T = TypeVar("T")

_JSON = {
    ResourceFormat.PRE_REFINEMENT: plain_json,
    ResourceFormat.REFINED: refined_json,
    ResourceFormat.ENDPOINT: endpoint_json,
}


class ContentType(Enum):
    """A content type, by exactly the text that stands in headers (mesos-v1-api 1.1)."""

    JSON = "application/json"
    PROTOBUF = "application/x-protobuf"


class Codec(Protocol):
    """Values to bytes of one content type, and back."""

    def encode(self, value: Any) -> bytes:
        """The bytes of a value."""

    def decode(self, data: bytes, wanted: type[T]) -> T:
        """Read bytes. Raises DecodeError that names the path at fault; NotReadable where there is none."""

    def encode_document(self, name: str, document: Any) -> bytes:
        """A read model made as JSON (bytes, or what orjson takes), as the message of that full name, such as
        ``mesos.v1.master.Response``.
        """


@cache
def codec(content_type: ContentType, resource_format: ResourceFormat) -> Codec:
    """The codec of a content type that writes resources in that format. Each reads all formats."""
    json: JsonCodec = _JSON[resource_format]
    if content_type is ContentType.JSON:
        return json
    from .protobuf import ProtobufCodec  # noqa: PLC0415 - who speaks JSON does not load Google's library

    return ProtobufCodec(json)

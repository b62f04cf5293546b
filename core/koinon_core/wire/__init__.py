"""Values to bytes and back: the only place that knows how anything looks on the wire."""

from .content import Codec, ContentType, codec
from .json import JsonCodec, endpoint_json, plain_json, refined_json
from .recordio import RecordDecoder, encode_record
from .resource_rules import ResourceFormat

__all__ = [
    "Codec",
    "ContentType",
    "JsonCodec",
    "RecordDecoder",
    "ResourceFormat",
    "codec",
    "encode_record",
    "endpoint_json",
    "plain_json",
    "refined_json",
]

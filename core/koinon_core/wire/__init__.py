"""Values to bytes and back: the only place that knows how anything looks on the wire.

What is imported from here is loaded at its first use: who frames records alone does not compile every codec.
"""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .content import Codec, ContentType, codec
    from .executor_events import event_to_json, read_subscribed
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
    "event_to_json",
    "plain_json",
    "read_subscribed",
    "refined_json",
]

__getattr__ = names_on_demand(
    __name__,
    {
        ".content": ("Codec", "ContentType", "codec"),
        ".executor_events": ("event_to_json", "read_subscribed"),
        ".json": ("JsonCodec", "endpoint_json", "plain_json", "refined_json"),
        ".recordio": ("RecordDecoder", "encode_record"),
        ".resource_rules": ("ResourceFormat",),
    },
)

"""Values to bytes and back: the only place that knows how anything looks on the wire.

What is imported from here is loaded at its first use: who frames records alone does not compile every codec.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_MODULES = {
    "content": ("Codec", "ContentType", "codec"),
    "executor_events": ("event_to_json", "read_subscribed"),
    "json": ("JsonCodec", "endpoint_json", "plain_json", "refined_json"),
    "recordio": ("RecordDecoder", "encode_record"),
    "resource_rules": ("ResourceFormat",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Any name of ``__all__``, at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value

"""An executor's events read whole. Apart from the codecs, as few executors look so deep (mesos-v1-api 3.3)."""

from __future__ import annotations

from ..errors import DecodeError
from ..executor_api import Event, Subscribed
from .content import ContentType, codec
from .json import plain_json
from .resource_rules import ResourceFormat


def read_subscribed(document: bytes) -> Subscribed:
    """The body of a SUBSCRIBED event in JSON. Raises DecodeError, which names the path at fault."""
    body = plain_json.decode(document, Event).body
    if not isinstance(body, Subscribed):
        raise DecodeError("$.type", "SUBSCRIBED is expected")
    return body


def event_to_json(record: bytes) -> bytes:
    """An event in protobuf as JSON. Raises DecodeError."""
    return plain_json.encode(codec(ContentType.PROTOBUF, ResourceFormat.PRE_REFINEMENT).decode(record, Event))

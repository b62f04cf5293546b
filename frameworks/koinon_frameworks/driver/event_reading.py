"""A record of the event stream as an event, in either content type; a newer master may say more than we know."""

from __future__ import annotations

import orjson
from attrs import frozen

from koinon_core.errors import DecodeError, NotReadable
from koinon_core.scheduler_api import Event, EventBody
from koinon_core.wire.content import Codec
from koinon_core.wire.schema import SCHEDULER_EVENTS

_EVENT = "mesos.v1.scheduler.Event"


@frozen
class UnknownEvent:
    """An event of a type that this release does not know; protobuf drops even the number of such a type."""

    type: str


def read_event(codec: Codec, record: bytes) -> EventBody | UnknownEvent:
    """Read one record. Raises DecodeError for what is no event at all."""
    try:
        return codec.decode(record, Event).body
    except NotReadable:
        raise
    except DecodeError:
        unknown = _unknown_type(codec, record)
        if unknown is None:
            raise
        return UnknownEvent(unknown)


def _unknown_type(codec: Codec, record: bytes) -> str | None:
    # Here: a driver that speaks JSON needs no protobuf library.
    from koinon_core.wire.protobuf import ProtobufCodec  # noqa: PLC0415

    if isinstance(codec, ProtobufCodec):
        name = codec.decode_document(_EVENT, record).get("type", "UNKNOWN")
    else:
        try:
            raw = orjson.loads(record)
        except orjson.JSONDecodeError:
            return None
        name = raw.get("type") if isinstance(raw, dict) else None
    return name if isinstance(name, str) and name not in SCHEDULER_EVENTS.classes else None

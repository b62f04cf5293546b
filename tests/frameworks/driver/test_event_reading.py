"""Records of the stream in either content type."""

from __future__ import annotations

import pytest

from koinon_core.errors import DecodeError
from koinon_core.ids import OfferId
from koinon_core.scheduler_api import Event, Heartbeat, Rescind
from koinon_core.wire.content import ContentType, codec
from koinon_core.wire.resource_rules import ResourceFormat
from koinon_frameworks.driver.event_reading import UnknownEvent, read_event

JSON, PROTOBUF = (codec(content_type, ResourceFormat.REFINED) for content_type in ContentType)


@pytest.mark.parametrize("content_type", ContentType)
@pytest.mark.parametrize("body", [Heartbeat(), Rescind(OfferId("O1"))], ids=lambda body: type(body).__name__)
def test_event_is_read(content_type: ContentType, body: Heartbeat | Rescind) -> None:
    """What a master wrote in it."""
    written = codec(content_type, ResourceFormat.REFINED)

    assert body == read_event(written, written.encode(Event(body)))


def test_event_of_a_newer_master_is_unknown() -> None:
    """By its name in JSON; protobuf drops a number that it does not know."""
    assert UnknownEvent("DREAM") == read_event(JSON, b'{"type":"DREAM","dream":{}}')
    assert UnknownEvent("UNKNOWN") == read_event(PROTOBUF, b"\x08\x63")
    assert UnknownEvent("UNKNOWN") == read_event(PROTOBUF, b"\x08\x00")


@pytest.mark.parametrize("record", [b"", b"nonsense", b"[]", b'{"rescind":{}}', b'{"type":"RESCIND","rescind":{}}'])
def test_record_that_is_no_event_is_an_error(record: bytes) -> None:
    """In JSON: what is none, has no type, or lacks a field."""
    with pytest.raises(DecodeError):
        read_event(JSON, record)


@pytest.mark.parametrize("record", [b"\xff\xff", b"\x08\x04"])
def test_bytes_that_are_no_event_are_an_error(record: bytes) -> None:
    """In protobuf: what is none, or lacks a field."""
    with pytest.raises(DecodeError):
        read_event(PROTOBUF, record)

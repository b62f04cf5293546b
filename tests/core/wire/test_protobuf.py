"""Protobuf from the table: byte for byte what the genuine article says, and the same values as JSON."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_core.errors import DecodeError, EncodeError
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import FrameworkId, OfferId, TaskId
from koinon_core.offers import Filters, InverseOffer, Offer, Operation
from koinon_core.operations import OperationStatus
from koinon_core.operator_api import DrainAgent, OperatorCall
from koinon_core.resources import Resource
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.scheduler_api import (
    Call,
    Decline,
    Event,
    Heartbeat,
    Kill,
    Offers,
    Revive,
    Subscribe,
    Subscribed,
    Unknown,
    Update,
)
from koinon_core.tasks import CheckInfo, TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource
from koinon_core.wire import ContentType, ResourceFormat, codec, plain_json, refined_json
from support.api_values import values_of

PROTOBUF = codec(ContentType.PROTOBUF, ResourceFormat.REFINED)

# What a Mesos 1.11 sent to a scheduler that reads protobuf, record by record.
SUBSCRIBED = bytes.fromhex(
    "080112b9010a2b0a2933636235633361332d326436352d343736322d386332382d3835303434626535343032632d30303235110000000000"
    "002e401a80010a2433636235633361332d326436352d343736322d386332382d38353034346265353430326310ff80800818ca7522166d61"
    "73746572403132372e302e302e313a31353035302a093132372e302e302e313206312e31312e303a190a093132372e302e302e3112093132"
    "372e302e302e3118ca754a0208014a0208024a020803"
)
OFFERS = bytes.fromhex(
    "08021aad020aaa020a290a2733636235633361332d326436352d343736322d386332382d3835303434626535343032632d4f36122b0a2933"
    "636235633361332d326436352d343736322d386332382d3835303434626535343032632d303032351a290a2733636235633361332d326436"
    "352d343736322d386332382d3835303434626535343032632d533022093132372e302e302e312a1a0a05706f7274731001220a0a080898f2"
    "011080fa015a030a012a2a180a046370757310001a090900000000000010405a030a012a2a170a036d656d10001a0909000000000000b040"
    "5a030a012a2a180a046469736b10001a0909000000000000c4405a030a012a422c0a046874747012190a093132372e302e302e3112093132"
    "372e302e302e3118ca751a092f736c61766528312952030a012a"
)
FAILED = bytes.fromhex(
    "08042abc010ab9010a080a06776972652d311003221c436f6d6d616e642065786974656420776974682073746174757320332a290a273363"
    "6235633361332d326436352d343736322d386332382d3835303434626535343032632d533031919d0c19f8c0da413a080a06776972652d31"
    "48025a10bd808941f8524442a2fab1066d9046816a3b0a0d2a0b12093132372e302e302e311889ba0122260a2438353831666236652d3639"
    "65322d343666622d613965382d313239343236326230326537"
)
RECONCILED = bytes.fromhex(
    "08042a3a0a380a060a046e6f7065100d221f5265636f6e63696c696174696f6e3a205461736b20697320756e6b6e6f776e3138f90d19f8c0"
    "da4148005009"
)
HEARTBEAT = bytes.fromhex("0808")
MASTER_ID = "3cb5c3a3-2d65-4762-8c28-85044be5402c"


def test_events_of_a_genuine_master_are_understood() -> None:
    """Each field lies under its number: ids, doubles, ranges, enums, bytes, nested messages."""
    subscribed = PROTOBUF.decode(SUBSCRIBED, Event).body
    offers = PROTOBUF.decode(OFFERS, Event).body
    failed = PROTOBUF.decode(FAILED, Event).body
    reconciled = PROTOBUF.decode(RECONCILED, Event).body

    assert isinstance(subscribed, Subscribed)
    assert (f"{MASTER_ID}-0025", 15.0) == (subscribed.framework_id, subscribed.heartbeat_interval_seconds)
    assert subscribed.master_info is not None
    assert "127.0.0.1:15050" == str(subscribed.master_info.endpoint())
    assert isinstance(offers, Offers)
    assert "ports:[31000-32000]; cpus:4; mem:4096; disk:10240" == str(offers.offers[0].resources.allocated_to(None))
    assert isinstance(failed, Update)
    assert (TaskState.TASK_FAILED, "Command exited with status 3", TaskStatusSource.SOURCE_EXECUTOR) == (
        failed.status.state,
        failed.status.message,
        failed.status.source,
    )
    assert isinstance(reconciled, Update)
    assert TaskStatus(
        task_id=TaskId("nope"),
        state=TaskState.TASK_UNKNOWN,
        message="Reconciliation: Task is unknown",
        source=TaskStatusSource.SOURCE_MASTER,
        reason=TaskStatusReason.REASON_RECONCILIATION,
        timestamp=reconciled.status.timestamp,
    ) == reconciled.status  # fmt: skip
    assert Event(Heartbeat()) == PROTOBUF.decode(HEARTBEAT, Event)


@pytest.mark.parametrize("record", [SUBSCRIBED, OFFERS, RECONCILED, HEARTBEAT])
def test_what_was_understood_is_said_in_the_same_bytes(record: bytes) -> None:
    """Decoded and encoded again, a genuine record is the same record."""
    assert record == PROTOBUF.encode(PROTOBUF.decode(record, Event))


SUBSCRIBE = Call(
    Subscribe(
        framework_info=FrameworkInfo(
            user="root", name="x", roles=("*",), capabilities=(FrameworkCapability(FrameworkCapabilityType.MULTI_ROLE),)
        )
    )
)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (SUBSCRIBE, "10011a1d0a1b0a04726f6f7412017821000000000000000028005202080662012a"),
        (Call(Revive(), FrameworkId("f")), "0a030a0166 1005 7a00"),
        (Call(Kill(task_id=TaskId("t")), FrameworkId("f")), "0a030a0166 1006 3205 0a030a0174"),
        (
            Call(Decline(offer_ids=(OfferId("o"),), filters=Filters(1.0)), FrameworkId("f")),
            "0a030a0166 1004 2a10 0a030a016f 1209 09000000000000f03f",
        ),
    ],
)
def test_calls_are_the_bytes_written_by_hand(call: Call, text: str) -> None:
    """Tags, lengths and numbers as the encoding of protobuf has them; what Mesos took from us is among them."""
    assert bytes.fromhex(text) == PROTOBUF.encode(call)
    assert call == PROTOBUF.decode(bytes.fromhex(text), Call)


@pytest.mark.parametrize(
    ("data", "path", "why"),
    [
        (b"", "$", "Expecting 'type' to be present"),
        (bytes.fromhex("107f"), "$", "Expecting 'type' to be present"),
        (bytes.fromhex("1006"), "$", "Expecting 'kill' to be present"),
        (bytes.fromhex("10063200"), "$.kill.task_id", "required field missing"),
        (bytes.fromhex("1006320208"), "$", "Failed to parse body into Call protobuf"),
        (b"\xff\xff", "$", "Failed to parse body into Call protobuf"),
        (bytes.fromhex("0a030a01ff1002"), "$.framework_id", "a string as its value, got bytes that are not UTF-8"),
        (b'{"type":"REVIVE"}', "$", "Failed to parse body into Call protobuf"),
    ],
)
def test_an_error_names_the_field_as_for_json(data: bytes, path: str, why: str) -> None:
    """One validation for both types: what is missing, unknown or no protobuf at all."""
    with pytest.raises(DecodeError, match=why) as caught:
        PROTOBUF.decode(data, Call)

    assert path == caught.value.path


def test_type_unknown_is_a_call_that_nobody_carries_out() -> None:
    """Number 0 has a name; it is for the endpoint to say that it does nothing."""
    assert Call(Unknown()) == PROTOBUF.decode(bytes.fromhex("1000"), Call)


def test_unknown_fields_are_ignored() -> None:
    """A field from the future changes nothing."""
    future = bytes.fromhex("0a030a0166 1002 f2ff0703 616263")

    assert FrameworkId("f") == PROTOBUF.decode(future, Call).framework_id


def test_values_beyond_json_keep_their_meaning() -> None:
    """Infinity, bytes, empty messages, 64 bits, maps and seconds with nanoseconds."""
    task = {
        "name": "t",
        "task_id": {"value": "t"},
        "agent_id": {"value": "a"},
        "data": "AP8=",
        "limits": {"cpus": {"value": "Infinity"}, "mem": {"value": 64}},
        "max_completion_time": {"nanoseconds": "9007199254740993"},
        "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}, "revocable": {}, "shared": {}}],
        "check": {"type": "TCP", "tcp": {"port": 80}},
    }
    value = plain_json.from_plain(task, TaskInfo)
    drain = {"agent_id": {"value": "a"}, "max_grace_period": {"seconds": 600}, "mark_gone": True}
    call = plain_json.from_plain({"type": "DRAIN_AGENT", "drain_agent": drain}, OperatorCall)

    assert {"cpus": UNLIMITED, "mem": Scalar.of(64)} == value.limits
    assert isinstance(value.check, CheckInfo)
    assert value == PROTOBUF.decode(PROTOBUF.encode(value), TaskInfo)
    assert isinstance(call.body, DrainAgent)
    assert call == PROTOBUF.decode(PROTOBUF.encode(call), OperatorCall)


def test_documents_made_as_json_become_messages() -> None:
    """Read models are JSON; keys that the protocol does not know stay behind, nulls are unset."""
    document = {"type": "GET_HEALTH", "get_health": {"healthy": True, "mood": "fine"}, "get_flags": None}

    assert bytes.fromhex("0801 1202 0801") == PROTOBUF.encode_document("mesos.v1.master.Response", document)
    assert bytes.fromhex("0801 1202 0801") == PROTOBUF.encode_document(
        "mesos.v1.master.Response", orjson.dumps(document)
    )
    assert orjson.dumps(document) == plain_json.encode_document("mesos.v1.master.Response", document)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"type": "GET_HEALTH", "get_health": {}}, "healthy"),
        ({"type": "GET_LOGGING_LEVEL", "get_logging_level": {"level": -1}}, "level|range|out of"),
        ({"get_flags": {"flags": 3}}, "int"),
    ],
)
def test_a_document_that_is_no_message_is_our_fault(document: Any, why: str) -> None:
    """A required field that is missing, a number out of range, a list that is none: never half a message."""
    with pytest.raises(EncodeError, match=why):
        PROTOBUF.encode_document("mesos.v1.master.Response", document)


def test_only_messages_can_be_said() -> None:
    """What is no message of the protocol is refused by name."""
    with pytest.raises(EncodeError, match="Scalar: is no message"):
        PROTOBUF.encode(Scalar.of(1))


MESSAGES = (TaskInfo, TaskStatus, Offer, InverseOffer, Operation, OperationStatus, FrameworkInfo, Call, Event, Resource)


@pytest.mark.slow
@pytest.mark.parametrize("cls", [*MESSAGES, OperatorCall], ids=lambda cls: cls.__name__)
def test_any_value_survives_both_content_types(cls: Any) -> None:
    """Whatever can be built can be written and read back, in either type, without a change."""

    @settings(max_examples=60, deadline=None)
    @given(values_of(cls))
    def holds(value: Any) -> None:
        assert value == refined_json.decode(refined_json.encode(value), cls)
        assert value == PROTOBUF.decode(PROTOBUF.encode(value), cls)

    holds()


GENUINE = st.sampled_from([SUBSCRIBED, OFFERS, FAILED, RECONCILED])


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64) | st.builds(lambda data, end: data[:end], GENUINE, st.integers(0, 200)), st.data())
def test_nothing_but_a_decode_error_comes_of_bad_bytes(data: bytes, draw: st.DataObject) -> None:
    """Noise, cut records and records with a byte changed: they mean something, or a DecodeError says why not."""
    if data:
        at = draw.draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([draw.draw(st.integers(0, 255))]) + data[at + 1 :]
    for wanted in (Call, Event, OperatorCall):
        for tried in (PROTOBUF, plain_json):
            with suppress(DecodeError):
                assert isinstance(tried.decode(data, wanted), wanted)


@pytest.mark.parametrize(
    "more",
    [
        {"offer_constraints": {"role_constraints": {"\u20acKEY": {"groups": []}}}},
        {"suppressed_roles": ["\u20acKEY"]},
        {"framework_info": {"user": "\u20acKEY", "name": "n"}},
    ],
)
def test_a_text_that_is_no_utf8_is_the_senders_fault(more: dict[str, Any]) -> None:
    """Wherever it stands: as a field, in a list, as the key of a map."""
    call = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": "u", "name": "n"}} | more}
    data = PROTOBUF.encode_document("mesos.v1.scheduler.Call", call)
    broken = data.replace("\u20ac".encode(), b"\xe2\x82\xff")

    assert broken != data
    with pytest.raises(DecodeError, match="UTF-8"):
        PROTOBUF.decode(broken, Call)

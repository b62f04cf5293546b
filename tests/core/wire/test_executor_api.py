"""The executor API on the wire: what executors send and are sent, as JSON and as protobuf."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_core.agents import AgentInfo
from koinon_core.containers import CommandInfo, ContainerIdInfo
from koinon_core.errors import DecodeError
from koinon_core.executor_api import (
    Acknowledged,
    Call,
    CallBody,
    Error,
    Event,
    EventBody,
    Heartbeat,
    Kill,
    Launch,
    LaunchGroup,
    Message,
    Shutdown,
    Subscribe,
    Subscribed,
    Update,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId, Uuid
from koinon_core.offers import TaskGroupInfo
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatus
from koinon_core.wire import ContentType, ResourceFormat, codec, refined_json

PROTOBUF = codec(ContentType.PROTOBUF, ResourceFormat.REFINED)
TASK = TaskInfo(name="t", task_id=TaskId("t"), agent_id=AgentId("a"))
STATUS = TaskStatus(task_id=TaskId("t"), state=TaskState.TASK_RUNNING, uuid=Uuid(b"0123456789abcdef"))
EXECUTOR = ExecutorInfo(executor_id=ExecutorId("e"), command=CommandInfo(value="run"))


def call_of(body: CallBody) -> Call:
    """A call of one executor."""
    return Call(executor_id=ExecutorId("e"), framework_id=FrameworkId("f"), body=body)


CALLS = [
    Subscribe(),
    Subscribe(unacknowledged_tasks=(TASK,), unacknowledged_updates=(Update(STATUS),)),
    Update(STATUS),
    Message(b"\x00\xff"),
    Heartbeat(),
]
EVENTS: list[EventBody] = [
    Subscribed(
        executor_info=EXECUTOR,
        framework_info=FrameworkInfo(user="u", name="n", roles=("r",)),
        agent_info=AgentInfo(hostname="h", port=5051),
        container_id=ContainerIdInfo(value="c"),
    ),
    Launch(TASK),
    LaunchGroup(TaskGroupInfo((TASK,))),
    Kill(task_id=TaskId("t")),
    Acknowledged(task_id=TaskId("t"), uuid=Uuid(b"0123456789abcdef")),
    Message(b"hello"),
    Error("no"),
    Shutdown(),
    Heartbeat(),
]


def name_of(value: Any) -> str:
    """Of a case."""
    return type(value).__name__


@pytest.mark.parametrize("body", CALLS, ids=name_of)
def test_calls_read_back_as_written(body: CallBody) -> None:
    """Each call survives both content types."""
    call = call_of(body)

    assert call == refined_json.decode(refined_json.encode(call), Call)
    assert call == PROTOBUF.decode(PROTOBUF.encode(call), Call)


@pytest.mark.parametrize("body", EVENTS, ids=name_of)
def test_events_read_back_as_written(body: EventBody) -> None:
    """Each event survives both content types."""
    event = Event(body)

    assert event == refined_json.decode(refined_json.encode(event), Event)
    assert event == PROTOBUF.decode(PROTOBUF.encode(event), Event)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (Heartbeat(), "0a030a0165 12030a0166 1804"),
        (Message(b"hi"), "0a030a0165 12030a0166 1803 3204 12026869"),
        (Subscribe(), "0a030a0165 12030a0166 1801 2200"),
    ],
    ids=["heartbeat", "message", "subscribe"],
)
def test_calls_are_the_bytes_written_by_hand(body: CallBody, text: str) -> None:
    """Tags, lengths and numbers as the encoding of protobuf has them."""
    assert bytes.fromhex(text) == PROTOBUF.encode(call_of(body))
    assert call_of(body) == PROTOBUF.decode(bytes.fromhex(text), Call)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (Acknowledged(task_id=TaskId("t"), uuid=Uuid(b"u")), "0804 1a08 0a030a0174 120175"),
        (Kill(task_id=TaskId("t")), "0803 2a05 0a030a0174"),
        (Shutdown(), "0807"),
        (Heartbeat(), "0809"),
    ],
    ids=["acknowledged", "kill", "shutdown", "heartbeat"],
)
def test_events_are_the_bytes_written_by_hand(body: EventBody, text: str) -> None:
    """As those of the calls."""
    assert bytes.fromhex(text) == PROTOBUF.encode(Event(body))


@pytest.mark.parametrize(
    ("raw", "path", "why"),
    [
        ({"type": "HEARTBEAT", "executor_id": {"value": "e"}}, "$.framework_id", "Expecting 'framework_id'"),
        ({"type": "HEARTBEAT", "framework_id": {"value": "f"}}, "$.executor_id", "Expecting 'executor_id'"),
        ({"type": "HEARTBEAT", "framework_id": "f", "executor_id": {"value": "e"}}, "$.framework_id", "an object"),
        ({"framework_id": {"value": "f"}, "executor_id": {"value": "e"}}, "$", "Expecting 'type'"),
        ({"framework_id": {"value": "f"}, "executor_id": {"value": "e"}, "type": "UPDATE"}, "$", "Expecting 'update'"),
        ({"framework_id": {"value": "f"}, "executor_id": {"value": "e"}, "type": "SING"}, "$", "'SING'"),
        ([], "$.executor_id", "executor_id"),
    ],
)
def test_an_error_names_the_path(raw: Any, path: str, why: str) -> None:
    """A call that lacks what it needs is refused by the name of the field."""
    with pytest.raises(DecodeError) as caught:
        refined_json.from_plain(raw, Call)

    assert path == caught.value.path
    assert why in str(caught.value)

"""Calls and events of executors as bytes: what the agent's own codecs say, in both content types."""

import pytest

from koinon_core.agents import AgentInfo
from koinon_core.containers import DurationInfo, Label, Labels
from koinon_core.errors import DecodeError
from koinon_core.executor_api import (
    Acknowledged,
    Call,
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
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_frameworks.executor.received import (
    Acknowledged as AcknowledgedReceived,
)
from koinon_frameworks.executor.received import (
    ErrorReceived,
    HeartbeatReceived,
    KillAsked,
    Launched,
    MessageReceived,
    ReceivedEvent,
    Registered,
    ShutdownAsked,
)
from koinon_frameworks.executor.wire import JSON, PROTOBUF, ExecutorWire, read_event

UUID = Uuid(b"0123456789abcdef")
TASK = TaskInfo(
    name="one",
    task_id=TaskId("t-1"),
    agent_id=AgentId("S0"),
    resources=parse_resources("cpus:0.5;mem:32"),
    data=b"\x00data",
    labels=Labels((Label("key", "value"),)),
    kill_policy=KillPolicy(DurationInfo.of_seconds(7.5)),
    max_completion_time=DurationInfo.of_seconds(60),
)
TYPES = [JSON, PROTOBUF]
EVENTS: list[tuple[EventBody, ReceivedEvent]] = [
    (Kill(task_id=TaskId("t-1")), KillAsked(TaskId("t-1"))),
    (Kill(task_id=TaskId("t-1"), kill_policy=KillPolicy(DurationInfo.of_seconds(2))), KillAsked(TaskId("t-1"), 2.0)),
    (Acknowledged(task_id=TaskId("t-1"), uuid=UUID), AcknowledgedReceived(TaskId("t-1"), UUID)),
    (Message(b"\xff"), MessageReceived(b"\xff")),
    (Error("go"), ErrorReceived("go")),
    (Shutdown(), ShutdownAsked()),
    (Heartbeat(), HeartbeatReceived()),
]


def make_wire(content_type: str = JSON) -> ExecutorWire:
    return ExecutorWire(FrameworkId("F"), ExecutorId("E"), content_type)


def encode(body: EventBody, content_type: str) -> bytes:
    """As an agent writes it."""
    return codec(ContentType(content_type), ResourceFormat.PRE_REFINEMENT).encode(Event(body))


def decode(data: bytes, content_type: str) -> Call:
    """As an agent reads it."""
    return codec(ContentType(content_type), ResourceFormat.PRE_REFINEMENT).decode(data, Call)


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(("body", "expected"), EVENTS, ids=lambda each: type(each).__name__)
def test_reads_what_an_agent_says(body: EventBody, expected: ReceivedEvent, content_type: str) -> None:
    """Each event comes out as its value."""
    assert expected == make_wire(content_type).read(encode(body, content_type))


@pytest.mark.parametrize("content_type", TYPES)
def test_reads_a_task_as_far_as_an_executor_needs(content_type: str) -> None:
    """Id, name, data and times are there at once, the whole TaskInfo when it is asked for."""
    event = make_wire(content_type).read(encode(Launch(TASK), content_type))

    assert isinstance(event, Launched)
    (task,) = event.tasks
    assert (TaskId("t-1"), "one", b"\x00data", 7.5, 60.0) == (
        task.task_id,
        task.name,
        task.data,
        task.kill_grace,
        task.max_completion_time,
    )
    assert TASK == task.info


@pytest.mark.parametrize("content_type", TYPES)
def test_reads_a_group(content_type: str) -> None:
    """The tasks of LAUNCH_GROUP come together."""
    event = make_wire(content_type).read(encode(LaunchGroup(TaskGroupInfo((TASK, TASK))), content_type))

    assert isinstance(event, Launched)
    assert (2, True) == (len(event.tasks), event.is_group)


@pytest.mark.parametrize("content_type", TYPES)
def test_reads_who_everybody_is(content_type: str) -> None:
    """SUBSCRIBED holds executor, framework and agent as values."""
    body = Subscribed(
        executor_info=ExecutorInfo(executor_id=ExecutorId("E")),
        framework_info=FrameworkInfo(user="root", name="fw"),
        agent_info=AgentInfo(hostname="host"),
    )
    event = make_wire(content_type).read(encode(body, content_type))

    assert isinstance(event, Registered)
    assert ("E", "fw", "host") == (
        event.info.executor_info.executor_id,
        event.info.framework_info.name,
        event.info.agent_info.hostname,
    )


@pytest.mark.parametrize("content_type", TYPES)
def test_writes_updates_that_an_agent_reads(content_type: str) -> None:
    """Plain ones, and ones with labels, which the shared codec writes."""
    plain = TaskStatus(
        task_id=TaskId("t-1"),
        state=TaskState.TASK_FAILED,
        message="no",
        reason=TaskStatusReason.REASON_COMMAND_EXECUTOR_FAILED,
        data=b"\x01",
        uuid=UUID,
        healthy=False,
        timestamp=1.5,
        executor_id=ExecutorId("E"),
    )
    deep = TaskStatus(task_id=TaskId("t-1"), state=TaskState.TASK_RUNNING, uuid=UUID, labels=Labels((Label("a", "b"),)))

    for status in (plain, deep):
        call = decode(make_wire(content_type).update(status), content_type)
        assert Call(executor_id=ExecutorId("E"), framework_id=FrameworkId("F"), body=Update(status)) == call


@pytest.mark.parametrize("content_type", TYPES)
def test_subscribes_with_tasks_as_they_came(content_type: str) -> None:
    """A task that the agent is told of again is the one it sent."""
    wire = make_wire(content_type)
    event = wire.read(encode(Launch(TASK), content_type))
    status = TaskStatus(task_id=TaskId("t-1"), state=TaskState.TASK_RUNNING, uuid=UUID)
    assert isinstance(event, Launched)
    call = decode(wire.subscribe(event.tasks, [status]), content_type)

    assert Subscribe(unacknowledged_tasks=(TASK,), unacknowledged_updates=(Update(status),)) == call.body


@pytest.mark.parametrize("content_type", TYPES)
def test_writes_messages(content_type: str) -> None:
    """Bytes of any kind."""
    assert Message(b"\x00\xff") == decode(make_wire(content_type).message(b"\x00\xff"), content_type).body


def test_an_event_of_a_later_release_is_none() -> None:
    """A type that is not known is passed over."""
    assert read_event(b'{"type":"DANCE"}') is None


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (b"{", "$"),
        (b"[]", "$.type"),
        (b'{"type":"LAUNCH"}', "$.launch"),
        (b'{"type":"LAUNCH","launch":{"task":[]}}', "$.launch.task"),
        (b'{"type":"LAUNCH","launch":{"task":{"task_id":{"value":7}}}}', "$.launch.task.task_id.value"),
        (b'{"type":"LAUNCH","launch":{"task":{"task_id":{"value":"a"},"data":"?"}}}', "$.launch.task.data"),
        (
            b'{"type":"LAUNCH","launch":{"task":{"task_id":{"value":"a"},"kill_policy":{"grace_period":{}}}}}',
            "$.launch.task.kill_policy.grace_period.nanoseconds",
        ),
        (b'{"type":"LAUNCH_GROUP","launch_group":{"task_group":{"tasks":{}}}}', "$.launch_group.task_group.tasks"),
        (b'{"type":"KILL","kill":{}}', "$.kill.task_id"),
        (b'{"type":"ACKNOWLEDGED","acknowledged":{"task_id":{"value":"a"},"uuid":7}}', "$.acknowledged.uuid"),
        (b'{"type":"MESSAGE","message":"x"}', "$.message"),
    ],
)
def test_names_what_is_wrong_with_an_event(record: bytes, path: str) -> None:
    """The path of the field at fault."""
    with pytest.raises(DecodeError) as caught:
        read_event(record)
    assert path == caught.value.path

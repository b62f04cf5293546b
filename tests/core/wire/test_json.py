"""Values and their JSON: what was written reads back, and clients' liberties are taken as Mesos takes them."""

import math
from contextlib import nullcontext
from typing import Any

import orjson
import pytest

from koinon_core.agent_link import AgentFrame, AgentTask, KillTask, MasterFrame, Register, Registered, RunTask
from koinon_core.agents import Address, AgentInfo, MasterInfo, ip_to_number
from koinon_core.attributes import parse_attributes
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerStatus,
    ContainerType,
    DockerInfo,
    Environment,
    PortMapping,
    TimeInfo,
    Volume,
    VolumeMode,
)
from koinon_core.errors import DecodeError
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import Filters, Launch, Operation, OperationType
from koinon_core.resources import Disk, Kind, Persistence, Reservation, ReservationType, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.scheduler_api import (
    Accept,
    Acknowledge,
    Call,
    Decline,
    Event,
    Heartbeat,
    Reconcile,
    Revive,
    Subscribe,
    Subscribed,
    Teardown,
    Update,
)
from koinon_core.tasks import HttpCheckInfo, TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource
from koinon_core.wire import endpoint_json, plain_json, refined_json

TASK = TaskInfo(
    name="web",
    task_id=TaskId("web.1"),
    agent_id=AgentId("m-S0"),
    resources=parse_resources("cpus:0.5;mem:64;ports:[31000-31001]"),
    command=CommandInfo(value="httpd", environment=Environment.of({"PORT": "31000"})),
    container=ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="busybox")),
    limits={"mem": Scalar.of(128)},
    data=b"\x00\xff",
)
FRAMEWORK = FrameworkInfo(
    user="root",
    name="marathon",
    roles=("web",),
    capabilities=(FrameworkCapability(FrameworkCapabilityType.MULTI_ROLE),),
)
ACCEPT = Call(
    Accept(
        offer_ids=(OfferId("m-O1"),),
        operations=(Operation(type=OperationType.LAUNCH, launch=Launch((TASK,))),),
        filters=Filters(),
    ),
    FrameworkId("m-0000"),
)
STATUS = TaskStatus(
    task_id=TaskId("web.1"),
    state=TaskState.TASK_FAILED,
    reason=TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED,
    source=TaskStatusSource.SOURCE_AGENT,
    uuid=Uuid(bytes(16)),
    timestamp=1.5,
)


@pytest.mark.parametrize(
    "call",
    [
        ACCEPT,
        Call(Subscribe(framework_info=FRAMEWORK, suppressed_roles=("web",))),
        Call(Teardown(), FrameworkId("f")),
        Call(Acknowledge(agent_id=AgentId("a"), task_id=TaskId("t"), uuid=Uuid(b"\x01" * 16)), FrameworkId("f")),
    ],
)
def test_calls_read_back_as_written(call: Call) -> None:
    """In either reservation format."""
    assert call == plain_json.decode(plain_json.encode(call), Call)
    assert call == refined_json.decode(refined_json.encode(call), Call)


@pytest.mark.parametrize(
    "event", [Event(Heartbeat()), Event(Update(STATUS)), Event(Subscribed(framework_id=FrameworkId("f")))]
)
def test_events_read_back_as_written(event: Event) -> None:
    """Bytes stay bytes, enums stay enums."""
    assert event == plain_json.decode(plain_json.encode(event), Event)


def test_frames_of_the_agent_link_read_back_as_written() -> None:
    """Both directions, with everything an agent brings along when it returns."""
    register = Register(
        version=1,
        agent_info=AgentInfo(
            hostname="h", resources=parse_resources("cpus:4"), attributes=parse_attributes("rack:r1;n:2")
        ),
        ip="127.0.0.1",
        agent_version="0.1.0",
        frameworks=(FRAMEWORK,),
        tasks=(AgentTask(framework_id=FrameworkId("f"), task=TASK, latest_status=STATUS),),
    )
    from_agent = AgentFrame(messages=(register,))
    from_master = MasterFrame(
        epoch=7,
        messages=(
            Registered(agent_id=AgentId("a")),
            RunTask(framework=FRAMEWORK, task=TASK),
            KillTask(framework_id=FrameworkId("f"), task_id=TaskId("t")),
        ),
    )

    assert from_agent == refined_json.decode(refined_json.encode(from_agent), AgentFrame)
    assert from_master == refined_json.decode(refined_json.encode(from_master), MasterFrame)


def test_unset_is_left_out_and_defaults_are_written() -> None:
    """mesos-v1-api 1.3: no nulls, no empty lists; declared defaults of fields that are not deprecated stand there."""
    expected = {"user": "u", "name": "n", "failover_timeout": 0.0, "checkpoint": False}

    assert expected == plain_json.to_plain(FrameworkInfo(user="u", name="n"))


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        ({"type": "REVIVE"}, Revive()),
        ({"type": "RECONCILE", "reconcile": {"tasks": []}}, Reconcile()),
        (
            {"type": "DECLINE", "decline": {"offer_ids": {"value": "o"}, "filters": {"refuse_seconds": "3"}}},
            Decline(offer_ids=(OfferId("o"),), filters=Filters(3.0)),
        ),
        ({"type": "DECLINE", "decline": {"filters": None, "unheard_of": 1}}, Decline()),
    ],
)
def test_liberties_of_clients_are_taken(raw: dict[str, Any], body: object) -> None:
    """Absent sub-messages, a lone value for a list, numbers as strings, null for unset, unknown keys."""
    assert body == plain_json.from_plain(raw, Call).body


@pytest.mark.parametrize(("number", "text"), [(math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_infinities_are_words(number: float, text: str) -> None:
    """JSON has no number for them; null would be unset."""
    raw = {"user": "u", "name": "n", "failover_timeout": text, "checkpoint": False}
    info = plain_json.from_plain(raw, FrameworkInfo)

    assert number == info.failover_timeout
    assert raw == orjson.loads(plain_json.encode(info))


def test_a_limit_may_be_infinite() -> None:
    """``Infinity`` lifts the limit; nothing else that is no amount will do."""
    plain = {"name": "t", "task_id": {"value": "t"}, "agent_id": {"value": "a"}}
    task = plain_json.from_plain(plain | {"limits": {"mem": {"value": "Infinity"}}}, TaskInfo)

    assert {"mem": UNLIMITED} == task.limits
    assert {"mem": {"value": "Infinity"}} == plain_json.to_plain(task)["limits"]
    for wrong in ("-Infinity", "NaN"):
        with pytest.raises(DecodeError, match="not a number that can be an amount"):
            plain_json.from_plain(plain | {"limits": {"mem": {"value": wrong}}}, TaskInfo)


@pytest.mark.parametrize(
    ("cls", "raw", "why"),
    [
        (Address, {"port": 2**31}, r"\$.port: expected a whole number from -2147483648 to 2147483647"),
        (PortMapping, {"host_port": -1, "container_port": 1}, r"\$.host_port: expected a whole number from 0 to"),
        (TimeInfo, {"nanoseconds": 2**63}, r"\$.nanoseconds: expected a whole number"),
        (TimeInfo, {"nanoseconds": 1e300}, r"\$.nanoseconds: expected a whole number"),
        (TimeInfo, {"nanoseconds": "9" * 5000}, r"\$.nanoseconds: expected a whole number, got a string"),
        (HttpCheckInfo, {"port": 1, "statuses": [200, -1]}, r"\$.statuses: expected a whole number from 0"),
        (MasterInfo, {"id": "m", "port": 1, "ip": 2**32}, r"\$.ip: expected a whole number from 0 to 4294967295"),
        (
            Resources,
            [{"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": -5, "end": 2}]}}],
            "ports has a range of numbers below 0",
        ),
    ],
)
def test_a_whole_number_must_fit_its_field(cls: type, raw: Any, why: str) -> None:
    """What was read in one content type can be written in the other."""
    with pytest.raises(DecodeError, match=why):
        plain_json.from_plain(raw, cls)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"allocation_info": {"role": [1, "1"]}}, "allocation_info.role is no string"),
        ({"allocation_info": ["r"]}, "allocation_info of cpus is no object"),
        ({"role": {"value": "r"}}, "role is no string"),
        ({"role": "r", "reservation": [1]}, "reservation of cpus is no object"),
        ({"disk": 1}, "disk of cpus is no object"),
        ({"disk": {"source": {"type": "PATH", "path": {"root": [1]}}}}, "path.root is no string"),
        ({"type": ["SCALAR"]}, "is not one of SCALAR"),
    ],
)
def test_what_a_resource_is_told_by_must_be_text(more: dict[str, Any], why: str) -> None:
    """Kinds of resources are keys of dicts: one that holds a list would end the daemon that adds it up."""
    raw = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}} | more
    with pytest.raises(DecodeError, match=why):
        plain_json.from_plain([raw], Resources)


@pytest.mark.parametrize(("depth", "is_read"), [(32, True), (33, False), (300, False), (900, False), (5000, False)])
def test_nothing_nests_without_end(depth: int, is_read: bool) -> None:
    """A container within a container within ...: what is too deep is a DecodeError, at whatever depth it shows."""
    nested = b'{"value":"x"}'
    for _ in range(depth):
        nested = b'{"value":"x","parent":' + nested + b"}"
    with nullcontext() if is_read else pytest.raises(DecodeError):
        status = plain_json.decode(b'{"container_id":' + nested + b"}", ContainerStatus)

    assert not is_read or status == plain_json.decode(plain_json.encode(status), ContainerStatus)


def test_an_unknown_enum_name_of_an_optional_field_is_ignored() -> None:
    """A capability from the future is no error."""
    raw = {"user": "u", "name": "n", "capabilities": [{"type": "TELEPATHY"}, {"type": "PARTITION_AWARE"}]}
    info = plain_json.from_plain(raw, FrameworkInfo)

    assert [None, FrameworkCapabilityType.PARTITION_AWARE] == [capability.type for capability in info.capabilities]


@pytest.mark.parametrize(
    ("raw", "path", "why"),
    [
        ([], "$", "expected an object"),
        ({"type": "ACCEPT"}, "$", "Expecting 'accept' to be present"),
        ({"type": "NOPE"}, "$", "not one of"),
        ({"type": "KILL", "kill": {}}, "$.kill.task_id", "required field missing"),
        ({"type": "DECLINE", "decline": {"offer_ids": ["o"]}}, "$.decline.offer_ids[0]", "an object with a value"),
        ({"type": "ACKNOWLEDGE", "acknowledge": {"agent_id": {"value": "a"}, "task_id": {"value": "t"}, "uuid": "%"}},
         "$.acknowledge.uuid", "base64"),
    ],
)  # fmt: skip
def test_an_error_names_the_path(raw: Any, path: str, why: str) -> None:
    """Whoever sent it can find the place."""
    with pytest.raises(DecodeError, match=why) as caught:
        plain_json.from_plain(raw, Call)

    assert path == caught.value.path


def test_a_deep_error_names_the_whole_path() -> None:
    """Through calls, operations, tasks and containers."""
    raw = plain_json.to_plain(ACCEPT)
    raw["accept"]["operations"][0]["launch"]["task_infos"][0]["container"]["docker"]["image"] = 3

    with pytest.raises(DecodeError) as caught:
        plain_json.decode(orjson.dumps(raw), Call)

    assert "$.accept.operations[0].launch.task_infos[0].container.docker.image" == caught.value.path


def test_reservations_have_two_spellings() -> None:
    """mesos-v1-api 4.2: role and reservation before refinement, a stack of reservations after; both are read."""
    volume = Resources(
        (
            Resource(
                Kind(
                    name="disk",
                    reservations=(Reservation(role="db", principal="p"),),
                    disk=Disk(
                        persistence=Persistence(id="v1", principal="p"),
                        volume=Volume(container_path="data", mode=VolumeMode.RW),
                    ),
                ),
                Scalar.of(512),
            ),
        )
    )
    plain, refined = plain_json.to_plain(volume)[0], refined_json.to_plain(volume)[0]

    assert ("db", {"principal": "p"}) == (plain["role"], plain["reservation"])
    assert [{"role": "db", "type": "DYNAMIC", "principal": "p"}] == refined["reservations"]
    assert volume == plain_json.from_plain([plain], Resources) == refined_json.from_plain([refined], Resources)


@pytest.mark.parametrize(
    ("reservations", "expected"),
    [
        ((), {"role": "*"}),
        (
            (Reservation(role="r", type=ReservationType.STATIC),),
            {"role": "r", "reservations": [{"type": "STATIC", "role": "r"}]},
        ),
        (
            (Reservation(role="r", principal="p"),),
            {
                "role": "r",
                "reservation": {"principal": "p"},
                "reservations": [{"type": "DYNAMIC", "role": "r", "principal": "p"}],
            },
        ),
        (
            (Reservation(role="r", type=ReservationType.STATIC), Reservation(role="r/s")),
            {"reservations": [{"type": "STATIC", "role": "r"}, {"type": "DYNAMIC", "role": "r/s"}]},
        ),
    ],
)
def test_operators_read_reservations_in_both_spellings(
    reservations: tuple[Reservation, ...], expected: dict[str, Any]
) -> None:
    """mesos-v1-api 4.2: the endpoint format has role, reservation and reservations, as far as the first can say it."""
    resource = Resource(Kind(name="cpus", reservations=reservations), Scalar.of(1))
    plain = endpoint_json.to_plain(resource)

    assert {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.0}} | expected == plain
    assert resource == endpoint_json.from_plain(plain, Resource)


def test_master_info_stands_in_zookeeper_as_mesos_writes_it() -> None:
    """The address is also a number, read little-endian: 10.0.0.1 is 16777226."""
    raw = plain_json.to_plain(MasterInfo(id="m", ip=ip_to_number("10.0.0.1"), port=5050, version="1.11.0"))

    assert {"id": "m", "ip": 16777226, "port": 5050, "version": "1.11.0"} == raw

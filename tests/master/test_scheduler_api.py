"""The scheduler API over real HTTP: status codes, headers, framing, and the whole way of a task."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import AcknowledgeUpdate, KillTask, RunTask
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.resources import Kind, Reservation, Resource, Resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Heartbeat, Update
from koinon_core.tasks import TaskResourceLimitation, TaskState, TaskStatus
from koinon_core.wire import ContentType
from koinon_daemon.stream import RecordStream
from koinon_master.http.scheduler_api import EventEncoder

PATH = "/api/v1/scheduler"
JSON, PROTOBUF = "application/json", "application/x-protobuf"
SUBSCRIBE = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": "nobody", "name": "raw"}}}


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """A client."""
    async with ClientSession() as client:
        yield client


@pytest.mark.parametrize("content_type", ContentType)
async def test_task_goes_all_the_way(master_url: str, content_type: ContentType) -> None:
    """Register, subscribe, offer, accept, run, update, acknowledge, kill: each arrives where it should, said in JSON
    as in protobuf.
    """
    framework = HttpFramework(master_url, content_type=content_type)
    async with LinkAgent(master_url) as agent, framework:
        await agent.register()
        subscribed = await framework.subscribe()
        heartbeat = await framework.next_event()
        offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]

        accepted = await framework.launch(offer, "t1")
        run = await agent.expect(RunTask)
        framework_id = FrameworkId(subscribed["subscribed"]["framework_id"]["value"])
        uuid = await agent.report(framework_id, run.task.task_id, TaskState.TASK_RUNNING)
        update = (await framework.expect("UPDATE"))["update"]["status"]
        names = {"agent_id": update["agent_id"], "task_id": update["task_id"], "uuid": update["uuid"]}
        await framework.call("ACKNOWLEDGE", **names)
        acknowledged = await agent.expect(AcknowledgeUpdate)
        await framework.call("KILL", task_id={"value": "t1"})
        killed = await agent.expect(KillTask)
        stream = framework.stream

    assert stream is not None
    assert content_type.value == stream.headers["Content-Type"]
    assert {"type": "HEARTBEAT"} == heartbeat
    assert 202 == accepted.status
    assert ("TASK_RUNNING", uuid) == (update["state"], acknowledged.uuid)
    assert "t1" == killed.task_id
    assert all(epoch > 0 for epoch in agent.epochs)


async def test_subscription_is_an_endless_stream_of_exactly_json(master_url: str) -> None:
    """200, a stream id, chunked without a length, and the type without a charset."""
    async with HttpFramework(master_url, "/master" + PATH) as framework:
        first = await framework.subscribe()
        stream = framework.stream

        assert stream is not None
        assert (200, "application/json", "chunked") == (
            stream.status,
            stream.headers["Content-Type"],
            stream.headers["Transfer-Encoding"],
        )
        assert "Content-Length" not in stream.headers
        assert stream.headers["Mesos-Stream-Id"]
        assert "1.11.0" == first["subscribed"]["master_info"]["version"]


async def test_accepted_call_has_an_empty_body(master_url: str) -> None:
    """202 with nothing in it; clients tell by that."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()

        response = await framework.call("REVIVE")

        assert (202, b"") == (response.status, await response.read())


@pytest.mark.parametrize(
    ("headers", "body", "status", "text"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415, "Expecting 'Content-Type'"),
        ({"Content-Type": "application/json; charset=utf-8"}, b"{}", 415, "Expecting 'Content-Type'"),
        ({"Content-Type": "APPLICATION/JSON"}, b"{}", 415, "Expecting 'Content-Type'"),
        ({"Content-Type": PROTOBUF}, b"", 400, "Failed to validate scheduler::Call: Expecting 'type' to be present"),
        ({"Content-Type": PROTOBUF}, b"{}", 400, "Failed to parse body into Call protobuf"),
        ({"Content-Type": PROTOBUF}, b"\x10\x06\x32\x00", 400, "$.kill.task_id: required field missing"),
        ({"Content-Type": PROTOBUF}, b"\x10\x02", 400, "framework_id"),
        ({"Content-Type": "application/json"}, b"{", 400, "Failed to parse body into JSON"),
        ({"Content-Type": "application/json"}, b"{}", 400, "Expecting 'type' to be present"),
        ({"Content-Type": "application/json"}, b'{"type":"FLY"}', 400, "'FLY'"),
        ({"Content-Type": "application/json"}, b'{"type":"KILL","kill":{}}', 400, "$.kill"),
        ({"Content-Type": "application/json"}, b'{"type":"TEARDOWN"}', 400, "framework_id"),
    ],
)
async def test_bad_request_says_why(
    session: ClientSession, master_url: str, headers: dict[str, str], body: bytes, status: int, text: str
) -> None:
    """The status is the protocol's, the body plain text that names the fault."""
    response = await session.post(master_url + PATH, data=body, headers=headers)

    assert status == response.status
    assert text in await response.text()


async def test_missing_content_type_is_400(session: ClientSession, master_url: str) -> None:
    """Absent is not the same as wrong."""
    response = await session.post(master_url + PATH, data=b"{}", skip_auto_headers=["Content-Type"])

    assert (400, "Expecting 'Content-Type' to be present") == (response.status, await response.text())


async def test_other_methods_are_405(session: ClientSession, master_url: str) -> None:
    """Only POST, and the answer says so."""
    response = await session.get(master_url + PATH)

    assert (405, "POST") == (response.status, response.headers["Allow"])


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/x-protobuf, application/json;q=0.5", JSON),
        ("Application/X-Protobuf", PROTOBUF),
        ("application/json;q=0, */*", PROTOBUF),
        ("*/*, application/json;q=0", PROTOBUF),
    ],
)
async def test_answer_comes_in_an_acceptable_type(
    session: ClientSession, master_url: str, accept: str, answered: str
) -> None:
    """As Mesos chooses: JSON wherever that will do, whatever the weights; protobuf where it will not."""
    response = await session.post(master_url + PATH, json=SUBSCRIBE, headers={"Accept": accept})

    assert (200, answered) == (response.status, response.headers["Content-Type"])
    response.close()


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "*/*;q=0.0", "*"])
async def test_who_reads_neither_type_is_refused(session: ClientSession, master_url: str, accept: str) -> None:
    """SUBSCRIBE is 406 where there is no type to answer in."""
    response = await session.post(master_url + PATH, json=SUBSCRIBE, headers={"Accept": accept})

    expected = "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"
    assert (406, expected) == (response.status, await response.text())


async def test_protobuf_subscription_begins_as_mesos_begins_it(session: ClientSession, master_url: str) -> None:
    """Bytes that a Mesos 1.11 took: asked in protobuf, answered in RecordIO of protobuf, the heartbeat right behind."""
    subscribe = bytes.fromhex(
        "10011a2e0a2c0a04726f6f74120a776972652d70726f6f66210000000000000000280052020806520208075202080562012a"
    )
    headers = {"Content-Type": PROTOBUF, "Accept": PROTOBUF}
    response = await session.post(master_url + PATH, data=subscribe, headers=headers)
    length = int(await response.content.readline())
    record = await response.content.readexactly(length)
    heartbeat = await response.content.readexactly(4)
    response.close()

    assert (200, PROTOBUF, "chunked") == (
        response.status,
        response.headers["Content-Type"],
        response.headers["Transfer-Encoding"],
    )
    assert bytes.fromhex("0801 12") == record[:3]
    assert b"2\n\x08\x08" == heartbeat


async def test_type_unknown_is_not_implemented(master_url: str) -> None:
    """501, where a Mesos master would abort."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()

        response = await framework.call("UNKNOWN")

        assert (501, "501 Not Implemented.") == (response.status, await response.text())


async def test_reconciling_operations_is_accepted(session: ClientSession, master_url: str) -> None:
    """202, as answers come as events; 406 for who says that no answer could be read."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()
        accepted = await framework.call("RECONCILE_OPERATIONS")
        call = {"type": "RECONCILE_OPERATIONS", "framework_id": framework.framework_id, "reconcile_operations": {}}
        headers = framework.stream_headers | {"Accept": "text/html"}
        refused = await session.post(master_url + PATH, json=call, headers=headers)

    assert (202, 406) == (accepted.status, refused.status)


async def test_framework_is_updated_without_a_new_stream(master_url: str) -> None:
    """UPDATE_FRAMEWORK waits for what comes of it: 200, or 400 with the reason."""
    info = {"user": "nobody", "name": "renamed"}
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()
        mine = {"id": framework.framework_id}
        done = await framework.call("UPDATE_FRAMEWORK", framework_info=info | mine)
        refused = await framework.call("UPDATE_FRAMEWORK", framework_info=info | mine | {"user": "somebody"})

        assert (200, b"") == (done.status, await done.read())
        assert 400 == refused.status
        assert "user" in await refused.text()


async def test_calls_of_strangers_are_refused(session: ClientSession, master_url: str) -> None:
    """An unknown framework is 400, a wrong stream 400."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()
        call = {"type": "REVIVE", "framework_id": framework.framework_id}
        stranger = await session.post(master_url + PATH, json=call | {"framework_id": {"value": "x"}})
        wrong = await session.post(master_url + PATH, json=call, headers={"Mesos-Stream-Id": "x"})

    assert (400, "Framework cannot be found") == (stranger.status, await stranger.text())
    assert 400 == wrong.status


async def test_framework_fails_over_to_a_new_connection(master_url: str) -> None:
    """The first stream ends with an ERROR event; calls on it are 400 from then on."""
    async with HttpFramework(master_url) as old, HttpFramework(master_url) as new:
        await old.subscribe(failover_timeout=60)
        await new.subscribe(failover_timeout=60, id=old.framework_id)

        error = await old.expect("ERROR")
        late = await old.call("REVIVE")

        assert {"message": "Framework failed over"} == error["error"]
        with pytest.raises(AssertionError, match="the stream ended"):
            await old.next_event()
        assert 400 == late.status


async def test_removed_framework_gets_an_error_event_not_a_status(master_url: str) -> None:
    """A burnt id opens a stream with 200, which says so and ends."""
    async with HttpFramework(master_url) as first, HttpFramework(master_url) as second:
        await first.subscribe()
        await first.call("TEARDOWN")
        with pytest.raises(AssertionError, match="the stream ended"):
            await first.expect("nothing")

        event = await second.subscribe(id=first.framework_id)

        assert {"type": "ERROR", "error": {"message": "Framework has been removed"}} == event


async def test_refined_framework_reads_reservations(master_url: str) -> None:
    """RESERVATION_REFINEMENT switches the format of resources: no ``role`` on what is not reserved."""
    capable = [{"type": "RESERVATION_REFINEMENT"}]
    async with LinkAgent(master_url, "cpus(eng):4") as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe(role="eng", capabilities=capable)

        resource = (await framework.expect("OFFERS"))["offers"]["offers"][0]["resources"][0]

    assert "role" not in resource
    assert [{"role": "eng", "type": "STATIC"}] == resource["reservations"]


async def test_update_of_capabilities_changes_how_resources_are_spelt(master_url: str) -> None:
    """A framework that learns RESERVATION_REFINEMENT reads ``reservations`` from its next offer on."""
    async with LinkAgent(master_url, "cpus(eng):4") as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe(role="eng")
        before = (await framework.expect("OFFERS"))["offers"]["offers"][0]
        info = {"user": "nobody", "name": "raw", "role": "eng", "id": framework.framework_id}
        capable = info | {"capabilities": [{"type": "RESERVATION_REFINEMENT"}]}
        updated = await framework.call("UPDATE_FRAMEWORK", framework_info=capable)
        await framework.call("DECLINE", offer_ids=[before["id"]], filters={"refuse_seconds": 0})
        after = (await framework.expect("OFFERS"))["offers"]["offers"][0]

    assert 200 == updated.status
    assert "eng" == before["resources"][0]["role"]
    assert ("role" in after["resources"][0], "reservations" in after["resources"][0]) == (False, True)


async def test_offer_constraints_reach_the_machine(master_url: str) -> None:
    """Constraints that are wrong end the stream by an ERROR event that says why."""
    wrong: dict[str, Any] = {"role_constraints": {"*": {"groups": []}}}
    async with HttpFramework(master_url) as framework:
        event = await framework.subscribe_with({"offer_constraints": wrong})

    assert "ERROR" == event["type"]
    assert "group" in event["error"]["message"].lower()


async def test_events_are_one_line_each(master_url: str, session: ClientSession) -> None:
    """The first two records, as bytes: length, newline, compact JSON, and the heartbeat right behind."""
    response = await session.post(master_url + PATH, json=SUBSCRIBE)

    length = int(await response.content.readline())
    record = await response.content.readexactly(length)
    heartbeat = await response.content.readexactly(len(b'20\n{"type":"HEARTBEAT"}'))
    response.close()

    assert b"\n" not in record
    assert "SUBSCRIBED" == json.loads(record)["type"]
    assert b'20\n{"type":"HEARTBEAT"}' == heartbeat


class Tape:
    """A stream that keeps what it was given."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.ends: list[str] = []

    def send(self, record: bytes) -> None:
        """Keep a record."""
        self.records.append(record)

    def finish(self, reason: str) -> None:
        """Keep the reason."""
        self.ends.append(reason)


@pytest.mark.parametrize("content_type", ContentType)
def test_event_that_can_not_be_said_ends_its_stream_only(content_type: ContentType) -> None:
    """A refined reservation has no words before refinement: nothing is raised into the loop, half an event not sent."""
    tape = Tape()
    encoder = EventEncoder(cast(RecordStream, tape), content_type, FrameworkInfo(user="u", name="n"))
    stacked = tuple(Reservation(role=role) for role in ("r", "r/s"))
    limitation = TaskResourceLimitation(Resources((Resource(Kind(name="mem", reservations=stacked), Scalar.of(1)),)))
    status = TaskStatus(task_id=TaskId("t"), state=TaskState.TASK_FAILED, limitation=limitation)

    encoder.send(Heartbeat())
    encoder.send(Update(status))

    assert (1, 1) == (len(tape.records), len(tape.ends))
    assert "a refined reservation can't be said" in tape.ends[0]

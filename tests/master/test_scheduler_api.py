"""The scheduler API over real HTTP: status codes, headers, framing, and the whole way of a task."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import AcknowledgeUpdate, KillTask, RunTask
from koinon_core.ids import FrameworkId
from koinon_core.tasks import TaskState

PATH = "/api/v1/scheduler"
SUBSCRIBE = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": "nobody", "name": "raw"}}}


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """A client."""
    async with ClientSession() as client:
        yield client


async def test_task_goes_all_the_way(master_url: str) -> None:
    """Register, subscribe, offer, accept, run, update, acknowledge, kill: each arrives where it should."""
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
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
        ({"Content-Type": "application/x-protobuf"}, b"", 415, "application/x-protobuf is not supported"),
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
    ("accept", "status"),
    [("*/*", 200), ("application/json", 200), ("text/html", 406), ("application/json;q=0", 406)],
)
async def test_accept_must_allow_json(session: ClientSession, master_url: str, accept: str, status: int) -> None:
    """SUBSCRIBE is 406 for those who read no JSON."""
    response = await session.post(master_url + PATH, json=SUBSCRIBE, headers={"Accept": accept})

    assert status == response.status
    response.close()


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

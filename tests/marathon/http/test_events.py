"""`/v2/events` over HTTP: who gets a stream, its bytes, and how it ends (marathon-v2-api 11)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse
from attrs import define, evolve

from fakes.marathon_desk import Desk
from koinon_core.ids import AgentId, ExecutorId, FrameworkId
from koinon_marathon.events import Disconnected, MessageReceived, Subscribed
from koinon_marathon.http import events
from koinon_marathon.stream_events import StreamEvent

STREAM = {"Accept": "text/event-stream"}


@define
class Stream:
    """An open stream and what was read of it."""

    response: ClientResponse

    async def lines(self) -> list[str]:
        """The lines of the next event, without their ends."""
        block = await asyncio.wait_for(self.response.content.readuntil(b"\r\n\r\n"), 5)
        return block.decode().strip("\r\n").split("\r\n")

    async def next(self) -> tuple[str, Any]:
        """The next event: its type and data."""
        fields = dict(line.split(": ", 1) for line in await self.lines())
        return fields["event"], json.loads(fields["data"])

    async def until(self, event_type: str) -> Any:
        """The data of the next event of a type."""
        while True:
            found, data = await self.next()
            if found == event_type:
                return data


@asynccontextmanager
async def listening(desk: Desk, path: str = "/v2/events", **headers: str) -> AsyncIterator[Stream]:
    """A stream whose first event is read."""
    url = f"http://{desk.address}{path}"
    async with desk.session.get(url, headers={**STREAM, **headers}) as response:
        assert 200 == response.status
        yield Stream(response)


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/*"])
async def test_who_takes_no_stream_gets_405(desk: Desk, accept: str) -> None:
    """Marathon asks for the very word."""
    reply = await desk.ask("GET", "/v2/events", Accept=accept)

    assert (405, {"message": "Method Not Allowed"}) == (reply.status, reply.body)


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "application/json, text/event-stream;q=0.5", "TEXT/Event-Stream"]
)
@pytest.mark.parametrize("path", ["/v2/events", "//v2//events/"])
async def test_the_first_event_is_the_attachment(desk: Desk, accept: str, path: str) -> None:
    """Type, data and id in lines of their own, an empty line, in a stream that nothing packs or keeps."""
    async with listening(desk, path, Accept=accept, **{"Accept-Encoding": "gzip"}) as stream:
        lines, headers = await stream.lines(), stream.response.headers

    assert ["event: event_stream_attached", "id: 7-1"] == [lines[0], lines[2]]
    assert "127.0.0.1" == json.loads(lines[1].removeprefix("data: "))["remoteAddress"]
    assert ("text/event-stream", None) == (headers["Content-Type"], headers.get("Content-Encoding"))
    assert f"http://{desk.address}" == headers["X-Marathon-Leader"]
    assert "no-cache, no-store, must-revalidate" == headers["Cache-Control"]


async def test_a_life_of_an_app_is_told(desk: Desk) -> None:
    """From the post to the end of its deployment, each event with its own fields."""
    async with listening(desk) as stream:
        created = await desk.ask("POST", "/v2/apps", {"id": "/shop/web", "cmd": "x", "instances": 1})
        await desk.run_tasks()
        seen = dict([await stream.next()])
        while "deployment_success" not in seen:
            event_type, data = await stream.next()
            seen[event_type] = data

    posted, deployment = seen["api_post_event"], created.body["deployments"][0]["id"]
    assert ("127.0.0.1", "/v2/apps") == (posted["clientIp"], posted["uri"])
    assert ("/shop/web", 1) == (posted["appDefinition"]["id"], posted["appDefinition"]["instances"])
    assert "/shop" == seen["group_change_success"]["groupId"]
    assert "TASK_RUNNING" == seen["status_update_event"]["taskStatus"]
    assert "Running" == seen["instance_changed_event"]["condition"]
    assert deployment == seen["deployment_info"]["plan"]["id"] == seen["deployment_success"]["id"]
    assert all(data["eventType"] == event_type and data["timestamp"] for event_type, data in seen.items())


async def test_types_and_plans_are_chosen_by_the_query(desk: Desk) -> None:
    """`event_type` repeats, lists by comma are no lists; plans are heavy unless light ones are asked for."""
    heavy_path = "/v2/events?event_type=deployment_info&event_type=group_change_failed"
    async with (
        listening(desk, heavy_path) as heavy,
        listening(desk, "/v2/events?plan-format=light&event_type=deployment_info") as light,
        listening(desk, "/v2/events?event_type=a,deployment_info&event_type=deployment_success") as listed,
    ):
        await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "x", "instances": 0})
        await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "x", "instances": 0})
        plans = [(await each.next())[1]["plan"] for each in (heavy, light)]
        refused, first = await heavy.until("group_change_failed"), await listed.next()

    assert {"id", "version", "steps", "original", "target"} == set(plans[0])
    assert ([], ["/web"]) == tuple([app["id"] for app in plans[0][side]["apps"]] for side in ("original", "target"))
    assert {"id", "version", "steps"} == set(plans[1])
    assert ("/", "An app with id [/web] already exists.") == (refused["groupId"], refused["reason"])
    assert "deployment_success" == first[0]


async def test_a_change_of_several_apps_is_no_post(desk: Desk) -> None:
    """Nor is a deletion: only single apps that were put, posted or patched are told."""
    async with listening(desk, "/v2/events?event_type=api_post_event") as stream:
        await desk.ask("PUT", "/v2/apps", [{"id": "/a", "cmd": "x", "instances": 0}])
        await desk.ask("DELETE", "/v2/apps/a")
        await desk.ask("PUT", "/v2/apps//b", {"cmd": "x", "instances": 0})
        await desk.ask("PATCH", "/v2/apps/b", {"cmd": "y"})
        posts = [(await stream.next())[1] for _ in range(2)]

    assert ["/v2/apps//b", "/v2/apps/b"] == [post["uri"] for post in posts]
    assert ["x", "y"] == [post["appDefinition"]["cmd"] for post in posts]


async def test_who_comes_back_misses_nothing(desk: Desk) -> None:
    """The connection breaks, apps change, and the next one begins where the last ended."""
    async with listening(desk, "/v2/events?event_type=api_post_event&event_type=event_stream_attached") as stream:
        last = (await stream.lines())[2].removeprefix("id: ")
    for name in ("a", "b", "c"):
        await desk.ask("POST", "/v2/apps", {"id": name, "cmd": "x", "instances": 0})
    async with listening(desk, "/v2/events?event_type=api_post_event", **{"Last-Event-ID": last}) as stream:
        missed = [(await stream.next())[1]["appDefinition"]["id"] for _ in range(3)]

    assert ["/a", "/b", "/c"] == missed


async def test_the_master_comes_and_goes(desk: Desk) -> None:
    """For who names these events: strict clients stop at words they do not know."""
    names = ("scheduler_registered_event", "scheduler_reregistered_event", "scheduler_disconnected_event")
    subscribed = Subscribed(framework_id=FrameworkId("f-1"), master="m")
    said = MessageReceived(executor_id=ExecutorId("e"), agent_id=AgentId("a"), data=b"hi")
    query = "&".join(f"event_type={name}" for name in (*names, "framework_message_event"))
    async with listening(desk, f"/v2/events?{query}") as stream:
        for event in (subscribed, Disconnected(), subscribed, said):
            desk.service.loop.put(event)
        seen = [await stream.next() for _ in range(4)]

    assert [names[0], names[2], names[1], "framework_message_event"] == [event_type for event_type, _ in seen]
    assert ("f-1", "m") == (seen[0][1]["frameworkId"], seen[0][1]["master"])
    assert ("e", "a", [104, 105]) == tuple(seen[3][1][key] for key in ("executorId", "slaveId", "message"))


async def test_a_probe_gets_no_stream(desk: Desk) -> None:
    """HEAD has no body that could go on."""
    assert 405 == (await desk.ask("HEAD", "/v2/events", **STREAM)).status


async def test_an_open_stream_beats(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty line now and then keeps proxies from ending it."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.001)
    async with listening(desk, "/v2/events?event_type=none") as stream:
        beat = await asyncio.wait_for(stream.response.content.readexactly(4), 5)

    assert b"\r\n\r\n" == beat


async def test_streams_are_counted_while_they_are_open(desk: Desk) -> None:
    """One that was left is noticed at once, and the others are told."""
    async with listening(desk, "/v2/events?event_type=event_stream_detached") as stream:
        async with listening(desk):
            both = desk.service.events.active
        await stream.until("event_stream_detached")
        one = desk.service.events.active

    assert (2, 1) == (both, one)


async def test_who_does_not_read_is_cut_at_the_bound(desk: Desk) -> None:
    """What waits for him is bounded by --event_stream_max_outstanding_messages, and others hear everything."""
    desk.service.config = evolve(desk.service.config, event_stream_max_outstanding_messages=20)
    event = StreamEvent("large", {"text": "x" * 200_000}, 0.0)
    async with listening(desk, "/v2/events?event_type=large"), listening(desk, "/v2/events?event_type=large") as quick:
        for _ in range(200):
            desk.service.events.publish(event)
            await quick.next()
            if desk.service.events.active == 1:
                break
        desk.service.events.publish(event)
        after = await quick.next()

    assert "large" == after[0]


async def test_the_end_of_the_leadership_ends_streams_in_good_order(desk: Desk) -> None:
    """The reader gets what was said last, then the end."""
    async with listening(desk, "/v2/events?event_type=last") as stream:
        desk.service.events.publish(StreamEvent("last", {}, 0.0))
        desk.service.events.close("over")
        last = await stream.next()
        rest = await asyncio.wait_for(stream.response.content.read(), 5)

    assert ("last", b"") == (last[0], rest)


async def test_there_are_no_callbacks(desk: Desk) -> None:
    """Strict old clients read the list."""
    assert {"callbackUrls": []} == (await desk.ask("GET", "/v2/eventSubscriptions")).body

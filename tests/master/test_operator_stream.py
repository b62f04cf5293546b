"""The operator's event stream: the state, a heartbeat, and every event that the table promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.http_framework import HttpFramework
from fakes.http_operator import HttpOperator
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import RunTask, Unregister
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_core.wire import ContentType
from koinon_master.app import MasterApp
from koinon_master.http.operator_stream import OperatorStreams


@pytest.fixture(params=list(ContentType), ids=lambda content_type: content_type.name)
async def operator(master_url: str, request: pytest.FixtureRequest) -> AsyncIterator[HttpOperator]:
    """An operator, not subscribed yet."""
    async with HttpOperator(master_url, request.param) as operator:
        yield operator


async def _launch(framework: HttpFramework, agent: LinkAgent, task_id: str) -> FrameworkId:
    offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
    await framework.launch(offer, task_id)
    await agent.expect(RunTask)
    return FrameworkId(offer["framework_id"]["value"])


async def test_the_stream_begins_with_the_state_and_a_heartbeat(operator: HttpOperator) -> None:
    """The snapshot is GET_STATE's, the interval is said, and a heartbeat follows at once."""
    first = await operator.subscribe()
    second = await operator.next_event()

    assert ("SUBSCRIBED", "HEARTBEAT") == (first["type"], second["type"])
    assert 15.0 == first["subscribed"]["heartbeat_interval_seconds"]
    assert await operator.read("GET_STATE") == first["subscribed"]["get_state"]


async def test_every_event_of_a_life_is_told(master_url: str, operator: HttpOperator) -> None:
    """Agent and framework come, a task is launched, runs and ends, agent and framework go: in that order."""
    await operator.subscribe()
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
        await agent.register()
        added = await operator.expect("AGENT_ADDED")
        await framework.subscribe()
        came = await operator.expect("FRAMEWORK_ADDED")
        framework_id = await _launch(framework, agent, "t1")
        task = (await operator.expect("TASK_ADDED"))["task"]
        await agent.report(framework_id, TaskId("t1"), TaskState.TASK_RUNNING)
        running = await operator.expect("TASK_UPDATED")
        await framework.call("TEARDOWN")
        ended: Any = [await operator.next_event() for _ in range(2)]
        await agent.send(Unregister(reason="the test is over"))
        removed = await operator.expect("AGENT_REMOVED")

        assert agent.id == added["agent"]["agent_info"]["id"]["value"]
        assert "raw" == came["framework"]["framework_info"]["name"]
        assert ("TASK_STAGING", {"value": "t1"}) == (task["state"], task["task_id"])
        assert ("TASK_RUNNING", "TASK_RUNNING") == (running["state"], running["status"]["state"])
        assert "FRAMEWORK_REMOVED" in {event["type"] for event in ended}
        assert {"value": agent.id} == removed["agent_id"]


async def test_a_state_that_is_reported_again_is_no_event(master_url: str, operator: HttpOperator) -> None:
    """A second TASK_RUNNING changes nothing that the stream tells; the end of the task is the next event."""
    await operator.subscribe()
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe()
        framework_id = await _launch(framework, agent, "t1")
        for state in (TaskState.TASK_RUNNING, TaskState.TASK_RUNNING, TaskState.TASK_FINISHED):
            await agent.report(framework_id, TaskId("t1"), state)

        for kind in ("AGENT_ADDED", "FRAMEWORK_ADDED", "TASK_ADDED"):
            await operator.expect(kind)
        assert ["TASK_RUNNING", "TASK_FINISHED"] == [(await operator.expect("TASK_UPDATED"))["state"] for _ in "ab"]


async def test_a_framework_that_comes_again_is_updated(master_url: str, operator: HttpOperator) -> None:
    """Its second subscription is no new framework."""
    await operator.subscribe()
    async with HttpFramework(master_url) as first, HttpFramework(master_url) as second:
        await first.subscribe(failover_timeout=60)
        await second.subscribe(failover_timeout=60, id=first.framework_id)
        added = await operator.expect("FRAMEWORK_ADDED")
        updated = await operator.expect("FRAMEWORK_UPDATED")

    assert added["framework"]["framework_info"]["id"] == updated["framework"]["framework_info"]["id"]


async def test_the_oldest_subscriber_makes_room(master: MasterApp, master_url: str) -> None:
    """With room for one, the second one's coming ends the first one's stream."""
    master.office.operator_streams = OperatorStreams(1)
    async with HttpOperator(master_url) as old, HttpOperator(master_url) as new:
        for operator in (old, new):
            await operator.subscribe()
        await old.next_event()

        with pytest.raises(AssertionError, match="the stream ended"):
            await old.next_event()
        assert 1 == len(master.office.operator_streams)
        assert "HEARTBEAT" == (await new.next_event())["type"]


async def test_nothing_is_encoded_for_nobody(master: MasterApp, master_url: str) -> None:
    """Once the last subscriber has left, events are dropped before they are shown."""
    if master.office.loop is None:
        raise AssertionError("the master does not lead")
    before = master.office.loop.publish
    async with HttpOperator(master_url) as operator:
        await operator.subscribe()
        during = master.office.loop.publish
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()

        assert 0 == len(master.office.operator_streams)
        assert during not in (before, master.office.loop.publish)

"""The operator API, as tools call it, in both content types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.http_operator import HttpOperator
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import RunTask
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_core.wire import ContentType


@pytest.fixture
async def busy_url(master_url: str) -> AsyncIterator[str]:
    """A master with one agent and one framework that runs one task."""
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe(roles=["eng/web"], capabilities=[{"type": "MULTI_ROLE"}])
        offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
        await framework.launch(offer, "t1")
        await agent.expect(RunTask)
        await agent.report(FrameworkId(offer["framework_id"]["value"]), TaskId("t1"), TaskState.TASK_RUNNING)
        await framework.expect("UPDATE")
        yield master_url


@pytest.fixture(params=list(ContentType), ids=lambda content_type: content_type.name)
async def operator(busy_url: str, request: pytest.FixtureRequest) -> AsyncIterator[HttpOperator]:
    """An operator of that master."""
    async with HttpOperator(busy_url, request.param) as operator:
        yield operator


def _scalars(resources: list[dict[str, Any]]) -> dict[str, float]:
    return {one["name"]: one["scalar"]["value"] for one in resources if "scalar" in one}


async def test_state_holds_tasks_agents_and_frameworks(operator: HttpOperator) -> None:
    """Ids are wrapped, the task is where it runs, and totals say role and allocation."""
    state = await operator.read("GET_STATE")

    (task,), (agent,) = state["get_tasks"]["tasks"], state["get_agents"]["agents"]
    (framework,) = state["get_frameworks"]["frameworks"]
    assert ({"value": "t1"}, "TASK_RUNNING") == (task["task_id"], task["state"])
    assert ["TASK_RUNNING"] == [status["state"] for status in task["statuses"]]
    assert (agent["agent_info"]["id"], framework["framework_info"]["id"]) == (task["agent_id"], task["framework_id"])
    assert ("slave(1)@127.0.0.1:5051", True) == (agent["pid"], agent["active"])
    assert {"cpus": 1.0} == _scalars(agent["allocated_resources"])
    assert {"role": "eng/web"} == agent["allocated_resources"][0]["allocation_info"]
    assert ("*", 4.0) == (agent["total_resources"][0]["role"], _scalars(agent["total_resources"])["cpus"])
    assert {"cpus": 1.0} == _scalars(framework["allocated_resources"])


async def test_parts_of_the_state_can_be_asked_for_alone(operator: HttpOperator) -> None:
    """GET_TASKS, GET_AGENTS and GET_FRAMEWORKS say the same as GET_STATE."""
    state = await operator.read("GET_STATE")

    assert state["get_tasks"] == await operator.read("GET_TASKS")
    assert state["get_agents"] == await operator.read("GET_AGENTS")
    assert state["get_frameworks"] == await operator.read("GET_FRAMEWORKS")


async def test_roles_hold_what_is_beneath_them(operator: HttpOperator) -> None:
    """A parent that nobody is subscribed to is listed with what its children hold."""
    roles = {role["name"]: role for role in (await operator.read("GET_ROLES"))["roles"]}

    assert {"eng", "eng/web"} == set(roles)
    assert (1.0, 1.0) == tuple(_scalars(roles[name]["resources"])["cpus"] for name in ("eng", "eng/web"))
    assert 1 == len(roles["eng/web"]["frameworks"])


async def test_the_master_speaks_of_itself(operator: HttpOperator) -> None:
    """Health, version, flags, metrics, logging level and who leads."""
    flags = {one["name"]: one["value"] for one in (await operator.read("GET_FLAGS"))["flags"]}
    metrics = {one["name"]: one["value"] for one in (await operator.read("GET_METRICS", timeout=None))["metrics"]}

    assert {"healthy": True} == await operator.read("GET_HEALTH")
    assert "1.11.0" == (await operator.read("GET_VERSION"))["version_info"]["version"]
    assert ("in_memory", 1.0) == (flags["registry"], metrics["master/elected"])
    assert {"level": 0} == await operator.read("GET_LOGGING_LEVEL")
    assert "1.11.0" == (await operator.read("GET_MASTER"))["master_info"]["version"]


async def test_a_change_is_answered_with_an_empty_body(operator: HttpOperator) -> None:
    """TEARDOWN ends the framework, its task with it."""
    state = await operator.read("GET_STATE")
    framework_id = state["get_frameworks"]["frameworks"][0]["framework_info"]["id"]

    assert (200, "") == await operator.change("TEARDOWN", framework_id=framework_id)
    frameworks = await operator.read("GET_FRAMEWORKS")
    tasks = await operator.read("GET_TASKS")
    assert [framework_id] == [one["framework_info"]["id"] for one in frameworks["completed_frameworks"]]
    assert ["TASK_KILLED"] == [one["state"] for one in tasks["completed_tasks"]]


async def test_weights_and_quota_are_set_and_shown(operator: HttpOperator) -> None:
    """What is written is read again, also by the older calls."""
    config = {"role": "eng", "guarantees": {"cpus": {"value": 1.0}}, "limits": {"cpus": {"value": 3.0}}}

    weighted = await operator.change("UPDATE_WEIGHTS", weight_infos=[{"role": "eng", "weight": 2.5}])
    limited = await operator.change("UPDATE_QUOTA", quota_configs=[config])

    assert ((200, ""), (200, "")) == (weighted, limited)
    assert [{"role": "eng", "weight": 2.5}] == (await operator.read("GET_WEIGHTS"))["weight_infos"]
    assert [config] == (await operator.read("GET_QUOTA"))["status"]["configs"]


async def test_a_refusal_says_why(operator: HttpOperator) -> None:
    """Status and plain text of what can't be done."""
    assert (400, "No framework found with specified ID") == await operator.change(
        "TEARDOWN", framework_id={"value": "x"}
    )


async def test_files_are_read_as_the_roots_have_them(operator: HttpOperator) -> None:
    """A path that is not shown is 404."""
    status, _ = await operator.change("LIST_FILES", path="/etc")

    assert 404 == status


@pytest.mark.parametrize(
    ("body", "headers", "status", "text"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415, "Expecting 'Content-Type' of"),
        (b"{", {}, 400, "Failed to parse body into JSON"),
        (b"[]", {}, 400, "an object"),
        (b'{"type":"UNKNOWN"}', {}, 501, "501 Not Implemented"),
        (b'{"type":"GET_METRICS"}', {}, 400, "Expecting 'get_metrics' to be present"),
        (b'{"type":"DRAIN_AGENT","drain_agent":{}}', {}, 400, "agent_id"),
        (b'{"type":"GET_HEALTH"}', {"Accept": "text/html"}, 406, "Expecting 'Accept' to allow"),
        (b'{"type":"GET_HEALTH"}', {"Accept": "application/json;q=0"}, 406, "Expecting 'Accept' to allow"),
    ],
)
async def test_bad_calls_are_told_what_is_wrong(
    master_url: str, body: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    """Mesos's status, and a sentence that names the field."""
    async with ClientSession() as session:
        response = await session.post(
            f"{master_url}/api/v1", data=body, headers={"Content-Type": "application/json"} | headers
        )

        assert status == response.status
        assert text in await response.text()


async def test_only_posts_are_calls(master_url: str) -> None:
    """405 names the method that is allowed."""
    async with ClientSession() as session:
        response = await session.get(f"{master_url}/api/v1")

        assert (405, "POST") == (response.status, response.headers["Allow"])


@pytest.mark.parametrize("path", ["/api/v1/operator", "/master/api/v1", "/api/v1/"])
async def test_what_lies_beneath_the_path_is_the_path(master_url: str, path: str) -> None:
    """Clients append names of their own, as Mesos lets them."""
    async with HttpOperator(master_url, path=path) as operator:
        assert {"healthy": True} == await operator.read("GET_HEALTH")

"""Mesos's older read endpoints, as tools read them."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from fakes.master_bench import MasterBench
from koinon_core.agent_link import RunTask
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_master.views import show_frameworks


async def _get(url: str) -> Any:
    async with ClientSession() as session, session.get(url) as response:
        response.raise_for_status()
        if response.headers["Content-Type"] != "application/json":
            raise AssertionError(response.headers["Content-Type"])
        return await response.json()


def test_offers_are_shown_as_the_old_endpoints_do() -> None:
    """Plain ids, ``slave_id``, and resources as numbers: unlike in the scheduler API."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;ports:[1-2]")
    framework_id = bench.add_framework()

    (view,) = orjson.loads(orjson.dumps(show_frameworks(bench.master.state)["frameworks"]))

    assert [
        {
            "id": "m-O0",
            "framework_id": framework_id,
            "allocation_info": {"role": "*"},
            "slave_id": agent_id,
            "resources": {"cpus": 4.0, "gpus": 0, "mem": 0, "disk": 0, "ports": "[1-2]"},
        }
    ] == view["offers"]


@pytest.fixture
async def busy_url(master_url: str) -> Any:
    """A master with one agent and one framework that runs one task."""
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework:
        await agent.register()
        await framework.subscribe()
        offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
        await framework.launch(offer, "t1")
        await agent.expect(RunTask)
        await agent.report(FrameworkId(offer["framework_id"]["value"]), TaskId("t1"), TaskState.TASK_RUNNING)
        await framework.expect("UPDATE")
        yield master_url


@pytest.mark.parametrize("path", ["/state", "/master/state", "/state.json", "/master/state.json", "/state/"])
async def test_state_has_its_shape_under_all_its_names(busy_url: str, path: str) -> None:
    """Agents, frameworks and tasks are where tools look for them; resources are numbers, ports a text."""
    state = await _get(busy_url + path)

    (agent,), (framework,) = state["slaves"], state["frameworks"]
    (task,) = framework["tasks"]
    assert ("1.11.0", state["pid"], 1) == (state["version"], state["leader"], state["activated_slaves"])
    assert (4.0, "[31000-32000]", 1.0) == (
        agent["resources"]["cpus"],
        agent["resources"]["ports"],
        agent["used_resources"]["cpus"],
    )
    assert ("raw", "*", True) == (framework["name"], framework["role"], framework["active"])
    assert ("t1", "TASK_RUNNING", "") == (task["id"], task["state"], task["executor_id"])
    assert [{"state": "TASK_RUNNING", "timestamp": 1.0}] == task["statuses"]
    assert ([], []) == (state["orphan_tasks"], state["unregistered_frameworks"])


async def test_slaves_can_be_asked_for_one(busy_url: str) -> None:
    """By query or by path; the full resources come with it."""
    (agent,) = (await _get(busy_url + "/slaves"))["slaves"]

    assert [agent["id"]] == [one["id"] for one in (await _get(f"{busy_url}/slaves/{agent['id']}"))["slaves"]]
    assert [] == (await _get(f"{busy_url}/slaves?slave_id=x"))["slaves"]
    assert {"cpus", "mem", "ports"} == {one["name"] for one in agent["unreserved_resources_full"]}


async def test_tasks_are_paged_and_filtered(busy_url: str) -> None:
    """``limit``, ``offset`` and ids narrow the list."""
    assert ["t1"] == [task["id"] for task in (await _get(f"{busy_url}/tasks?task_id=t1"))["tasks"]]
    assert [] == (await _get(f"{busy_url}/tasks?offset=1"))["tasks"]
    assert [] == (await _get(f"{busy_url}/tasks?framework_id=x"))["tasks"]


async def test_a_task_asked_for_by_id_says_why(busy_url: str) -> None:
    """Its statuses tell who said them, and reason and message where there are any; in lists they are as ever."""
    (whole,) = (await _get(f"{busy_url}/tasks?task_id=t1"))["tasks"]
    (listed,) = (await _get(f"{busy_url}/tasks"))["tasks"]

    assert ["SOURCE_EXECUTOR"] == [status.pop("source") for status in whole["statuses"]]
    assert listed == whole


async def test_frameworks_and_summary_tell_the_same_story(busy_url: str) -> None:
    """The framework is in both, with counts in the summary."""
    (framework,) = (await _get(f"{busy_url}/frameworks"))["frameworks"]
    summary = await _get(f"{busy_url}/state-summary")

    assert [framework["id"]] == [one["id"] for one in summary["frameworks"]]
    assert 1 == summary["slaves"][0]["TASK_RUNNING"]


async def test_metrics_have_mesos_names(busy_url: str) -> None:
    """What exporters read by name is there."""
    metrics = await _get(f"{busy_url}/metrics/snapshot")

    wanted = {"master/elected": 1, "master/slaves_active": 1, "master/tasks_running": 1, "master/cpus_used": 1}
    assert wanted == {name: metrics[name] for name in wanted}


async def test_small_endpoints(busy_url: str) -> None:
    """Health is empty, the version is numeric, the redirect names this leader."""
    async with ClientSession() as session:
        health = await session.get(f"{busy_url}/master/health")
        redirect = await session.get(f"{busy_url}/redirect", allow_redirects=False)
        nowhere = await session.get(f"{busy_url}/nowhere")

        assert (200, b"") == (health.status, await health.read())
        assert (307, busy_url.removeprefix("http:")) == (redirect.status, redirect.headers["Location"])
        assert (404, "404 Not Found.") == (nowhere.status, await nowhere.text())
    assert "1.11.0" == (await _get(f"{busy_url}/version"))["version"]


async def test_operator_tears_a_framework_down(busy_url: str) -> None:
    """``POST /teardown`` with the id ends the framework; an unknown id is 400."""
    (framework,) = (await _get(f"{busy_url}/frameworks"))["frameworks"]
    async with ClientSession() as session:
        unknown = await session.post(f"{busy_url}/teardown", data={"frameworkId": "x"})
        done = await session.post(f"{busy_url}/master/teardown", data={"frameworkId": framework["id"]})

    after = await _get(f"{busy_url}/frameworks")
    assert (400, 200) == (unknown.status, done.status)
    assert ([], [framework["id"]]) == (after["frameworks"], [one["id"] for one in after["completed_frameworks"]])


async def test_the_same_question_gets_the_same_bytes_until_something_happens(busy_url: str) -> None:
    """Between two events the document is not made anew; after one it tells what changed."""
    async with ClientSession() as session:
        bodies = [await (await session.get(f"{busy_url}/state")).read() for _ in range(2)]
        frameworks = (await _get(f"{busy_url}/state"))["frameworks"]
        await session.post(f"{busy_url}/teardown", data={"frameworkId": frameworks[0]["id"]})

    assert bodies[0] == bodies[1]
    assert [] == (await _get(f"{busy_url}/state"))["frameworks"]


async def test_roles_say_what_they_hold(busy_url: str) -> None:
    """Amounts by name, ports by their number; what is used counts against the quota."""
    (role,) = (await _get(f"{busy_url}/roles"))["roles"]

    assert ("*", 1.0, {"cpus": 1.0}) == (role["name"], role["weight"], role["allocated"])
    assert {"role": "*", "guarantee": {}, "limit": {}, "consumed": {"cpus": 1.0}} == role["quota"]
    assert 1 == len(role["frameworks"])


@pytest.mark.parametrize("path", ["/state", "/slaves", "/frameworks", "/tasks/", "/roles", "/state-summary"])
async def test_posts_read_too(busy_url: str, path: str) -> None:
    """The read endpoints don't look at the method."""
    async with ClientSession() as session, session.post(busy_url + path) as response:
        assert 200 == response.status


async def test_large_answers_are_compressed_on_request(busy_url: str) -> None:
    """With ``Accept-Encoding: gzip`` /state comes compressed, without it as it is."""
    async with ClientSession(auto_decompress=False) as session:
        packed = await session.get(f"{busy_url}/state", headers={"Accept-Encoding": "gzip"})
        plain = await session.get(f"{busy_url}/state", headers={"Accept-Encoding": "gzip;q=0"})

        assert ("gzip", None) == tuple(one.headers.get("Content-Encoding") for one in (packed, plain))
        assert orjson.loads(await plain.read()) == orjson.loads(gzip.decompress(await packed.read()))


async def test_jsonp_is_off_unless_asked_for(busy_url: str) -> None:
    """Any web page could read the cluster through it, so the refusal names the flag."""
    async with ClientSession() as session, session.get(f"{busy_url}/state?jsonp=f") as response:
        assert 403 == response.status
        assert "--allow_jsonp" in await response.text()


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=", "offset=1.5", "order=up", "limit=99999999999"])
async def test_queries_that_say_nothing_count_for_nothing(busy_url: str, query: str) -> None:
    """What is no number of 32 bits, and an order nobody knows, is as if it were absent; below zero is all."""
    assert await _get(f"{busy_url}/tasks") == await _get(f"{busy_url}/tasks?{query}")


async def test_an_offset_below_zero_is_beyond_the_end(busy_url: str) -> None:
    """Mesos takes it for a huge number."""
    assert {"tasks": []} == await _get(f"{busy_url}/tasks?offset=-1")


async def test_the_help_lists_the_endpoints(busy_url: str) -> None:
    """Markdown, as Mesos's page is."""
    async with ClientSession() as session, session.get(f"{busy_url}/help") as response:
        assert (200, "text/x-markdown") == (response.status, response.headers["Content-Type"])
        assert "/koinon/explain" in await response.text()


async def test_why_an_agent_is_not_offered_can_be_asked(busy_url: str) -> None:
    """A refusal holds the rest of the agent back after the launch: the answer names filter, agent and reason."""
    (agent,) = (await _get(f"{busy_url}/slaves"))["slaves"]
    explained = await _get(f"{busy_url}/koinon/explain?role=*")

    (refusal,) = explained["refusals"]
    assert (agent["id"], "raw", "*") == (refusal["agent_id"], refusal["framework_name"], refusal["role"])
    assert refusal["reason"]
    assert [{"filter": refusal["filter"], "count": 1}] == explained["filters"]
    assert [] == explained["standings"]


async def test_asked_about_one_framework_the_master_says_where_it_stands(busy_url: str) -> None:
    """Role by role: what it holds, its share and fair share, whom it competes with, and what it refused."""
    (framework,) = (await _get(f"{busy_url}/frameworks"))["frameworks"]
    explained = await _get(f"{busy_url}/koinon/explain?framework_id={framework['id']}")

    (standing,) = explained["standings"]
    assert ("*", False, 1.0) == (standing["role"], standing["suppressed"], standing["fair_share"])
    assert [["*"], ["raw"]] == [[one["name"] for one in level] for level in standing["levels"]]
    assert standing["held"]["cpus"] > 0
    assert standing["share"] > 0
    assert [explained["refusals"][0]["agent_id"]] == [one["agent_id"] for one in standing["refused"]]
    assert explained["refusals"][0]["free"]["cpus"] > 0

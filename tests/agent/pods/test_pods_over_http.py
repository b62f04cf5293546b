"""A pod of plain processes from a scheduler's LAUNCH_GROUP to its FAILURE, through a real master and a real agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from fakes.http_framework import HttpFramework
from support.cluster import Cluster, running_cluster
from support.waiting import wait_until

pytestmark = [pytest.mark.slow]
EXECUTOR = {"cpus": 0.1, "mem": 32, "disk": 10}
SCRIPTS = {
    "writer": "echo shared > box/letter; sleep 100",
    "reader": "until cat box/letter; do sleep 0.05; done; sleep 100",
    "patient": "trap '' TERM; while true; do sleep 0.1; done",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A master and an agent without Docker."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent("--no-switch_user")
        cluster.wait_agents(1)
        yield cluster


@pytest.fixture
async def framework(cluster: Cluster) -> AsyncIterator[HttpFramework]:
    """A scheduler in JSON over HTTP."""
    async with HttpFramework(cluster.leading_master().url) as framework:
        await framework.subscribe(user="root", capabilities=[{"type": "TASK_KILLING_STATE"}])
        yield framework


def amounts(**scalars: float) -> list[dict[str, Any]]:
    """Scalar resources."""
    return [{"name": name, "type": "SCALAR", "scalar": {"value": value}} for name, value in scalars.items()]


def task(name: str, agent_id: dict[str, str]) -> dict[str, Any]:
    """One task of the pod."""
    shared = {"type": "SANDBOX_PATH", "sandbox_path": {"type": "PARENT", "path": "box"}}
    return {
        "name": name,
        "task_id": {"value": name},
        "agent_id": agent_id,
        "command": {"value": SCRIPTS[name]},
        "container": {"type": "MESOS", "volumes": [{"mode": "RW", "container_path": "box", "source": shared}]},
        "kill_policy": {"grace_period": {"nanoseconds": 200_000_000}},
        "resources": amounts(cpus=0.1, mem=32),
    }


async def update(framework: HttpFramework) -> dict[str, Any]:
    """The next status update, acknowledged."""
    status: dict[str, Any] = (await framework.expect("UPDATE"))["update"]["status"]
    await framework.call("ACKNOWLEDGE", agent_id=status["agent_id"], task_id=status["task_id"], uuid=status["uuid"])
    return status


async def until_all(framework: HttpFramework, state: str) -> dict[str, dict[str, Any]]:
    """Updates up to the one by which every task was told to be in that state; the statuses that say so, by task."""
    found: dict[str, dict[str, Any]] = {}
    while set(found) != set(SCRIPTS):
        status = await update(framework)
        if status["state"] == state:
            found[status["task_id"]["value"]] = status
    return found


async def test_group_runs_and_ends_as_one(cluster: Cluster, framework: HttpFramework) -> None:
    """Its tasks share a directory; agent and master show one executor with its resources; a kill of one ends all."""
    offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
    executor = {
        "type": "DEFAULT",
        "executor_id": {"value": "pod"},
        "framework_id": framework.framework_id,
        "resources": amounts(**EXECUTOR),
    }
    group = {"tasks": [task(name, offer["agent_id"]) for name in SCRIPTS]}
    operation = {"type": "LAUNCH_GROUP", "launch_group": {"executor": executor, "task_group": group}}
    answer = await framework.call("ACCEPT", offer_ids=[offer["id"]], operations=[operation])

    assert 202 == answer.status

    running = await until_all(framework, "TASK_RUNNING")
    parents = {status["container_status"]["container_id"]["parent"]["value"] for status in running.values()}
    (agent,) = cluster.agents
    (shown,) = agent.get("/state")["frameworks"][0]["executors"]

    assert {shown["container"]} == parents
    assert set(SCRIPTS) == {one["id"] for one in shown["tasks"]}
    assert {"pod"} == {status["executor_id"]["value"] for status in running.values()}

    letter = f"/files/read?offset=0&path={shown['directory']}/tasks/reader/stdout"
    wait_until(lambda: agent.get(letter)["data"] == "shared\n", "letter in the reader's stdout")
    master = cluster.leading_master()
    used = master.get("/slaves")["slaves"][0]["used_resources"]

    assert (0.4, 128.0, 10.0) == (round(used["cpus"], 3), used["mem"], used["disk"])

    await framework.call("KILL", task_id={"value": "patient"})
    await until_all(framework, "TASK_KILLED")
    failure = (await framework.expect("FAILURE"))["failure"]

    assert ({"value": "pod"}, 0) == (failure["executor_id"], failure["status"])
    assert 0 == master.get("/slaves")["slaves"][0]["used_resources"]["cpus"]

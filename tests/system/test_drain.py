"""An agent is drained by an operator, stays so when its master is killed, and is wanted back: all with real daemons."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests

from fakes.http_framework import HttpFramework
from support.cluster import Cluster, Daemon, running_cluster
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]
MACHINE_SHARE = "--resources=cpus:1;mem:64"


def ask(master: Daemon, kind: str, **body: Any) -> requests.Response:
    """One call of the operator API."""
    return requests.post(f"{master.url}/api/v1", json={"type": kind, kind.lower(): body}, timeout=10)


def drain_state(master: Daemon, agent_id: dict[str, str]) -> str | None:
    """How far an agent's drain has come, as operators read it."""
    agents = ask(master, "GET_AGENTS").json()["get_agents"]["agents"]
    agent = next(one for one in agents if one["agent_info"]["id"] == agent_id)
    state: str | None = agent.get("drain_info", {}).get("state")
    return state


async def launch(framework: HttpFramework, offer: dict[str, Any], name: str) -> None:
    """Run a task that ends when it is asked to."""
    task = {
        "name": name,
        "task_id": {"value": name},
        "agent_id": offer["agent_id"],
        "command": {"value": "exec sleep 1000"},
        "resources": offer["resources"],
    }
    operation = {"type": "LAUNCH", "launch": {"task_infos": [task]}}
    await framework.call("ACCEPT", offer_ids=[offer["id"]], operations=[operation])


async def wait_state(framework: HttpFramework, state: str) -> dict[str, Any]:
    """The next report of that state; every report is acknowledged."""
    while True:
        status: dict[str, Any] = (await framework.expect("UPDATE"))["update"]["status"]
        if "uuid" in status:
            names = ("agent_id", "task_id", "uuid")
            await framework.call("ACKNOWLEDGE", **{name: status[name] for name in names})
        if status["state"] == state:
            return status


async def offered(framework: HttpFramework) -> dict[str, Any]:
    """The next offer."""
    offer: dict[str, Any] = (await framework.expect("OFFERS"))["offers"]["offers"][0]
    return offer


def restart(cluster: Cluster, master: Daemon) -> None:
    """kill -9, and start on what it left."""
    master.kill()
    master.start()
    cluster.wait_agents(0)


async def test_drain_outlives_the_master() -> None:
    """The task ends with the drain's reason, DRAINED is read before and after a kill -9, and offers come in the end."""
    with running_cluster() as cluster:
        master = cluster.add_master()
        cluster.add_agent(MACHINE_SHARE, "--no-switch_user")
        await asyncio.to_thread(cluster.wait_agents, 1)
        async with HttpFramework(master.url) as framework:
            await framework.subscribe(user="root")
            offer = await offered(framework)
            agent_id = offer["agent_id"]
            await launch(framework, offer, "t")
            await wait_state(framework, "TASK_RUNNING")

            answer = ask(master, "DRAIN_AGENT", agent_id=agent_id, max_grace_period={"seconds": 5})
            killed = await wait_state(framework, "TASK_KILLED")
        wait_until(lambda: drain_state(master, agent_id) == "DRAINED", "drained agent")
        restart(cluster, master)
        wait_until(lambda: ask(master, "GET_AGENTS").json()["get_agents"].get("agents"), "agent that is back")
        afterwards = drain_state(master, agent_id)

        async with HttpFramework(master.url) as framework:
            await framework.subscribe(user="root")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await offered(framework)
        async with HttpFramework(master.url) as framework:
            await framework.subscribe(user="root")
            reactivated = ask(master, "REACTIVATE_AGENT", agent_id=agent_id)
            again = await offered(framework)

    assert [200, 200] == [answer.status_code, reactivated.status_code]
    assert "REASON_AGENT_DRAINING" == killed["reason"]
    assert "DRAINED" == afterwards
    assert agent_id == again["agent_id"]

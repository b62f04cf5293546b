"""The link between browser and daemon is cut while a real cluster changes: then the page shows what the daemons say."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import docker
import pytest
from playwright.async_api import Browser, Page, expect

from support.browser import watched_page
from support.cable import Cable
from support.person import PATIENCE
from support.ports import reserve_port
from support.up import UpCluster, running_up
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="session")]
CUT_SECONDS = float(os.environ.get("KOINON_TEST_CUT_SECONDS", "0"))
"""How long the link stays cut at least. What the page makes of it does not depend on it: see `live/line.ts`."""
Rows = dict[str, tuple[str, ...]]
ENDED = ("killed", "finished", "failed")
READ_TABLE = """
(grid) => {
  const texts = (row, role) => [...row.querySelectorAll(`[role=${role}]`)].map((cell) => cell.innerText.trim());
  const [head, ...rows] = grid.querySelectorAll("[role=row]");
  const labels = texts(head, "columnheader");
  return rows.map((row) => [
    row.dataset.key,
    Object.fromEntries(texts(row, "gridcell").map((text, place) => [labels[place], text])),
  ]);
}
"""


async def read(page: Page, *columns: str) -> Rows:
    """Of the page's table what stands in some columns, by the key of each row."""
    rows = await page.get_by_role("main").get_by_role("grid").evaluate(READ_TABLE)
    return {key: tuple(cells[column].split("\n")[0] for column in columns) for key, cells in rows}


def tell_apps(cluster: UpCluster) -> Rows:
    """As the table of apps should be once nothing is under way."""
    apps = cluster.ask_marathon("/v2/apps")["apps"]
    return {app["id"]: ("Running", f"{app['tasksRunning']}/{app['instances']}") for app in apps}


def tell_tasks(cluster: UpCluster) -> Rows:
    """As the table of tasks should be."""
    state = cluster.ask_master("/state")
    hosts = {agent["id"]: agent["hostname"] for agent in state["slaves"]}
    return {
        f"{framework['id']}/{task['id']}": (task["state"].removeprefix("TASK_").lower(), hosts[task["slave_id"]])
        for framework in state["frameworks"]
        for task in (*framework["tasks"], *framework["completed_tasks"])
    }


def tell_agents(cluster: UpCluster) -> Rows:
    """As the table of agents should be."""
    state = cluster.ask_master("/state")
    tasks = Counter(task["slave_id"] for framework in state["frameworks"] for task in framework["tasks"])
    return {
        agent["id"]: (agent["hostname"], str(tasks[agent["id"]]), f"{agent['used_resources']['cpus']:g} of 4")
        for agent in state["slaves"]
    }


TABLES: dict[str, tuple[Callable[[UpCluster], Rows], tuple[str, ...]]] = {
    "apps?view=flat": (tell_apps, ("Status", "Running")),
    "tasks": (tell_tasks, ("State", "Agent")),
    "agents?view=table": (tell_agents, ("Host", "Tasks", "cpus")),
}


def have(cluster: UpCluster, name: str) -> None:
    """Create an app of two processes."""
    cluster.order("POST", "/v2/apps", {"id": name, "cmd": "exec sleep 1000", "cpus": 0.1, "mem": 16, "instances": 2})


def change_all(cluster: UpCluster) -> None:
    """One app grows, one goes, one loses a task and has another, one is new."""
    lost = cluster.ask_marathon("/v2/apps/c/tasks")["tasks"][0]["id"]
    cluster.order("PUT", "/v2/apps/a", {"instances": 5})
    cluster.order("DELETE", "/v2/apps/b")
    cluster.order("DELETE", f"/v2/apps/c/tasks/{lost}")
    have(cluster, "/d")
    wait_running(cluster, {"/a": 5, "/c": 2, "/d": 2}, lost)


def wait_running(cluster: UpCluster, wanted: dict[str, int], lost: str = "") -> None:
    """Until exactly these run, as master and Marathon tell it, and one task does not."""

    def look() -> bool:
        apps = {app["id"]: app["tasksRunning"] for app in cluster.ask_marathon("/v2/apps")["apps"]}
        live = {key: state for key, (state, _) in tell_tasks(cluster).items() if state not in ENDED}
        is_running = {"running"} == set(live.values()) and not any(key.endswith(f"/{lost}") for key in live)
        return apps == wanted and len(live) == sum(wanted.values()) and is_running and cluster.has_settled()

    wait_until(look, f"{wanted} running", 60)


async def on_all(tabs: dict[str, Page], look: Callable[[str, Page], Awaitable[None]]) -> None:
    """Look at one after the other, as a tab in the background is not drawn."""
    for name, tab in tabs.items():
        await tab.bring_to_front()
        await look(name, tab)


async def test_page_equals_the_api_after_a_cut(
    chromium: Browser, docker_engine: docker.DockerClient, tmp_path: Path
) -> None:
    """Three tabs are as they were for as long as the link is cut, say since when, and then equal the API."""
    with running_up(tmp_path, docker_engine, agents=3) as cluster:
        cable = Cable(reserve_port(), int(cluster.master.rpartition(":")[2]))
        await cable.plug()
        for name in ("/a", "/b", "/c"):
            have(cluster, name)
        await asyncio.to_thread(wait_running, cluster, {"/a": 2, "/b": 2, "/c": 2})
        async with watched_page(chromium, forgiven=["ERR_CONNECTION", "ERR_EMPTY", "ERR_FAILED"]) as page:
            tabs = {name: await page.context.new_page() for name in TABLES}
            for name, tab in tabs.items():
                await tab.goto(f"http://127.0.0.1:{cable.port}/ui/{name}")
            await compare(tabs, cluster, cable)
            cable.cut()


async def compare(tabs: dict[str, Page], cluster: UpCluster, cable: Cable) -> None:
    """Before, while the link is cut, and after."""
    shown: dict[str, Rows] = {}

    async def equals(name: str, tab: Page) -> None:
        tell, columns = TABLES[name]
        told = tell(cluster)
        await expect(tab.get_by_role("main").get_by_role("grid").get_by_role("row")).to_have_count(len(told) + 1)
        async with asyncio.timeout(PATIENCE / 1000):
            while told != (found := await read(tab, *columns)):
                await tab.wait_for_function("() => new Promise(requestAnimationFrame)")
        shown[name] = found

    async def is_marked(name: str, tab: Page) -> None:
        await expect(tab.locator(".link-mark")).to_contain_text(re.compile(r"Not up to date.*\d+s"), timeout=PATIENCE)

        assert shown[name] == await read(tab, *TABLES[name][1])

    await on_all(tabs, equals)
    before = dict(shown)
    cable.cut()
    await asyncio.gather(asyncio.to_thread(change_all, cluster), asyncio.sleep(CUT_SECONDS))
    await on_all(tabs, is_marked)
    await cable.plug()
    await on_all(tabs, equals)
    for tab in tabs.values():
        await expect(tab.locator(".link-mark")).to_be_empty()

    assert all(before[name] != shown[name] for name in tabs)

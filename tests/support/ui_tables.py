"""Tables of the UI: what stands in them, and what should by the answers of the daemons."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from playwright.async_api import Page

from support.person import SECONDS
from support.up import UpCluster

Rows = dict[str, tuple[str, ...]]
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
    """As the table of tasks that run should be."""
    state = cluster.ask_master("/state")
    hosts = {agent["id"]: agent["hostname"] for agent in state["slaves"]}
    return {
        f"{framework['id']}/{task['id']}": ("running", hosts[task["slave_id"]])
        for framework in state["frameworks"]
        for task in framework["tasks"]
        if task["state"] == "TASK_RUNNING"
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
    "tasks?state=TASK_RUNNING": (tell_tasks, ("State", "Agent")),
    "agents?view=table": (tell_agents, ("Host", "Tasks", "cpus")),
}


async def wait_equal(page: Page, cluster: UpCluster, screen: str) -> Rows:
    """The rows of one of these screens, once they are what the daemons said at first. Raises TimeoutError."""
    tell, columns = TABLES[screen]
    told, found = tell(cluster), await read(page, *columns)
    try:
        async with asyncio.timeout(SECONDS):
            while told != found:
                await page.wait_for_function("() => new Promise(requestAnimationFrame)")
                found = await read(page, *columns)
    except TimeoutError as error:
        raise TimeoutError(f"{screen} shows {found} and should {told}") from error
    return found

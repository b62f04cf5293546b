"""The screen of ten thousand tasks: how little of it is in the page, and how little is drawn again for one change."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from attrs import evolve
from playwright.async_api import Browser, Page, expect

from fakes.master_bench import make_framework, make_task
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatus
from koinon_master.agents.machine import AgentPhase
from koinon_master.entities import Agent, Framework, Task
from koinon_master.events import TimePassed
from koinon_master.loop import MasterLoop
from koinon_master.state import ClusterState
from support.browser import watched_page
from support.guarded_master import OPEN
from support.ports import reserve_port
from support.ui_daemons import running_master

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

AGENTS, TASKS = 100, 10_000
MOST_ROWS = 150
NOTE_DRAWN = """
window.drawn = [];
const encode = window.encodeURIComponent;
window.encodeURIComponent = (text) => {
  window.drawn.push(text);
  return encode(text);
};
"""
"""A row that is drawn writes the address of its task; its age ticks without."""


def fill(state: ClusterState) -> list[Task]:
    """Tasks that run since long ago, the last one for the shortest time."""
    framework_id = FrameworkId("many")
    framework = Framework(id=framework_id, info=make_framework("many", id="many"), completed_tasks=deque())
    state.frameworks[framework_id] = framework
    resources = parse_resources("cpus:100;mem:100000")
    for number in range(AGENTS):
        agent_id = AgentId(f"S{number}")
        info = AgentInfo(hostname=f"host-{number}", resources=resources, id=agent_id)
        state.agents[agent_id] = Agent(
            id=agent_id, info=info, phase=AgentPhase.CONNECTED, ip="10.0.0.1", version="1.11.0"
        )
    return [start(state, framework, AgentId(f"S{number % AGENTS}"), number) for number in range(TASKS)]


def start(state: ClusterState, framework: Framework, agent_id: AgentId, number: int) -> Task:
    """One task, entered as if it ran."""
    task = Task(framework_id=framework.id, info=make_task(f"task-{number}", agent_id), role="*")
    framework.tasks[task.id] = task
    state.agents[agent_id].tasks[task.key] = task
    task.note(TaskStatus(task_id=task.id, state=TaskState.TASK_RUNNING, timestamp=1.7e9 + number, agent_id=agent_id))
    return task


@asynccontextmanager
async def shown_tasks(chromium: Browser) -> AsyncIterator[tuple[Page, list[Task], MasterLoop]]:
    """A page with all of them, the youngest first."""
    async with running_master(evolve(OPEN, port=reserve_port())) as (app, running), watched_page(chromium) as page:
        loop = app.office.loop
        assert loop is not None
        tasks = fill(loop.master.state)
        await page.add_init_script(NOTE_DRAWN)
        await page.goto(f"{running.url}/ui/tasks")
        await expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(TASKS + 1))
        yield page, tasks, loop


async def test_only_what_is_in_view_is_in_the_page_and_only_what_changed_is_drawn(chromium: Browser) -> None:
    """Of ten thousand, wherever one scrolls to; and a message on one task draws one row again."""
    async with shown_tasks(chromium) as (page, tasks, loop):
        rows = page.locator("[data-key]")
        counts = [await rows.count()]
        for part in (0.5, 1, 0.25, 0):
            await page.evaluate("(part) => scrollTo(0, part * document.documentElement.scrollHeight)", part)
            await expect(page.locator(f"[data-key='many/task-{9990 - round(9990 * part)}']")).to_be_attached()
            counts.append(await rows.count())
        # Once the flight is over those around the view come, too.
        await expect(page.locator("[data-key='many/task-9977']")).to_be_attached()
        changed = tasks[-5]
        await page.evaluate("drawn.length = 0")
        changed.note(evolve(changed.statuses[-1], message="moved house"))
        # The framework's row changes with it, as it does with each launch and end; its name does not.
        loop.master.state.frameworks[changed.framework_id].tallies["offers/sent"] += 1
        loop.submit(TimePassed())
        await expect(page.get_by_title("moved house")).to_be_visible()
        drawn = {text for text in await page.evaluate("drawn") if text.startswith("task-")}

        assert {changed.id} == drawn
        assert max(counts) < MOST_ROWS
        assert min(counts) > 0

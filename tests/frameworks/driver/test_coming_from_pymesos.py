"""The page for those who come from pymesos: its code runs, and the names it gives are there."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

import koinon_frameworks.public
from fakes.scripted_master import ScriptedMaster
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Offers, Update
from koinon_core.tasks import TaskState, TaskStatus
from koinon_daemon import credentials
from koinon_frameworks import DriverOptions, Scheduler, SchedulerCalls, SchedulerDriver, executor
from support.source_tree import ROOT

PAGE = (ROOT / "docs/coming-from-pymesos.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
BEFORE, AFTER = SNIPPETS[0::2], SNIPPETS[1::2]
OFFER = Offer(
    id=OfferId("O1"),
    framework_id=FrameworkId("F-0000"),
    agent_id=AgentId("S1"),
    hostname="host",
    resources=parse_resources("cpus:1;mem:128"),
)
RUNNING = TaskStatus(
    task_id=TaskId("t"), state=TaskState.TASK_RUNNING, agent_id=AgentId("S1"), uuid=Uuid(b"0123456789abcdef")
)


class Recorded:
    """Stands where ``run`` does, so that a driver can run in the test's own loop what a snippet would run."""

    def __init__(self) -> None:
        self.arguments: tuple[Any, ...] = ()

    def __call__(self, *arguments: Any) -> None:
        self.arguments = arguments


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    made = Recorded()
    monkeypatch.setattr(koinon_frameworks, "run", made, raising=False)
    return made


async def start(recorded: Recorded) -> tuple[SchedulerDriver, asyncio.Task[Any]]:
    driver = SchedulerDriver(*recorded.arguments)
    return driver, asyncio.create_task(driver.run())


def test_each_before_has_its_after() -> None:
    """Three pairs, all of them Python."""
    for number, snippet in enumerate(SNIPPETS):
        compile(snippet, f"snippet {number}", "exec")

    assert (3, 3) == (len(BEFORE), len(AFTER))
    assert [] == [snippet for snippet in BEFORE if "koinon" in snippet]
    assert [] == [snippet for snippet in AFTER if "koinon" not in snippet]


async def test_scheduler_of_the_page_launches(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """On each offer, one task with its resources."""
    async with ScriptedMaster() as master:
        monkeypatch.setattr(sys, "argv", ["hello.py", master.address])
        exec(AFTER[0], {"__name__": "__main__"})
        driver, run = await start(recorded)
        await master.subscribes.get()
        master.say(Offers((OFFER,)))
        call = await master.calls.get()
        await driver.stop()
        await run

    [task] = call["accept"]["operations"][0]["launch"]["task_infos"]
    assert ("hello", {"value": "S1"}) == (task["name"], task["agent_id"])
    assert {"refuse_seconds": 5.0} == call["accept"]["filters"]


async def test_careful_scheduler_of_the_page_takes_over(recorded: Recorded, tmp_path: Path) -> None:
    """Its second run has the id and the tasks of the first, and asks about them."""
    names: dict[str, Any] = {"__name__": "careful"}
    exec(AFTER[1], names)
    async with ScriptedMaster() as master:
        names["main"](master.address, tmp_path)
        driver, run = await start(recorded)
        await master.subscribes.get()
        master.say(Update(RUNNING))
        while (await master.calls.get())["type"] != "ACKNOWLEDGE":
            pass
        await driver.stop()
        await run
        names["main"](master.address, tmp_path)
        driver, run = await start(recorded)
        again = await master.subscribes.get()
        question = await master.calls.get()
        await driver.stop()
        await run

    assert {"value": "F-0000"} == again["framework_id"]
    assert [{"task_id": {"value": "t"}}] == question["reconcile"]["tasks"]


async def test_executor_of_the_page_squares() -> None:
    """What its task returns is the data of TASK_FINISHED."""
    names: dict[str, Any] = {"__name__": "squares"}
    exec(AFTER[2], names)

    answer = await names["Squares"]().run_task(executor.Task(task_id=TaskId("t"), data=b"12"), None)

    assert b"144" == answer


def test_every_name_on_the_right_is_there() -> None:
    """Callbacks, verbs and functions that are called in the tables, and the fields that are set in them."""
    right = "\n".join(line.split("|")[2] for line in PAGE.splitlines() if line.startswith("| `"))
    places = (Scheduler, SchedulerCalls, SchedulerDriver, executor.Executor, executor.ExecutorCalls)
    known = {name for place in places for name in dir(place)} | {"create_task", "progress"}
    known |= {name for module in (koinon_frameworks.public, executor, credentials) for name in dir(module)}
    called = set(re.findall(r"(\w+)\(", right))
    fields = {one.name for cls in (DriverOptions, FrameworkInfo) for one in attrs.fields(cls)}
    arguments = set(inspect.signature(SchedulerDriver.stop).parameters)
    arguments |= set(inspect.signature(SchedulerCalls.want_offers).parameters)

    assert set() == called - known - {"FrameworkInfo"}
    assert set() == set(re.findall(r"(\w+)=", right)) - fields - arguments

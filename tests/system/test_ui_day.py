"""A person's day with the UI of `koinon up`: what the browser shows is what the daemons and the engine say.

Each chapter is driven by names and roles, as somebody would who has never seen the page, and none waits for a time: a
volume that all instances see says when they are ready, so that what is under way can be looked at in peace.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import docker
import pytest
from attrs import define
from playwright.async_api import Browser, Locator, Page, expect

from support.browser import watched_page
from support.cable import Cable
from support.docker_engine import BUSYBOX
from support.person import PATIENCE, SECONDS, Person, fill, unfold
from support.ports import reserve_port
from support.ui_tables import TABLES, read, tell_tasks, wait_equal
from support.up import UpCluster, running_up
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="session")]
T = TypeVar("T")
APP = "/shop/web"
SERVE = "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo \"served $i\"; sleep 0.1; done"
NOWHERE = "127.0.0.1:1/shop/web:2"
"""An image that cannot be pulled, which an engine finds out at once."""

CUT_SECONDS = float(os.environ.get("KOINON_TEST_CUT_SECONDS", "0"))
"""How long a link stays cut at least; what the page makes of it does not depend on that."""
REFUSED = (r"422 .*koinon/plan", r"409 .*v2/apps/shop/web")
"""What the server is meant to refuse: the error in the app, and what a deployment is in the way of."""


@define
class Day(Person):
    """Who has the app, and what the page should agree with."""

    cluster: UpCluster
    stock: Path
    """The file without which no instance is healthy."""

    async def open_app(self) -> None:
        """Its own screen."""
        await self.find(APP)

    async def agrees(self, look: Callable[[], T | None], what: str) -> T:
        """Waits until the daemons say so, too."""
        return await asyncio.to_thread(wait_until, look, what, SECONDS)

    def app(self) -> dict[str, Any]:
        """As Marathon has it."""
        found: dict[str, Any] = self.cluster.ask_marathon(f"/v2/apps{APP}")["app"]
        return found

    def hosts(self) -> list[str]:
        """Where its tasks run."""
        tasks = self.app()["tasks"]
        return sorted(task["host"] for task in tasks if task["state"] == "TASK_RUNNING")


@pytest.fixture(scope="module")
def cluster(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpCluster]:
    """Three agents, each on a rack of its own."""
    with running_up(tmp_path_factory.mktemp("day"), docker_engine, agents=3) as started:
        yield started


async def test_a_day_at_the_page(chromium: Browser, cluster: UpCluster, tmp_path: Path) -> None:
    """From an app with an error in it to an agent that is drained; nothing else ever goes wrong on the page itself."""
    (tmp_path / "stock").mkdir()
    async with watched_page(chromium, forgiven=REFUSED, viewport={"width": 1280, "height": 900}) as page:
        day = Day(page, cluster, tmp_path / "stock" / "ready")
        await page.goto(cluster.marathon)
        await write_with_an_error(day)
        await mend_and_create(day)
        await watch_it_deploy(day)
        await scale_beyond_the_racks(day)
        await read_why_it_waits(day)
        await look_at_the_declined_offer(day)
        await scale_back(day)
        await read_a_growing_log(day)
        await upgrade_to_what_is_not_there(day)
        await roll_back(day)
        await drain_an_agent(day)
        await wait_for_the_drained_rack(day)
        await destroy(day)


async def write_with_an_error(day: Day) -> None:
    """By the form; the server's complaint stands at the field and at the line of the JSON, and says what must be."""
    await day.go("Apps")
    await day.main.get_by_role("link", name="New app").click()
    form = day.main.get_by_role("tabpanel", name="Form")
    await fill(form, {"Id": "/Shop_", "Instances": "2", "Command": SERVE})
    await day.press("Review …")
    await expect(form.get_by_role("textbox", name="Id", exact=True)).to_have_accessible_description(
        re.compile("id: must be words of a-z, 0-9, - and . between slashes")
    )
    await fill(form, {"Id": APP})
    await form.get_by_role("combobox", name="Runs in").select_option("DOCKER")
    await form.get_by_role("button", name="Add to Volumes").click()
    await fill(form, {"Image": BUSYBOX, "In the container": "/stock", "On the agent": str(day.stock.parent)})
    checks = await unfold(form, "Health checks", "Checks")
    await checks.get_by_role("combobox", name="Kind").select_option("COMMAND")
    await fill(checks, {"Command": "test -e /stock/ready", "First after, s": "0", "Every, s": "1"})
    constraints = await unfold(form, "Placement", "Constraints")
    await constraints.get_by_role("combobox", name="Operator").select_option("MAX_PER")
    await fill(constraints, {"Attribute": "rack", "Value": "two"})
    await day.press("Review …")
    complaint = day.main.get_by_role("alert").get_by_role("listitem")
    await expect(complaint).to_contain_text("MAX_PER requires an integer value")
    await expect(form.get_by_role("group", name="Constraints")).to_contain_text("MAX_PER requires an integer value")
    text = await (await day.choose("JSON")).get_by_role("textbox", name="The definition as JSON").input_value()
    line = await complaint.get_by_role("button").inner_text()

    assert '"rack"' in text.splitlines()[int(line.removeprefix("line ")) - 1]
    assert [] == day.cluster.ask_marathon("/v2/apps")["apps"]


async def mend_and_create(day: Day) -> None:
    """The link of the complaint leads to its place; the dialog says what will be, and where."""
    await day.choose("Form")
    await day.main.get_by_role("alert").get_by_role("button").click()
    await fill(day.main, {"Value": "1"})
    await day.press("Review …")
    await expect(day.dialog).to_contain_text(f"creates {APP} and starts 2 instances")
    await expect(day.dialog).to_contain_text("2 of 2 would find a place now")
    await day.confirm("Create")
    await day.sees_heading(APP)


async def watch_it_deploy(day: Day) -> None:
    """The deployment's steps and how far it is, until the stock is in; then the app runs, in containers."""
    await day.page.get_by_role("status", name="Notices").get_by_role("link", name="See the deployment").click()
    await day.sees_heading("Deployments")
    steps = day.main.get_by_role("list", name="Steps").get_by_role("listitem")
    await expect(steps.filter(has_text="2. under way")).to_contain_text(APP)
    await day.sees("2 run, their health is not known yet")
    await day.sees("0 of 2 ready")
    (deployment,) = day.cluster.ask_marathon("/v2/deployments")
    await day.sees(deployment["id"])
    day.stock.touch()
    await day.sees("That deployment is over")
    await day.open_app()
    await day.sees_status("Running")
    await day.sees("2 running of 2")

    assert 2 == len(day.hosts()) == len(set(day.hosts()))
    assert 2 == len(day.cluster.containers())


async def scale_beyond_the_racks(day: Day) -> None:
    """One more than there are racks: three run, one waits."""
    await day.press("Scale")
    await day.dialog.get_by_label("Instances").fill("4")
    await expect(day.dialog).to_contain_text("Starts 2 instances")
    await day.confirm("Scale")
    await day.sees("3 running of 4, 1 not launched")
    await day.sees_status("Waiting")

    assert ["127.0.0.1", "127.0.0.2", "127.0.0.3"] == day.hosts()
    assert 3 == len(day.cluster.containers())


async def read_why_it_waits(day: Day) -> None:
    """For each agent, in Marathon's words: its rack is full."""
    panel = await day.choose("Waiting")
    await expect(panel).to_contain_text("1 instance waits")
    agents = panel.get_by_role("grid").get_by_role("row").filter(has_text="Constraints")
    await expect(agents).to_have_count(3, timeout=PATIENCE)
    for number in (1, 2, 3):
        await expect(agents.filter(has_text=f": rack-{number} already holds 1")).to_contain_text(f"127.0.0.{number}")
    await expect(agents.first).to_contain_text("MAX_PER")
    (queued,) = day.cluster.ask_marathon("/v2/queue")["queue"]

    assert (APP, 1) == (queued["app"]["id"], queued["count"])


async def look_at_the_declined_offer(day: Day) -> None:
    """Among the recent answers, with until when, and with the app's reason."""
    await day.go("Offers")
    answers = await day.choose("Recent answers")
    await day.main.get_by_label("Outcome").select_option("declined")
    declined = answers.get_by_role("row").filter(has_text=f"{APP}: ")
    await expect(declined.first).to_contain_text("MAX_PER", timeout=PATIENCE)
    await expect(declined.first).to_contain_text("filter")
    await declined.first.get_by_role("link").first.click()
    await day.sees("MAX_PER")


async def scale_back(day: Day) -> None:
    """What still wants to run is in the way: the dialog says so, and lets it be stopped."""
    await day.open_app()
    await day.press("Scale")
    await day.dialog.get_by_label("Instances").fill("2")
    await day.dialog.get_by_role("button", name="Scale").click()
    await expect(day.dialog.get_by_role("alert")).to_contain_text("lock")
    await day.dialog.get_by_role("checkbox", name="Stop what is under way").check()
    await day.confirm("Scale")
    await day.sees_status("Running")
    await day.sees("2 running of 2")

    assert 2 == len(day.hosts())


async def read_a_growing_log(day: Day) -> None:
    """Followed, held, caught up with, and searched."""
    instances = await day.choose("Instances")
    await instances.get_by_role("gridcell").get_by_role("link").first.click()
    await day.sees(f"app {APP}")
    panel = await day.choose("stdout")
    seen = await last_line(panel)
    await expect(panel.get_by_text(f"served {seen + 10}", exact=True)).to_be_visible()
    await panel.get_by_role("button", name="Pause").click()
    held = await last_line(panel)
    await expect(panel.get_by_role("button", name=re.compile(r"Follow \(\d+ new lines\)"))).to_be_visible()

    assert held == await last_line(panel)
    await panel.get_by_role("searchbox", name="Search in this log").fill(f"served {held}")
    await panel.get_by_role("button", name="Next match").click()
    await expect(panel.get_by_role("status").filter(has_text="1 of")).to_be_visible()
    await panel.get_by_role("button", name="Follow").click()
    await expect(panel.get_by_text(f"served {held + 20}", exact=True)).to_be_visible()


async def last_line(panel: Locator) -> int:
    """The highest number that the log shows."""
    lines = panel.get_by_text(re.compile(r"^served \d+$"))
    await expect(lines.first).to_be_visible()
    return max(int(text.split()[1]) for text in await lines.all_inner_texts())


async def upgrade_to_what_is_not_there(day: Day) -> None:
    """The old instances stay; why no new one comes is on the screen, and in the timeline in its order."""
    await day.open_app()
    before = {each.id for each in day.cluster.containers()}
    await day.main.get_by_role("link", name="Edit").click()
    await fill(day.main, {"Image": NOWHERE})
    await day.press("Review …")
    await expect(day.dialog).to_contain_text("restarts 2 instances")
    await day.confirm("Deploy")
    await day.sees_status("Delayed")
    timeline = await day.choose("Timeline")
    await expect(timeline.get_by_text(re.compile("FAILED|fail")).first).to_be_visible()

    assert before <= {each.id for each in day.cluster.containers()}
    assert NOWHERE == day.app()["container"]["docker"]["image"]


async def roll_back(day: Day) -> None:
    """By what changed between two versions; the broken one is stopped."""
    versions = await day.choose("Versions")
    await expect(versions).to_contain_text(NOWHERE)
    await versions.get_by_role("button", name="Roll back").first.click()
    await expect(day.dialog).to_contain_text("restarts 2 instances")
    await day.dialog.get_by_role("checkbox", name="Stop what is under way").check()
    await day.confirm("Roll back")
    await day.sees_status("Running")

    assert BUSYBOX == day.app()["container"]["docker"]["image"]
    assert 2 == len(set(day.hosts())) == len(day.cluster.containers())


async def drain_an_agent(day: Day) -> None:
    """What it does is said first; then its task is on the rack that was free."""
    instances = await day.choose("Instances")
    host = instances.get_by_role("row").nth(1).get_by_role("link", name="127.0.0.")
    name = await host.inner_text()
    await host.click()
    await day.sees_heading(name)
    await day.press("Drain …")
    await expect(day.dialog).to_contain_text(f"1 task of {APP}: 2 other agents have room")
    await day.confirm("Drain")
    await expect(day.main.get_by_text("drained", exact=True).first).to_be_visible(timeout=PATIENCE)
    await day.open_app()
    await day.agrees(lambda: len(day.hosts()) == 2 and name not in day.hosts(), "task on the free rack")
    await day.sees("2 running of 2")
    await day.sees_status("Running")
    rows = (await day.choose("Instances")).get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.filter(has_text=name)).to_have_count(0)


async def wait_for_the_drained_rack(day: Day) -> None:
    """A third instance has its reason, agent by agent, until the agent is wanted back."""
    await day.press("Scale")
    await day.dialog.get_by_label("Instances").fill("3")
    await day.confirm("Scale")
    await day.sees_status("Waiting")
    waiting = (await day.choose("Waiting")).get_by_role("row")
    gone = waiting.filter(has_text="It was emptied")
    await expect(gone).to_contain_text("Not offered", timeout=PATIENCE)
    await expect(waiting.filter(has_text="Constraints")).to_have_count(2)
    await gone.get_by_role("link").first.click()
    await day.press("Reactivate …")
    await day.confirm("Reactivate")
    await day.open_app()
    await day.sees_status("Running")

    assert ["127.0.0.1", "127.0.0.2", "127.0.0.3"] == day.hosts()


async def destroy(day: Day) -> None:
    """Only after its name is typed; its group stays until it is deleted, too; then nothing of it is left."""
    await day.press("Destroy")
    await expect(day.dialog.get_by_role("button", name="Destroy")).to_be_disabled()
    await day.dialog.get_by_role("textbox").fill(APP)
    await day.confirm("Destroy")
    await day.sees_heading("Apps")
    await day.main.get_by_role("button", name="Delete the empty group /shop").click(timeout=PATIENCE)
    await day.confirm("Delete")
    await day.sees("No app runs here yet")

    await day.agrees(
        lambda: day.cluster.has_settled() and not day.cluster.containers(), "engine without containers of it"
    )


async def test_page_equals_the_api_after_a_cut(chromium: Browser, cluster: UpCluster) -> None:
    """Three tabs are as they were for as long as the link is cut, say since when, and then equal the API."""
    cable = Cable(reserve_port(), int(cluster.master.rpartition(":")[2]))
    await cable.plug()
    for name in ("/a", "/b", "/c"):
        have(cluster, name)
    await asyncio.to_thread(wait_running, cluster, {"/a": 2, "/b": 2, "/c": 2})
    async with watched_page(chromium, forgiven=["ERR_CONNECTION", "ERR_EMPTY", "ERR_FAILED"]) as page:
        tabs = {screen: await page.context.new_page() for screen in TABLES}
        for screen, tab in tabs.items():
            await tab.goto(f"http://127.0.0.1:{cable.port}/ui/{screen}")
            await tab.get_by_role("grid").wait_for()
        before = {screen: await wait_equal(tab, cluster, screen) async for screen, tab in in_front(tabs)}
        cable.cut()
        await asyncio.gather(asyncio.to_thread(change_all, cluster), asyncio.sleep(CUT_SECONDS))
        async for screen, tab in in_front(tabs):
            await expect(tab.locator(".link-mark")).to_contain_text(re.compile(r"Not up to date.*\d+s"))
            assert before[screen] == await read(tab, *TABLES[screen][1])
        await cable.plug()
        async for screen, tab in in_front(tabs):
            assert before[screen] != await wait_equal(tab, cluster, screen)
            await expect(tab.locator(".link-mark")).to_be_empty()
        cable.cut()


async def in_front(tabs: dict[str, Page]) -> AsyncIterator[tuple[str, Page]]:
    """One after the other, as a tab in the background is not drawn."""
    for screen, tab in tabs.items():
        await tab.bring_to_front()
        yield screen, tab


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


def wait_running(cluster: UpCluster, wanted: dict[str, int], lost: str = "none") -> None:
    """Until exactly these run, as master and Marathon tell it, and one task does not."""

    def look() -> bool:
        apps = {app["id"]: app["tasksRunning"] for app in cluster.ask_marathon("/v2/apps")["apps"]}
        running = [key.rpartition("/")[2] for key in tell_tasks(cluster)]
        return (apps, sum(wanted.values())) == (wanted, len(running)) and lost not in running and cluster.has_settled()

    wait_until(look, f"{wanted} running", SECONDS)

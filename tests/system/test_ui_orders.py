"""What operators order at the UI of a real cluster: its effect is said first, and is then the daemons' word.

One cluster for all: three agents, an app of two instances in the role `*`, and a framework of the role `analytics`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from koinon_daemon.errors import ExitCode
from support.browser import axe
from support.cluster import Cluster, Daemon
from support.lean_scheduler import LeanScheduler
from support.orders_stage import FRAMEWORK, ROLE, Operator, cluster_with_app, framework_of_analysts, operator_at
from support.person import PATIENCE, SECONDS, fill

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="session")]
CUT_OFF = ("ERR_CONTENT_LENGTH", "ERR_INCOMPLETE", "ERR_EMPTY", "(answer: |status of )(404|502|503|504)")
"""What is answered while a master is killed, and not yet by the next."""
DELAY = {"backoffSeconds": 3000, "maxLaunchDelaySeconds": 3600}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all orders."""
    with cluster_with_app() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def analysts(cluster: Cluster) -> AsyncIterator[LeanScheduler]:
    """Their framework."""
    async with framework_of_analysts(cluster) as scheduler:
        yield scheduler


def read_quota(operator: Operator) -> tuple[dict[str, float], dict[str, float]]:
    """What is guaranteed to the role, and what limits it."""
    (quota,) = [each["quota"] for each in operator.ask_master("/roles")["roles"] if each["name"] == ROLE]
    return quota["guarantee"], quota["limit"]


@pytest.mark.usefixtures("analysts")
async def test_weight_and_quota(chromium: Browser, cluster: Cluster) -> None:
    """Bars follow what is set; what is wrong stands at its field, whoever finds it; a quota goes again."""
    async with operator_at(chromium, cluster, r"400 .*api/v1") as operator:
        await operator.opens("Roles", ROLE, f"Role {ROLE}")
        await operator.sees("its fair share is 50%")
        await set_weight(operator)
        await be_refused_a_quota(operator)
        await set_quota(operator)
        await operator.asks("Remove quota", re.compile("at least 2 cpus; at most 3 cpus.*its tasks go on"))
        await operator.confirm("Remove quota")
        await operator.sees("no limit")
        await expect(operator.main.get_by_role("button", name="Remove quota")).to_have_count(0)

        assert [] == operator.ask_master("/quota").get("infos", [])
        assert ({}, {}) == read_quota(operator)


async def set_weight(operator: Operator) -> None:
    """The share that it comes to is said first, and is then the bar's."""
    await operator.asks("Set weight", "All outstanding offers are taken back")
    field = operator.dialog.get_by_label("Weight", exact=True)
    await field.fill("0")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(operator.dialog.get_by_role("alert")).to_contain_text("A weight is a number above 0")
    await expect(operator.dialog.get_by_role("button", name="Set weight")).to_be_disabled()
    await field.fill("3")
    await expect(operator.dialog).to_contain_text("it comes to 75%")
    await operator.confirm("Set weight")
    await operator.sees("its fair share is 75%")
    bar = operator.main.get_by_role("img", name=re.compile("^share: .*75% fair share"))
    await expect(bar).to_be_visible()

    assert [{"role": ROLE, "weight": 3.0}] == operator.ask_master("/weights")


async def be_refused_a_quota(operator: Operator) -> None:
    """By the page for what is no number, by the master for more than there is; each says it at the field."""
    await operator.asks("Set quota", "What is guaranteed is kept free for the role")
    field = operator.dialog.get_by_label("Guarantee of cpus")
    for typed, said in (("2x", "Guarantee of cpus: 2x is no amount"), ("100", "exceed cluster capacity")):
        await field.fill(typed)
        if typed == "100":
            await expect(field).to_have_attribute("aria-invalid", "false")
            await operator.dialog.get_by_role("button", name="Set quota").click()
        await expect(operator.dialog.get_by_role("alert").filter(has_text=said)).to_have_count(1)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(re.escape(said)))
    await expect(operator.dialog.get_by_label("Limit of cpus")).to_have_attribute("aria-invalid", "false")

    assert ({}, {}) == read_quota(operator)


async def set_quota(operator: Operator) -> None:
    """In the dialog that was refused; then, by force, more than there is, and back."""
    await fill(operator.dialog, {"Guarantee of cpus": "2", "Limit of cpus": "3"})
    await operator.confirm("Set quota")
    await expect(operator.main.get_by_role("button", name="Set quota")).to_be_focused()
    await operator.sees("limit 3")
    bar = operator.main.get_by_role("img", name=re.compile(r"^cpus: 0.5 allocated \(17%\).*2 guaranteed \(67%\) of 3"))
    await expect(bar).to_be_visible()

    assert ({"cpus": 2.0}, {"cpus": 3.0}) == read_quota(operator)
    await operator.press("Set quota")
    await fill(operator.dialog, {"Guarantee of cpus": "100", "Limit of cpus": ""})
    await operator.dialog.get_by_role("checkbox").check()
    await operator.confirm("Set quota")

    assert ({"cpus": 100.0}, {}) == read_quota(operator)
    await operator.press("Set quota")
    await fill(operator.dialog, {"Guarantee of cpus": "2", "Limit of cpus": "3"})
    await operator.confirm("Set quota")
    await operator.sees("limit 3")


async def test_kill_and_tear_down(chromium: Browser, cluster: Cluster, analysts: LeanScheduler) -> None:
    """A task ends and another comes in its place; a framework goes with all that it has."""
    async with operator_at(chromium, cluster) as operator:
        task = cluster.running_tasks("/shop/web")[0]["id"]
        await operator.find(task)
        await operator.asks("Kill", "Another instance of /shop/web is started in its place")
        await operator.confirm("Kill")
        await expect(operator.main.locator(".screen-head .state")).to_have_text("killed", timeout=PATIENCE)
        await operator.is_at_heading()
        tasks = await operator.agrees(lambda: both_run_without(cluster, task), "two other tasks")

        assert task not in tasks
        framework = analysts.framework_id["value"]
        await operator.opens("Frameworks", FRAMEWORK)
        await operator.asks("Tear down", "ends for good: its id can't come back. Its task is killed")
        await operator.types(FRAMEWORK, "Tear down")
        await expect(operator.main.locator(".screen-head .state")).to_have_text("completed", timeout=PATIENCE)
        await operator.is_at_heading()
        state = operator.ask_master("/state")

        assert framework in {each["id"] for each in state["completed_frameworks"]}
        assert framework not in {each["id"] for each in state["frameworks"]}


def both_run_without(cluster: Cluster, task: str) -> set[str] | None:
    """The app's running tasks, once these are two and that one is not among them."""
    found = {each["id"] for each in cluster.running_tasks("/shop/web")}
    return found if len(found) == 2 and task not in found else None


async def test_maintenance(chromium: Browser, cluster: Cluster) -> None:
    """Planned, started and stopped: the agent leaves, is kept out, and is welcome again."""
    host = busy_host(cluster)
    daemon = daemon_of(cluster, host)
    async with operator_at(chromium, cluster) as operator:
        await operator.find(host)
        await operator.asks("Plan maintenance …", "Nothing ends before the maintenance is started")
        await operator.dialog.get_by_label("For how long").fill("2h")
        await operator.confirm("Plan")
        await operator.sees("Maintenance is planned from")
        (window,) = operator.ask_master("/maintenance/schedule")["windows"]

        assert ([host], 7200 * 10**9) == (
            [each["hostname"] for each in window["machine_ids"]],
            window["unavailability"]["duration"]["nanoseconds"],
        )
        await operator.asks("Start maintenance …", re.compile(r"shut down with all its tasks.*\d tasks? of /shop/web"))
        await operator.types(host, "Start maintenance")
        code = await asyncio.to_thread(daemon.process.wait_exit, SECONDS)
        await operator.sees("No such agent now")
        await operator.is_at_heading()
        (down,) = operator.ask_master("/maintenance/status")["down_machines"]

        assert (ExitCode.TURNED_AWAY, host) == (code, down["hostname"])
        await operator.main.get_by_role("link", name="See all agents").click()
        await operator.sees("1 machine is down for maintenance")
        await operator.asks("Stop maintenance", "Its agents may register again")
        await operator.confirm("Stop maintenance")
        await expect(operator.main).not_to_contain_text("down for maintenance")
        await operator.is_at_heading()

        assert {} == operator.ask_master("/maintenance/status")
        daemon.start()
        await operator.agrees(lambda: host in find_agents(operator), "agent that is back")
        await expect(operator.main.get_by_role("link", name=re.compile(host))).to_be_visible(timeout=PATIENCE)


def find_agents(operator: Operator) -> dict[str, dict[str, Any]]:
    """The members, by their hosts."""
    return {each["hostname"]: each for each in operator.ask_master("/slaves")["slaves"]}


async def test_agent_is_deactivated_and_marked_gone(chromium: Browser, cluster: Cluster) -> None:
    """Its tasks go on while it is offered no more; once it is gone others come in their place."""
    host = busy_host(cluster)
    daemon = daemon_of(cluster, host)
    async with operator_at(chromium, cluster) as operator:
        await operator.find(host)
        before = {each["id"] for each in cluster.wait_running("/shop/web", 2)}
        await operator.asks("Deactivate …", re.compile(r"Nothing more of it is offered.*goe?s? on"))
        await operator.confirm("Deactivate")
        await operator.sees_status("deactivated")
        await operator.is_at_heading()

        assert [False] == [each["active"] for each in [find_agents(operator)[host]]]
        assert before == {each["id"] for each in cluster.running_tasks("/shop/web")}
        await operator.asks("Reactivate …", "It is offered again at once")
        await operator.confirm("Reactivate")
        await operator.sees_status("active")

        assert find_agents(operator)[host]["active"]
        daemon.kill()
        await operator.sees_status("disconnected")
        await operator.asks("Mark gone …", re.compile(r"It never comes back.*of /shop/web"))
        await operator.types(host, "Mark gone")
        await operator.sees("No such agent now")
        await operator.is_at_heading()
        after = await operator.agrees(lambda: all_elsewhere(cluster, host), "two tasks elsewhere")

        assert host not in find_agents(operator)
        assert not after >= before
        daemon.start()
        code = await asyncio.to_thread(daemon.process.wait_exit, SECONDS)

        assert ExitCode.TURNED_AWAY == code
        assert "marked gone" in daemon.process.output


def all_elsewhere(cluster: Cluster, host: str) -> set[str] | None:
    """The app's running tasks, once these are two and none is on that host."""
    found = cluster.running_tasks("/shop/web")
    return {each["id"] for each in found} if [True, True] == [each["host"] != host for each in found] else None


DROP = """
(target, [name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name, { type: "application/json" }));
  const send = (type) => target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  return ["dragover", "drop"].map(send);
}
"""
"""What a browser does when a file is let go over an element; whether it would have opened the file itself."""


async def test_dropped_file(chromium: Browser, cluster: Cluster) -> None:
    """It is in the text as it was written, and in the form; what no field knows stays through both, up to Marathon."""
    text = """{
  "id": "/dropped/app",   "cmd": "exec sleep 1000",
  "cpus": 0.1, "mem": 16,
  "instances": 0,
  "ourOwn": {"owner": "café", "cost": 1.50},
  "labels": {"from": "a file"}
}"""
    async with operator_at(chromium, cluster) as operator:
        await operator.go("Apps")
        await operator.main.get_by_role("link", name="New app").click()
        form = operator.main.get_by_role("tabpanel", name="Form")

        assert [False, False] == await form.evaluate(DROP, ["app.json", text])
        written = operator.main.get_by_role("textbox", name="The definition as JSON")
        await expect(written).to_have_value(text)
        await operator.choose("Form")
        await expect(form.get_by_label("Id", exact=True)).to_have_value("/dropped/app")
        await expect(form.get_by_label("Command", exact=True)).to_have_value("exec sleep 1000")
        await fill(form, {"Command": "exec sleep 2000"})
        await operator.choose("JSON")
        await expect(written).to_have_value(text.replace("1000", "2000"))
        await operator.press("Review …")
        await expect(operator.dialog).to_contain_text("creates /dropped/app")
        await operator.confirm("Create")
        await operator.sees_heading("/dropped/app")
        app = operator.ask_marathon("/v2/apps/dropped/app")["app"]

        assert ("exec sleep 2000", {"from": "a file"}) == (app["cmd"], app["labels"])


async def test_delay_is_ended(chromium: Browser, cluster: Cluster, tmp_path: Path) -> None:
    """What fails waits out an hour; when the cause is mended, it is tried at once."""
    ready = tmp_path / "database"
    app = {"id": "/batch/report", "cmd": f"test -e {ready} && exec sleep 1000", "cpus": 0.1, "mem": 16, **DELAY}
    async with operator_at(chromium, cluster) as operator:
        assert cluster.post_app(app).ok
        await operator.opens("Apps", "report", "/batch/report")
        await operator.sees_status("Delayed")
        await expect(await operator.choose("Waiting")).to_contain_text("next try")
        (queued,) = operator.ask_marathon("/v2/queue")["queue"]

        assert 2000 < queued["delay"]["timeLeftSeconds"]
        ready.touch()
        await operator.asks("Try now", "what is to start is launched at the next offer that fits")
        await operator.confirm("Try now")
        await operator.sees_status("Running")
        await operator.agrees(lambda: cluster.running_tasks("/batch/report"), "running task")

        assert [] == operator.ask_marathon("/v2/queue")["queue"]


async def test_deployment_is_stopped(chromium: Browser, cluster: Cluster) -> None:
    """Where it is; nothing is undone. What is in the way of another order is told before that one is sent."""
    app = {"id": "/stuck/large", "cmd": "exec sleep 1000", "cpus": 64, "mem": 16, "instances": 1}
    async with operator_at(chromium, cluster) as operator:
        assert cluster.post_app(app).ok
        await operator.opens("Apps", "large", "/stuck/large")
        await operator.press("Scale")
        await operator.dialog.get_by_label("Instances").fill("2")
        await operator.dialog.get_by_role("checkbox", name="Stop what is under way").check()

        assert [] == await axe(operator.page, "link-in-text-block")
        await operator.confirm("Scale")
        await operator.go("Deployments")
        (deployment,) = operator.ask_marathon("/v2/deployments")
        panel = operator.main.get_by_role("region", name="/stuck/large")
        await expect(panel).to_contain_text(deployment["id"])
        await operator.asks("Stop here", "Stops it at step 1 of 1 and undoes nothing")
        await operator.confirm("Stop it where it is")
        await operator.sees("No deployment is under way")
        await operator.is_at_heading()
        found = operator.ask_marathon("/v2/apps/stuck/large")["app"]

        assert [] == operator.ask_marathon("/v2/deployments")
        assert (2, []) == (found["instances"], found["deployments"])


def busy_host(cluster: Cluster) -> str:
    """Where a task of the app runs."""
    return str(cluster.wait_running("/shop/web", 2)[0]["host"])


def daemon_of(cluster: Cluster, host: str) -> Daemon:
    """The agent of that name."""
    return next(agent for agent in cluster.agents if f"--hostname={host}" in agent.argv)


async def test_a_reader_reads_on_through_a_failover(chromium: Browser, cluster: Cluster) -> None:
    """A new leader knows of no task until its agents are back: what one reads stays, with a word about it."""
    task = cluster.wait_running("/shop/web", 2)[0]["id"]
    (master,) = cluster.masters
    agents = [agent.process for agent in cluster.agents if agent.process.is_running]
    async with operator_at(chromium, cluster, *CUT_OFF) as operator:
        await operator.find(task)
        log = await operator.choose("stdout")
        await log.get_by_role("searchbox").fill("what I look for")
        for agent in agents:
            agent.suspend()
        try:
            master.kill()
            master.start()
            await operator.sees(f"{len(agents)} agents did not come back to it yet. This is what was known before.")
            await expect(log.get_by_role("searchbox")).to_have_value("what I look for")
            await operator.go("Cluster")
            await operator.sees("No agent is back yet")
            await operator.page.go_back()
            await operator.sees("The master knows no such task yet")
            await operator.page.reload()
            await operator.sees("The master knows no such task yet")
        finally:
            for agent in agents:
                agent.resume()
        await operator.sees_status("running")
        await expect(operator.main).not_to_contain_text("did not come back")

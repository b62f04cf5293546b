"""What the page is to callers of few rights and to browsers of few abilities, on daemons all of whose doors ask.

Each rule has its own tests elsewhere; here the whole is looked at from a browser that has a name and a password.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Error, Page, expect

from koinon_daemon.credentials import Credential
from support.browser import axe, watched_page
from support.person import PATIENCE, Person
from support.rights_stage import CLERK, HALF, LOOKER, OPS, PAGE, SECRETS, RightsStage, running_rights_stage
from support.ui_daemons import reading
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="session")]

FORBIDDEN = ("403",)
TABLES = "cluster,usage,agents,frameworks,tasks,roles,offers,answers,apps,groups,instances,deployments,waiting"
OF_OTHERS = ("timeline:/bank/vault", "refusals:/bank/bars")
WITHOUT_WORKER = "delete globalThis.SharedWorker"
HIDE = """(is) => {
    Object.defineProperty(document, "hidden", { value: is, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""As a browser does with a tab behind another one; without a screen it draws them all."""


@pytest.fixture(scope="module")
def stage() -> Iterator[RightsStage]:
    """The daemons, with an app of each of two groups."""
    with running_rights_stage() as started:
        started.open_desk()
        wait_until(lambda: len(started.read("/frameworks")["frameworks"]) == 2, "framework with a page")
        yield started


@asynccontextmanager
async def page_of(
    chromium: Browser, stage: RightsStage, who: str, forgiven: tuple[str, ...] = (), path: str = "/ui/"
) -> AsyncIterator[Person]:
    """The master's UI, as somebody sees it who has signed in."""
    proof = {"username": who, "password": stage.passwords[who]}
    async with watched_page(chromium, forgiven=forgiven, http_credentials=proof) as page:
        await page.goto(f"{stage.master.url}{path}")
        yield Person(page)


def places(stage: RightsStage) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """Screens with orders: the address, the orders' buttons, and what is said to who may not give them."""
    (agent,) = stage.read("/slaves")["slaves"]
    (marathon,) = [one for one in stage.read("/frameworks")["frameworks"] if one["name"] == "marathon"]
    task = stage.running("/shop/web")[0]["id"]
    framework = f"/ui/frameworks/{marathon['id']}"
    return {
        agent["hostname"]: (
            f"/ui/agents/{agent['id']}",
            ("Drain …", "Deactivate …", "Plan maintenance …", "Mark gone …"),
            "may not drain, deactivate, reactivate, mark gone or plan maintenance of this agent",
        ),
        "Role bank": ("/ui/roles/bank", ("Set weight", "Set quota"), "may not set weight or set quota of this role"),
        "marathon": (framework, ("Tear down",), "may not tear down this framework"),
        "Apps": ("/ui/apps", ("New group", "New app"), "may not create apps"),
        "/shop/web": (
            "/ui/apps/%2Fshop%2Fweb",
            ("Edit", "Scale", "Restart", "Suspend", "Destroy", "Mark all"),
            "may not change, kill or destroy this app",
        ),
        task: (f"/ui/tasks/{marathon['id']}/{task}", ("Kill",), "may not kill this task"),
        "Deployments": ("/ui/deployments", ("Undo", "Stop here"), "may not change apps, nor end deployments"),
    }


async def test_who_may_only_look_is_told_what_he_may_not_do(chromium: Browser, stage: RightsStage) -> None:
    """All is there to be seen; where an operator has buttons there is a sentence, which is also read out."""
    found = await asyncio.to_thread(places, stage)
    async with page_of(chromium, stage, OPS) as operator, page_of(chromium, stage, LOOKER) as looker:
        for heading, (path, orders, sentence) in found.items():
            await asyncio.gather(*(go_to(person, path, heading) for person in (operator, looker)))
            for order in orders:
                await expect(operator.main.get_by_text(order, exact=True).first).to_be_visible()
            await expect(looker.main.get_by_text(f"As looker you {sentence}.")).to_be_visible()
            for order in orders:
                await expect(looker.main.get_by_text(order, exact=True)).to_have_count(0)
            await expect(operator.main.get_by_text("you may not")).to_have_count(0)
        await go_to(looker, "/ui/apps/new", "New app")
        review = looker.main.get_by_role("button", name="Review …")
        await expect(review).to_be_disabled()
        await expect(review).to_have_accessible_description("As looker you may not create apps.")
        assert [] == await axe(looker.page)
        apps = ("/shop/web", "/shop/big", "/bank/vault", "/bank/bars")
        for path, heading, rows in (("apps?view=flat", "Apps", apps), ("frameworks", "Frameworks", (PAGE,))):
            await go_to(looker, f"/ui/{path}", heading)
            for row in rows:
                await expect(looker.main.get_by_role("link", name=row, exact=True)).to_be_visible()
        await expect(looker.page.get_by_role("navigation").get_by_role("link", name="Tasks 3")).to_be_visible()


async def go_to(person: Person, path: str, heading: str) -> None:
    """As by the history of the browser: the page stays."""
    await person.page.evaluate(
        "(path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
    )
    await person.sees_heading(heading)


async def test_orders_are_refused_to_who_may_only_look(chromium: Browser, stage: RightsStage) -> None:
    """Whoever asks without the page's buttons is told so by the daemons, and nothing has changed."""
    (agent,) = (await asyncio.to_thread(stage.read, "/slaves"))["slaves"]
    task = stage.running("/shop/web")[0]["id"]
    operator_calls: list[Any] = [
        {"type": "DRAIN_AGENT", "drain_agent": {"agent_id": {"value": agent["id"]}}},
        {"type": "MARK_AGENT_GONE", "mark_agent_gone": {"agent_id": {"value": agent["id"]}}},
        {"type": "DEACTIVATE_AGENT", "deactivate_agent": {"agent_id": {"value": agent["id"]}}},
        {"type": "UPDATE_WEIGHTS", "update_weights": {"weight_infos": [{"role": "bank", "weight": 7}]}},
        {"type": "UPDATE_QUOTA", "update_quota": {"quota_configs": [{"role": "bank"}]}},
        {"type": "START_MAINTENANCE", "start_maintenance": {"machines": [{"hostname": "host-1"}]}},
    ]
    web = "marathon/v2/apps//shop/web"
    orders = [("POST", "cluster/api/v1", call) for call in operator_calls] + [
        ("PUT", web, {"instances": 5}),
        ("DELETE", web, None),
        ("POST", f"{web}/restart", None),
        ("POST", "marathon/v2/apps", {"id": "/shop/new", "cmd": "true"}),
        ("POST", "marathon/v2/tasks/delete", {"ids": [task]}),
        ("POST", "marathon/v2/groups", {"id": "/new"}),
    ]
    async with page_of(chromium, stage, LOOKER, FORBIDDEN) as looker:
        answers = [(order[2] or order[:2], await ask(looker.page, *order)) for order in orders]

    assert [] == [(order, status) for order, (status, _) in answers if status != 403]
    assert 2 == len(stage.running("/shop/web"))
    assert ["/bank/bars", "/bank/vault", "/shop/big", "/shop/web"] == apps_of(stage)


def apps_of(stage: RightsStage) -> list[str]:
    """The ids of all apps."""
    return sorted(app["id"] for app in stage.read("/v2/apps", daemon=stage.marathon)["apps"])


async def ask(page: Page, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """As the page itself asks the daemon; status and text."""
    status, text = await page.evaluate(
        """async ([method, path, body]) => {
            const headers = body === null ? {} : { "Content-Type": "application/json" };
            const answer = await fetch(`/ui/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
            return [answer.status, await answer.text()];
        }""",
        [method, path, body],
    )
    return status, text


async def test_who_may_see_one_group_gets_nothing_of_another(chromium: Browser, stage: RightsStage) -> None:
    """In no row, count, timeline, log, or jump box; neither in the page nor in the bytes that it is made of."""
    (vault,) = await asyncio.to_thread(stage.running, "/bank/vault")
    web = (await asyncio.to_thread(stage.running, "/shop/web"))[0]
    raw = await asyncio.gather(*(read_raw(stage, daemon.url) for daemon in (stage.master, stage.marathon)))
    async with page_of(chromium, stage, CLERK, FORBIDDEN) as clerk:
        shown = {}
        for screen in ("cluster", "agents", "offers", "roles", "frameworks", "tasks", "apps", "deployments"):
            await clerk.go(screen.capitalize())
            await expect(clerk.main.get_by_text("Waiting for the")).to_have_count(0)
            shown[screen] = await clerk.page.content()
        shown["slaves"], shown["agents call"] = await ask_for_agents(clerk)
        await clerk.page.keyboard.press("/")
        for secret in SECRETS:
            await clerk.page.get_by_role("combobox", name="Any id or name").fill(secret)
            await expect(clerk.page.get_by_role("status").get_by_text("Nothing has these letters")).to_be_visible()
        await clerk.page.keyboard.press("Escape")
        await look_by_address(clerk)
        logs = [await ask(clerk.page, "GET", f"agents/{log_of(stage, task)}") for task in (vault, web)]
        await look_at_own(clerk, web["id"])

    for text in (*raw, *shown.values()):
        assert [] == re.findall(f".{{0,99}}(?:{'|'.join(SECRETS)}).{{0,99}}", text)
    assert all("shop" in text for text in (*raw, shown["apps"], shown["tasks"]))
    assert [403, 200] == [status for status, _ in logs]
    assert [False, True] == ["vault holds" in logs[0][1], "open for business" in logs[1][1]]


async def read_raw(stage: RightsStage, url: str) -> str:
    """All that the stream says to the clerk until each table has come, also those named after somebody else's apps."""
    proof = {"Authorization": Credential(CLERK, stage.passwords[CLERK]).header}
    tables = ",".join((TABLES, *OF_OTHERS, "timeline:/shop/web"))
    async with aiohttp.ClientSession() as session, reading(session, url, tables, proof) as stream:
        await stream.read_tables()
        assert {} == stream.tables[OF_OTHERS[0]] == stream.tables[OF_OTHERS[1]]
        assert 1 == stream.tables["cluster"]["cluster"]["frameworks"]["active"]
        assert 2 == sum(stream.tables["cluster"]["cluster"]["tasks"].values())
        assert [2] == [row["tasks"] for row in stream.tables["agents"].values()]
        events = [(kind, data) for kind, data in stream.events if data.get("table") not in OF_OTHERS]
        return json.dumps(events)


async def ask_for_agents(clerk: Person) -> list[str]:
    """As the screens do that show more of agents than is in their rows."""
    answers = (
        await ask(clerk.page, "GET", "cluster/slaves"),
        await ask(clerk.page, "POST", "cluster/api/v1", {"type": "GET_AGENTS"}),
    )
    assert [200, 200] == [status for status, _ in answers]
    return [text for _, text in answers]


async def look_by_address(clerk: Person) -> None:
    """A hidden app's own address is that of an app that never was."""
    for app in ("/bank/vault", "/shop/never"):
        await go_to(clerk, f"/ui/apps/{app.replace('/', '%2F')}", app)
        await clerk.sees("It was destroyed, or never there.")
    await go_to(clerk, "/ui/roles/bank", "Role bank")
    await clerk.sees("Nobody uses this role")


async def look_at_own(clerk: Person, task: str) -> None:
    """What is one's own can be changed, and read."""
    await go_to(clerk, "/ui/apps", "Apps")
    await expect(clerk.main.get_by_role("link", name="New app")).to_be_visible()
    await go_to(clerk, "/ui/apps/%2Fshop%2Fweb/edit", "Edit /shop/web")
    await expect(clerk.main.get_by_role("button", name="Review …")).to_be_enabled()
    await clerk.find(task)
    panel = await clerk.choose("stdout")
    await expect(panel.get_by_text("open for business")).to_be_visible()


def log_of(stage: RightsStage, task: dict[str, Any]) -> str:
    """Where an agent has what a task wrote."""
    (found,) = stage.read(
        f"/tasks?task_id={task['id']}&framework_id={stage.read('/v2/info', daemon=stage.marathon)['frameworkId']}"
    )["tasks"]
    sandbox = f"/frameworks/{found['framework_id']}/executors/{found['executor_id'] or found['id']}/runs/latest"
    return f"{found['slave_id']}/files/read?path={sandbox}/stdout&offset=0"


async def test_who_does_not_prove_himself_is_told_so(chromium: Browser, stage: RightsStage) -> None:
    """With no password, with a wrong one, and with one that Marathon does not know: never an empty cluster."""
    wrong = {"username": OPS, "password": "guess"}
    async with watched_page(chromium, forgiven=("401",), http_credentials=wrong) as page:
        await page.goto(f"{stage.master.url}/ui/")
        await expect(page.locator("body")).to_have_text(
            "401 Unauthorized. The principal is unknown or the secret is not theirs."
        )
    async with await chromium.new_context() as context:
        page = await context.new_page()
        # A browser that somebody sits at asks for name and password here.
        with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
            await page.goto(f"{stage.master.url}/ui/")
        answer = await context.request.get(f"{stage.master.url}/ui/")

        assert 'Basic realm="mesos-master-readonly"' == answer.headers["www-authenticate"]
        assert (await answer.text()).startswith("401 Unauthorized. Say who you are by HTTP Basic")
    async with page_of(chromium, stage, HALF) as half:
        said = "Marathon asks for its own name and password"
        await half.sees(said)
        await expect(half.main.get_by_text("Nothing waits, starves or is broken")).to_have_count(0)
        await expect(half.page.locator(".link-mark")).to_contain_text(f"Not up to date: {said}")
        await half.go("Apps")
        await half.sees(f"The apps can't be had now{said}")
        await expect(half.main.get_by_text(f"No orders now: {said}")).to_be_visible()
        await half.go("Tasks")
        await expect(half.main.get_by_role("grid").get_by_role("link", name="bank_vault")).to_be_visible()


@pytest.mark.parametrize("is_shared", [True, False])
async def test_tabs_share_a_stream_where_the_browser_can(
    chromium: Browser, stage: RightsStage, is_shared: bool
) -> None:
    """Two tabs have one between them; without a shared worker each has its own. Both follow what changes."""
    async with page_of(chromium, stage, OPS, path="/ui/apps") as first:
        if not is_shared:
            await first.page.context.add_init_script(WITHOUT_WORKER)
            await first.page.reload()
        second = Person(await first.page.context.new_page())
        await second.page.goto(f"{stage.master.url}/ui/apps")
        for person in (first, second):
            await expect(person.main.get_by_role("link", name="web")).to_be_visible()
        await asyncio.to_thread(wait_readers, stage, 1 if is_shared else 2)
        await hide_while_something_changes(stage, first, second, f"new-{is_shared}".lower())


async def hide_while_something_changes(stage: RightsStage, hidden: Person, seen: Person, name: str) -> None:
    """What is hidden stays as it was, ages included; it has all of it when it is looked at again."""
    await hidden.page.evaluate(HIDE, True)
    before = await hidden.page.content()
    await asyncio.to_thread(stage.post_app, {"id": f"/shop/{name}", "cmd": "true", "instances": 0})
    await expect(seen.main.get_by_role("link", name=name)).to_be_visible()
    assert before == await hidden.page.content()
    await hidden.page.evaluate(HIDE, False)
    await expect(hidden.main.get_by_role("link", name=name)).to_be_visible()


def wait_readers(stage: RightsStage, count: int) -> None:
    """Until the master has so many streams open."""
    wait_until(lambda: stage.read("/metrics/snapshot")["master/ui_readers"] == count, f"{count} streams")


async def test_page_of_a_framework_comes_and_goes_with_it(chromium: Browser, stage: RightsStage) -> None:
    """By its name, which is text; and it opens."""
    async with page_of(chromium, stage, OPS, ("favicon",)) as operator:
        pages = operator.page.get_by_role("navigation", name="Screens")
        link = pages.get_by_role("link", name=PAGE)
        await expect(link).to_be_visible()
        assert stage.desk is not None
        async with operator.page.context.expect_page() as opened:
            await link.click()
        page = await opened.value
        await expect(page.locator("body")).to_contain_text("desk")
        await page.close()
        stage.desk.send(signal.SIGTERM)
        await expect(link).to_have_count(0, timeout=PATIENCE)
        await expect(operator.page.locator("img")).to_have_count(0)


async def test_rights_that_change_while_the_page_is_open_are_told(chromium: Browser, stage: RightsStage) -> None:
    """The master comes back with another password for one, and the same for the other, whose page is live again."""
    async with (
        page_of(chromium, stage, OPS, ("ERR_", "401", "50[0-9]"), "/ui/roles/bank") as changed,
        page_of(chromium, stage, LOOKER, ("ERR_", "401", "50[0-9]"), "/ui/tasks") as same,
    ):
        await expect(changed.main.get_by_role("button", name="Set quota")).to_be_visible()
        await expect(same.main.get_by_role("grid").get_by_role("row")).to_have_count(4)
        stage.passwords[OPS] = "tulip"
        stage.write_credentials()
        await asyncio.to_thread(stage.restart, stage.master)
        mark = changed.page.locator(".link-mark")
        await expect(mark).to_contain_text(
            re.compile("Not allowed to read: 401.*secret is not theirs"), timeout=PATIENCE
        )
        await expect(mark.get_by_role("link", name="Sign in")).to_be_visible()
        await expect(changed.main.get_by_role("button", name="Set quota")).to_have_count(0)
        await expect(same.page.locator(".link-mark")).to_be_empty(timeout=PATIENCE)
        await expect(same.main.get_by_role("grid").get_by_role("row")).to_have_count(4, timeout=PATIENCE)
    async with page_of(chromium, stage, OPS, path="/ui/roles/bank") as again:
        await expect(again.main.get_by_role("button", name="Set quota")).to_be_visible()

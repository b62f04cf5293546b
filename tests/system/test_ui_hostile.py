"""Every screen, tab and dialog of the UI on a cluster full of hostile text, for people who see or move otherwise."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import quote

import pytest
from attrs import define, field
from playwright.async_api import Browser, Dialog, Page, expect

from support.browser import axe, watched_page
from support.cluster import Cluster, Daemon
from support.hostile_stage import SHOWN, hostile_cluster, hostile_framework, wait_finished
from support.hostile_text import laden

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="session")]
Theme = Literal["dark", "light"]
COLOURS = ("color-contrast",)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ORDERS = re.compile(
    r"^(Drain|Deactivate|Plan|Mark gone|Kill|Scale|Restart|Suspend|Destroy|Set|Tear|Undo|Stop here|New group)"
)

STRANGE = """
() => [...document.querySelectorAll("*")].filter((each) =>
  ["IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "STYLE", "VIDEO", "MATH", "AREA"].includes(each.tagName) ||
  (each.tagName === "SCRIPT" && !each.src.startsWith(location.origin + "/ui/assets/")) ||
  each.getAttributeNames().some((name) => /^on|^srcdoc$|^formaction$/.test(name)) ||
  ["href", "src", "action", "xlink:href"].some((name) => each.hasAttribute(name) &&
    !/^(\\/ui\\/|\\/ui$|#|https?:\\/\\/127\\.0\\.0\\.1)/.test(each.getAttribute(name)) && each.localName !== "link"),
).map((each) => each.outerHTML.slice(0, 200))
"""
GO = """
(path) => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}
"""
"""To another screen of the page that is open."""

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""What was pressed has been drawn."""
SETTLED = """
() => document.querySelector("main h1") && !/Reading …|Asking the/.test(document.querySelector("main").innerText)
  && document.documentElement.scrollWidth <= innerWidth
"""
"""What was asked for has come, and is not wider than the window."""

SAID = """
() => [document.documentElement.innerText, ...[...document.querySelectorAll("*")].flatMap((each) =>
  [...each.attributes].map((one) => one.value).concat(each.value ?? []))].join("\\n")
"""
"""All that the page shows, in its fields and for those who listen too."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all that is looked at here."""
    with hostile_cluster() as started:
        yield started


@define(slots=False)
class Look:
    """Somebody who opens whatever can be opened, and notes what should not be."""

    page: Page
    base: str
    theme: Theme
    wrong: list[str] = field(factory=list)
    seen: set[str] = field(factory=set)
    opened: set[str] = field(factory=set)
    rules: tuple[str, ...] | None = ()
    """Axe's: none of them where it is not to look, all where there are none."""

    async def answer(self, dialog: Dialog) -> None:
        """Only the browser itself may ask: whether what was typed may be lost."""
        if dialog.type != "beforeunload":
            self.wrong.append(f"dialog: {dialog.message}")
        await dialog.accept()

    async def open(self) -> None:
        """The page itself, once; from here on it goes from screen to screen without another load."""
        await self.page.goto(f"{self.base}/ui/cluster")
        await self.page.locator("main h1").wait_for()

    async def visit(self, place: str, *, deep: bool = True) -> None:
        """One screen; ``deep`` opens its parts, too."""
        await self.page.evaluate(GO, f"/ui/{place}")
        await self.check(place)
        if self.rules is not None:
            await self.check_other_theme(place)
        if deep:
            await self.open_parts(place)

    async def check_other_theme(self, place: str) -> None:
        """The colours of the theme that the page was not opened in."""
        other: Theme = "light" if self.theme == "dark" else "dark"
        await self.page.emulate_media(color_scheme=other)
        self.wrong += [f"{place} in {other}: axe {each}" for each in await axe(self.page, *COLOURS)]
        await self.page.emulate_media(color_scheme=self.theme)

    async def open_parts(self, place: str) -> None:
        """Tabs, what is folded, and dialogs."""
        tabs = self.page.locator("main [role=tab]")
        for number in range(1, await tabs.count()):
            await tabs.nth(number).click()
            await self.check(f"{place} tab {number}")
        if await tabs.count():
            await tabs.first.click()
        await self.page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
        await self.open_orders(place)

    async def open_orders(self, place: str) -> None:
        """Each dialog that a button of the screen opens, once a word."""
        for button in await self.page.locator("main button:enabled").filter(has_text=ORDERS).all():
            name = (await button.text_content() or "").strip()
            if name in self.opened:
                continue
            self.opened.add(name)
            await button.click()
            await self.page.locator("dialog[open]").wait_for()
            await self.check(f"{place} {name}")
            await self.page.keyboard.press("Escape")
            await expect(self.page.locator("dialog[open]")).to_have_count(0)
            await expect(button).to_be_focused()

    async def check(self, where: str) -> None:
        """Of the page as it stands: nothing is made of text, nothing is wider than it, all can use it."""
        await self.page.evaluate(DRAWN)
        await self.page.wait_for_function(SETTLED)
        self.seen |= set(re.findall(r"pwned\('(\w+)'\)", await self.page.evaluate(SAID)))
        self.wrong += [f"{where}: {each}" for each in await self.page.evaluate(STRANGE)]
        if self.rules is not None:
            self.wrong += [f"{where}: axe {each}" for each in await axe(self.page, *self.rules)]


@asynccontextmanager
async def looking(chromium: Browser, base: str, theme: Theme = "light", **profile: Any) -> AsyncIterator[Look]:
    """A page that notes code from text that ran, dialogs, and questions to foreign hosts."""
    async with watched_page(chromium, forgiven=[r"(?s)422"], color_scheme=theme, **profile) as page:
        look = Look(page, base, theme)
        await page.context.expose_binding("pwned", lambda _source, field_: look.wrong.append(f"ran: {field_}"))
        page.on("dialog", look.answer)
        page.on("popup", lambda other: look.wrong.append(f"popup: {other.url}"))
        page.on("request", lambda asked: note_foreign(look, asked.url))
        yield look
    assert [] == look.wrong, "\n".join(look.wrong)


def note_foreign(look: Look, url: str) -> None:
    """Nothing is asked elsewhere."""
    if not url.startswith((look.base, "data:image/", "blob:")):
        look.wrong.append(f"asked: {url}")


@define
class Places:
    """Addresses of screens whose rows are hostile."""

    master: Daemon
    tasks: list[dict[str, Any]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tasks = self.master.get("/tasks?limit=1000")["tasks"]

    def every(self) -> list[str]:
        """Each screen once."""
        agents = [agent["id"] for agent in self.master.get("/slaves")["slaves"]]
        own = next(task for task in self.tasks if task["executor_id"] == "talking")
        offers = [offer["id"] for each in self.master.get("/state")["frameworks"] for offer in each["offers"]]
        return [
            *("cluster", "agents", "offers", "roles", "frameworks", "tasks", "apps", "deployments"),
            *("apps/new", f"agents/{agents[0]}", f"offers/{offers[0]}", f"roles/{name_of(own['role'])}"),
            *(f"frameworks/{own['framework_id']}", self.task("hostile.constructor")),
            f"apps/{name_of('/constructor/hostile')}",
        ]

    def further(self) -> list[str]:
        """The same screens in another way or of other rows."""
        own = [task for task in self.tasks if task["executor_id"] == "talking" and task["state"] == "TASK_FINISHED"]
        agents = [agent["id"] for agent in self.master.get("/slaves")["slaves"]]
        return [
            *("agents?view=table", "agents?group=rack", "offers?by=agent", "apps?view=flat"),
            *(f"agents/{agents[1]}", *(f"tasks/{each['framework_id']}/{name_of(each['id'])}" for each in own[:2])),
            *(f"apps/{name_of('/constructor/tostring/waits')}?tab={tab}" for tab in ("waiting", "timeline")),
            f"apps/{name_of('/constructor/hostile')}/edit",
        ]

    def task(self, name: str) -> str:
        """The screen of the first task of that name."""
        found = next(task for task in self.tasks if task["name"] == name)
        return f"tasks/{found['framework_id']}/{name_of(found['id'])}"


def name_of(text: str) -> str:
    """As one part of a path."""
    return quote(text, safe="")


ADDRESSES = [
    *(f"{screen}?search=" for screen in ("agents", "tasks", "apps", "frameworks", "roles", "offers", "deployments")),
    *(
        "agents?group=",
        "agents?measure=used:",
        "cluster?resource=",
        "tasks?tab=",
        "apps?label=",
        "",
        "agents/",
        "apps/",
    ),
    *("roles/", "frameworks/", "offers/", "tasks/x/"),
]
"""What people may be led to; the text comes after it."""


async def test_text_is_text_and_screens_are_for_all(chromium: Browser, cluster: Cluster) -> None:
    """Every screen, tab and dialog shows hostile text in each field as text; none runs, none becomes an element."""
    async with hostile_framework(cluster), looking(chromium, cluster.any_marathon().url, viewport=WIDE) as look:
        await asyncio.to_thread(wait_finished, cluster.leading_master().url, 10)
        places = Places(cluster.leading_master())
        await look.open()
        for place in places.every():
            await look.visit(place)
        await find_and_list_keys(look)
        look.rules = None
        for place in places.further():
            await look.visit(place, deep=False)
        await follow_hostile_links(look)
        await write_hostile_app(look)

    assert frozenset() == SHOWN - look.seen


async def follow_hostile_links(look: Look) -> None:
    """Addresses that somebody else has made, loaded and gone to."""
    texts = [*(text.replace("\0", "") for text in laden("query")), "constructor", "__proto__"]
    for number, address in enumerate(ADDRESSES):
        await look.visit(address + name_of(texts[number * 7 % len(texts)]), deep=False)
    for address in ("tasks?search=", "agents?tab=", "apps/"):
        await look.page.goto(f"{look.base}/ui/{address}{name_of(texts[2])}")
        await look.check(address)


async def write_hostile_app(look: Look) -> None:
    """The editor shows what was typed, and what the server says of it."""
    await look.visit("apps/new?side=json", deep=False)
    app = {"id": f"/{laden('typed')[2]}", "cmd": laden("typed")[0], laden("typed")[4]: 1, "instances": laden("said")[2]}
    await look.page.get_by_role("textbox", name="The definition as JSON").fill(json.dumps(app, indent=1))
    await look.page.get_by_role("button", name="Review").click()
    await look.page.locator("main [role=alert] li").first.wait_for()
    await look.check("a refused app")


async def find_and_list_keys(look: Look) -> None:
    """The box that finds anything, and the list of keys."""
    await look.page.keyboard.press("/")
    box = look.page.get_by_role("dialog", name="Find anything")
    await box.get_by_role("combobox").fill("pwned")
    await box.get_by_role("option").first.wait_for()
    await look.check("jump box")
    await look.page.keyboard.press("Escape")
    await look.page.keyboard.press("?")
    await look.page.get_by_role("dialog", name="Keys").wait_for()
    await look.check("keys")
    await look.page.keyboard.press("Escape")


async def test_screens_are_for_all_in_dark_and_narrow(chromium: Browser, cluster: Cluster) -> None:
    """The same screens and dialogs at the width of a phone, in the other theme."""
    base = cluster.any_marathon().url
    async with hostile_framework(cluster), looking(chromium, base, "dark", viewport=NARROW) as look:
        await asyncio.to_thread(wait_finished, cluster.leading_master().url, 10)
        await look.open()
        for place in Places(cluster.leading_master()).every():
            look.rules = ()
            await look.visit(place, deep=False)
            # Behind tabs and in dialogs what hangs on the width is seen without axe; on the theme, only the colours.
            look.rules = COLOURS
            await look.open_parts(place)
        await look.page.get_by_role("button", name="More").click()
        await look.check("the whole navigation")
        await find_and_list_keys(look)


async def test_all_can_be_done_by_keys(chromium: Browser, cluster: Cluster) -> None:
    """Nothing but the keyboard: past the frame, by the box to a task, along tabs, through a table and a dialog."""
    async with watched_page(chromium, viewport=WIDE) as page:
        await page.goto(f"{cluster.any_marathon().url}/ui/apps")
        await page.get_by_role("row").nth(1).wait_for()
        await skip_the_frame(page)
        await walk_a_table(page)
        await walk_tabs_and_order(page)
        await jump_to_task(page)
        await walk_cells(page)
        await leave_the_editor(page)


async def skip_the_frame(page: Page) -> None:
    """The first stop leads past the navigation."""
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.querySelector('main').contains(document.activeElement)")


async def walk_a_table(page: Page) -> None:
    """Rows are one stop; arrows go among them, Enter opens, and back one is on the same screen."""
    await page.get_by_role("searchbox", name="Search apps").or_(page.get_by_label("Search apps")).focus()
    await page.keyboard.type("hostile")
    await expect(page.get_by_role("row").filter(has_text="waits")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="hostile").last
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.getAttribute('role') === 'row'"):
            break
    await page.keyboard.press("End")
    await expect(row).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(row).not_to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(row).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="/constructor/hostile")).to_be_focused()


async def walk_tabs_and_order(page: Page) -> None:
    """Arrows show the next tab; an order's dialog keeps the focus and gives it back."""
    await page.get_by_role("tab", name="Instances").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Waiting", selected=True)).to_be_focused()
    scale = page.get_by_role("button", name="Scale")
    await scale.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Scale /constructor/hostile")
    await dialog.wait_for()
    inside = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        inside.append(await page.evaluate("!document.activeElement.closest('main, nav, header.top')"))
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(scale).to_be_focused()
    assert all(inside)


async def jump_to_task(page: Page) -> None:
    """By letters of its id; the focus is on its heading."""
    await page.keyboard.press("/")
    await page.keyboard.type("constructor_hostile")
    option = page.get_by_role("group", name="Tasks").get_by_role("option").first
    await option.wait_for()
    for _ in range(10):
        if await option.get_attribute("aria-selected") == "true":
            break
        await page.keyboard.press("ArrowDown")
        await page.evaluate(DRAWN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="constructor_hostile.instance")).to_be_focused()


async def walk_cells(page: Page) -> None:
    """Two keys lead to the agents; cells of the map have names, and Enter opens one."""
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    cell = page.locator(".heat-cell").first
    await cell.wait_for()
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.classList.contains('heat-cell')"):
            break
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".heat-cell").nth(1)).to_be_focused()
    await expect(page.locator(".heat-cell").nth(1)).to_have_accessible_name(re.compile("of cpus allocated"))
    await page.keyboard.press("Enter")
    await expect(page.locator("main h1")).to_be_focused()
    await expect(page.get_by_role("link", name="Agents").last).to_be_visible()


async def leave_the_editor(page: Page) -> None:
    """The field of JSON is no trap: one gets out of it by keys."""
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await page.get_by_role("link", name="New app").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("tab", name="Form").focus()
    await page.keyboard.press("ArrowRight")
    code = page.get_by_role("textbox", name="The definition as JSON")
    await code.focus()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(code).not_to_be_focused()

"""Every screen opens in a browser: by its address, from another screen, without a link, and after a new bundle."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, Page, Route, expect

from koinon_web.assets import DIST, read_bundle
from support.browser import watched_page
from support.guarded_master import OPEN, running_master

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

SCREENS = {
    "cluster": "Cluster",
    "agents": "Agents",
    "offers": "Offers",
    "roles": "Roles",
    "frameworks": "Frameworks",
    "tasks": "Tasks",
    "apps": "Apps",
    "deployments": "Deployments",
}
PARTS_THERE = (
    "(count) => performance.getEntriesByType('resource').filter((it) => it.name.includes('part-')).length === count"
)
CUT = ["ERR_INTERNET_DISCONNECTED"]


def parts_of_bundle() -> set[str]:
    """Scripts besides page and worker."""
    return {name for name in read_bundle().assets if name.startswith("part-")}


def late_parts() -> set[str]:
    """Those that the page does not begin with."""
    needs = json.loads((DIST / "manifest.json").read_bytes())["needs"]
    return parts_of_bundle() - set(needs["src/main.tsx"])


async def walk(page: Page) -> None:
    """Go from screen to screen by the navigation, and see each."""
    for screen, title in reversed(SCREENS.items()):
        await page.locator(f"nav.side a[href='/ui/{screen}']").click()
        await expect(page.locator("h1")).to_have_text(title)
        await expect(page.locator("h1")).to_be_focused()
        assert page.url.endswith(f"/ui/{screen}")


async def test_each_screen_opens_by_its_address(chromium: Browser) -> None:
    """Whichever part of the bundle has it."""
    async with running_master(OPEN) as url, watched_page(chromium) as page:
        for screen, title in {**SCREENS, "apps/new": "New app"}.items():
            await page.goto(f"{url}/ui/{screen}")
            await expect(page.locator("h1")).to_have_text(title)


async def test_screens_open_from_one_another_and_without_a_link(chromium: Browser) -> None:
    """Parts that nobody looked at are fetched in idle time: after that a cut link hides no screen."""
    async with running_master(OPEN) as url, watched_page(chromium, forgiven=CUT) as page:
        await page.goto(f"{url}/ui/roles")
        await walk(page)
        await page.reload()
        await page.wait_for_function(PARTS_THERE, arg=len(parts_of_bundle()))
        await page.context.set_offline(True)
        await walk(page)


async def test_page_is_loaded_again_once_where_a_part_is_gone(chromium: Browser) -> None:
    """As after an upgrade of the daemon; where that is no help the page says so, and a person can try again."""
    loads: list[str] = []

    async def refuse(route: Route) -> None:
        await route.fulfill(status=404, body="")

    async with running_master(OPEN) as url, watched_page(chromium, forgiven=["404"]) as page:
        for name in late_parts():
            await page.route(f"**/{name}", refuse)
        page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))
        await page.goto(f"{url}/ui/nowhere")
        await page.locator("nav.side a[href='/ui/agents']").click()
        await expect(page.locator("h1")).to_have_text("Not there yet")

        assert [f"{url}/ui/nowhere", f"{url}/ui/agents"] == loads
        await page.unroute_all()
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator("h1")).to_have_text("Agents")

"""The page as a browser gets it, from a real master and a real Marathon."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, HttpCredentials, Page

from fakes.marathon_desk import running_desk
from support.browser import axe, watched_page
from support.guarded_master import CLOSED, OPEN, OPS, running_master

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def open_page(page: Page, url: str) -> None:
    """Go there, and wait until the frame and a screen are drawn."""
    await page.goto(url)
    await page.locator("h1").wait_for()


async def test_page_opens_on_a_master_and_runs_its_worker(chromium: Browser) -> None:
    """The root leads to it, a screen's own address opens that screen, and the policy lets the worker be."""
    async with running_master(OPEN) as url, watched_page(chromium) as page:
        await open_page(page, url)
        home = page.url
        await open_page(page, f"{url}/ui/agents")
        session = await chromium.new_browser_cdp_session()
        targets = (await session.send("Target.getTargets"))["targetInfos"]

        assert f"{url}/ui/" == home
        assert "Koinon" in await page.title()
        assert [] == await axe(page)
    assert [url] == [each["url"][: len(url)] for each in targets if each["type"] == "shared_worker"]


async def test_page_opens_on_a_marathon(chromium: Browser) -> None:
    """The same page, though Marathon tells browsers to keep nothing and wants clients that take JSON."""
    async with running_desk() as desk, watched_page(chromium, color_scheme="dark") as page:
        await open_page(page, f"http://{desk.address}/")

        assert f"http://{desk.address}/ui/" == page.url
        assert "Koinon" in await page.title()


async def test_browser_asks_for_the_name_by_itself(chromium: Browser) -> None:
    """Where readers must say who they are, a person is asked once, and page, assets and worker all get through."""
    person = HttpCredentials(username=OPS.principal, password=OPS.secret)
    async with running_master(CLOSED) as url, watched_page(chromium, http_credentials=person) as page:
        await open_page(page, url)

        assert f"{url}/ui/" == page.url


async def test_what_goes_wrong_on_a_page_is_seen(chromium: Browser) -> None:
    """Markup from text, an exception and a refused question each fail the test that looked, whatever it asserts."""
    async with running_master(OPEN) as url:
        with pytest.raises(AssertionError) as found:
            await misbehave(chromium, url)

    said = str(found.value)
    assert "exception: thrown on purpose" in said
    assert "thrown in the worker" in said
    assert f"answer: 404 to GET {url}/ui/api/nothing" in said
    assert "policy: require-trusted-types-for refused" in said


async def misbehave(chromium: Browser, url: str) -> None:
    """Do on a page what pages must not do."""
    async with watched_page(chromium) as page:
        await open_page(page, url)
        async with page.expect_response("**/ui/api/nothing"):
            await page.evaluate(
                "() => { setTimeout(() => { throw new Error('thrown on purpose') }); fetch('/ui/api/nothing') }"
            )
        async with page.expect_event("pageerror", lambda error: "in the worker" in str(error)):
            await throw_in_worker(chromium, url)
        await page.evaluate("() => { try { document.body.innerHTML = '<i>x</i>' } catch {} }")


async def throw_in_worker(chromium: Browser, url: str) -> None:
    """An error in the script that all tabs share."""
    session = await chromium.new_browser_cdp_session()
    targets = (await session.send("Target.getTargets"))["targetInfos"]
    worker = next(each for each in targets if each["type"] == "shared_worker" and each["url"].startswith(url))
    attached = await session.send("Target.attachToTarget", {"targetId": worker["targetId"], "flatten": False})
    expression = "setTimeout(() => { throw new Error('thrown in the worker') })"
    call = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression}}
    message = {"sessionId": attached["sessionId"], "message": json.dumps(call)}
    await session.send("Target.sendMessageToTarget", message)

"""Debian's chromium as a person's eyes and hands: one for the whole run, a page in a profile of its own for each look.

Tests that use it share the run's event loop: ``pytestmark = pytest.mark.asyncio(loop_scope="session")``, and take the
fixture ``chromium``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright

from chores.browser import COMMAND
from chores.web import MODULES
from support.parts import miss

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
_TELL_REFUSALS = """
document.addEventListener("securitypolicyviolation", (event) => {
  tellRefusal(`${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`);
});
"""
_LEFT = "net::ERR_ABORTED"
"""Who goes to another page no longer reads what the last one asked for."""


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """A browser; it ends with this process. Skips or fails where there is none."""
    path = shutil.which(COMMAND)
    if path is None:
        miss(COMMAND, "there is no such command")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def watched_page(browser: Browser, *, forgiven: Collection[str] = (), **profile: Any) -> AsyncIterator[Page]:
    """An empty page of a new profile; at the end nothing may have gone wrong on it or on others of its profile.

    That is: an error or warning in the console, an exception, something the policy refused, a request that failed or
    was answered with an error. ``forgiven`` are patterns of what is meant to. ``profile`` is Playwright's:
    ``viewport``, ``color_scheme``, ``http_credentials``. Actions time out after 10 s.
    """
    context = await browser.new_context(**profile)
    context.set_default_timeout(10_000)
    problems = await _collect_problems(context)
    page = await context.new_page()
    try:
        yield page
        for each in context.pages:
            # What was told before is heard by now.
            await each.evaluate("0")
    except Exception as error:
        error.add_note("\n".join(("On the page:", *problems)))
        raise
    finally:
        await context.close()
    unforgiven = [problem for problem in problems if not any(re.search(pattern, problem) for pattern in forgiven)]
    assert not unforgiven, "\n".join(unforgiven)


async def _collect_problems(context: BrowserContext) -> list[str]:
    problems: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def note_failure(request: Request) -> None:
        if request.failure != _LEFT:
            problems.append(f"request: {request.method} {request.url}: {request.failure}")

    def note_answer(response: Response) -> None:
        if response.status >= 400:
            problems.append(f"answer: {response.status} to {response.request.method} {response.url}")

    context.on("console", hear)
    context.on("weberror", lambda found: problems.append(f"exception: {found.error}"))
    context.on("requestfailed", note_failure)
    context.on("response", note_answer)
    await context.expose_binding("tellRefusal", lambda _source, text: problems.append(f"policy: {text}"))
    await context.add_init_script(_TELL_REFUSALS)
    return problems


async def axe(page: Page, *rules: str) -> list[str]:
    """What the page makes hard for people who see or move otherwise: one line a rule, with the elements.

    ``rules`` are axe's; by default all of them.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe_source())
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = await page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(" ".join(map(str, node["target"])) for node in each["nodes"])
        for each in found["violations"]
    ]


@cache
def _axe_source() -> str:
    path = MODULES / "axe-core" / "axe.min.js"
    if not path.exists():
        miss("axe-core", f"{path.name} is not in web/node_modules")
    return path.read_text()

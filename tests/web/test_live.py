"""The page while the link to its daemon is cut, and after: what it shows is what the API says, without a reload."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession
from attrs import evolve
from playwright.async_api import Browser, expect

from support.browser import watched_page
from support.cable import Cable
from support.guarded_master import OPEN
from support.ports import reserve_port
from support.ui_daemons import running_marathon, running_master

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_page_says_that_it_is_out_of_date_and_catches_up(chromium: Browser, tmp_path: Path) -> None:
    """Both tabs of a browser have what came and went while the link was cut, and the mark goes."""
    port, marathon_port, cable = reserve_port(), reserve_port(), Cable(reserve_port(), 0)
    config = evolve(OPEN, port=port, ui_marathon=(f"http://127.0.0.1:{marathon_port}",))
    cable.to = port
    async with (
        running_master(config) as (_, _master),
        running_marathon(marathon_port, f"127.0.0.1:{port}", tmp_path) as marathon,
        ClientSession() as session,
        watched_page(chromium, forgiven=["ERR_CONNECTION", "ERR_EMPTY", "ERR_FAILED"]) as page,
    ):
        for name in ("/a", "/b", "/c"):
            await session.post(f"{marathon.url}/v2/apps", json={"id": name, "cmd": "sleep 1"})
        await cable.plug()
        await page.goto(f"http://127.0.0.1:{cable.port}/ui/frameworks")
        other = await page.context.new_page()
        await other.goto(f"http://127.0.0.1:{cable.port}/ui/frameworks")
        tabs = (page, other)
        for tab in tabs:
            await expect(tab.locator("nav a", has_text="Apps")).to_contain_text("3")
        cable.cut()
        await page.bring_to_front()
        await expect(page.locator(".link-mark")).to_contain_text("Not up to date")
        await session.delete(f"{marathon.url}/v2/apps/a")
        for name in ("/d", "/e", "/f"):
            await session.post(f"{marathon.url}/v2/apps", json={"id": name, "cmd": "sleep 1"})
        await cable.plug()
        for tab in tabs:
            await tab.bring_to_front()
            await expect(tab.locator("nav a", has_text="Apps")).to_contain_text("5")
            await expect(tab.locator(".link-mark")).to_be_empty()
        cable.cut()

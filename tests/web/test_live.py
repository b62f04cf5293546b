"""The page while the link to its daemon is cut, and after: what it shows is what the API says, without a reload."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession
from attrs import define, evolve, field
from playwright.async_api import Browser, expect

from support.browser import watched_page
from support.guarded_master import OPEN
from support.ports import reserve_port
from support.ui_daemons import running_marathon, running_master

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


@define(eq=False)
class Cable:
    """Leads from one port to another, until it is cut."""

    port: int
    to: int
    _server: asyncio.Server | None = None
    _ends: set[asyncio.StreamWriter] = field(factory=set)

    async def plug(self) -> None:
        """From now on it leads somewhere."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)

    def cut(self) -> None:
        """At once, whoever is speaking."""
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._ends |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


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

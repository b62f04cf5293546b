"""Somebody who orders things at the UI of a real cluster, and what there is to order about."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from attrs import define
from playwright.async_api import Browser, expect

from support.browser import watched_page
from support.cluster import Cluster, running_cluster
from support.lean_scheduler import FOREVER, LeanScheduler
from support.person import SECONDS, Person
from support.waiting import wait_until

T = TypeVar("T")
APP = {"id": "/shop/web", "cmd": "exec sleep 1000", "cpus": 0.1, "mem": 32, "instances": 2}
ROLE, FRAMEWORK = "analytics", "spark of the analysts"


@define
class Operator(Person):
    """Somebody at the page who may do everything."""

    cluster: Cluster

    def ask_master(self, path: str) -> Any:
        """The JSON at a path of the master."""
        return self.cluster.masters[0].get(path)

    def ask_marathon(self, path: str) -> Any:
        """The JSON at a path of Marathon."""
        return self.cluster.marathons[0].get(path)

    async def agrees(self, look: Callable[[], T | None], what: str) -> T:
        """Waits until the daemons say so, too."""
        return await asyncio.to_thread(wait_until, look, what, SECONDS)

    async def opens(self, screen: str, name: str, heading: str = "") -> None:
        """One of what a screen lists."""
        await self.go(screen)
        await self.main.get_by_role("link", name=name, exact=True).first.click()
        await self.sees_heading(heading or name)

    async def asks(self, order: str, effect: str | re.Pattern[str]) -> None:
        """Has the button of an order ask, by the keyboard, and reads what will be; the first look changes nothing."""
        button = self.main.get_by_role("button", name=order, exact=True)
        for way_out in ("Cancel", None):
            await button.focus()
            await self.page.keyboard.press("Enter")
            await expect(self.dialog).to_contain_text(effect)
            if way_out is not None:
                await self.dialog.get_by_role("button", name=way_out).click()
                await expect(self.dialog).to_be_hidden()
                await expect(button).to_be_focused()

    async def is_at_heading(self) -> None:
        """Where the button of an order is gone, with which the focus was."""
        await expect(self.main.locator("h1")).to_be_focused()

    async def types(self, word: str, order: str) -> None:
        """What nobody can take back is done only after its name was typed."""
        await expect(self.dialog.get_by_role("button", name=order, exact=True)).to_be_disabled()
        await self.dialog.get_by_role("textbox").last.fill(word)
        await self.confirm(order)


@contextmanager
def cluster_with_app() -> Iterator[Cluster]:
    """Three agents; the app runs."""
    with running_cluster() as started:
        started.add_master("--allocation_interval=200ms")
        started.add_marathon("--mesos_user=root")
        for _ in range(3):
            started.add_agent()
        started.leading_marathon()
        started.wait_agents(3)
        assert started.post_app(APP).ok
        started.wait_running("/shop/web", 2)
        yield started


@asynccontextmanager
async def framework_of_analysts(cluster: Cluster) -> AsyncIterator[LeanScheduler]:
    """It has one task, wants more, and takes none."""

    def hear(kind: str, event: Any) -> None:
        if kind == "UPDATE":
            scheduler.acknowledge(event["status"])
        for offer in event.get("offers", ()) if kind == "OFFERS" else ():
            if launched:
                refuse = {"offer_ids": [offer["id"]], "filters": FOREVER}
                scheduler.call({"type": "DECLINE", "decline": refuse})
                continue
            launched.append(offer)
            amounts = [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}}]
            amounts.append({"name": "mem", "type": "SCALAR", "scalar": {"value": 64}})
            scheduler.call(scheduler.accept(offer, [scheduler.task(offer, amounts, "exec sleep 1000")], {}))

    launched: list[Any] = []
    info = {"name": FRAMEWORK, "roles": [ROLE], "failover_timeout": 0.0}
    scheduler = LeanScheduler("127.0.0.1", cluster.leading_master().port, hear, info)
    async with scheduler:
        yield scheduler


@asynccontextmanager
async def operator_at(browser: Browser, cluster: Cluster, *forgiven: str) -> AsyncIterator[Operator]:
    """At the first screen; nothing but what is forgiven goes wrong on the page."""
    async with watched_page(browser, forgiven=forgiven, viewport={"width": 1280, "height": 900}) as page:
        await page.goto(f"{cluster.marathons[0].url}/ui/cluster")
        yield Operator(page, cluster)

"""A plugin run in this process: the door for tests, and what the inner process comes in by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from fakes.scripted_master import ScriptedMaster
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import Subscribed
from koinon_daemon.auth import principal_of
from koinon_daemon.clock import SystemClock
from koinon_daemon.metrics import Metrics
from koinon_frameworks import (
    EndKind,
    Framework,
    FrameworkPlugin,
    NoOptions,
    Scheduler,
    SchedulerCalls,
    Services,
)
from koinon_frameworks.errors import PluginError
from koinon_frameworks.host import hosting
from koinon_frameworks.host.hosting import Ask, Hosting, complete_info, run_framework
from koinon_frameworks.host.http.plugin_application import NUMBERS, PRINCIPAL, TOKEN
from koinon_frameworks.host.messages import Running
from koinon_zk import MemoryRecords, MemoryStore

INFO = FrameworkInfo(user="root", name="painter")


class Plugin(FrameworkPlugin[NoOptions]):
    """What a test wants."""

    def __init__(self, make: Callable[[Services], Any]) -> None:
        self._make = make

    async def start(self, options: NoOptions, services: Services) -> Any:
        return self._make(services)


def services_of(master: ScriptedMaster, records: MemoryRecords | None = None) -> Services:
    return Services(
        name="paint",
        master=master.address,
        clock=SystemClock(),
        rng=Random(1),
        store=MemoryStore(records),
        epoch=1,
        metrics=Metrics(),
        logger=structlog.stdlib.get_logger(),
        url="http://h:1/paint",
    )


class Brief(Scheduler):
    """Ends its run as soon as it is subscribed."""

    def __init__(self, ask: Ask, *, teardown: bool) -> None:
        self._ask, self._teardown = ask, teardown

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        self._ask.end(teardown=self._teardown)


async def run_briefly(master: ScriptedMaster, records: MemoryRecords, *, teardown: bool = False) -> dict[str, Any]:
    """Run until it is subscribed, and give what it said of itself."""
    ask = Ask()
    plugin = Plugin(lambda _: Framework(info=INFO, scheduler=Brief(ask, teardown=teardown)))
    ending = await run_framework(plugin, NoOptions(), services_of(master, records), ask=ask)
    assert EndKind.STOPPED is ending.kind
    info: dict[str, Any] = master.subscribes.get_nowait()["subscribe"]["framework_info"]
    return info


async def test_next_run_takes_the_framework_over() -> None:
    """The id is stored when the master gives it, and said when the next run subscribes; a teardown burns it."""
    records = MemoryRecords()
    async with ScriptedMaster() as master:
        first = await run_briefly(master, records)
        second = await run_briefly(master, records, teardown=True)
        third = await run_briefly(master, records)

    assert "id" not in first
    assert {"value": "F-0000"} == second["id"]
    assert "id" not in third


async def test_work_that_raises_is_the_plugins_failure() -> None:
    """It ends the run with what it raised; work that returns does not."""

    async def done() -> None:
        return

    async def fail() -> None:
        raise KeyError("ouch")

    plugin = Plugin(lambda _: Framework(info=INFO, scheduler=Scheduler(), work=(done, fail)))
    async with ScriptedMaster() as master:
        with pytest.raises(KeyError, match="ouch"):
            await run_framework(plugin, NoOptions(), services_of(master))


async def test_what_is_no_framework_is_named() -> None:
    """And so are routes that can't be."""

    async def answer(request: web.Request) -> web.Response:
        raise NotImplementedError

    async with ScriptedMaster() as master:
        with pytest.raises(PluginError, match="start gave int, no Framework"):
            await run_framework(Plugin(lambda _: 7), NoOptions(), services_of(master))
        broken = Framework(info=INFO, scheduler=Scheduler(), routes=[web.get("/{", answer)])
        with pytest.raises(PluginError, match="its routes can't be mounted"):
            await run_framework(Plugin(lambda _: broken), NoOptions(), services_of(master))


async def test_run_ends_though_its_work_heeds_no_cancelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """What went wrong is told, the task that stays behind is named with its place, and nobody waits for it."""
    monkeypatch.setattr(hosting, "CANCEL_SECONDS", 0.05)
    goes_on, may_end = asyncio.Event(), asyncio.Event()

    async def stay_deaf() -> None:
        while not may_end.is_set():
            goes_on.set()
            with suppress(asyncio.CancelledError):
                await may_end.wait()

    async def fail() -> None:
        await goes_on.wait()
        raise KeyError("ouch")

    plugin = Plugin(lambda _: Framework(info=INFO, scheduler=Scheduler(), work=(stay_deaf, fail)))
    with capture_logs() as logs:
        async with ScriptedMaster() as master:
            with pytest.raises(KeyError, match="ouch"):
                await run_framework(plugin, NoOptions(), services_of(master))
    may_end.set()

    assert ["stay_deaf" in log["stack"] for log in logs if log["event"] == "task_heeds_no_cancelling"] == [True]


async def test_slow_start_is_named_and_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again with its place; a wish to end is heard meanwhile."""
    monkeypatch.setattr(hosting, "SLOW_START_SECONDS", 0.02)
    ask, asleep = Ask(), asyncio.Event()

    class Sleepy(Plugin):
        async def start(self, options: NoOptions, services: Services) -> Any:
            await asleep.wait()

    with capture_logs() as logs:
        async with ScriptedMaster() as master:
            run = run_framework(Sleepy(lambda _: None), NoOptions(), services_of(master), ask=ask)
            running = asyncio.create_task(run)
            while [log["event"] for log in logs].count("start_still_running") < 2:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)
            ask.end()
            ending = await running

    assert EndKind.STOPPED is ending.kind
    assert "asleep.wait()" in next(log["stack"] for log in logs if log["event"] == "start_still_running")


async def test_http_is_below_its_name_and_for_the_host_alone() -> None:
    """Routes, root routes and page; who asks was settled before, and is told to the handler."""

    async def whoami(request: web.Request) -> web.Response:
        return web.json_response({"principal": principal_of(request)})

    heard: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
    settings = Hosting(token="secret", on_running=lambda running, _driver: heard.set_result(running))
    framework = Framework(
        info=INFO,
        scheduler=Scheduler(),
        routes=[web.get("/me", whoami)],
        root_routes=[web.get("/v1/me", whoami), web.get("/health", whoami), web.get("/paint/mine", whoami)],
        page="<h1>fences</h1>",
    )
    ask = Ask()
    async with ScriptedMaster() as master, aiohttp.ClientSession() as session:
        run = run_framework(Plugin(lambda _: framework), NoOptions(), services_of(master), settings, ask)
        running = asyncio.create_task(run)
        base = f"http://127.0.0.1:{(await heard).port}"

        async def status(path: str, **headers: str) -> int:
            async with session.get(base + path, headers={TOKEN: "secret", **headers}) as reply:
                return reply.status

        async with session.get(f"{base}/paint/me", headers={TOKEN: "secret", PRINCIPAL: "ann"}) as reply:
            named = await reply.json()
        statuses = [await status(path) for path in ("/v1/me", "/health", "/paint/mine", "/paint/", NUMBERS)]
        forbidden = await status("/paint/me", **{TOKEN: "wrong"})
        ask.end()
        await running

    assert {"principal": "ann"} == named
    assert [200, 404, 404, 200, 200] == statuses
    assert 403 == forbidden
    assert ("GET /me",) == heard.result().routes


async def test_bad_number_hides_no_other() -> None:
    """What is no number, has no end or can't be read is left out."""
    heard: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
    bad: dict[str, Any] = {"text": "many", "nan": float("nan"), "huge": 10**400, "none": None}

    def make(services: Services) -> Framework:
        for name in bad:
            services.metrics.gauge(name, partial(bad.__getitem__, name))
        services.metrics.gauge("raises", lambda: 1 / 0)
        services.metrics.gauge("coats", lambda: 7)
        return Framework(info=INFO, scheduler=Scheduler())

    ask, settings = Ask(), Hosting(on_running=lambda running, _driver: heard.set_result(running))
    async with ScriptedMaster() as master, aiohttp.ClientSession() as session:
        run = run_framework(Plugin(make), NoOptions(), services_of(master), settings, ask)
        running = asyncio.create_task(run)
        async with session.get(f"http://127.0.0.1:{(await heard).port}{NUMBERS}") as reply:
            numbers = (await reply.json())["numbers"]
        ask.end()
        await running

    assert 7.0 == numbers["coats"]
    assert set() == {*bad, "raises"} & set(numbers)


async def test_host_fills_in_what_the_plugin_left_out() -> None:
    """Page and failover timeout, unless the plugin said them; an id that is given wins."""
    async with ScriptedMaster() as master:
        services = services_of(master)
    own = FrameworkInfo(user="root", name="painter", webui_url="http://mine", failover_timeout=5.0)

    assert ("http://h:1/paint/", 3600.0) == (
        (info := complete_info(INFO, services)).webui_url,
        info.failover_timeout,
    )
    assert own == complete_info(own, services)
    assert FrameworkId("F") == complete_info(own, services, FrameworkId("F")).id

"""A plugin's framework at the fake master: with the host's services, in memory, and without its HTTP."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import structlog
from attrs import define

from koinon_core.clock import Clock
from koinon_daemon.metrics import Metrics
from koinon_zk import MemoryRecords, MemoryStore

from ..host.hosting import Hosting, complete_info, complete_options
from ..host.plugin import Framework, FrameworkPlugin, Services, Work
from .rehearsal import ADDRESS, FakeMasterLoop, RehearsedDriver, Running


@define(eq=False, kw_only=True)
class RunningPlugin(Running):
    """A plugin under way: what it was given, and what it made of that."""

    services: Services
    framework: Framework


async def make_services(name: str, records: MemoryRecords, epoch: int, clock: Clock, rng: Random) -> Services:
    """What the host would give, under an epoch that shuts earlier starts out. ``records`` outlive the plugin."""
    store = MemoryStore(records)
    await store.fence(epoch)
    return Services(
        name=name,
        master=ADDRESS,
        clock=clock,
        rng=rng,
        store=store,
        epoch=epoch,
        metrics=Metrics(),
        logger=structlog.get_logger(name),
        url=f"http://127.0.0.1:8090/{name}",
    )


async def start_plugin(
    plugin: FrameworkPlugin[Any], options: Any, services: Services, master: FakeMasterLoop
) -> RunningPlugin:
    """Start it as the host does. Raises what its ``start`` raises."""
    framework = await plugin.start(options, services)
    info = complete_info(framework.info, services)
    driver = RehearsedDriver(
        framework.scheduler, info, master, complete_options(framework, services, Hosting()), services.rng
    )
    return RunningPlugin(
        scheduler=framework.scheduler,
        driver=driver,
        task=asyncio.create_task(driver.run(), name="driver"),
        beside=[asyncio.create_task(_run(work), name=f"work of {services.name}") for work in framework.work],
        services=services,
        framework=framework,
    )


async def _run(work: Work) -> None:
    await work()

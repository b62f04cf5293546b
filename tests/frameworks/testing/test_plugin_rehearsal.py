"""A plugin at the fake master: services as the host gives them, records that outlive it, work beside its driver."""

from __future__ import annotations

import asyncio

import pytest
from attrs import frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import DriverOptions, Framework, FrameworkPlugin, FrameworkStore, Services
from koinon_frameworks.testing import FakeMaster
from koinon_zk import Fenced, Put
from support.framework_tasks import make_task
from support.scheduler_stages import Observer


@frozen(kw_only=True)
class Options:
    """Whether its work fails."""

    fails: bool = False


class Counting(FrameworkPlugin[Options]):
    """Counts the minutes, and keeps its tasks."""

    options_type = Options

    async def start(self, options: Options, services: Services) -> Framework:
        self.store = await FrameworkStore.open(services.store, services.clock, services.rng)
        self.fails = options.fails
        return Framework(
            info=FrameworkInfo(user="root", name="counting"),
            scheduler=Observer(),
            driver_options=DriverOptions(id_keeper=self.store),
            work=(self.count,),
        )

    async def count(self) -> None:
        while True:
            await asyncio.sleep(60)
            if self.fails:
                raise ArithmeticError("it lost count")
            await self.store.put("minutes", b"%d" % (int(await self.store.get("minutes") or 0) + 1))


def test_a_plugin_goes_on_where_its_last_start_was_killed(koinon_master: FakeMaster) -> None:
    """Under the same id, with its tasks and records; the start before can write no more."""
    koinon_master.add_agent()
    plugin = Counting()
    first = koinon_master.start_plugin(plugin)
    offer = first.scheduler.take_offer() if isinstance(first.scheduler, Observer) else None
    assert offer is not None
    koinon_master.wait(plugin.store.intend([make_task("a", offer.agent_id)]))
    koinon_master.wait(first.driver.launch(offer, [make_task("a", offer.agent_id)]))
    koinon_master.advance(150)
    koinon_master.kill(first)
    second = koinon_master.start_plugin(plugin)
    koinon_master.advance(60)

    assert first.framework_id == second.framework_id
    assert ["a"] == [record.task.task_id for record in plugin.store.open_tasks()]
    assert b"3" == koinon_master.wait(plugin.store.get("minutes"))
    with pytest.raises(Fenced):
        koinon_master.wait(first.services.store.write([Put("records/minutes", b"0")]))


def test_work_that_fails_comes_out_of_the_test(koinon_master: FakeMaster) -> None:
    """At the step in which it failed."""
    koinon_master.start_plugin(Counting(), Options(fails=True))

    with pytest.raises(ArithmeticError, match="it lost count"):
        koinon_master.advance(100)

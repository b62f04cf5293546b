"""``koinon-framework``: how a run ends."""

from __future__ import annotations

from random import Random

import pytest
from aiohttp import web

from fakes.scripted_master import ScriptedMaster
from koinon_core.frameworks import FrameworkInfo
from koinon_daemon.supervision import Stop
from koinon_frameworks import Scheduler, SchedulerDriver
from koinon_frameworks.__main__ import run_driver
from koinon_frameworks.errors import SubscriptionEnded

INFO = FrameworkInfo(user="root", name="test")


async def test_framework_that_the_master_refuses_ends_by_its_words() -> None:
    """The error that ends the process says who refused, and why."""
    async with ScriptedMaster() as master:
        master.answer_subscribe = web.Response(status=400, text="no user")
        with pytest.raises(SubscriptionEnded, match=r"^refused by the master: .*no user$"):
            await run_driver(SchedulerDriver(Scheduler(), INFO, master.address, rng=Random(1)), Stop())


async def test_stop_ends_the_run_in_good_order() -> None:
    """A signal is no failure of the framework."""
    stop = Stop()
    stop.request("SIGTERM")
    async with ScriptedMaster() as master:
        await run_driver(SchedulerDriver(Scheduler(), INFO, master.address, rng=Random(1)), stop)

    assert master.calls.empty()

"""Several hosts of one framework: one runs it, the others stand by and take it over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fakes.scripted_master import ScriptedMaster
from support.hosted import epoch_in, hosted, start_host
from support.plugin_site import install_plugins
from support.processes import Child
from support.zookeeper import ZooKeeperEnsemble

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

PLUGIN = """
from aiohttp import web
from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import Framework, FrameworkPlugin, Scheduler

class Paint(FrameworkPlugin):
    is_elected = True

    async def start(self, options, services):
        async def show(request):
            return web.json_response({"epoch": services.epoch})

        info = FrameworkInfo(user="root", name="painter")
        return Framework(info=info, scheduler=Scheduler(), routes=[web.get("/epoch", show)])
"""


@pytest.fixture
def run_host(tmp_path: Path) -> Callable[..., Child]:
    """Starts a host of a plugin that wants an election, with a log of its own."""
    install_plugins(tmp_path, PLUGIN, {"paint": "Paint"})

    def run(log: str, master: str, zk: str) -> Child:
        words = ("paint", "--master", master, "--zk", zk, "--zk-session-timeout", "20secs")
        return start_host(tmp_path, log, *words)

    return run


async def test_standby_passes_requests_on_and_takes_over_from_a_killed_leader(
    run_host: Callable[..., Child], tmp_path: Path
) -> None:
    """The same framework id, a higher epoch, and the standby's address answers all the while."""
    zk = f"sqlite://{tmp_path}/quorum.db?path=/frameworks/paint"
    async with ScriptedMaster() as master, hosted(run_host("1.log", master.address, zk)) as leader:
        await leader.says("framework_running")
        await master.subscribes.get()
        async with hosted(run_host("2.log", master.address, zk)) as standby:
            await standby.find_address()
            via = await standby.until(lambda fare: fare["leadership"]["leader"])
            before = await standby.get("/paint/epoch")
            leader.child.kill()
            taken_over = await master.subscribes.get()
            await standby.says("framework_running")
            after = await standby.get("/paint/epoch")

    assert (False, "standing by") == (via["leadership"]["acting"], via["state"])
    assert {"value": "F-0000"} == taken_over["subscribe"]["framework_info"]["id"]
    assert epoch_in(before) < epoch_in(after)


async def test_host_without_its_quorum_holds_still(run_host: Callable[..., Child]) -> None:
    """SUSPENDED stops the plugin where it stands, and it goes on when its place in the election has survived."""
    ensemble = await asyncio.to_thread(ZooKeeperEnsemble, 1)
    try:
        zk = f"zk://{ensemble.hosts}/frameworks/paint"
        async with ScriptedMaster() as master, hosted(run_host("1.log", master.address, zk)) as host:
            await host.find_address()
            fare = await host.until(lambda fare: fare["framework"]["subscribed"])
            before = await host.get("/paint/epoch")
            ensemble.members[0].kill()
            await host.says("framework_held_still")
            status = psutil.Process(fare["process"]["pid"]).status()
            refused = await host.get("/paint/epoch")
            await asyncio.to_thread(ensemble.members[0].start)
            await host.says("framework_goes_on")
            await host.until(lambda fare: fare["state"] == "running")
            after = await host.get("/paint/epoch")
    finally:
        await asyncio.to_thread(ensemble.stop)

    assert psutil.STATUS_STOPPED == status
    assert (503, True) == (refused[0], "held still" in refused[1])
    assert before == after
    assert epoch_in(after) % 1_000_000 == 1

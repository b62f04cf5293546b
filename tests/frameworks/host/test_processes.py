"""Hosted plugins in real processes: what raises, blocks, floods, hangs or dies is named and contained."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM

import psutil
import pytest

from fakes.scripted_master import ScriptedMaster
from koinon_core.ids import OfferId
from koinon_core.scheduler_api import Rescind
from support.hosted import epoch_in, hosted, start_host
from support.plugin_site import install_plugins
from support.processes import Child
from support.waiting import wait_until

pytestmark = pytest.mark.slow

PLUGIN = '''
import asyncio, os, sys, threading, time
from aiohttp import web
from attrs import frozen
from koinon_core.frameworks import FrameworkInfo
from koinon_daemon.flags import flag
from koinon_frameworks import Framework, FrameworkPlugin, Scheduler

@frozen(kw_only=True)
class Options:
    color: str = flag("red", help="What to paint with.")

class Fence(Scheduler):
    async def rescinded(self, driver, offer_id):
        raise KeyError(offer_id)

class Paint(FrameworkPlugin[Options]):
    """Paints fences."""
    options_type = Options

    async def start(self, options, services):
        async def color(request):
            return web.json_response({"color": options.color, "epoch": services.epoch})

        async def block(request):
            time.sleep(60)

        async def flood(request):
            for number in range(20_000):
                print("line", number, flush=False)
            return web.Response(text="done")

        async def eat(request):
            return web.Response(text=str(len(bytearray(2 << 30))))

        services.metrics.gauge("coats", lambda: 7)
        services.metrics.timer("dry_ms").record(0.5)
        routes = [web.get("/color", color), web.get("/block", block), web.get("/flood", flood), web.get("/eat", eat)]
        return Framework(info=FrameworkInfo(user="root", name="painter"), scheduler=Fence(), routes=routes)

class Failing(Paint):
    async def start(self, options, services):
        raise LookupError("no luck")

class Sticky(Paint):
    async def start(self, options, services):
        async def leave():
            await asyncio.sleep(0)
            sys.exit("enough")
        threading.Thread(target=time.sleep, args=(60,), name="sticky-thread").start()
        return Framework(info=FrameworkInfo(user="root", name="painter"), scheduler=Fence(), work=(leave,))
'''
HURRIED = ["--blocked-after", "1500ms", "--killed-after", "1secs", "--log-lines-per-second", "200"]


@pytest.fixture
def run_host(tmp_path: Path) -> Callable[..., Child]:
    """Starts ``koinon-framework`` with plugins installed that only this test sees."""
    install_plugins(tmp_path, PLUGIN, {"paint": "Paint", "failing": "Failing", "sticky": "Sticky"})
    (tmp_path / "hanging_plugin.py").write_text("import time\ntime.sleep(60)\n")
    (tmp_path / "forking_plugin.py").write_text(
        "import os\nos.fork()\nfrom plugins_of_a_test import Paint as Forking\n"
    )
    (tmp_path / "raising_plugin.py").write_text("raise RuntimeError('not today')\n")
    entry_points = tmp_path / "plugins_of_a_test-1.0.dist-info" / "entry_points.txt"
    with entry_points.open("a") as file:
        for name in ("hanging", "raising", "forking"):
            file.write(f"{name} = {name}_plugin:{name.title()}\n")

    def run(*words: str) -> Child:
        return start_host(tmp_path, f"host-{words[0]}.log", *words)

    return run


async def test_raising_blocking_and_flooding_plugins_are_named_and_contained(run_host: Callable[..., Child]) -> None:
    """Each failure is in the log with its place, HTTP says meanwhile what is going on, and the framework comes back
    under its id and a higher epoch.
    """
    async with ScriptedMaster() as master, hosted(run_host("paint", "--master", master.address, *HURRIED)) as host:
        await host.find_address()
        await host.says("framework_running")
        first = await master.subscribes.get()
        born = await host.get("/paint/color")

        master.say(Rescind(OfferId("O-1")))
        await host.says(r"framework_failed .*KeyError: 'O-1'.*failures_in_a_row=1")
        down = await host.get("/paint/color")
        second = await master.subscribes.get()

        await host.says_often("framework_running", 2)
        flood = await host.get("/paint/flood")
        await host.says(r"output_suppressed .*lines=\d{4}")
        numbers = (await host.get("/metrics/snapshot"))[1]
        prometheus = (await host.get("/metrics"))[1]

        hanging = asyncio.create_task(host.get("/paint/block"))
        await host.says(r"framework_blocked .*stood still for 1.5 seconds")
        await host.says(r"line \d+ in block$")
        blocked = await host.get("/paint/color")
        await host.says(r"framework_killed .*stood still")
        answer = await hanging
        third = await master.subscribes.get()
        assert 0 == await asyncio.to_thread(host.child.terminate)

    assert 1 == epoch_in(born) % 1_000_000
    assert (503, True) == (down[0], "KeyError: 'O-1'" in down[1])
    assert (200, "done") == flood
    assert "id" not in first["subscribe"]["framework_info"]
    assert [{"value": "F-0000"}] * 2 == [each["subscribe"]["framework_info"]["id"] for each in (second, third)]
    assert '"paint/coats":7.0' in numbers
    assert "koinon_paint_dry_seconds_count 1.0" in prometheus
    assert (503, "paint does not answer: its event loop stands still. It is killed if that lasts.\n") == blocked
    assert 503 == answer[0]
    assert 1000 > host.child.output.count("\nline ")


async def test_both_processes_may_be_killed(run_host: Callable[..., Child]) -> None:
    """The inner one is started again; with the outer one it dies, and a new host takes the framework over."""
    async with ScriptedMaster() as master:
        words = ("paint", "--master", master.address, "--memory-limit", "1GB")
        async with hosted(run_host(*words)) as host:
            await host.find_address()
            await host.says("framework_running")
            await master.subscribes.get()
            psutil.Process((await host.document())["process"]["pid"]).kill()
            await host.says("framework_failed .*SIGKILL, saying nothing")
            await master.subscribes.get()
            eaten = await host.get("/paint/eat")
            color = await host.get("/paint/color")
            inner = (await host.document())["process"]["pid"]
        await asyncio.to_thread(wait_until, lambda: not psutil.pid_exists(inner), "end of the inner process")
        async with hosted(run_host(*words)) as host:
            last = await master.subscribes.get()
            await host.says_often("framework_running", 3)
            host.child.send(SIGTERM)
            assert 0 == await asyncio.to_thread(host.child.wait_exit)

    assert 500 == eaten[0]
    assert "MemoryError" in host.child.output
    assert 2 == epoch_in(color) % 1_000_000
    assert {"value": "F-0000"} == last["subscribe"]["framework_info"]["id"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["paint", "--colour=red"], 2, "unknown flag --colour; did you mean --color?"),
        (["failing", "--max-failures=1"], 102, "given up: LookupError: no luck"),
        (["sticky", "--max-failures=1"], 102, "given up: SystemExit: enough"),
        (["forking", "--max-failures=1"], 102, "it said to its host what can't be"),
        (["raising"], 102, "RuntimeError: not today"),
        (["hanging", "--load-timeout=300ms"], 102, r'hanging_plugin.py", line 2'),
    ],
)
def test_what_can_not_run_ends_with_its_reason(
    run_host: Callable[..., Child], words: list[str], code: int, said: str
) -> None:
    """Wrong options, plugins that raise at import or at every start, fork, exit under a thread, never end to import."""
    with run_host(*words, "--master=127.0.0.1:1") as child:
        assert code == child.wait_exit()
        assert said in child.output

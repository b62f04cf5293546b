"""Frameworks beside the cluster of ``koinon up``: what is wished, what is planned, what never ends the cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from koinon_cli.errors import UsageFault
from koinon_cli.up.cluster_plan import ClusterPlan, FrameworkWish, Machine, Role, UpOptions, plan_cluster
from koinon_cli.up.framework_check import read_wish
from koinon_cli.up.supervisor import Supervisor
from support.plugin_site import install_plugins

MACHINE = Machine(cores=4, mem=1 << 34, disk=1 << 38)
PLUGIN = """
from attrs import frozen
from koinon_daemon.flags import flag
from koinon_frameworks import FrameworkPlugin

@frozen(kw_only=True)
class Options:
    color: str = flag(help="What to paint with.")

class Paint(FrameworkPlugin):
    options_type = Options
    async def start(self, options, services): ...
"""


def make_plan(work_dir: Path, *wishes: FrameworkWish) -> ClusterPlan:
    plan = plan_cluster(UpOptions(work_dir=work_dir, containerizers="process", frameworks=wishes), MACHINE)
    assert isinstance(plan, ClusterPlan)
    return plan


def test_each_wish_is_a_process_with_a_port_and_the_cluster_for_its_master() -> None:
    """Twice the same name makes a standby; one that says where it listens keeps that."""
    wishes = (
        FrameworkWish("paint", ("--color", "red")),
        FrameworkWish("paint"),
        FrameworkWish("jobs", ("--listen=7000",), 7000),
    )
    first, second, third = make_plan(Path("/w"), *wishes).of(Role.FRAMEWORK)

    assert ["framework-paint", "framework-paint-2", "framework-jobs"] == [first.name, second.name, third.name]
    assert ["paint", "--color", "red", "--listen=127.0.0.1:8090"] == first.arguments()
    assert (8091, ["jobs", "--listen=7000"]) == (second.port, third.arguments())
    assert "http://127.0.0.1:8090/paint/" == first.url + first.page_path
    assert "koinon_frameworks" == first.module
    assert "sqlite:///w/state.db?path=/koinon" == first.environment({"KOINON_MASTER": "elsewhere"})["KOINON_MASTER"]


def test_frameworks_end_first() -> None:
    """What uses the cluster says goodbye while there is one."""
    assert [Role.FRAMEWORK, Role.MARATHON, Role.AGENT, Role.MASTER] == list(Role)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin, for this process and for those that it starts."""
    install_plugins(tmp_path, PLUGIN, {"paint": "Paint"})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no framework is called ''"),
        ("paint 'red", "is not quoted as for a shell"),
        ("pain --color red", "no framework is called 'pain'"),
        ("paint --color red --master m", "--master is this cluster's"),
    ],
)
def test_wish_that_can_not_be_is_refused(text: str, said: str) -> None:
    """Without a process of any kind."""
    with pytest.raises(UsageFault, match=said):
        read_wish(text)


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_wish_is_held_against_its_plugin() -> None:
    """Quoted as for a shell; what the plugin would refuse is told before anything starts."""
    with pytest.raises(UsageFault) as caught:
        read_wish("paint --colour red")

    assert any("did you mean --color?" in problem for problem in caught.value.problems)
    assert FrameworkWish("paint", ("--color", "light red", "--listen=7000"), 7000) == read_wish(
        "paint --color 'light red' --listen=7000"
    )


@pytest.mark.slow
async def test_framework_that_can_not_stay_up_is_told_of_and_left(tmp_path: Path) -> None:
    """The others' supervisor goes on without it."""
    said: asyncio.Queue[str] = asyncio.Queue()
    plan = make_plan(tmp_path, FrameworkWish("nobody"))
    cluster = Supervisor(ClusterPlan(work_dir=tmp_path, daemons=plan.of(Role.FRAMEWORK)), said.put_nowait)
    cluster.start()
    async with asyncio.timeout(30):
        told = await said.get()
    failed = asyncio.create_task(cluster.wait_failed())
    await asyncio.sleep(0)
    is_over = failed.done()
    failed.cancel()
    await cluster.stop()

    assert "the cluster goes on without framework-nobody" in told
    assert "no framework is called 'nobody'" in told
    assert not is_over

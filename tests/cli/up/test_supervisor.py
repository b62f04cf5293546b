"""Real child processes under the supervisor; what they run stands in for the daemons."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from koinon_cli.errors import Conflict
from koinon_cli.up import supervisor
from koinon_cli.up.cluster_plan import ClusterPlan, Machine, Role, UpOptions, plan_cluster
from koinon_cli.up.restarts import MAX_RESTARTS
from koinon_cli.up.supervisor import Supervisor
from koinon_cli.up.work_dir import held_work_dir
from koinon_core.backoff import Backoff
from koinon_daemon import child
from support.processes import Child
from support.waiting import wait_until

pytestmark = pytest.mark.slow

POLITE = """
import os, signal, sys, time
def end(number, frame):
    print("told", signal.Signals(number).name, flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGUSR1, end)
print("started", os.getpid(), sys.argv[1:], flush=True)
while True:
    time.sleep(1)
"""
DEAF = POLITE.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
CRASHING = "print('no luck', flush=True)\nraise SystemExit(3)\n"


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ClusterPlan]:
    """A cluster whose modules are scripts of the test."""

    def make(master: str = POLITE, agent: str = POLITE, marathon: str = POLITE) -> ClusterPlan:
        modules = tmp_path / "modules"
        modules.mkdir()
        for name, script in (("master", master), ("agent", agent), ("marathon", marathon)):
            (modules / f"koinon_{name}.py").write_text(script)
        monkeypatch.setenv("PYTHONPATH", str(modules))
        options = UpOptions(work_dir=tmp_path / "work", containerizers="process", agents=1)
        plan = plan_cluster(options, Machine(cores=1, mem=1 << 30, disk=1 << 30))
        assert isinstance(plan, ClusterPlan)
        return plan

    return make


async def wait_started(plan: ClusterPlan) -> None:
    def has_all() -> bool:
        logs = [plan.log(daemon) for daemon in plan.daemons]
        return all(log.exists() and "started" in log.read_text() for log in logs)

    await asyncio.to_thread(wait_until, has_all, "all started")


async def test_stops_each_in_its_way(stand_ins: Callable[..., ClusterPlan]) -> None:
    """Agents get SIGUSR1, the others SIGTERM, nobody is killed and none is left."""
    plan, said = stand_ins(), list[str]()
    cluster = Supervisor(plan, said.append)
    cluster.start()
    await wait_started(plan)
    await cluster.stop()
    last = {daemon.name: plan.log(daemon).read_text().splitlines()[-1] for daemon in plan.daemons}

    assert {"master-1": "told SIGTERM", "agent-1": "told SIGUSR1", "marathon": "told SIGTERM"} == last
    assert [] == said


async def test_kills_what_does_not_listen(
    stand_ins: Callable[..., ClusterPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that does not end in time is killed, and named."""
    monkeypatch.setitem(supervisor.STOP_SECONDS, Role.MARATHON, 0.1)
    plan, said = stand_ins(marathon=DEAF), list[str]()
    cluster = Supervisor(plan, said.append)
    cluster.start()
    await wait_started(plan)
    await cluster.stop()

    assert 1 == len(said)
    assert "marathon" in said[0]
    assert "was killed" in said[0]


async def test_starts_again_until_it_is_too_often(
    stand_ins: Callable[..., ClusterPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each end is told with the last lines of the log; the last one ends it all."""
    monkeypatch.setattr("koinon_cli.up.restarts._BACKOFF", Backoff(initial=0.01, maximum=10.0))
    plan, said = stand_ins(master=CRASHING), list[str]()
    cluster = Supervisor(plan, said.append)
    cluster.start()
    why = await cluster.wait_failed()
    await cluster.stop()

    assert 5 == len(said)
    assert "master-1 ended with exit code 3; starting it again" in said[0]
    assert "no luck" in said[0]
    assert "too often" in why


async def test_lets_an_agent_return_that_is_turned_away(
    stand_ins: Callable[..., ClusterPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often that is, the cluster goes on without it until it is welcome; that is told once."""
    monkeypatch.setattr("koinon_cli.up.restarts._BACKOFF", Backoff(initial=0.001, maximum=0.001))
    turned_away = f"""
import pathlib
times = pathlib.Path(__file__).with_suffix(".times")
times.write_text((times.read_text() if times.exists() else "") + "x")
if len(times.read_text()) < {MAX_RESTARTS + 3}:
    print("the machine is down", flush=True)
    raise SystemExit(4)
"""
    plan, said = stand_ins(agent=turned_away + POLITE), list[str]()
    cluster = Supervisor(plan, said.append)
    cluster.start()
    await wait_started(plan)
    await cluster.stop()

    assert 1 == len(said)
    assert "agent-1 is turned away" in said[0]
    assert "the machine is down" in said[0]


async def test_does_not_repeat_what_is_wrong_usage(stand_ins: Callable[..., ClusterPlan]) -> None:
    """A daemon that refuses its flags is given up at once, with what it said."""
    plan, said = stand_ins(agent="print('no such flag', flush=True)\nraise SystemExit(2)\n"), list[str]()
    cluster = Supervisor(plan, said.append)
    cluster.start()
    why = await cluster.wait_failed()
    await cluster.stop()

    assert [] == said
    assert "agent-1 ended with exit code 2" in why
    assert "no such flag" in why


def test_dies_with_its_parent(tmp_path: Path) -> None:
    """A daemon whose parent is killed gets its stop signal from the kernel."""
    script = tmp_path / "polite.py"
    script.write_text(POLITE)
    spawn = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-I', '-S', {str(child.__file__)!r}, '10', str(os.getpid()),"
        f" sys.executable, {str(script)!r}], start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    with Child([sys.executable, "-c", spawn], tmp_path / "log") as parent:
        pid = int(parent.wait_line(r"started (\d+)")[1])
        parent.kill()
        wait_until(lambda: "told SIGUSR1" in parent.output, "the last word of the orphan")
        wait_until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not is_alive(pid), "the end of the orphan")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_one_work_dir_holds_one_cluster(tmp_path: Path) -> None:
    """Whoever comes second is told who was first; afterwards the directory is free again."""
    work_dir = tmp_path / "deep" / "work"
    with held_work_dir(work_dir), pytest.raises(Conflict, match=str(os.getpid())), held_work_dir(work_dir):
        pass

    with held_work_dir(work_dir):
        pass
